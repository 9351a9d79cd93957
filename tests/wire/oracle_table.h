/* oracle_table.h: spans that together have every field, every type of value, empty values, and zero as a
 * value. */
#ifndef USPAN_TESTS_WIRE_ORACLE_TABLE_H
#define USPAN_TESTS_WIRE_ORACLE_TABLE_H

#include <float.h>
#include <math.h>
#include "oracle.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LIST(a) (a), COUNT(a)

/* Tables at file scope need keys that are objects. */
static const uspan_key_t key_static = USPAN_KEY_INIT("static");
static const uspan_key_t key_static_empty = USPAN_KEY_INIT("static.empty");
static const uspan_key_t key_text = USPAN_KEY_INIT("text");
static const uspan_key_t key_text_near = USPAN_KEY_INIT("text.inline_text");
static const uspan_key_t key_text_empty = USPAN_KEY_INIT("text.empty");
static const uspan_key_t key_text_unicode = USPAN_KEY_INIT("text.unicode");
static const uspan_key_t key_int = USPAN_KEY_INIT("int");
static const uspan_key_t key_int_zero = USPAN_KEY_INIT("int.zero");
static const uspan_key_t key_int_negative = USPAN_KEY_INIT("int.negative");
static const uspan_key_t key_int_max = USPAN_KEY_INIT("int.max");
static const uspan_key_t key_int_min = USPAN_KEY_INIT("int.min");
static const uspan_key_t key_double = USPAN_KEY_INIT("double");
static const uspan_key_t key_double_zero = USPAN_KEY_INIT("double.zero");
static const uspan_key_t key_double_minus_zero = USPAN_KEY_INIT("double.minus.zero");
static const uspan_key_t key_bool_true = USPAN_KEY_INIT("bool.true");
static const uspan_key_t key_bool_false = USPAN_KEY_INIT("bool.false");
static const uspan_key_t key_bytes = USPAN_KEY_INIT("bytes");
static const uspan_key_t key_bytes_empty = USPAN_KEY_INIT("bytes.empty");
static const uspan_key_t key_ints = USPAN_KEY_INIT("ints");
static const uspan_key_t key_ints_empty = USPAN_KEY_INIT("ints.empty");
static const uspan_key_t key_doubles = USPAN_KEY_INIT("doubles");
static const uspan_key_t key_doubles_empty = USPAN_KEY_INIT("doubles.empty");
static const uspan_key_t key_bools = USPAN_KEY_INIT("bools");
static const uspan_key_t key_bools_empty = USPAN_KEY_INIT("bools.empty");
static const uspan_key_t key_texts = USPAN_KEY_INIT("texts");
static const uspan_key_t key_texts_empty = USPAN_KEY_INIT("texts.empty");
static const uspan_key_t key_exception_type = USPAN_KEY_INIT("exception.type");
static const uspan_key_t key_exception_message = USPAN_KEY_INIT("exception.message");
static const uspan_key_t key_a = USPAN_KEY_INIT("a");
static const uspan_key_t key_b = USPAN_KEY_INIT("b");
static const uspan_key_t key_c = USPAN_KEY_INIT("c");
static const uspan_key_t key_d = USPAN_KEY_INIT("d");
static const uspan_key_t key_e = USPAN_KEY_INIT("e");
static const uspan_key_t key_f = USPAN_KEY_INIT("f");
static const uspan_key_t key_g = USPAN_KEY_INIT("g");
static const uspan_key_t key_h = USPAN_KEY_INIT("h");
static const uspan_key_t key_host_cores = USPAN_KEY_INIT("host.cores");
static const uspan_key_t key_host_volts = USPAN_KEY_INIT("host.volts");
static const uspan_key_t key_host_battery = USPAN_KEY_INIT("host.battery");
static const uspan_key_t key_host_name = USPAN_KEY_INIT("host.name");
static const uspan_key_t key_host_tag = USPAN_KEY_INIT("host.tag");
static const uspan_key_t key_service_version = USPAN_KEY_INIT("service.version");

