/* random_batches.c: random_batches BASE BATCHES records random spans through the public calls, for each seed
 * from BASE on, until BATCHES requests were sent. It prints each call with its arguments and result, and each
 * body as it was sent. test_random_batches.py checks that output. This program checks only that a body read
 * in pieces of random sizes equals the one sent. */
#include <stdlib.h>
#include "export/otlp.h"
#include "random_args.h"

#define PLENTY 100u /* free blocks required for calls whose result does not report every loss */

/* ---- calls ----------------------------------------------------------------------------------------------- */

static void start_span(void)
{
    uspan_options_t o = { .kind = (uspan_kind_t)below(6), .scope = one_in(8) ? NULL : &scopes[below(3)] };
    uspan_attr_t attrs[12];
    uspan_link_t link;
    uint8_t name[80], trace_id[16];
    size_t name_len = one_in(6) ? below(sizeof name) : 1u + below(20);
    unsigned parent = handle_count > 0u && !one_in(3) ? below(handle_count) : HANDLES_MAX;
    unsigned context = context_count > 0u && one_in(6) ? below(context_count) : CONTEXTS_MAX;
    fill_text(name, name_len);
    w->now_ns += below(2000000000u);
    if (one_in(3)) {
        o.start_ns = 1u + any() % w->now_ns;
    }
    if (context < CONTEXTS_MAX) {
        o.parent = &contexts[context];
    }
    if (one_in(4)) {
        o.trace_id = trace_id;
        for (size_t i = 0; i < 16u; i++) {
            trace_id[i] = (uint8_t)below(256);
        }
    }
    unsigned room = blocks_free();
    if (room >= PLENTY && one_in(3)) {
        o.attr_count = below(3);
        for (size_t i = 0; i < o.attr_count; i++) {
            attrs[i] = any_attr(60);
        }
        o.attrs = attrs;
        if (context_count > 0u && one_in(2)) {
            link = (uspan_link_t){ .context = &contexts[below(context_count)] };
            o.links = &link;
            o.link_count = 1;
        }
    }
    uspan_t s = uspan_start_with(&w->tracer, parent < HANDLES_MAX ? handles[parent] : USPAN_ROOT,
                                 (const char *)name, name_len, &o);
    printf("S %u %d %d %d", handle_count, parent < HANDLES_MAX ? (int)parent : -1,
           context < CONTEXTS_MAX ? (int)context : -1, (int)o.kind);
    printf(" %d %llu %llu", o.scope == NULL ? -1 : (int)(o.scope - scopes), (unsigned long long)o.start_ns,
           (unsigned long long)w->now_ns);
    put_arg_hex(name, name_len);
    put_arg_hex(trace_id, o.trace_id != NULL ? 16u : 0u);
    printf(" %u", (unsigned)o.attr_count);
    for (size_t i = 0; i < o.attr_count; i++) {
        put_attr(&attrs[i]);
    }
    printf(" %d %u", o.link_count > 0u ? (int)(link.context - contexts) : -1, room);
    uspan_context_t c;
    bool got = s.id >> 10 != 0u && uspan_context_of(&w->tracer, s, &c) == USPAN_OK;
    put_arg_hex(c.trace_id, got ? 16u : 0u);
    put_arg_hex(c.span_id, got ? 8u : 0u);
    fputc('\n', stdout);
    handles[handle_count++] = s;
}

