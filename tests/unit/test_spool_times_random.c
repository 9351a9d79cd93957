/* test_spool_times_random.c: random spans that were stored without Unix time, sent by the boot that stored
 * them and by another boot. Between the two, all times are shifted by the same number, the mark is false, and
 * no other byte differs. A decoder of this file compares the spans. USPAN_SPOOL_TIMES in the environment is
 * the number of rounds.
 * uspan-config: USPAN_SPOOL=1 USPAN_SEND_BYTES=128 */
#include <stdlib.h>
#include "spool_boots.h"

#define BASE_NS ((uint64_t)USPAN_UNSYNCED_BASE_S * 1000000000u)
#define BODIES_MAX 200u

typedef struct bodies {
    view_t body[BODIES_MAX];
    unsigned count;
} bodies_t;

static uint64_t state_of_random;
static unsigned long times_compared, marks_compared, bytes_compared;

static uint32_t draw(uint32_t below)
{
    state_of_random = state_of_random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state_of_random >> 33) % below;
}

/* ---- spans --------------------------------------------------------------------------------------------- */

/* A number that looks like a time which must be corrected. */
static uint64_t like_a_time(void)
{
    return BASE_NS + ((uint64_t)draw(1u << 20) << draw(20u));
}

static void set_random(world_t *w, uspan_t s, unsigned n)
{
    static const uspan_key_t keys[] = {
        USPAN_KEY_INIT("a"),     USPAN_KEY_INIT("app.second"), USPAN_KEY_INIT("uspan.time.unsynced.not"),
        USPAN_KEY_INIT("app.d"), USPAN_KEY_INIT("app.bytes"),  USPAN_KEY_INIT("app.doubles")
    };
    const uint64_t time = like_a_time();
    const uspan_key_t *key = &keys[n % 6u];
    char text[300];
    double d[2];
    memset(text, 'x', sizeof text);
    memcpy(text + draw(250u), &time, sizeof time); /* may be no UTF-8: uspan replaces such bytes */
    memcpy(text + draw(200u), "\x4a\x19\x0a\x13uspan.time.unsynced\x12\x02\x10\x01", 27u);
    memcpy(&d[0], &time, sizeof d[0]);
    d[1] = d[0];
    switch (draw(6u)) {
    case 0:
        (void)uspan_set_str_n(&w->tracer, s, key, text, draw(sizeof text));
        break;
    case 1:
        (void)uspan_set_int(&w->tracer, s, key, (int64_t)time);
        break;
    case 2:
        (void)uspan_set_double(&w->tracer, s, key, d[0]);
        break;
    case 3:
        (void)uspan_set_bytes(&w->tracer, s, key, text, draw(sizeof text));
        break;
    case 4:
        (void)uspan_set_doubles(&w->tracer, s, key, d, 2u);
        break;
    default:
        (void)uspan_set_bool(&w->tracer, s, key, true);
        break;
    }
}

static void record_random(world_t *w)
{
    static const uspan_key_t mark = USPAN_KEY_INIT("uspan.time.unsynced");
    char name[160];
    memset(name, 'n', sizeof name);
    uspan_t s = uspan_start_n(&w->tracer, USPAN_ROOT, name, draw(sizeof name));
    for (unsigned n = draw(7u); n > 0u; n--) {
        set_random(w, s, n);
    }
    for (unsigned n = draw(5u); n > 0u; n--) {
        double d;
        const uint64_t time = like_a_time();
        memcpy(&d, &time, sizeof d);
        const uspan_attr_t attrs[] = { USPAN_ATTR_BOOL(&mark, true),
                                       USPAN_ATTR_DOUBLE(USPAN_KEY("app.d"), d) };
        w->now_ns += draw(5000000u);
        (void)uspan_event_n(&w->tracer, s, name, 1u + draw(sizeof name - 1u), draw(2u) * (w->now_ns - 1000u),
                            attrs, draw(3u));
    }
    for (unsigned n = draw(3u); n > 0u; n--) {
        uspan_context_t c = { .flags = 1u };
        memset(c.trace_id, 0x12, sizeof c.trace_id); /* the tag of many fields */
        memset(c.span_id, 0x39, sizeof c.span_id);
        const uspan_attr_t attr = USPAN_ATTR_BOOL(&mark, true);
        const uspan_link_t link = { &c, &attr, draw(2u) };
        (void)uspan_add_link(&w->tracer, s, &link);
    }
    if (draw(2u) == 0u) {
        (void)uspan_set_status(&w->tracer, s, USPAN_STATUS_ERROR,
                               draw(2u) == 0u ? NULL : "\x39 a message \x5a");
    }
    w->now_ns += draw(2000000000u);
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
}

/* ---- the decoder --------------------------------------------------------------------------------------- */

typedef struct field {
    uint32_t number;
    unsigned type;
    uint64_t value;
    view_t bytes;
} field_t;

static uint64_t read_varint(view_t *v)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7u) {
        assert_true(v->len > 0u && shift < 64u);
        const uint8_t byte = *v->at++;
        v->len--;
        value |= (uint64_t)(byte & 0x7Fu) << shift;
        if (byte < 0x80u) {
            return value;
        }
    }
}

