/* rig.h: the tracer that the board's programs measure: the board's lock and clock, entropy that is the same in each run, and a
 * collector that takes every byte at once and accepts every request. */
#ifndef USPAN_BENCH_RIG_H
#define USPAN_BENCH_RIG_H

#include <stdbool.h>
#include "uspan/uspan.h"

extern uspan_tracer_t rig_tracer;
/* The most instructions in one hold of the lock since rig_begin(true). */
extern uint32_t rig_longest_hold;

/* A tracer as new, with a destination or without. timed: its lock is, at a cost to every call. */
void rig_begin(bool timed, bool has_destination);
/* Instructions of one call, this function's own left out. */
uint32_t rig_cost(void (*call)(void));
/* One line of the console: name, then numbers. */
void rig_tell(const char *group, const char *name, uint32_t first, uint32_t second);
/* Ends the firmware: for what cannot be. */
void rig_expect(bool holds, const char *what);

/* scenes.c: what each call costs, as usual and at worst. */
void scenes_tell(void);
/* scenes_many.c: calls that set many attributes, and value limits. */
void scenes_many_tell(void);

#endif
