/* attr_set.h: sets attributes from the fields of a struct, described by a table. Private to core. */
#ifndef USPAN_TRACE_ATTR_SET_H
#define USPAN_TRACE_ATTR_SET_H

#include "trace/attr.h"

/* Type of a field, and how it becomes an attribute. A table lists TEXT and what is above it first, then INT
 * to TRUE, then COUNT. */
typedef enum uspan_row_kind {
    USPAN_ROW_END = 0, /* the end of the table */
    USPAN_ROW_MORE,    /* end; continue with another table, of a struct at the offset */
    USPAN_ROW_COUNT,   /* an integer, if not 0 */
    USPAN_ROW_INT,     /* if its first member, a bool, is true; so are the next two */
    USPAN_ROW_DOUBLE,
    USPAN_ROW_TRUE,
    USPAN_ROW_TEXT, /* if not NULL and not "" */
    USPAN_ROW_ONE,  /* a list with that one element */
    USPAN_ROW_LIST  /* ends with NULL */
} uspan_row_kind_t;

typedef struct uspan_row {
    union {
        const uspan_key_t *key;
        const struct uspan_row *more;
    };
    uint16_t offset; /* of the field in its struct */
    uint8_t kind;
    uint8_t repeats; /* 1: text of a request, 2: of a result; profiles repeat them under their own keys */
} uspan_row_t;

/* Set attributes from the fields of a struct. Fields that are not set are skipped in a few instructions.
 * Returns the worst result. */
uspan_err_t uspan_set_struct(uspan_tracer_t *t, uspan_t s, const void *from, const uspan_row_t *rows);

#endif
