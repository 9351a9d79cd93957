/* random_messages.c: random_messages BASE MESSAGES [cuts] writes random lists of messages, parts, definitions
 * and plain JSON, for each seed from BASE on. It prints each call and the value that the span then has.
 * test_messages.py checks that output. This program checks only that no block of the pool is lost. cuts: the
 * number of documents that are written again for every limit and every number of free blocks.
 * uspan-config: USPAN_TOOL_DEFINITIONS=1 USPAN_HISTORY_MESSAGES=0 */
#include "uspan/message.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "trace/pool.h"
#include "random_json.h"
#include "trace/block_chain.h"
#include "uspan/port_none.h"

static uspan_tracer_t tracer;
static uspan_t span;
static uspan_writer_t w;
static const uspan_key_t *key;
static int worst;
static unsigned calls; /* calls with a result other than OK */
static unsigned messages;
static bool snapshots;

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

/* ---- printing -------------------------------------------------------------------------------------------- */

static void put_hex(const void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    static char out[2u * TEXT_MAX + 4u];
    const uint8_t *in = data;
    size_t n = 0;
    out[n++] = ' ';
    out[n++] = 'x';
    for (size_t i = 0; i < len; i++) {
        out[n++] = digits[in[i] >> 4];
        out[n++] = digits[in[i] & 15u];
    }
    fwrite(out, 1, n, stdout);
}

static void put_str(const char *text)
{
    if (text == NULL) {
        fputs(" -", stdout);
    } else {
        put_hex(text, strlen(text));
    }
}

static void put_value(void)
{
    uspan_slot_t *slot = uspan_slot_find(&tracer.trace, span);
    const uspan_entry_t *e = NULL;
    for (unsigned i = 0; i < slot->attr_count; i++) {
        e = slot->attrs[i].key == key ? &slot->attrs[i] : e;
    }
    if (e == NULL) {
        fputs(" -\n", stdout);
        return;
    }
    fputc(' ', stdout);
    uint16_t block = e->v.chain.head;
    for (size_t at = 0; at < e->len; at += USPAN_BLOCK) {
        size_t n = e->len - at < USPAN_BLOCK ? e->len - at : USPAN_BLOCK;
        fwrite(tracer.trace.blocks[block].bytes, 1, n, stdout);
        block = tracer.trace.block_next[block];
    }
    fputc('\n', stdout);
}

/* After each call: its result, and sometimes the value. */
static void done(uspan_err_t err)
{
    calls += err != USPAN_OK;
    worst = err < 0 ? err : worst == 0 ? err : worst;
    if (snapshots && one_in(12)) {
        putchar('K');
        put_value();
    }
}

/* ---- what is written ------------------------------------------------------------------------------------- */

/* The rest of a leaf, in pieces. */
static void more(const char *text, size_t len)
{
    size_t most = one_in(3) ? 1u : 1u + below(40);
    most = len > 500u ? 1u + below(900) : most;
    for (size_t at = 0; at < len;) {
        size_t n = 1u + below((unsigned)most);
        n = n < len - at ? n : len - at;
        done(uspan_write_more_n(&w, text + at, n));
        at += n;
    }
}

static void leaf_json(const char *letter, uspan_err_t err)
{
    fputs(letter, stdout);
    put_hex(json, json_len);
    putchar('\n');
    done(err);
    more(json, json_len);
}

static void members(unsigned depth);

