/* json_reader.h: state of an incremental JSON reader. Private: it is part of structs that the application
 * allocates, and its fields may change in any version. */
#ifndef USPAN_JSON_READER_H
#define USPAN_JSON_READER_H

#include <stdbool.h>
#include <stdint.h>

#define USPAN_READ_PATHS_MAX 9u /* nesting depth up to which members are identified by their path */

/* The position in a JSON document. core/json/json_read.h has the functions. */
typedef struct uspan_json_read {
    uint8_t state, depth;
    uint8_t action;     /* of the value being read */
    uint8_t raw_action; /* of the value that is passed on unchanged; 0: none */
    uint8_t row;        /* row that is tried first: a hint, any value is correct */
    uint8_t digits;     /* of an escape: still to be read; of a literal: already read */
    uint8_t blind;      /* depth of the container whose members no row can name; 0: none */
    bool key;           /* the string being read is a key */
    bool line;          /* set if a byte of the line was read that does not end it */
    bool negative, exponent_negative;
    uint8_t actions[USPAN_READ_PATHS_MAX];
    uint16_t high; /* a high surrogate whose low one has not come yet; 0: none */
    union {
        uint16_t unit; /* of an escape */
        int16_t scale; /* the number is mantissa times ten to the power of this */
    };
    int16_t exponent;   /* as written */
    uint32_t half;      /* high surrogate at the end of a string, below its action. Of earlier documents */
    uint32_t next_half; /* of this document */
    uint32_t hash;      /* of the path to the value that is read or is next */
    uint32_t arrays;    /* bit 0: the innermost container is an array; bit 1: the one around it; ... */
    uint32_t paths[USPAN_READ_PATHS_MAX]; /* of each open container: hash of the path within it */
    uint64_t mantissa;
} uspan_json_read_t;

#endif
