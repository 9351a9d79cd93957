/* json_read.h: JSON read as it passes by, in fragments of any size, RFC 8259. No copy of the body: bounded
 * state, nothing stored but where it stands. Values are told to a sink by the path that leads to them, which
 * a const table of rows names; whatever no row names is checked and passed over. */
#ifndef USPAN_GENAI_JSON_READ_H
#define USPAN_GENAI_JSON_READ_H

#include "uspan/wire.h" /* uspan_json_read_t: part of an open call */

#define USPAN_JSON_DEPTH_MAX 32u /* containers within each other; a deeper document is malformed */

typedef enum uspan_json_event {
    USPAN_READ_OPEN,     /* object or array begins */
    USPAN_READ_CLOSE,    /* it ends */
    USPAN_READ_TEXT,     /* bytes of a string, unescaped; as many calls as it takes, none for "" */
    USPAN_READ_TEXT_END, /* the string ends */
    USPAN_READ_NUMBER,   /* read it with uspan_json_read_int() or uspan_json_read_double() */
    USPAN_READ_TRUE,
    USPAN_READ_FALSE,
    USPAN_READ_NULL,
    USPAN_READ_RAW,    /* bytes of a value of any type, as they stand in the document */
    USPAN_READ_RAW_END /* that value was whole and well-formed */
} uspan_json_event_t;

/* A row's action is what the sink is told; 1..255, those with USPAN_JSON_AS_IS want RAW. */
#define USPAN_JSON_AS_IS 0x80u

typedef struct uspan_json_table {
    const uint32_t *paths; /* USPAN_JSON_PATH() of each row */
    const uint8_t *actions;
    size_t count;
} uspan_json_table_t;
/* Two tables from one list of rows X(path, action), a line each: columns of 4 and 1 bytes, no padding. */
#define USPAN_JSON_ROW_PATH(path, action) USPAN_JSON_PATH(path),
#define USPAN_JSON_ROW_ACTION(path, action) (uint8_t)(action),
#define USPAN_JSON_TABLE(name, ROWS)                                         \
    static const uint32_t name##_paths[] = { ROWS(USPAN_JSON_ROW_PATH) };    \
    static const uint8_t name##_actions[] = { ROWS(USPAN_JSON_ROW_ACTION) }; \
    static const uspan_json_table_t name = { name##_paths, name##_actions, sizeof name##_actions }

/* A path as a number, from a literal of up to 64 bytes: names joined by dots, # for the elements of an array,
 * "" for the document. Elements of an array that is the document itself count as documents. Wrong matches of
 * unlike paths need equal 32-bit hashes. */
#define USPAN_JSON_PRIME 0x01000193u
#define USPAN_JSON_HASH(hash, byte) ((uint32_t)((hash)*USPAN_JSON_PRIME + (uint8_t)(byte)))
#define USPAN_JSON_IN(s, i) ((i) < sizeof(s) - 1u)
#define USPAN_JSON_1(s, i, h)                              \
    ((h) * (USPAN_JSON_IN(s, i) ? USPAN_JSON_PRIME : 1u) + \
     (USPAN_JSON_IN(s, i) ? (uint32_t)(uint8_t)("" s)[USPAN_JSON_IN(s, i) ? (i) : 0u] : 0u))
#define USPAN_JSON_4(s, i, h) \
    USPAN_JSON_1(s, i + 3u, USPAN_JSON_1(s, i + 2u, USPAN_JSON_1(s, i + 1u, USPAN_JSON_1(s, i, h))))
#define USPAN_JSON_16(s, i, h) \
    USPAN_JSON_4(s, i + 12u, USPAN_JSON_4(s, i + 8u, USPAN_JSON_4(s, i + 4u, USPAN_JSON_4(s, i, h))))
#define USPAN_JSON_64(s, h) \
    USPAN_JSON_16(s, 48u, USPAN_JSON_16(s, 32u, USPAN_JSON_16(s, 16u, USPAN_JSON_16(s, 0u, h))))
#define USPAN_JSON_PATH(s) \
    ((uint32_t)(sizeof(s) == 1u ? 0u : USPAN_JSON_64(s, '.' + 0u) * sizeof(char[sizeof(s) <= 65u ? 1 : -1])))

/* Who hears of values. text: valid during the call only, of USPAN_READ_TEXT and _RAW. */
typedef void (*uspan_json_sink_t)(void *ctx, unsigned action, uspan_json_event_t event, const char *text,
                                  size_t len);

/* All zero is a reader at its beginning. begin: the same again, for the next document of its kind; j->line,
 * where it is set, stays. */
void uspan_json_read_begin(uspan_json_read_t *j);
/* Read on. Returns how many bytes were read: fewer than len only where the document ended, at the byte that
 * shows it malformed, and with j->line set at a line's end. Any bytes whatever are accepted, any number of
 * times. Pure but for the sink. */
size_t uspan_json_read_feed(uspan_json_read_t *j, const uspan_json_table_t *table, uspan_json_sink_t sink,
                            void *ctx, const char *data, size_t len);
/* Nothing but white space was read; the document is whole; it is malformed, and no more is read of it. */
bool uspan_json_read_is_blank(const uspan_json_read_t *j);
bool uspan_json_read_is_done(const uspan_json_read_t *j);
bool uspan_json_read_is_bad(const uspan_json_read_t *j);

/* Digits are kept while the mantissa is below it: one more fits in 64 bits. */
#define USPAN_JSON_DIGITS_LIMIT UINT64_C(922337203685477581)
/* The number just read. False: not an integer, or beyond 63 bits. */
bool uspan_json_read_int(const uspan_json_read_t *j, int64_t *out);
/* False: above 63 bits, or more than 18 places behind the point. Else the double nearest to its first 18
 * digits or more. */
bool uspan_json_read_double(const uspan_json_read_t *j, double *out);
/* The double nearest to n/d, both below 2^63, d not 0; by integers alone, so that no floating point library
 * is linked for it. */
double uspan_json_read_ratio(uint64_t n, uint64_t d);

#endif
