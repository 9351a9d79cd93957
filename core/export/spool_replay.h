/* spool_replay.h: how spans leave flash. Private to core. */
#ifndef USPAN_EXPORT_SPOOL_REPLAY_H
#define USPAN_EXPORT_SPOOL_REPLAY_H

#include "export/export_state.h"
#include "uspan/spool.h"

#if USPAN_SPOOL
/* uspan_spool_t.flags */
enum uspan_spool_flags {
    USPAN_SPOOL_WRITING = 1, /* the first span of the queue */
    USPAN_SPOOL_SETTLED = 2, /* what was delivered is to be noted */
    USPAN_SPOOL_BROKEN = 4,  /* the storage failed: no more is stored */
    USPAN_SPOOL_NEXT = 8,    /* records come before spans of RAM */
    USPAN_SPOOL_WIPING = 16  /* all was delivered: a new sector, then the others are erased */
};

static inline uspan_spool_t *uspan_spool_of(const uspan_tracer_t *t)
{
    return uspan_export_state(t)->spool;
}

static inline void uspan_spool_set(uspan_spool_t *spool, unsigned flag, bool on)
{
    spool->flags = (uint8_t)(on ? spool->flags | flag : spool->flags & ~flag);
}

/* Records wait to be delivered. */
bool uspan_spool_waits(const uspan_tracer_t *t);
/* Whether records come before spans of RAM now. */
bool uspan_spool_is_next(const uspan_tracer_t *t);
void uspan_spool_next(uspan_tracer_t *t, bool is_next);
/* The oldest records of one boot become a batch. False: there is none. */
bool uspan_spool_build(uspan_tracer_t *t);
/* Half as many in the next one. False: it is one record. */
bool uspan_spool_split(uspan_tracer_t *t);
/* The batch was answered for good; so many of it are lost, at most all. */
void uspan_spool_settle(uspan_tracer_t *t, uint32_t lost);
/* Its exchange has ended. */
void uspan_spool_end(uspan_tracer_t *t);

/* The batch as a request's body. */
uint32_t uspan_spool_body_len(const uspan_tracer_t *t);
void uspan_spool_begin_body(uspan_tracer_t *t);
size_t uspan_spool_read(uspan_tracer_t *t, uint8_t *out, size_t cap);
#endif

static inline bool uspan_spool_serves(const uspan_tracer_t *t, unsigned dest)
{
#if USPAN_SPOOL
    const uspan_spool_t *spool = uspan_export_state(t)->spool;
    return spool != NULL && spool->dest == dest;
#else
    (void)t;
    (void)dest;
    return false;
#endif
}

#endif