/* One member of the open object, or element of the open array. */
static void member(unsigned depth, bool object, unsigned i)
{
    static char text[TEXT_MAX];
    char name_text[80], extra[64];
    snprintf(name_text, sizeof name_text, "m%u%s", i, one_in(4) ? any_text(extra) : "");
    const char *name = object ? name_text : NULL;
    size_t n;
    int64_t v;
    switch (below(depth < 4u ? 10u : 7u)) {
    case 0:
        v = one_in(3) ? (int64_t)any() : one_in(9) ? INT64_MIN : (int64_t)below(2000) - 1000;
        fputs("i", stdout);
        put_str(name);
        printf(" %lld\n", (long long)v);
        done(uspan_write_int(&w, name, v));
        break;
    case 1:
        n = fill_text(text, any_len(), false);
        fputs("s", stdout);
        put_str(name);
        put_hex(text, n);
        putchar('\n');
        v = below((unsigned)n + 1u);
        done(uspan_write_str_n(&w, name, text, (size_t)v));
        more(text + v, n - (size_t)v);
        break;
    case 2:
        fputs("b", stdout);
        put_str(name);
        v = below(2);
        printf(" %d\n", (int)v);
        done(uspan_write_bool(&w, name, v != 0));
        break;
    case 3:
        fputs("n", stdout);
        put_str(name);
        putchar('\n');
        done(uspan_write_null(&w, name));
        break;
    case 4:
        any_json();
        fputs("j", stdout);
        put_str(name);
        leaf_json("", uspan_write_leaf(&w, name, USPAN_LEAF_JSON));
        break;
    case 5:
        n = fill_text(text, any_len(), false);
        fputs("k", stdout);
        put_str(name);
        put_hex(text, n);
        putchar('\n');
        done(uspan_write_leaf(&w, name, USPAN_LEAF_BASE64));
        more(text, n);
        break;
    case 6: {
        static const double plain[] = { 0.0,  1.0,       -0.5,  0.1,  0.7,    100.0,
                                        1e15, 123456.75, 0.001, 1e-5, 5e-324, 1.797e308 };
        uint64_t bits = any();
        double d = plain[below(sizeof plain / sizeof plain[0])];
        if (one_in(2) && (bits >> 52 & 0x7FFu) != 0x7FFu) {
            memcpy(&d, &bits, sizeof d);
        }
        fputs("d", stdout);
        put_str(name);
        printf(" %.17g\n", d);
        done(uspan_write_double(&w, name, d));
        break;
    }
    default: {
        bool is_object = one_in(2);
        fputs(is_object ? "o" : "a", stdout);
        put_str(name);
        putchar('\n');
        done(is_object ? uspan_write_object(&w, name) : uspan_write_array(&w, name));
        for (unsigned k = 0, count = below(4); k < count; k++) {
            member(depth + 1u, is_object, k);
        }
        puts("e");
        done(uspan_write_close(&w));
        break;
    }
    }
}

static void members(unsigned depth)
{
    for (unsigned i = 0, n = below(4); i < n; i++) {
        member(depth, true, i);
    }
}

static const char *any_name(char to[64], const char *usual)
{
    return one_in(5) ? any_text(to) : usual;
}