static const uspan_scope_t scopes[] = { { "agentscope", "1.0.21" }, { "app", NULL }, { "sensors", "" } };

static const char long_state[] = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,ot=th:8;rv:0123456789abcd,a="
                                 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define PARENT_RANDOM "00-0af7651916cd43dd8448eb211c80319d-00000000000000ff-03"
#define UNSAMPLED "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-00"

static const int64_t ints[] = { 0, 1, -1, 127, 128, INT64_MAX, INT64_MIN, 300 };
static const double doubles[] = {
    0.0, -0.0, 1.5, DBL_MAX, DBL_MIN, -INFINITY, INFINITY, DBL_EPSILON, 4.9e-324
};
static const bool bools[] = { true, false, true };
static const char *const texts[] = {
    "", "a", "éß", "exactly 30 bytes, two of length", "\xF0\x9F\x98\x80", ""
};
static const uint8_t bytes[] = { 0, 255, 128, 0x0A, 0 };

#define ARRAY(key, kind, field, a)         \
    {                                      \
        (key), (kind), (uint32_t)COUNT(a), \
        {                                  \
            .field = (a)                   \
        }                                  \
    }
static const uspan_attr_t every_type[] = {
    USPAN_ATTR_STATIC(&key_static, "referenced"),
    USPAN_ATTR_STATIC(&key_static_empty, ""),
    USPAN_ATTR_TEXT(&key_text, "copied into blocks, more than one of them, of 32 bytes"),
    USPAN_ATTR_TEXT(&key_text_near, "8 bytes."),
    USPAN_ATTR_TEXT(&key_text_empty, ""),
    USPAN_ATTR_TEXT(&key_text_unicode, "Grüße 你好 \xF0\x9F\x98\x80"),
    USPAN_ATTR_INT(&key_int, 12),
    USPAN_ATTR_INT(&key_int_zero, 0),
    USPAN_ATTR_INT(&key_int_negative, -1),
    USPAN_ATTR_INT(&key_int_max, INT64_MAX),
    USPAN_ATTR_INT(&key_int_min, INT64_MIN),
    USPAN_ATTR_DOUBLE(&key_double, 0.25),
    USPAN_ATTR_DOUBLE(&key_double_zero, 0.0),
    USPAN_ATTR_DOUBLE(&key_double_minus_zero, -0.0),
    USPAN_ATTR_BOOL(&key_bool_true, true),
    USPAN_ATTR_BOOL(&key_bool_false, false),
    ARRAY(&key_bytes, USPAN_TYPE_BYTES, bytes, bytes),
    { &key_bytes_empty, USPAN_TYPE_BYTES, 0, { .bytes = bytes } },
    ARRAY(&key_ints, USPAN_TYPE_INTS, ints, ints),
    { &key_ints_empty, USPAN_TYPE_INTS, 0, { .ints = ints } },
    ARRAY(&key_doubles, USPAN_TYPE_DOUBLES, doubles, doubles),
    { &key_doubles_empty, USPAN_TYPE_DOUBLES, 0, { .doubles = doubles } },
    ARRAY(&key_bools, USPAN_TYPE_BOOLS, bools, bools),
    { &key_bools_empty, USPAN_TYPE_BOOLS, 0, { .bools = bools } },
    ARRAY(&key_texts, USPAN_TYPE_TEXTS, texts, texts),
    { &key_texts_empty, USPAN_TYPE_TEXTS, 0, { .texts = texts } },
};
static const uspan_attr_t few[] = {
    USPAN_ATTR_TEXT(&key_exception_type, "timeout"),
    USPAN_ATTR_TEXT(&key_exception_message, "no answer in ten seconds, and none after"),
    ARRAY(&key_ints, USPAN_TYPE_INTS, ints, ints),
};
static const uspan_attr_t eight[] = {
    USPAN_ATTR_INT(&key_a, 1),         USPAN_ATTR_INT(&key_b, 2),
    USPAN_ATTR_BOOL(&key_c, false),    USPAN_ATTR_DOUBLE(&key_d, 1e300),
    USPAN_ATTR_TEXT(&key_e, "eeeeee"), ARRAY(&key_f, USPAN_TYPE_TEXTS, texts, texts),
    USPAN_ATTR_STATIC(&key_g, "g"),    ARRAY(&key_h, USPAN_TYPE_BYTES, bytes, bytes),
};
_Static_assert(COUNT(eight) == USPAN_EVENT_ATTRS_MAX, "as many as an event may have");

