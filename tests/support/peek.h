/* peek.h: reads what recording left in a tracer's structures. Its world proves at its end that nothing
 * leaked: no slot, block, or count on an epoch, a tracestate or a run. Only this file of the tests of
 * core/trace depends on the layout. */
#ifndef USPAN_TEST_PEEK_H
#define USPAN_TEST_PEEK_H

#include "world.h"
#include "trace/pool.h"
#include "trace/block_chain.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, peek_setup, peek_teardown)

/* Make and end a world with a sink as destination 0, so that ended spans stay until a test polls. */
int peek_setup(void **state);
int peek_teardown(void **state);
/* Poll until no ended span is left. */
void peek_drain(world_t *w);
/* Start again within a test, after the same proof. */
void peek_restart(world_t *w);

/* The slot of a span that exists, which is asserted. */
uspan_slot_t *peek_slot(world_t *w, uspan_t s);
/* An attribute by key, or NULL. */
const uspan_entry_t *peek_attr(world_t *w, uspan_t s, const char *key);
/* The bytes of a stored text, bytes or array value, and a 0. Valid until the next call. */
const char *peek_bytes(world_t *w, const uspan_entry_t *e);
/* A text attribute. NULL: there is none, or it is not text. Valid until the next call. */
const char *peek_str(world_t *w, uspan_t s, const char *key);
int64_t peek_int(world_t *w, uspan_t s, const char *key);
const char *peek_message(world_t *w, uspan_t s);
/* The n-th event or link, its name, its entries. The first entry of a link, if it has no key, is the
 * tracestate. */
const uspan_event_rec_t *peek_event(world_t *w, uspan_t s, unsigned n);
const uspan_link_rec_t *peek_link(world_t *w, uspan_t s, unsigned n);
const char *peek_event_name(world_t *w, const uspan_event_rec_t *rec);
const uspan_entry_t *peek_entry(world_t *w, uint16_t attrs, unsigned n);

uspan_stats_t peek_stats(world_t *w);
/* Allocate all free blocks but n. peek_return_blocks() or the end of the world frees them. */
void peek_leave_blocks(world_t *w, unsigned n);
void peek_return_blocks(world_t *w);
unsigned peek_free_blocks(const world_t *w);

#endif
