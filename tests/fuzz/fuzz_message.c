/* fuzz_message.c: any content is written by any calls, with any amount of free text. After each call every
 * attribute that is being written is one JSON value in UTF-8, and no block of the pool is lost. */
#include "uspan/message.h"
#include <stdlib.h>
#include "fuzz.h"
#include "trace/pool.h"
#include "trace/block_chain.h"
#include "uspan/port_none.h"
#include "trace/utf8.h"

#define WRITERS 2u
#define NESTED_MAX 40u

static uspan_tracer_t tracer;

static uint64_t clock_ns(void *ctx)
{
    (void)ctx;
    return 1;
}
static uspan_err_t entropy(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 7, len);
    return USPAN_OK;
}

static unsigned waits, stolen; /* holds of the lock until another task has taken every free block; blocks */
static uint16_t stolen_head, stolen_tail;

static uint32_t lock(void *ctx)
{
    (void)ctx;
    if (waits > 0u && --waits == 0u && stolen == 0u) {
        stolen = uspan_blocks_alloc(&tracer.trace, USPAN_BLOCKS_MAX, &stolen_head, &stolen_tail);
    }
    return 0u;
}
static void unlock(void *ctx, uint32_t state)
{
    (void)ctx;
    (void)state;
}

/* ---- a checker that shares no code with the writer: a pushdown automaton over the complete text -------- */

static const char *skip(const char *at)
{
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') {
        at++;
    }
    return at;
}

/* Returns the end of a string, number or literal, or NULL if it is none. */
static const char *scalar(const char *at)
{
    if (*at == '"') {
        for (at++; *at != '"'; at++) {
            if ((unsigned char)*at < 0x20u) {
                return NULL;
            }
            if (*at == '\\') {
                at++;
                if (*at == 'u') {
                    for (int i = 0; i < 4; i++) {
                        if (strchr("0123456789abcdefABCDEF", *++at) == NULL || *at == '\0') {
                            return NULL;
                        }
                    }
                } else if (*at == '\0' || strchr("\"\\/bfnrt", *at) == NULL) {
                    return NULL;
                }
            }
        }
        return at + 1;
    }
    static const char *const words[] = { "true", "false", "null" };
    for (int i = 0; i < 3; i++) {
        if (strncmp(at, words[i], strlen(words[i])) == 0) {
            return at + strlen(words[i]);
        }
    }
    const char *digits = "0123456789";
    at += *at == '-';
    size_t n = strspn(at, digits);
    if (n == 0u || (n > 1u && *at == '0')) {
        return NULL;
    }
    at += n;
    if (*at == '.') {
        n = strspn(++at, digits);
        if (n == 0u) {
            return NULL;
        }
        at += n;
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '+' || *at == '-';
        n = strspn(at, digits);
        if (n == 0u) {
            return NULL;
        }
        at += n;
    }
    return at;
}

static bool is_json(const char *at)
{
    char open[NESTED_MAX];
    unsigned depth = 0;
    bool value = true; /* a value must come, or may come if the container is new */
    bool fresh = false;
    for (;;) {
        at = skip(at);
        if (depth > 0u && *at == open[depth - 1u] && (!value || fresh)) {
            at++;
            depth--;
            value = fresh = false;
        } else if (!value && depth > 0u && *at == ',') {
            at++;
            value = true;
            fresh = false;
        } else if (!value) {
            return depth == 0u && *at == '\0';
        } else {
            if (depth > 0u && open[depth - 1u] == '}') {
                at = *at == '"' ? scalar(at) : NULL;
                at = at != NULL ? skip(at) : NULL;
                if (at == NULL || *at != ':') {
                    return false;
                }
                at = skip(at + 1);
            }
            fresh = *at == '{' || *at == '[';
            if (fresh) {
                if (depth == NESTED_MAX) {
                    return false;
                }
                open[depth++] = *at == '{' ? '}' : ']';
                at++;
            } else {
                at = scalar(at);
                value = false;
                if (at == NULL) {
                    return false;
                }
            }
        }
    }
}

/* ---- one program ------------------------------------------------------------------------------------------- */

typedef struct program {
    const uint8_t *at;
    size_t left;
} program_t;

static uint8_t take(program_t *p)
{
    if (p->left == 0u) {
        return 0;
    }
    p->left--;
    return *p->at++;
}

/* A text from the program's bytes, ending in 0. */
static const char *take_text(program_t *p, char to[260], size_t *len)
{
    size_t n = take(p);
    n = n > 200u ? n : n % 24u;
    n = n < p->left ? n : p->left;
    memcpy(to, p->at, n);
    to[n] = '\0';
    p->at += n;
    p->left -= n;
    *len = n;
    return to;
}

static const char *maybe(program_t *p, char to[260])
{
    size_t len;
    return take(p) % 3u == 0u ? NULL : take_text(p, to, &len);
}

