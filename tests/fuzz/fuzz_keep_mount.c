/* fuzz_keep_mount.c: mounts memory that was altered anywhere. Asserted: nothing is read outside the pools and
 * the image's read-only memory. Each recovered span is sent once and completely, and every slot and block is
 * freed. If the crash call sealed the pools, nothing altered is recovered.
 * A word that after the change points elsewhere into the image gets its old value. No mount can detect such a
 * change, but the sanitizer would report it.
 * uspan-config: USPAN_KEEP=1 USPAN_SPANS_MAX=4 USPAN_TEXT_BYTES=1024 USPAN_ATTRS_MAX=6 */
#include "fuzz.h"
#include "trace/pool.h"
#include "uspan/keep.h"
#include "uspan/read.h"

extern const char __executable_start[], edata[];

static uspan_tracer_t tracer, image;
static unsigned sent;
static uint64_t now_ns = 1000u;

static uint32_t lock(void *ctx)
{
    (void)ctx;
    return 0u;
}

static void unlock(void *ctx, uint32_t state)
{
    (void)ctx;
    (void)state;
}

static uint64_t mono_ns(void *ctx)
{
    (void)ctx;
    return now_ns++;
}

static uspan_err_t unix_ns(void *ctx, uint64_t *out)
{
    (void)ctx;
    *out = 1800000000000000000u;
    return USPAN_OK;
}

static uspan_err_t random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, (int)(now_ns % 251u) + 1, len);
    return USPAN_OK;
}

static uintptr_t task(void *ctx)
{
    (void)ctx;
    return 1u;
}

static void log_line(void *ctx, uspan_level_t level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)text;
}

static const uspan_port_t port = { USPAN_PORT_ABI, NULL,         lock, unlock,  mono_ns,
                                   unix_ns,        random_bytes, task, log_line };

/* Reads all of a span. */
static uspan_err_t see(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    uspan_view_t view;
    uspan_value_t v;
    uspan_event_view_t event;
    uspan_context_t c;
    char text[64];
    (void)ctx;
    CHECK(uspan_read(t, s, &view) == USPAN_OK && view.ended && view.name_len > 0u);
    for (unsigned n = 0; n <= (unsigned)view.event_count + view.link_count; n++) {
        unsigned of = n == 0u                           ? USPAN_OF_SPAN
                      : n <= (unsigned)view.event_count ? USPAN_OF_EVENT(n - 1u)
                                                        : USPAN_OF_LINK(n - 1u - view.event_count);
        for (unsigned i = 0; uspan_read_attr(t, s, of, i, &v) == USPAN_OK; i++) {
            size_t at = 0, got;
            uspan_value_t element;
            while ((got = uspan_read_text(t, s, of, i, at, text, sizeof text)) > 0u) {
                at += got;
            }
            for (unsigned e = 0;
                 e < 200u && uspan_read_element(t, s, of, i, e, &element, text, sizeof text) == USPAN_OK;
                 e++) {
            }
        }
    }
    for (unsigned i = 0; i < view.event_count; i++) {
        CHECK(uspan_read_event(t, s, i, &event, text, sizeof text) == USPAN_OK);
    }
    for (unsigned i = 0; i < view.link_count; i++) {
        CHECK(uspan_read_link(t, s, i, &c) == USPAN_OK);
    }
    (void)uspan_read_status_message(t, s, text, sizeof text);
    sent++;
    return USPAN_OK;
}

static const uspan_sink_t sink = { NULL, see };

static uspan_keep_report_t mount(void)
{
    static const uint8_t build_id[4] = { 1, 2, 3, 4 };
    const uspan_keep_options_t o = { .reason = USPAN_RESET_WATCHDOG,
                                     .build_id = build_id,
                                     .build_id_len = sizeof build_id,
                                     .fixed = { { __executable_start, edata } } };
    uspan_keep_report_t report;
    CHECK(uspan_keep_mount(&tracer, &port, &o, &report) == USPAN_OK);
    CHECK(uspan_export_to_sink(&tracer, 0u, &sink) == USPAN_OK);
    return report;
}

