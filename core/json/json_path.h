/* json_path.h: paths of JSON as numbers, and tables of them. Private to core. */
#ifndef USPAN_JSON_JSON_PATH_H
#define USPAN_JSON_JSON_PATH_H

#include <stddef.h>
#include "uspan/json_reader.h"

/* A row's action, 1..125, is passed to the sink. With USPAN_JSON_AS_IS the sink gets RAW for objects, arrays,
 * numbers, true and false. For strings and null it gets what other rows get. USPAN_JSON_LIST alone: a list
 * that may be replaced by its only element. A container without a row hides its content, so each container on
 * the path to a row has a row. USPAN_JSON_LIKE, directly behind a container's row: the rows below that path
 * read its members. */
#define USPAN_JSON_AS_IS 0x80u
#define USPAN_JSON_LIST 0x7Fu
#define USPAN_JSON_LIKE 0x7Eu

typedef struct uspan_json_table {
    const uint32_t *paths; /* USPAN_JSON_PATH() of each row, with all bits inverted for USPAN_JSON_LIKE */
    const uint8_t *actions;
    uint8_t count;
    bool camel;                          /* names are in camel case. Documents may have them in snake case */
    const struct uspan_json_table *more; /* rows for paths that these do not name; NULL: none */
} uspan_json_table_t;
/* Make two tables from one list of rows X(path, action): columns of 4 and 1 bytes, without padding. */
#define USPAN_JSON_ROW_PATH(path, action) \
    USPAN_JSON_PATH(path) ^ ((action) == USPAN_JSON_LIKE ? UINT32_MAX : 0u),
#define USPAN_JSON_ROW_ACTION(path, action) (uint8_t)(action),
#define USPAN_JSON_COLUMNS(name, ROWS)                                    \
    static const uint32_t name##_paths[] = { ROWS(USPAN_JSON_ROW_PATH) }; \
    static const uint8_t name##_actions[] = { ROWS(USPAN_JSON_ROW_ACTION) }
#define USPAN_JSON_TABLE_FROM(name, camel, more)                         \
    {                                                                    \
        name##_paths, name##_actions, sizeof name##_actions, camel, more \
    }
#define USPAN_JSON_TABLE_OF(name, ROWS, camel, more) \
    USPAN_JSON_COLUMNS(name, ROWS);                  \
    static const uspan_json_table_t name = USPAN_JSON_TABLE_FROM(name, camel, more)
#define USPAN_JSON_TABLE(name, ROWS) USPAN_JSON_TABLE_OF(name, ROWS, false, NULL)
#define USPAN_JSON_TABLE_CAMEL(name, ROWS) USPAN_JSON_TABLE_OF(name, ROWS, true, NULL)

/* A path as a number, from a literal of up to 64 bytes: names joined by dots, # for the elements of an array,
 * "" for the document. Elements of an array that is the document itself count as documents. Two different
 * paths are confused only if their 32-bit hashes are equal. */
#define USPAN_JSON_PRIME 0x01000193u
#define USPAN_JSON_HASH(hash, byte) ((uint32_t)((hash)*USPAN_JSON_PRIME + (uint8_t)(byte)))
/* The hash of n bytes is PRIME^n * ('.' + the sum of byte[i] / PRIME^(i + 1)), modulo 2^32. PRIME is odd, so
 * it has an inverse. Each byte has a constant weight, and zeros after the text add nothing. Compilers fold
 * this sum 15 times faster than a chain of 64 nested steps. */