static uspan_err_t set_attr(uspan_t s, const uspan_attr_t *a)
{
    uspan_tracer_t *t = &w->tracer;
    size_t n = a->count;
    if (one_in(4)) {
        return uspan_set_all(t, s, a, 1);
    }
    switch (a->type) {
    case USPAN_TYPE_INT:
        return uspan_set_int(t, s, a->key, a->v.i);
    case USPAN_TYPE_DOUBLE:
        return uspan_set_double(t, s, a->key, a->v.d);
    case USPAN_TYPE_BOOL:
        return uspan_set_bool(t, s, a->key, a->v.i != 0);
    case USPAN_TYPE_TEXT:
        return uspan_set_str_n(t, s, a->key, a->v.text, n);
    case USPAN_TYPE_STATIC:
        return n == USPAN_TO_NUL ? uspan_set_static(t, s, a->key, a->v.text)
                                 : uspan_set_static_n(t, s, a->key, a->v.text, n);
    case USPAN_TYPE_BYTES:
        return uspan_set_bytes(t, s, a->key, a->v.bytes, n);
    case USPAN_TYPE_INTS:
        return uspan_set_ints(t, s, a->key, a->v.ints, n);
    case USPAN_TYPE_DOUBLES:
        return uspan_set_doubles(t, s, a->key, a->v.doubles, n);
    case USPAN_TYPE_BOOLS:
        return uspan_set_bools(t, s, a->key, a->v.bools, n);
    default:
        return uspan_set_strs(t, s, a->key, a->v.texts, n);
    }
}

/* A value that is set in pieces of any size. */
static void append_value(unsigned i)
{
    static uint8_t text[TEXT_MAX];
    const uspan_key_t *key = &keys[one_in(4) ? below(KEYS) : below(6)];
    bool bytes = one_in(5);
    size_t len = any_len();
    fill_text(text, len);
    size_t most = one_in(2) ? 4u : 1u + below(200);
    most = len > 1000u && most < 64u ? 64u : most;
    for (size_t at = 0; at < len || at == 0u;) {
        size_t n = 1u + below((unsigned)most);
        n = n < len - at ? n : len - at;
        unsigned room = blocks_free();
        uspan_err_t err = bytes ? uspan_append_bytes(&w->tracer, handles[i], key, text + at, n)
                                : uspan_append_str_n(&w->tracer, handles[i], key, (const char *)text + at, n);
        printf("%c %u %u", bytes ? 'Y' : 'P', i, (unsigned)(key - keys));
        put_arg_hex(text + at, n);
        printf(" %u %d\n", room, (int)err);
        at += n;
        if (n == 0u) {
            break;
        }
    }
}

static void record_event(unsigned i)
{
    uspan_attr_t attrs[12];
    size_t n = any_attrs(attrs), len;
    const char *name = arena_text(one_in(10) ? any_len() : 1u + below(20), &len);
    w->now_ns += below(1000000u);
    uint64_t time_ns = one_in(2) ? 0u : 1u + any() % w->now_ns;
    unsigned room = blocks_free();
    uspan_err_t err = uspan_event_n(&w->tracer, handles[i], name, len, time_ns, attrs, n);
    printf("E %u %llu %llu", i, (unsigned long long)time_ns, (unsigned long long)w->now_ns);
    put_arg_hex(name, len);
    printf(" %u", (unsigned)n);
    for (size_t k = 0; k < n; k++) {
        put_attr(&attrs[k]);
    }
    printf(" %u %d\n", room, (int)err);
}

static void record_link(unsigned i)
{
    uspan_attr_t attrs[12];
    size_t n = any_attrs(attrs);
    unsigned context = below(context_count);
    unsigned room = blocks_free();
    uspan_err_t err = uspan_add_link(&w->tracer, handles[i], &(uspan_link_t){ &contexts[context], attrs, n });
    printf("K %u %u %u", i, context, (unsigned)n);
    for (size_t k = 0; k < n; k++) {
        put_attr(&attrs[k]);
    }
    printf(" %u %d\n", room, (int)err);
}

static void record_error(unsigned i)
{
    size_t type_len, message_len, data_len;
    const char *type = arena_text(below(12), &type_len);
    const char *message = arena_text(below(60), &message_len);
    const char *data = arena_text(one_in(2) ? 0u : below(60), &data_len);
    unsigned room = blocks_free();
    if (room < PLENTY) {
        return;
    }
    w->now_ns += below(1000000u);
    uspan_err_t err = uspan_record_error_data(&w->tracer, handles[i], one_in(9) ? type : type, message,
                                              data_len > 0u ? data : NULL);
    printf("X %u %llu", i, (unsigned long long)w->now_ns);
    put_arg_hex(type, type_len);
    put_arg_hex(message, message_len);
    put_arg_hex(data, data_len);
    printf(" %u %d\n", room, (int)err);
}