static void part(bool text_only)
{
    static char text[TEXT_MAX];
    char a[64], b[64], c[64];
    const char *id = one_in(3) ? NULL : any_name(a, "call_9");
    const char *mime = one_in(3) ? NULL : any_name(b, "image/png");
    const char *name = any_name(c, "read_soil");
    const char *modality = one_in(4) ? "audio" : "image";
    size_t n, first;
    switch (text_only ? 0u : below(10)) {
    case 0:
    case 1:
    case 2: {
        bool reasoning = !text_only && one_in(4);
        n = fill_text(text, any_len(), false);
        first = below((unsigned)n + 1u);
        fputs(reasoning ? "X x726561736f6e696e67" : "X x74657874", stdout);
        put_hex(text, n);
        putchar('\n');
        done(reasoning ? uspan_part_reasoning_n(&w, text, first) : uspan_part_text_n(&w, text, first));
        more(text + first, n - first);
        break;
    }
    case 3:
    case 4: {
        bool late = one_in(5);
        any_json();
        fputs("C", stdout);
        put_str(id);
        put_str(late ? NULL : name);
        leaf_json("", uspan_part_tool_call(&w, id, late ? NULL : name, NULL));
        if (late) {
            fputs("s x6e616d65", stdout);
            put_str(name);
            putchar('\n');
            done(uspan_write_str(&w, "name", name));
        }
        break;
    }
    case 5:
        any_json();
        fputs("O", stdout);
        put_str(id);
        put_hex(json, json_len);
        putchar('\n');
        if (memchr(json, '\0', json_len) == NULL && one_in(2)) {
            json[json_len] = '\0';
            done(uspan_part_tool_response(&w, id, json));
        } else {
            done(uspan_part_tool_response(&w, id, NULL));
            more(json, json_len);
        }
        break;
    case 6:
        n = fill_text(text, any_len(), false);
        first = below((unsigned)n + 1u);
        fputs("B", stdout);
        put_str(modality);
        put_str(mime);
        put_hex(text, n);
        putchar('\n');
        done(uspan_part_blob(&w, modality, mime, text, first));
        more(text + first, n - first);
        break;
    case 7: {
        bool uri = one_in(2);
        fputs(uri ? "U x757269" : "U x66696c65", stdout);
        put_str(modality);
        put_str(mime);
        put_str(name);
        putchar('\n');
        done(uri ? uspan_part_uri(&w, modality, mime, name) : uspan_part_file(&w, modality, mime, name));
        break;
    }
    case 8: {
        bool call = one_in(2);
        fputs("V", stdout);
        put_str(id);
        put_str(call ? name : NULL);
        put_str(c == name ? "web" : "web_search");
        putchar('\n');
        const char *type = c == name ? "web" : "web_search";
        done(call ? uspan_part_server_tool_call(&w, id, name, type)
                  : uspan_part_server_tool_response(&w, id, type));
        members(1);
        break;
    }
    default:
        fputs("P", stdout);
        put_str(name);
        putchar('\n');
        done(uspan_part(&w, name));
        members(0);
        break;
    }
}

static void message_list(bool output)
{
    static const char *const roles[] = { "user", "assistant", "tool", "system" };
    static const char *const reasons[] = { "stop", "length", "content_filter", "tool_call", "error" };
    char a[64], b[64];
    for (unsigned n = 1u + below(5); n > 0u; n--) {
        bool late = one_in(6);
        const char *role = any_name(a, roles[below(4)]);
        const char *name = one_in(3) && !late ? any_name(b, "gardener") : NULL;
        messages++;
        fputs("M", stdout);
        put_str(late ? NULL : role);
        put_str(name);
        putchar('\n');
        done(uspan_message(&w, late ? NULL : role, name));
        for (unsigned k = below(4); k > 0u; k--) {
            part(false);
        }
        if (late && !one_in(5)) {
            fputs("L", stdout);
            put_str(role);
            putchar('\n');
            done(uspan_message_role(&w, role));
        }
        if (output ? !one_in(5) : one_in(5)) {
            const char *reason = reasons[below(5)];
            fputs("F", stdout);
            put_str(reason);
            putchar('\n');
            done(uspan_message_finish(&w, reason));
        }
    }
}

static void tool_list(void)
{
    char a[64], b[64];
    for (unsigned n = 1u + below(4); n > 0u; n--) {
        const char *name = any_name(a, "read_soil");
        const char *words = one_in(2) ? NULL : any_name(b, "Moisture of a bed");
        bool parameters = one_in(2);
        any_json();
        json[json_len] = '\0';
        parameters = parameters && memchr(json, '\0', json_len) == NULL;
        messages++;
        fputs("D", stdout);
        put_str(name);
        put_str(words);
        put_str(parameters ? json : NULL);
        putchar('\n');
        done(uspan_tool_definition(&w, name, words, parameters ? json : NULL));
    }
}

static void plain_json(void)
{
    messages++;
    if (one_in(3)) {
        puts("f");
        done(uspan_function_input_begin(&w, &tracer, span));
        members(2);
        return;
    }
    if (one_in(2)) {
        any_json();
        fputs("J", stdout);
        put_hex(json, json_len);
        putchar('\n');
        done(uspan_set_json_n(&tracer, span, key, json, json_len));
        return;
    }
    done(uspan_write_begin(&w, &tracer, span, key));
    member(0, false, 0);
}

