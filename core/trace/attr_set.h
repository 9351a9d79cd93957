/* attr_set.h: fields of a struct as attributes, described by a table. Private to core. */
#ifndef USPAN_TRACE_ATTR_SET_H
#define USPAN_TRACE_ATTR_SET_H

#include "trace/attr.h"

/* What a field holds, and how it becomes an attribute. In a table the higher kinds stand first. */
typedef enum uspan_row_kind {
    USPAN_ROW_END = 0, /* no field: the end of the table */
    USPAN_ROW_MORE,    /* the same; goes on with another table, of a struct that begins at the offset */
    USPAN_ROW_COUNT,   /* an integer, where not 0 */
    USPAN_ROW_INT,     /* where its first member, a bool, is true; so are the next two */
    USPAN_ROW_DOUBLE,
    USPAN_ROW_TRUE,
    USPAN_ROW_TEXT, /* where not NULL and not "" */
    USPAN_ROW_ONE,  /* a list of that one */
    USPAN_ROW_LIST  /* ended by NULL */
} uspan_row_kind_t;

typedef struct uspan_row {
    union {
        const uspan_key_t *key;
        const struct uspan_row *more;
    };
    uint16_t offset; /* of the field in its struct */
    uint8_t kind;
    uint8_t repeats; /* 1: text that went in, 2: that came out; profiles repeat them under their own keys */
} uspan_row_t;

/* Set what the rows find in a struct. Fields that are not set are skipped in a few instructions. Returns the
 * worst result. */
uspan_err_t uspan_set_struct(uspan_tracer_t *t, uspan_t s, const void *from, const uspan_row_t *rows);

#endif
