/* json_reader.h: where a JSON document stands that is read as it passes by. Private: it is part of objects
 * that the application allocates, and its fields may change in any version. */
#ifndef USPAN_JSON_READER_H
#define USPAN_JSON_READER_H

#include <stdbool.h>
#include <stdint.h>

#define USPAN_READ_PATHS_MAX 9u /* containers whose members can be named by a path */

/* Where a JSON document stands: json_read.h. */
typedef struct uspan_json_read {
    uint8_t state, depth;
    uint8_t action;     /* of the value being read */
    uint8_t raw_action; /* of the value being passed on as it stands; 0: none */
    uint8_t raw_depth;
    uint8_t row;        /* tried first: a hint, any value does */
    uint8_t digits;     /* of an escape, still to come; of a literal, read */
    uint8_t blind;      /* depth of the container that no row names, whose members are passed over; 0: none */
    bool key;           /* the string being read is a key */
    bool upper;         /* the next letter of the key was behind an underscore */
    bool line;          /* no byte of a line's end is read */
    bool negative, exponent_negative;
    uint8_t actions[USPAN_READ_PATHS_MAX];
    uint16_t unit;      /* of an escape */
    uint16_t high;      /* a high surrogate that waits for its low one; 0: none */
    int16_t scale;      /* the number is mantissa times ten to the power of this */
    int16_t exponent;   /* as written */
    uint32_t hash;      /* of the path to the value that is read or comes next */
    uint32_t arrays;    /* bit 0: the innermost container is an array; bit 1: the one around it; ... */
    uint32_t paths[USPAN_READ_PATHS_MAX]; /* hash of each open container */
    uint64_t mantissa;
} uspan_json_read_t;

#endif