static field_t read_field(view_t *v)
{
    field_t f = { 0 };
    const uint64_t tag = read_varint(v);
    size_t len = 0;
    f.number = (uint32_t)(tag >> 3);
    f.type = (unsigned)(tag & 7u);
    if (f.type == 0u) {
        f.value = read_varint(v);
        return f;
    }
    assert_true(f.type == 1u || f.type == 2u || f.type == 5u);
    len = f.type == 1u ? 8u : f.type == 5u ? 4u : (size_t)read_varint(v);
    assert_true(len <= v->len);
    f.bytes = (view_t){ v->at, len };
    for (size_t i = 0; f.type != 2u && i < len; i++) {
        f.value |= (uint64_t)v->at[i] << 8u * i;
    }
    v->at += len;
    v->len -= len;
    return f;
}

/* ---- comparison ---------------------------------------------------------------------------------------- */

static bool is_mark(view_t attribute)
{
    static const char mark[] = "\x0a\x13uspan.time.unsynced\x12\x02\x10";
    return attribute.len == sizeof mark && memcmp(attribute.at, mark, sizeof mark - 1u) == 0;
}

/* Compare messages. Times are the fields of these numbers. is_span: it has events and a mark. */
static void compare(view_t sent, view_t stored, uint64_t shift, bool is_span)
{
    assert_int_equal(sent.len, stored.len);
    while (stored.len > 0u) {
        const field_t a = read_field(&sent), b = read_field(&stored);
        assert_int_equal(a.number, b.number);
        assert_int_equal(a.type, b.type);
        const bool is_time = is_span ? b.number == 7u || b.number == 8u : b.number == 1u;
        if (b.type == 1u && is_time) {
            assert_true(b.value >= BASE_NS && b.value < BASE_NS + ((uint64_t)1 << 57));
            assert_true(a.value == b.value + shift);
            times_compared++;
        } else if (is_span && b.number == 11u) {
            compare(a.bytes, b.bytes, shift, false);
        } else if (is_span && b.number == 9u && is_mark(b.bytes)) {
            assert_true(is_mark(a.bytes));
            assert_int_equal(b.bytes.at[b.bytes.len - 1u], 1);
            assert_int_equal(a.bytes.at[a.bytes.len - 1u], 0);
            marks_compared++;
        } else {
            assert_true(a.value == b.value);
            assert_int_equal(a.bytes.len, b.bytes.len);
            assert_true(b.bytes.len == 0u || memcmp(a.bytes.at, b.bytes.at, b.bytes.len) == 0);
            bytes_compared += b.bytes.len;
        }
    }
    assert_int_equal(sent.len, 0);
}

static void take_bodies(world_t *w, bodies_t *out)
{
    out->count = 0;
    for (unsigned i = 0; i < w->request_count; i++) {
        view_t body = body_of(w, i);
        if (body.len > 0u) {
            uint8_t *copy = malloc(body.len);
            memcpy(copy, body.at, body.len);
            assert_true(out->count < BODIES_MAX);
            out->body[out->count++] = (view_t){ copy, body.len };
        }
    }
}

static void free_bodies(bodies_t *b)
{
    while (b->count > 0u) {
        free((void *)(uintptr_t)b->body[--b->count].at);
    }
}

static view_t nth_span(const bodies_t *b, unsigned n)
{
    for (unsigned i = 0; i < b->count; i++) {
        const unsigned spans = view_span_count(b->body[i]);
        if (n < spans) {
            return view_span(b->body[i], n);
        }
        n -= spans;
    }
    return (view_t){ NULL, 0u };
}

static void boot_at_random(world_t *w)
{
    static char version[64]; /* the resource keeps the pointer */
    memset(version, 'v', sizeof version);
    version[draw(sizeof version)] = '\0';
    version[sizeof version - 1u] = '\0';
    boot_device(w, version);
    w->unix_ns = 0u;
    w->open_error = USPAN_ERR_IO;
}

static void test_only_times_change(void **state)
{
    world_t *w = *state;
    const char *text = getenv("USPAN_SPOOL_TIMES");
    const unsigned rounds = text != NULL ? (unsigned)strtoul(text, NULL, 10) : 150u;
    static flash_model_t saved;
    bodies_t sent, stored;
    state_of_random = 20261130u;
    for (unsigned round = 0; round < rounds; round++) {
        const unsigned count = 1u + draw(12u);
        flash_init(&flash, 4096u, 16u, 8u, 0xFFu);
        boot_at_random(w);
        for (unsigned n = 0; n < count; n++) {
            record_random(w);
        }
        while (uspan_spool_all(&w->tracer) == USPAN_ERR_AGAIN) {
        }
        assert_int_equal(stats_of(w, 0).spooled, count);
        flash_copy(&saved, &flash);
        w->open_error = USPAN_OK;
        w->send_max = 1u + draw(200u);
        w->unix_ns = 1700000000000000000u + (uint64_t)draw(1u << 29) * draw(1u << 30);
        const uint64_t shift = w->unix_ns - BASE_NS;
        run_ms(w, 90000u);
        take_bodies(w, &sent);
        flash_copy(&flash, &saved); /* another boot does not know when the first one began */
        boot_at_random(w);
        w->open_error = USPAN_OK;
        w->unix_ns = 1800000000000000000u;
        run_ms(w, 90000u);
        take_bodies(w, &stored);
        for (unsigned n = 0; n < count; n++) {
            view_t a = nth_span(&sent, n), b = nth_span(&stored, n);
            assert_non_null(a.at);
            assert_non_null(b.at);
            compare(a, b, shift, true);
        }
        assert_null(nth_span(&sent, count).at);
        assert_null(nth_span(&stored, count).at);
        free_bodies(&sent);
        free_bodies(&stored);
    }
    print_message("%lu times, %lu marks, %lu other bytes\n", times_compared, marks_compared, bytes_compared);
    assert_true(times_compared > 10u * rounds && marks_compared >= rounds);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_only_times_change) };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