static void check_values(uspan_t s)
{
    static char text[USPAN_VALUE_MAX + 1];
    uspan_slot_t *slot = uspan_slot_find(&tracer.trace, s);
    unsigned blocks = 0;
    for (unsigned i = 0; slot != NULL && i < slot->attr_count; i++) {
        const uspan_entry_t *e = &slot->attrs[i];
        uint16_t block = e->v.chain.head;
        if (e->store == USPAN_STORE_INT) { /* dropped messages */
            CHECK(e->key == &uspan_key_uspan_messages_omitted && e->v.i > 0);
            continue;
        }
        CHECK(e->store == USPAN_STORE_TEXT && e->len > 0u && e->len <= USPAN_VALUE_MAX);
        for (size_t at = 0; at < e->len; at += USPAN_BLOCK) {
            memcpy(text + at, tracer.trace.blocks[block].bytes, e->len - at < USPAN_BLOCK ? e->len - at : USPAN_BLOCK);
            if (at + USPAN_BLOCK >= e->len) {
                CHECK(block == e->v.chain.tail);
            }
            block = tracer.trace.block_next[block];
            blocks++;
        }
        text[e->len] = '\0';
        CHECK(strlen(text) == e->len && uspan_utf8_run(text, e->len) == e->len);
        CHECK(is_json(text));
    }
    CHECK(tracer.trace.blocks_live >= blocks);
}

static void step(program_t *p, uspan_writer_t *w, uspan_t s)
{
    char a[260], b[260], c[260];
    size_t len;
    const char *text;
    switch (take(p) % 24u) {
    case 0:
        (void)uspan_messages_begin(w, &tracer, s, (uspan_list_t)(take(p) % 6u));
        break;
    case 1:
        text = maybe(p, a);
        (void)uspan_message(w, text, maybe(p, b));
        break;
    case 2:
        (void)uspan_message_role(w, maybe(p, a));
        break;
    case 3:
        (void)uspan_message_finish(w, maybe(p, a));
        break;
    case 4:
    case 5: {
        unsigned kind = take(p) % 11u;
        const char *first = maybe(p, a);
        const char *second = maybe(p, b);
        const char *third = maybe(p, c);
        char data[260];
        text = take_text(p, data, &len);
        first = kind == 0u && first == NULL ? "" : first;
        (void)uspan_part_of(w, (uspan_part_kind_t)kind, first, second, third, take(p) % 4u == 0u ? NULL : text,
                            len);
        break;
    }
    case 6:
        (void)uspan_write_begin(w, &tracer, s, &uspan_key_function_output);
        break;
    case 7:
        (void)uspan_function_input_begin(w, &tracer, s);
        break;
    case 8:
        (void)uspan_write_object(w, maybe(p, a));
        break;
    case 9:
        (void)uspan_write_array(w, maybe(p, a));
        break;
    case 10:
        (void)uspan_write_close(w);
        break;
    case 11:
        text = take_text(p, a, &len);
        (void)uspan_write_str_n(w, maybe(p, b), text, len);
        break;
    case 12:
        (void)uspan_write_int(w, maybe(p, a), (int64_t)take(p) - 128);
        break;
    case 13:
        (void)uspan_write_bool(w, maybe(p, a), take(p) % 2u == 0u);
        break;
    case 14:
        (void)uspan_write_end(w);
        break;
    case 15:
        (void)uspan_write_leaf(w, maybe(p, a), (uspan_leaf_t)(1u + take(p) % 3u));
        break;
    case 16: {
        uspan_limits_t limits = { .value_chars = take(p) };
        uspan_set_limits(&tracer, &limits);
        break;
    }
    case 17:
        text = take_text(p, a, &len);
        (void)uspan_set_json_n(&tracer, s, &uspan_key_tool_call_result, text, len);
        break;
    case 18:
        uspan_set_content(&tracer, take(p) % 4u != 0u);
        break;
    case 19:
        waits = take(p) % 16u;
        break;
    default:
        text = take_text(p, a, &len);
        (void)uspan_write_more_n(w, text, len);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uspan_port_t port = { USPAN_PORT_ABI, NULL, lock, unlock, clock_ns,
                                       uspan_none_unix_ns, entropy, uspan_none_task, uspan_none_log };
    program_t p = { data, len };
    uspan_writer_t w[WRITERS];
    uint16_t head = 0, tail = 0;
    memset(w, 0, sizeof w);
    waits = stolen = 0;
    CHECK(uspan_init(&tracer, &port) == USPAN_OK);
    uspan_t s = uspan_start(&tracer, USPAN_ROOT, "s");
    unsigned leave = take(&p);
    unsigned taken = leave < 64u ? uspan_blocks_alloc(&tracer.trace, USPAN_BLOCKS_MAX - leave % 16u, &head, &tail) : 0u;
    while (p.left > 0u) {
        step(&p, &w[take(&p) % WRITERS], s);
        check_values(s);
    }
    waits = 0;
    uspan_end(&tracer, s);
    if (stolen > 0u) {
        uspan_blocks_free(&tracer.trace, stolen_head, stolen_tail, stolen);
    }
    if (taken > 0u) {
        uspan_blocks_free(&tracer.trace, head, tail, taken);
    }
    CHECK(tracer.trace.blocks_live == 0u);
    return 0;
}
