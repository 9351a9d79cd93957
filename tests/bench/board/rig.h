/* rig.h: the tracer that the board's programs measure. It has the board's lock and clock, entropy that is the
 * same in each run, and a collector that accepts every byte and every request at once. */
#ifndef USPAN_BENCH_RIG_H
#define USPAN_BENCH_RIG_H

#include <stdbool.h>
#include "uspan/uspan.h"

extern uspan_tracer_t rig_tracer;
/* The most instructions in one hold of the lock since rig_begin(true). */
extern uint32_t rig_longest_hold;

/* Make the tracer new, with or without a destination. timed: measure its lock, which makes every call more
 * expensive. */
void rig_begin(bool timed, bool has_destination);
/* Instructions of one call, without those of this function. */
uint32_t rig_cost(void (*call)(void));
/* Print one line on the console: name, then numbers. */
void rig_tell(const char *group, const char *name, uint32_t first, uint32_t second);
/* End the firmware if a condition does not hold that must hold. */
void rig_expect(bool holds, const char *what);

/* scenes.c: the cost of each call, usual and worst. */
void scenes_tell(void);
/* scenes_many.c: calls that set many attributes, and value limits. */
void scenes_many_tell(void);

#endif