/* One document. limit: in characters, 0: none. blocks: number of free blocks. Returns the length of the
 * value. */
static unsigned document(uint64_t seed, unsigned limit, unsigned blocks)
{
    uint16_t head = 0, tail = 0;
    random_state = seed * 0xD1342543DE82EF95u + 1u;
    unsigned list = below(6);
    list = list < 5u ? list : 2u;
    uspan_limits_t limits = { .value_chars = limit };
    uspan_set_limits(&tracer, &limits);
    unsigned taken = blocks < USPAN_BLOCKS_MAX
                         ? uspan_blocks_alloc(&tracer.trace, USPAN_BLOCKS_MAX - blocks, &head, &tail)
                         : 0u;
    static const uspan_key_t *const keys[] = { &uspan_key_function_input, &uspan_key_input_messages,
                                               &uspan_key_output_messages, &uspan_key_system_instructions,
                                               &uspan_key_tool_definitions };
    key = keys[list];
    worst = 0;
    calls = 0;
    span = uspan_start(&tracer, USPAN_ROOT, "s");
    printf("N %llu %u %u %u\n", (unsigned long long)seed, list, limit, blocks);
    memset(&w, 0, sizeof w);
    if (list > 0u) {
        done(uspan_messages_begin(&w, &tracer, span, (uspan_list_t)list));
    }
    if (list == 0u) {
        plain_json();
    } else if (list <= 2u) {
        message_list(list == 2u);
    } else if (list == 3u) {
        for (unsigned n = 1u + below(4); n > 0u; n--) {
            messages++;
            part(true);
        }
    } else {
        tool_list();
    }
    bool ended = w.t != NULL && (!one_in(4) || w.state >= 5u); /* JSON that ended early is detected then */
    if (ended) {
        puts("E");
        done(uspan_write_end(&w));
    }
    printf("G %d %u", worst, w.invalid);
    put_value();
    uspan_slot_t *slot = uspan_slot_find(&tracer.trace, span);
    unsigned len = slot->attr_count > 0u ? slot->attrs[0].len : 0u;
    uspan_end(&tracer, span);
    if (taken > 0u) {
        uspan_blocks_free(&tracer.trace, head, tail, taken);
    }
    if (tracer.trace.blocks_live != 0u) {
        fprintf(stderr, "seed %llu: %u blocks are lost\n", (unsigned long long)seed,
                tracer.trace.blocks_live);
        exit(1);
    }
    return len;
}

int main(int argc, char **argv)
{
    static char buffer[1 << 16];
    static const uspan_port_t port = {
        USPAN_PORT_ABI,     NULL,    uspan_none_lock, uspan_none_unlock, clock_ns,
        uspan_none_unix_ns, entropy, uspan_none_task, uspan_none_log
    };
    if (argc < 3 || uspan_init(&tracer, &port) != USPAN_OK) {
        return 2;
    }
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    uint64_t seed = strtoull(argv[1], NULL, 10);
    unsigned long wanted = strtoul(argv[2], NULL, 10);
    if (argc > 3) {
        for (; wanted > 0u; wanted--, seed++) {
            unsigned len = document(seed, 0u, USPAN_BLOCKS_MAX);
            len = len < 900u ? len : 900u;
            for (unsigned limit = 1; limit <= len; limit++) {
                (void)document(seed, limit, USPAN_BLOCKS_MAX);
            }
            for (unsigned blocks = 0; blocks <= uspan_blocks_for(len); blocks++) {
                (void)document(seed, 0u, blocks);
            }
        }
    } else {
        for (; messages < wanted; seed++) {
            snapshots = one_in(2);
            unsigned limit = one_in(5) ? 1u + below(600) : 0u;
            unsigned blocks = one_in(5) ? below(12) : USPAN_BLOCKS_MAX;
            (void)document(seed, limit, blocks);
        }
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
