/* rows.h: fields of a struct as attributes, described by a table. Private to core. */
#ifndef USPAN_TRACE_ROWS_H
#define USPAN_TRACE_ROWS_H

#include "attr.h"

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

/* uspan_set_static_n() of a word of our own: ASCII, on a span that is not null. */
#if USPAN_SMALL
#define uspan_set_word_text uspan_set_static_n
#else
uspan_err_t uspan_set_word_text(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                                size_t len);
#endif
/* Set what the rows find in a struct. Returns the worst result. */
uspan_err_t uspan_set_rows(uspan_tracer_t *t, uspan_t s, const void *from, const uspan_row_t *rows);

#endif