#define USPAN_JSON_ZEROS                                               \
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" \
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define USPAN_JSON_TERM(s, i, weight) (uint8_t)(s USPAN_JSON_ZEROS)[i] * weight
#define USPAN_JSON_SUM(s)                                                                 \
    ('.' + 0u + USPAN_JSON_TERM(s, 0, 0x359C449Bu) + USPAN_JSON_TERM(s, 1, 0xDD4AB5D9u) + \
     USPAN_JSON_TERM(s, 2, 0x91C5BE63u) + USPAN_JSON_TERM(s, 3, 0x4CA091F1u) +            \
     USPAN_JSON_TERM(s, 4, 0xDFD860EBu) + USPAN_JSON_TERM(s, 5, 0xB7F51A49u) +            \
     USPAN_JSON_TERM(s, 6, 0x9DDE4E33u) + USPAN_JSON_TERM(s, 7, 0xD872E4E1u) +            \
     USPAN_JSON_TERM(s, 8, 0xA078583Bu) + USPAN_JSON_TERM(s, 9, 0x1B4117B9u) +            \
     USPAN_JSON_TERM(s, 10, 0x8C728103u) + USPAN_JSON_TERM(s, 11, 0xB06CE8D1u) +          \
     USPAN_JSON_TERM(s, 12, 0xE4247A8Bu) + USPAN_JSON_TERM(s, 13, 0x46571E29u) +          \
     USPAN_JSON_TERM(s, 14, 0x98BE26D3u) + USPAN_JSON_TERM(s, 15, 0x55058DC1u) +          \
     USPAN_JSON_TERM(s, 16, 0x4AA017DBu) + USPAN_JSON_TERM(s, 17, 0x95B89D99u) +          \
     USPAN_JSON_TERM(s, 18, 0x66E00FA3u) + USPAN_JSON_TERM(s, 19, 0x1424C3B1u) +          \
     USPAN_JSON_TERM(s, 20, 0xDB19802Bu) + USPAN_JSON_TERM(s, 21, 0x6FB00609u) +          \
     USPAN_JSON_TERM(s, 22, 0xEBAA0B73u) + USPAN_JSON_TERM(s, 23, 0xA4137AA1u) +          \
     USPAN_JSON_TERM(s, 24, 0x937A037Bu) + USPAN_JSON_TERM(s, 25, 0x49C0C779u) +          \
     USPAN_JSON_TERM(s, 26, 0x7770EA43u) + USPAN_JSON_TERM(s, 27, 0xEF6BA291u) +          \
     USPAN_JSON_TERM(s, 28, 0xA2B5F1CBu) + USPAN_JSON_TERM(s, 29, 0x371751E9u) +          \
     USPAN_JSON_TERM(s, 30, 0xB3DC7C13u) + USPAN_JSON_TERM(s, 31, 0x02082B81u) +          \
     USPAN_JSON_TERM(s, 32, 0x9E1C9B1Bu) + USPAN_JSON_TERM(s, 33, 0x6FF91559u) +          \
     USPAN_JSON_TERM(s, 34, 0x64B790E3u) + USPAN_JSON_TERM(s, 35, 0x06F50571u) +          \
     USPAN_JSON_TERM(s, 36, 0x01A84F6Bu) + USPAN_JSON_TERM(s, 37, 0x423481C9u) +          \
     USPAN_JSON_TERM(s, 38, 0xBBBFF8B3u) + USPAN_JSON_TERM(s, 39, 0x475F2061u) +          \
     USPAN_JSON_TERM(s, 40, 0x4B4E5EBBu) + USPAN_JSON_TERM(s, 41, 0xDA910739u) +          \
     USPAN_JSON_TERM(s, 42, 0x0F768383u) + USPAN_JSON_TERM(s, 43, 0x1A846C51u) +          \
     USPAN_JSON_TERM(s, 44, 0x014F190Bu) + USPAN_JSON_TERM(s, 45, 0x573F15A9u) +          \
     USPAN_JSON_TERM(s, 46, 0xC4EF0153u) + USPAN_JSON_TERM(s, 47, 0xB6A3D941u) +          \
     USPAN_JSON_TERM(s, 48, 0xF385CE5Bu) + USPAN_JSON_TERM(s, 49, 0x93481D19u) +          \
     USPAN_JSON_TERM(s, 50, 0x3CA04223u) + USPAN_JSON_TERM(s, 51, 0xD2ED5731u) +          \
     USPAN_JSON_TERM(s, 52, 0x07B8CEABu) + USPAN_JSON_TERM(s, 53, 0x1AFE8D89u) +          \
     USPAN_JSON_TERM(s, 54, 0x923415F3u) + USPAN_JSON_TERM(s, 55, 0x0A71D621u) +          \
     USPAN_JSON_TERM(s, 56, 0xE0E969FBu) + USPAN_JSON_TERM(s, 57, 0xB96DD6F9u) +          \
     USPAN_JSON_TERM(s, 58, 0xFF574CC3u) + USPAN_JSON_TERM(s, 59, 0xF0134611u) +          \
     USPAN_JSON_TERM(s, 60, 0xB1A3F04Bu) + USPAN_JSON_TERM(s, 61, 0x0ECA6969u) +          \
     USPAN_JSON_TERM(s, 62, 0xB189B693u) + USPAN_JSON_TERM(s, 63, 0xC3749701u))
#define USPAN_JSON_POWER(n)                                                                      \
    (((n)&1u ? 0x01000193u : 1u) * ((n)&2u ? 0x26027A69u : 1u) * ((n)&4u ? 0x502C3F11u : 1u) *   \
     ((n)&8u ? 0x5D615F21u : 1u) * ((n)&16u ? 0x345B8241u : 1u) * ((n)&32u ? 0x447C1481u : 1u) * \
     ((n)&64u ? 0x669C6901u : 1u))
#define USPAN_JSON_PATH(s)                                                                     \
    ((uint32_t)(sizeof(s) == 1u ? 0u : USPAN_JSON_POWER(sizeof(s) - 1u) * USPAN_JSON_SUM(s)) * \
     (uint32_t)sizeof(char[sizeof(s) <= 65u ? 1 : -1]))

/* Find the action of the value that begins with c. USPAN_JSON_NO_ROW: no row names it. */
#define USPAN_JSON_NO_ROW 0x100u
unsigned uspan_json_find_action(uspan_json_read_t *j, const uspan_json_table_t *table, char c);
/* Add bytes of a member's name to the path. */
void uspan_json_add_to_key(uspan_json_read_t *j, const uspan_json_table_t *table, const char *text,
                           size_t len);

#endif
