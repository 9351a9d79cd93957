/* spool_replay.h: sends spans from flash. Private to core. */
#ifndef USPAN_EXPORT_SPOOL_REPLAY_H
#define USPAN_EXPORT_SPOOL_REPLAY_H

#include "export/export_state.h"
#include "uspan/spool.h"

#if USPAN_SPOOL
/* uspan_spool_t.flags */
enum uspan_spool_flags {
    USPAN_SPOOL_SETTLED = 1,  /* the finished records must be stored */
    USPAN_SPOOL_BROKEN = 2,   /* the storage failed, so nothing more is stored */
    USPAN_SPOOL_WIPING = 4,   /* all was delivered: open a new sector, then erase the others */
    USPAN_SPOOL_NOTING = 16,  /* a DONE record was begun, and no other destination had a result since */
    USPAN_SPOOL_READ_BUSY = 8 /* the last uspan_spool_read() ended early, because the storage was busy */
};

static inline uspan_spool_t *uspan_spool_of(const uspan_tracer_t *t)
{
    return uspan_export_state(t)->spools[0];
}

/* The place of a destination's spool in the table. */
static inline unsigned uspan_spool_index(unsigned dest)
{
    return USPAN_SPOOL_EACH > 0 ? 1u + dest : 0u;
}

static inline void uspan_spool_set(uspan_spool_t *spool, unsigned flag, bool on)
{
    spool->flags = (uint8_t)(on ? spool->flags | flag : spool->flags & ~flag);
}

/* Change the turn between spans of RAM and records. Returns true if it is the turn of records now. */
static inline bool uspan_spool_take_turn(uspan_spool_t *spool, unsigned dest)
{
    uspan_spool_reader_t *r = &spool->readers[USPAN_SPOOL_READERS > 1 ? dest : 0u];
    r->turn ^= 1u;
    return r->turn == 0u;
}
/* Choose how to send records: a batch of the oldest records of one boot, or nothing. The times of those that
 * this boot stored without Unix time are corrected if it is known. So uspan asks for the Date header first. A
 * collector that answered without one gets the records with wrong times. */
uspan_job_t uspan_spool_choose_job(uspan_tracer_t *t, unsigned d, bool open);
/* Halve the next batch. Returns false if it has one record. */
bool uspan_spool_split(uspan_tracer_t *t);
/* Finish the batch. `lost` of its records are lost; larger values mean all. */
void uspan_spool_settle(uspan_tracer_t *t, uint32_t lost);
/* End the exchange of the batch. */
void uspan_spool_end(uspan_tracer_t *t);

/* The body of a request with the batch: its bytes, its start, the next bytes. If there are none, the request
 * cannot be completed, or, with USPAN_SPOOL_READ_BUSY, not yet. */
uint32_t uspan_spool_body_len(const uspan_tracer_t *t);
void uspan_spool_begin_body(uspan_tracer_t *t);
size_t uspan_spool_read(uspan_tracer_t *t, uint8_t *out, size_t cap);
#endif

/* Make the spool of a destination, and its reader there, the one that is served. Returns false if it has
 * none. */
static inline bool uspan_spool_select(const uspan_tracer_t *t, unsigned dest)
{
#if USPAN_SPOOL
    uspan_export_part_t *x = uspan_export_state(t);
    uspan_spool_t *spool = x->spools[uspan_spool_index(dest)];
    x->spools[0] = spool;
#if USPAN_SPOOL_READERS > 1
    if (spool != NULL) {
        spool->dest = spool->log.reader = (uint8_t)dest;
    }
#endif
    return spool != NULL && spool->dest == dest;
#else
    (void)t;
    (void)dest;
    return false;
#endif
}

#endif
