/* json_path.h: paths of JSON as numbers, and tables of them. Private to core. */
#ifndef USPAN_JSON_JSON_PATH_H
#define USPAN_JSON_JSON_PATH_H

#include <stddef.h>
#include "uspan/json_reader.h"

/* A row's action is what the sink is told, 1..126. With USPAN_JSON_AS_IS it gets RAW for objects, arrays,
 * numbers, true and false, and for strings and null what others get. USPAN_JSON_LIST alone: a list whose
 * only element may stand in its place. A container without a row hides all that is in it: each container on
 * the way to a row has a row. */
#define USPAN_JSON_AS_IS 0x80u
#define USPAN_JSON_LIST 0x7Fu

typedef struct uspan_json_table {
    const uint32_t *paths; /* USPAN_JSON_PATH() of each row */
    const uint8_t *actions;
    uint8_t count;
    bool camel; /* names are in camel case; documents may have them in snake case */
} uspan_json_table_t;
/* Two tables from one list of rows X(path, action), a line each: columns of 4 and 1 bytes, no padding. */
#define USPAN_JSON_ROW_PATH(path, action) USPAN_JSON_PATH(path),
#define USPAN_JSON_ROW_ACTION(path, action) (uint8_t)(action),
#define USPAN_JSON_TABLE_OF(name, ROWS, camel)                               \
    static const uint32_t name##_paths[] = { ROWS(USPAN_JSON_ROW_PATH) };    \
    static const uint8_t name##_actions[] = { ROWS(USPAN_JSON_ROW_ACTION) }; \
    static const uspan_json_table_t name = { name##_paths, name##_actions, sizeof name##_actions, camel }
#define USPAN_JSON_TABLE(name, ROWS) USPAN_JSON_TABLE_OF(name, ROWS, false)
#define USPAN_JSON_TABLE_CAMEL(name, ROWS) USPAN_JSON_TABLE_OF(name, ROWS, true)

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

/* The action of the value that begins with c. USPAN_JSON_NO_ROW: no row names it. */
#define USPAN_JSON_NO_ROW 0x100u
unsigned uspan_json_find_action(uspan_json_read_t *j, const uspan_json_table_t *table, char c);
/* Bytes of a member's name. */
void uspan_json_add_to_key(uspan_json_read_t *j, const uspan_json_table_t *table, const char *text,
                           size_t len);

#endif
