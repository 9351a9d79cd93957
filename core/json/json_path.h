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

/* The 24 low bits of a row's USPAN_JSON_PLACE() are in two columns. All bits are inverted for
 * USPAN_JSON_LIKE. */
typedef struct uspan_json_table {
    const uint16_t *low;
    const uint8_t *bytes; /* bits 16 to 23 of each row's place, then the action of each row */
    uint8_t count;
    bool camel;                          /* names are in camel case. Documents may have them in snake case */
    const struct uspan_json_table *more; /* rows for paths that these do not name; NULL: none */
} uspan_json_table_t;
/* Make the columns of a table from a list of rows X(path, action). */
#define USPAN_JSON_INVERTED(action) ((action) == USPAN_JSON_LIKE ? UINT32_MAX : 0u)
#define USPAN_JSON_LOW(path, action) (uint16_t)(USPAN_JSON_PLACE(path) ^ USPAN_JSON_INVERTED(action)),
#define USPAN_JSON_HIGH(path, action) (uint8_t)((USPAN_JSON_PLACE(path) ^ USPAN_JSON_INVERTED(action)) >> 16),
#define USPAN_JSON_LOW_CAMEL(path, action) \
    (uint16_t)(USPAN_JSON_PLACE_CAMEL(path) ^ USPAN_JSON_INVERTED(action)),
#define USPAN_JSON_HIGH_CAMEL(path, action) \
    (uint8_t)((USPAN_JSON_PLACE_CAMEL(path) ^ USPAN_JSON_INVERTED(action)) >> 16),
#define USPAN_JSON_ACTION(path, action) (uint8_t)(action),
#define USPAN_JSON_COLUMNS_BY(LOW, HIGH, name, ROWS)    \
    static const uint16_t name##_low[] = { ROWS(LOW) }; \
    static const uint8_t name##_bytes[] = { ROWS(HIGH) ROWS(USPAN_JSON_ACTION) }
#define USPAN_JSON_COLUMNS(name, ROWS) USPAN_JSON_COLUMNS_BY(USPAN_JSON_LOW, USPAN_JSON_HIGH, name, ROWS)
#define USPAN_JSON_TABLE_FROM(name, camel, more)                        \
    {                                                                   \
        name##_low, name##_bytes, sizeof name##_bytes / 2u, camel, more \
    }
#define USPAN_JSON_TABLE_OF(name, ROWS, more) \
    USPAN_JSON_COLUMNS(name, ROWS);           \
    static const uspan_json_table_t name = USPAN_JSON_TABLE_FROM(name, false, more)
#define USPAN_JSON_TABLE_OF_CAMEL(name, ROWS, more)                                 \
    USPAN_JSON_COLUMNS_BY(USPAN_JSON_LOW_CAMEL, USPAN_JSON_HIGH_CAMEL, name, ROWS); \
    static const uspan_json_table_t name = USPAN_JSON_TABLE_FROM(name, true, more)
#define USPAN_JSON_TABLE(name, ROWS) USPAN_JSON_TABLE_OF(name, ROWS, NULL)
#define USPAN_JSON_TABLE_CAMEL(name, ROWS) USPAN_JSON_TABLE_OF_CAMEL(name, ROWS, NULL)

/* Texts and paths as numbers, from literals of up to 64 bytes. USPAN_JSON_PATH() is the hash of a text.
 * USPAN_JSON_PLACE() is that of a path in a row: names joined by dots, # for the elements of an array, "" for
 * the document. Elements of an array that is the document itself count as documents. USPAN_JSON_PLACE_CAMEL()
 * is the same for a table of camel case, where the case of letters is ignored. A dot or # of a path is
 * hashed as a byte that is never in UTF-8, because names may have both. In a path, \256 is a dot of a name.
 * Two different paths are confused only if 24 bits of their hashes are equal. For a member that no row of 170
 * names, the probability is 1 in 100,000. */
#define USPAN_JSON_SEPARATOR 0xFEu
#define USPAN_JSON_ELEMENT 0xFFu
#define USPAN_JSON_PRIME 0x01000193u
#define USPAN_JSON_HASH(hash, byte) ((uint32_t)((hash)*USPAN_JSON_PRIME + (uint8_t)(byte)))
/* The hash of n bytes is PRIME^n * (a first byte + the sum of byte[i] / PRIME^(i + 1)), modulo 2^32. PRIME is
 * odd, so it has an inverse. Each byte has a constant weight, and zeros after the text add nothing. Compilers
 * fold this sum 15 times faster than a chain of 64 nested steps. */
#define USPAN_JSON_ZEROS                                               \
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" \
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define USPAN_JSON_CHAR(s, i) (uint8_t)(s USPAN_JSON_ZEROS)[i]
/* # and . become the two bytes above. No path has one of the other ten characters between them. */
#define USPAN_JSON_STEP(s, i)                                                                   \
    (((uint8_t)(USPAN_JSON_CHAR(s, i) - '#') <= '.' - '#' ? USPAN_JSON_ELEMENT & ~0x23u : 0u) | \
     (USPAN_JSON_CHAR(s, i) & 0x7Fu))