static const oracle_event_t events[] = {
    { "e", 0, NULL, 0, 0 },
    { "exception", 1000, LIST(few), 0 },
    { "a name of thirty-three bytes.....", 2000000000u, LIST(eight), 0 },
    { "full", 3, LIST(eight), 200 },
};
static const oracle_link_t links[] = {
    { PARENT, NULL, false, NULL, 0, 0 },
    { PARENT_RANDOM, "k=v", false, LIST(few), 0 },
    { UNSAMPLED, long_state, true, NULL, 0, 0 },
    { PARENT, "a=b,c=defg", true, LIST(eight), 255 },
};

static oracle_span_t table[] = {
    { .name = "bare", .scope = &scopes[0] },
    { .name = "every type of value",
      .scope = &scopes[0],
      .kind = USPAN_KIND_CLIENT,
      .attrs = every_type,
      .attr_count = COUNT(every_type),
      .lasts_ns = 1500000000u },
    { .name = "child", .scope = &scopes[1], .child = true, .kind = USPAN_KIND_SERVER, .start_after_ns = 17 },
    { .name = "grandchild",
      .scope = &scopes[0],
      .child = true,
      .kind = USPAN_KIND_PRODUCER,
      .status = USPAN_STATUS_OK },
    { .name = "remote parent", .scope = &scopes[2], .traceparent = PARENT, .kind = USPAN_KIND_CONSUMER },
    { .name = "remote parent with state",
      .scope = &scopes[1],
      .traceparent = PARENT_RANDOM,
      .tracestate = long_state },
    { .name = "its child has the state too", .scope = &scopes[1], .child = true, .tracestate = long_state },
    { .name = "short state",
      .scope = &scopes[1],
      .traceparent = PARENT,
      .tracestate = "k=v",
      .kind = USPAN_KIND_INTERNAL },
    { .name = "error without words", .scope = &scopes[2], .status = USPAN_STATUS_ERROR },
    { .name = "error with none", .scope = &scopes[2], .status = USPAN_STATUS_ERROR, .message = "" },
    { .name = "error",
      .scope = &scopes[2],
      .status = USPAN_STATUS_ERROR,
      .message = "no answer from the collector in 10 s" },
    { .name = "events",
      .scope = &scopes[0],
      .events = events,
      .event_count = COUNT(events),
      .attrs = few,
      .attr_count = COUNT(few) },
    { .name = "links", .scope = &scopes[0], .links = links, .link_count = COUNT(links), .lasts_ns = 1 },
    { .name = "all that is counted",
      .scope = &scopes[1],
      .attrs = few,
      .attr_count = COUNT(few),
      .events = events,
      .event_count = 2,
      .links = links,
      .link_count = 2,
      .dropped_attrs = 1,
      .dropped_events = 127,
      .dropped_links = 128,
      .status = USPAN_STATUS_ERROR,
      .message = "e" },
    { .name = "counts of two bytes and more",
      .scope = &scopes[1],
      .attrs = few,
      .attr_count = COUNT(few),
      .events = events,
      .event_count = 1,
      .links = links,
      .link_count = 1,
      .dropped_attrs = 16384,
      .dropped_events = 16383,
      .dropped_links = 65535 },
    { .name = "a name of all forty-eight bytes that a slot has.", .scope = &scopes[0] },
};

#endif