static void record(void)
{
    static const char *const words[] = {
        "wet", "a text that takes more than one of the blocks of this pool, or nearly"
    };
    static const int64_t beds[] = { 1, 2, 3 };
    const uspan_attr_t attrs[] = { USPAN_ATTR_INT(USPAN_KEY("bed"), 3),
                                   USPAN_ATTR_TEXT(USPAN_KEY("valve"), "the third one from the left") };
    uspan_context_t c;
    uspan_t root = uspan_start(&tracer, USPAN_ROOT, "turn");
    uspan_t tool = uspan_start(&tracer, root, "tool");
    uspan_set_str(&tracer, tool, USPAN_KEY("text"), words[1]);
    uspan_set_strs(&tracer, tool, USPAN_KEY("words"), words, 2);
    uspan_set_ints(&tracer, tool, USPAN_KEY("beds"), beds, 3);
    uspan_append_str(&tracer, tool, USPAN_KEY("answer"), "streams \xC3");
    uspan_event_n(&tracer, tool, "valve opens", 11u, 0u, attrs, 2u);
    CHECK(uspan_context_of(&tracer, root, &c) == USPAN_OK);
    const uspan_link_t link = { &c, attrs, 2u };
    uspan_add_link(&tracer, tool, &link);
    uspan_record_error(&tracer, root, "timeout", "a message that takes blocks of the pool");
    uspan_end(&tracer, uspan_start(&tracer, root, "ended"));
}

static void mend_pointers(void)
{
    for (size_t at = offsetof(uspan_tracer_t, slots); at + sizeof(uintptr_t) <= sizeof tracer;
         at += sizeof(uintptr_t)) {
        uintptr_t is, was;
        memcpy(&is, (char *)&tracer + at, sizeof is);
        memcpy(&was, (char *)&image + at, sizeof was);
        if (is != was && is >= (uintptr_t)__executable_start && is < (uintptr_t)edata) {
            memcpy((char *)&tracer + at, &was, sizeof was);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const size_t low = offsetof(uspan_tracer_t, block_next), epochs = offsetof(uspan_trace_part_t, epochs);
    const size_t high = offsetof(uspan_tracer_t, keep.sealed) + sizeof tracer.keep.sealed; /* then padding */
    static bool recorded;
    if (!recorded) {
        (void)mount();
        record();
        image = tracer;
        recorded = true;
    }
    tracer = image;
    if (len > 0u && (data[0] & 1u) != 0u) {
        uspan_keep_crash(&tracer, &(uspan_crash_t){ .reason = USPAN_RESET_ASSERT });
    }
    const bool sealed = tracer.keep.sealed != 0u;
    uspan_tracer_t *before = fuzz_copy((const uint8_t *)&tracer, sizeof tracer);
    /* Each three bytes give a position and the value that is added there. The position is in the pools, or in
     * the epochs if its highest bit is set. */
    for (size_t i = 1; i + 2u < len; i += 3u) {
        size_t at = data[i] | (size_t)(data[i + 1u] & 0x7Fu) << 8;
        at =
            (data[i + 1u] & 0x80u) != 0u ? epochs + at % sizeof tracer.trace.epochs : low + at % (high - low);
        ((uint8_t *)&tracer)[at] = (uint8_t)(((uint8_t *)&tracer)[at] + data[i + 2u]);
    }
    mend_pointers();
    bool altered = memcmp(before, &tracer, sizeof tracer) != 0;
    free(before);
    sent = 0u;
    uspan_keep_report_t report = mount();
    CHECK(!sealed || !altered || report.found != USPAN_KEPT_TAKEN);
    uspan_flush(&tracer);
    for (unsigned i = 0; i < 100u && !uspan_flushed(&tracer); i++) {
        uint32_t wait_ms;
        (void)!uspan_poll(&tracer, &wait_ms);
        now_ns += 1000000000u;
    }
    CHECK(uspan_flushed(&tracer) && sent == (unsigned)report.ended + report.open);
    CHECK(tracer.trace.slots_live == 0u && tracer.trace.blocks_live == 0u);
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        CHECK(!uspan_is_null(uspan_start(&tracer, USPAN_ROOT, "next")));
    }
    return 0;
}