static void end_span(unsigned i)
{
    w->now_ns += below(100000000u);
    uint64_t end_ns = one_in(2) ? 0u : 1u + any() % w->now_ns;
    unsigned room = blocks_free();
    uspan_err_t err = uspan_end_at(&w->tracer, handles[i], end_ns);
    printf("Z %u %llu %llu %u %d\n", i, (unsigned long long)end_ns, (unsigned long long)w->now_ns, room,
           (int)err);
}

static void some_call(unsigned i)
{
    uspan_attr_t a;
    size_t len;
    const char *text;
    unsigned room = blocks_free();
    switch (below(16)) {
    case 0:
    case 1:
        append_value(i);
        break;
    case 2:
        record_event(i);
        break;
    case 3:
        if (context_count > 0u) {
            record_link(i);
        }
        break;
    case 4: {
        unsigned status = below(3);
        text = arena_text(one_in(2) ? below(200) : 0u, &len);
        uspan_err_t err =
            uspan_set_status(&w->tracer, handles[i], (uspan_status_t)status, len > 0u ? text : NULL);
        printf("T %u %u", i, status);
        put_arg_hex(text, len);
        printf(" %u %d\n", room, (int)err);
        break;
    }
    case 5:
        text = arena_text(below(70), &len);
        if (one_in(3)) {
            uspan_err_t err = uspan_set_name_n(&w->tracer, handles[i], text, len);
            printf("N %u", i);
            put_arg_hex(text, len);
            printf(" %d\n", (int)err);
        }
        break;
    case 6:
        if (one_in(2)) {
            record_error(i);
        }
        break;
    default:
        a = any_attr(TEXT_MAX);
        room = blocks_free();
        printf("A %u", i);
        put_attr(&a);
        printf(" %u %d\n", room, (int)set_attr(handles[i], &a));
        break;
    }
}

/* ---- delivery -------------------------------------------------------------------------------------------- */

static size_t read_in_pieces(void)
{
    static uspan_otlp_t o;
    size_t len = 0;
    unsigned most = one_in(4) ? 1u : one_in(2) ? 1u + below(300) : 2000u;
    uspan_otlp_begin(&o, &w->tracer, &w->tracer.out.dests[0].batch, 0);
    for (;;) {
        size_t cap = 1u + below(most);
        size_t n = uspan_otlp_read(&o, pieces + len, cap);
        len += n;
        if (n < cap) {
            return len;
        }
    }
}

static void give_up(const char *why)
{
    fflush(stdout);
    fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, why);
    exit(1);
}

/* Send all ended spans. Returns the number of requests. */
static unsigned deliver(void)
{
    unsigned before = w->request_count, judged = before;
    size_t read = 0;
    uspan_flush(&w->tracer);
    w->send_max = one_in(8) ? 1u + below(9) : one_in(2) ? 1u + below(700) : 0u;
    for (unsigned n = 0; !uspan_flushed(&w->tracer); n++) {
        uint32_t wait_ms = 0;
        uspan_err_t err = uspan_poll(&w->tracer, &wait_ms);
        if (n > 10000000u || (err != USPAN_OK && err != USPAN_ERR_AGAIN)) {
            give_up("the queue does not drain");
        }
        if (wait_ms != USPAN_FOREVER) {
            world_advance_ms(w, wait_ms);
        }
        if (judged == w->request_count && read == 0u && w->tracer.out.dests[0].batch.count > 0u) {
            read = read_in_pieces();
        }
        if (judged < w->request_count) {
            size_t len;
            const uint8_t *body = world_body(w, judged++, &len);
            if (read != len || memcmp(pieces, body, len) != 0) {
                give_up("read in pieces, the body is another");
            }
            read = 0;
            printf("B %u", (unsigned)len);
            put_arg_hex(body, len);
            fputc('\n', stdout);
        }
    }
    return w->request_count - before;
}

