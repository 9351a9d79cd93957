/* every_macro.cpp: every macro with arguments of the public headers, in C++, and what it records. test_cpp.py
 * generates generated.inc: every header, the macros without arguments, and every call that takes a struct. */
#include "generated.inc"

static unsigned char placed[4] USPAN_KEPT;

#define CHECK(is_true)       \
    do {                     \
        if (!(is_true)) {    \
            return __LINE__; \
        }                    \
    } while (0)

static const uspan_key_t bed = USPAN_KEY_INIT("garden.bed");
static const uspan_key_t note = USPAN_KEY_CONTENT_INIT("garden.note");
static const uspan_key_t ratio = USPAN_KEY_INIT("garden.ratio"), dry = USPAN_KEY_INIT("garden.dry");
static const uspan_key_t kind = USPAN_KEY_INIT("garden.kind"), part = USPAN_KEY_INIT("garden.part");
/* No code may run before main() for a table. test_cpp.py checks that. */
extern const uspan_attr_t table[];
const uspan_attr_t table[] = {
    USPAN_ATTR_INT(&bed, 3),          USPAN_ATTR_TEXT(&note, "wet"), USPAN_ATTR_TEXT_N(&part, "leaves", 4),
    USPAN_ATTR_STATIC(&kind, "rose"), USPAN_ATTR_BOOL(&dry, true),   USPAN_ATTR_DOUBLE(&ratio, 0.5),
};

static uint64_t now_ns(void *)
{
    static uint64_t now;
    return now += 1000u;
}

static uspan_err_t random_bytes(void *, uint8_t *out, size_t len)
{
    static uint8_t next = 1;
    for (size_t i = 0; i < len; i++) {
        out[i] = next++;
    }
    return USPAN_OK;
}

static const uspan_port_t port = {
    USPAN_PORT_ABI, NULL, uspan_none_lock, uspan_none_unlock, now_ns, uspan_none_unix_ns, random_bytes,
    uspan_none_task, uspan_none_log,
};
static uspan_tracer_t tracer;

static void in_blocks(uspan_tracer_t *t)
{
    USPAN_FUNCTION(step, t);
    USPAN_SCOPED(scoped, t, uspan_start(t, step, "scoped"));
    USPAN_ENTERED(entered, t, uspan_start(t, scoped, "entered"));
    (void)uspan_content(t, entered, input_messages, "[]");
    (void)uspan_content_append(t, entered, output_messages, "[]");
}

static int record(uspan_tracer_t *t, int number, double real, const char *text)
{
    /* Values that are not constant and do not have the attribute's type. */
    const uspan_attr_t local[] = { USPAN_ATTR_INT(&bed, number), USPAN_ATTR_DOUBLE(&ratio, number),
                                   USPAN_ATTR_TEXT(&note, text), USPAN_ATTR_DOUBLE(&ratio, real) };
    uspan_t span = uspan_start(t, USPAN_ROOT, "table");
    CHECK(uspan_set_all(t, span, table) == USPAN_OK);
    CHECK(uspan_set_all(t, span, local, 1) == USPAN_OK);
    CHECK(uspan_set_int(t, span, USPAN_KEY("garden.more"), 1) == USPAN_OK);
    CHECK(uspan_set_int(t, span, USPAN_CUSTOM_KEY("bed"), 4) == USPAN_OK);
    CHECK(uspan_set_str(t, span, USPAN_PROMPT_VARIABLE_KEY("bed"), "5") >= USPAN_OK);
    const uspan_opt_int_t five = USPAN_OPT(5);
    uspan_sampler_t sampler = { USPAN_SAMPLE_RATIO(0.25), true };
    char headers[USPAN_PROPAGATE_MAX(8)], meta[USPAN_MCP_META_MAX(8)];
    CHECK(five.value == 5 && sampler.bound == USPAN_SAMPLE_ALWAYS / 4u && sizeof headers > 80u &&
          sizeof meta > 80u);
    CHECK(USPAN_OF_EVENT(1u) != USPAN_OF_LINK(1u) && USPAN_HANDLE(7u).id == 7u);
    uspan_options_t how = {};
    how.kind = USPAN_KIND_CLIENT;
    uspan_context_t context;
    CHECK(uspan_context_of(t, span, &context) == USPAN_OK);
    uspan_link_t link = {};
    link.context = &context;
    uspan_t linked = uspan_start_with(t, span, "linked", 6, how);
    (void)uspan_add_link(t, linked, link);
    (void)uspan_end(t, linked);
    uspan_workflow_t run = {};
    const uspan_attr_t metadata[] = { USPAN_ATTR_INT(USPAN_METADATA_KEY("bed"), 3), {} };
    run.metadata = metadata;
    (void)uspan_workflow_end(t, uspan_workflow_begin_with(t, span, run), NULL);
    return uspan_end(t, span) == USPAN_OK ? 0 : __LINE__;
}

int main()
{
    uspan_tracer_t *const t = &tracer;
    CHECK(placed[0] == placed[3]);
    CHECK(uspan_init(t, &port) == USPAN_OK);
#if USPAN_ENABLED
    alignas(8) static char room[16384];
    uspan_capture_t capture;
    uspan_capture_init(&capture, room, sizeof room);
    CHECK(uspan_export_to_sink(t, 0, &capture.sink) == USPAN_OK && record(t, 8, 0.25, "dry") == 0);
    uint32_t wait_ms;
    uspan_flush(t);
    for (int i = 0; i < 100 && uspan_poll(t, &wait_ms) == USPAN_ERR_AGAIN; i++) {
    }
    const uspan_captured_t *span = uspan_captured_named(&capture, "table");
    CHECK(span != NULL && uspan_captured_int(span, "garden.bed") == 8);
    CHECK(strcmp(uspan_captured_str(span, "garden.note"), "wet") == 0);
    CHECK(strcmp(uspan_captured_str(span, "garden.part"), "leav") == 0);
    CHECK(strcmp(uspan_captured_str(span, "garden.kind"), "rose") == 0);
    CHECK(uspan_captured_int(span, "garden.dry") == 1 && uspan_captured_double(span, "garden.ratio") == 0.5);
    CHECK(uspan_captured_int(span, "uspan.custom.bed") == 4);
#else
    (void)record;
#endif
    in_blocks(t);
    every_constant();
    every_struct(t);
    return 0;
}