#define USPAN_JSON_STEP_CAMEL(s, i) (USPAN_JSON_STEP(s, i) | (USPAN_JSON_STEP(s, i) & 0x40u) >> 1)
#define USPAN_JSON_SUM(s, byte)                                                          \
    (byte(s, 0) * 0x359C449Bu + byte(s, 1) * 0xDD4AB5D9u + byte(s, 2) * 0x91C5BE63u +    \
     byte(s, 3) * 0x4CA091F1u + byte(s, 4) * 0xDFD860EBu + byte(s, 5) * 0xB7F51A49u +    \
     byte(s, 6) * 0x9DDE4E33u + byte(s, 7) * 0xD872E4E1u + byte(s, 8) * 0xA078583Bu +    \
     byte(s, 9) * 0x1B4117B9u + byte(s, 10) * 0x8C728103u + byte(s, 11) * 0xB06CE8D1u +  \
     byte(s, 12) * 0xE4247A8Bu + byte(s, 13) * 0x46571E29u + byte(s, 14) * 0x98BE26D3u + \
     byte(s, 15) * 0x55058DC1u + byte(s, 16) * 0x4AA017DBu + byte(s, 17) * 0x95B89D99u + \
     byte(s, 18) * 0x66E00FA3u + byte(s, 19) * 0x1424C3B1u + byte(s, 20) * 0xDB19802Bu + \
     byte(s, 21) * 0x6FB00609u + byte(s, 22) * 0xEBAA0B73u + byte(s, 23) * 0xA4137AA1u + \
     byte(s, 24) * 0x937A037Bu + byte(s, 25) * 0x49C0C779u + byte(s, 26) * 0x7770EA43u + \
     byte(s, 27) * 0xEF6BA291u + byte(s, 28) * 0xA2B5F1CBu + byte(s, 29) * 0x371751E9u + \
     byte(s, 30) * 0xB3DC7C13u + byte(s, 31) * 0x02082B81u + byte(s, 32) * 0x9E1C9B1Bu + \
     byte(s, 33) * 0x6FF91559u + byte(s, 34) * 0x64B790E3u + byte(s, 35) * 0x06F50571u + \
     byte(s, 36) * 0x01A84F6Bu + byte(s, 37) * 0x423481C9u + byte(s, 38) * 0xBBBFF8B3u + \
     byte(s, 39) * 0x475F2061u + byte(s, 40) * 0x4B4E5EBBu + byte(s, 41) * 0xDA910739u + \
     byte(s, 42) * 0x0F768383u + byte(s, 43) * 0x1A846C51u + byte(s, 44) * 0x014F190Bu + \
     byte(s, 45) * 0x573F15A9u + byte(s, 46) * 0xC4EF0153u + byte(s, 47) * 0xB6A3D941u + \
     byte(s, 48) * 0xF385CE5Bu + byte(s, 49) * 0x93481D19u + byte(s, 50) * 0x3CA04223u + \
     byte(s, 51) * 0xD2ED5731u + byte(s, 52) * 0x07B8CEABu + byte(s, 53) * 0x1AFE8D89u + \
     byte(s, 54) * 0x923415F3u + byte(s, 55) * 0x0A71D621u + byte(s, 56) * 0xE0E969FBu + \
     byte(s, 57) * 0xB96DD6F9u + byte(s, 58) * 0xFF574CC3u + byte(s, 59) * 0xF0134611u + \
     byte(s, 60) * 0xB1A3F04Bu + byte(s, 61) * 0x0ECA6969u + byte(s, 62) * 0xB189B693u + \
     byte(s, 63) * 0xC3749701u)
#define USPAN_JSON_POWER(n)                                                                      \
    (((n)&1u ? 0x01000193u : 1u) * ((n)&2u ? 0x26027A69u : 1u) * ((n)&4u ? 0x502C3F11u : 1u) *   \
     ((n)&8u ? 0x5D615F21u : 1u) * ((n)&16u ? 0x345B8241u : 1u) * ((n)&32u ? 0x447C1481u : 1u) * \
     ((n)&64u ? 0x669C6901u : 1u))
#define USPAN_JSON_NUMBER(s, first, byte)                                                                   \
    ((uint32_t)(sizeof(s) == 1u ? 0u                                                                        \
                                : USPAN_JSON_POWER(sizeof(s) - 1u) * ((first) + USPAN_JSON_SUM(s, byte))) * \
     (uint32_t)sizeof(char[sizeof(s) <= 65u ? 1 : -1]))
#define USPAN_JSON_PATH(s) USPAN_JSON_NUMBER(s, (uint32_t)'.', USPAN_JSON_CHAR)
#define USPAN_JSON_PLACE(s) USPAN_JSON_NUMBER(s, USPAN_JSON_SEPARATOR, USPAN_JSON_STEP)
#define USPAN_JSON_PLACE_CAMEL(s) USPAN_JSON_NUMBER(s, USPAN_JSON_SEPARATOR, USPAN_JSON_STEP_CAMEL)

/* Find the action of the value that begins with c. USPAN_JSON_NO_ROW: no row names it. */
#define USPAN_JSON_NO_ROW 0x100u
unsigned uspan_json_find_action(uspan_json_read_t *j, const uspan_json_table_t *table, char c);
/* Returns true if the byte of a string stands for itself. Most letters need one comparison. */
static inline bool uspan_json_is_plain(char c)
{
    return (uint8_t)c > '\\' || (c != '\\' && c != '"' && (uint8_t)c >= 0x20u);
}
/* Add bytes of a member's name to the path, up to one that is not plain. Returns the position after them. */
const char *uspan_json_add_to_key(uspan_json_read_t *j, const uspan_json_table_t *table, const char *at,
                                  const char *end);

#endif
