/* err.h: result codes. 0: done. Above 0: done, with a note. Below 0: not done, nothing changed. The numbers
 * never change. */
#ifndef USPAN_ERR_H
#define USPAN_ERR_H

typedef enum uspan_err {
    USPAN_TRUNCATED = 1,    /* text stored, cut at a UTF-8 boundary */
    USPAN_OK = 0,           /* done */
    USPAN_ERR_ARG = -1,     /* an argument is wrong: NULL, out of range, or a call out of place */
    USPAN_ERR_FULL = -2,    /* a fixed table or pool is full; the loss is counted */
    USPAN_ERR_STALE = -3,   /* the span has already ended */
    USPAN_ERR_AGAIN = -4,   /* not yet; call again */
    USPAN_ERR_IO = -5,      /* transport or name look-up failed; trying again may help */
    USPAN_ERR_REFUSED = -6, /* the collector said no for good (inside core), or a spool has another format */
    USPAN_ERR_CLOSED = -7,  /* the peer closed cleanly (transports) */
    USPAN_ERR_TRUST = -8,   /* the peer's certificate was refused; the next try comes late (transports) */
    USPAN_ERR_CONFIG = -9   /* a setting is unusable; uspan_diagnose() says which one and how to correct it */
} uspan_err_t;

/* Marks calls whose result must be checked: initialisation, configuration, poll. */
#if defined(__GNUC__)
#define USPAN_CHECK __attribute__((warn_unused_result))
#else
#define USPAN_CHECK
#endif

#endif