static unsigned run_seed(void)
{
    unsigned requests = 0;
    random_state = seed * 0xD1342543DE82EF95u + 1u;
    world_reset_with_collector(w);
    w->random_state = any();
    handle_count = context_count = 0;
    arena_len = 0;
    printf("R %llu\n", (unsigned long long)seed);
    if (one_in(3)) {
        uspan_limits_t l = { (uint16_t)below(6), (uint16_t)below(3), (uint16_t)below(3),
                             (uint16_t)below(4), (uint16_t)below(4), one_in(2) ? 0u : 1u + below(40) };
        uspan_set_limits(&w->tracer, &l);
        printf("L %u %u %u %u %u %u\n", l.attrs, l.events, l.links, l.event_attrs, l.link_attrs,
               (unsigned)l.value_chars);
    }
    for (unsigned rounds = 1u + below(3); rounds > 0u && arena_len + ARENA_NEED < ARENA_BYTES; rounds--) {
        unsigned first = handle_count;
        unsigned calls = one_in(20) ? 200u : 1u + below(24);
        start_span();
        for (unsigned i = 0;
             i < calls && handle_count < HANDLES_MAX - 1u && arena_len + ARENA_NEED < ARENA_BYTES; i++) {
            switch (below(12)) {
            case 0:
            case 1:
                start_span();
                break;
            case 2:
                make_context();
                break;
            case 3:
                end_span(below(handle_count)); /* also of an earlier round: stale */
                break;
            default:
                some_call(one_in(8) ? below(handle_count) : first + below(handle_count - first));
                break;
            }
        }
        while (first < handle_count) {
            end_span(one_in(4) ? first + below(handle_count - first) : first);
            first += one_in(4) ? 0u : 1u;
        }
        for (unsigned i = 0; i < handle_count; i++) { /* spans that the random order left open */
            end_span(i);
        }
        requests += deliver();
    }
    uspan_stats_t s;
    uspan_stats(&w->tracer, 0, &s);
    printf("D %u %u %u %u %u %u %u %u\n", (unsigned)s.started, (unsigned)s.delivered, (unsigned)s.unsampled,
           s.attrs_dropped, s.events_dropped, s.links_dropped, s.tracestates_dropped, s.blocks_live);
    world_assert_balanced(w);
    return requests;
}

int main(int argc, char **argv)
{
    static char buffer[1 << 16];
    if (argc != 3) {
        return 2;
    }
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    w = calloc(1, sizeof *w);
    w->sent = malloc(WORLD_SENT_MAX);
    unsigned long batches = strtoul(argv[2], NULL, 10);
    seed = strtoull(argv[1], NULL, 10);
    for (size_t i = 0; i < KEYS; i++) {
        printf("k");
        put_arg_hex(keys[i].text, keys[i].len);
        fputc('\n', stdout);
    }
    for (size_t i = 0; i < 3u; i++) {
        printf("s");
        put_arg_hex(scopes[i].name, strlen(scopes[i].name));
        put_arg_hex(scopes[i].version != NULL ? scopes[i].version : "",
                    scopes[i].version != NULL ? strlen(scopes[i].version) : 0u);
        fputc('\n', stdout);
    }
    printf("c %d %d %d %d %d %d %d %d %d\n", USPAN_SPANS_MAX, USPAN_ATTRS_MAX, USPAN_EVENTS_MAX,
           USPAN_LINKS_MAX, USPAN_EVENT_ATTRS_MAX, USPAN_NAME_MAX, USPAN_VALUE_MAX, USPAN_BLOCK_BYTES,
           USPAN_BATCH_BYTES_MAX);
    while (batches > 0u) {
        unsigned done = run_seed();
        batches -= done < batches ? done : batches;
        seed++;
    }
    free(w->sent);
    free(w);
    return fflush(stdout) == 0 ? 0 : 1;
}
