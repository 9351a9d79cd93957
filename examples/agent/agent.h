/* agent.h: one turn of the agent. A host (main.c) and a board (boards/common/main.c) use the same code. */
#ifndef AGENT_H
#define AGENT_H

#include "uspan/uspan.h"

#define AGENT_QUESTION "Is bed 3 dry? Water it if it is."
#define AGENT_ANSWER "Bed 3 is dry (12 %), but its valve is stuck. Please have a look at it."

/* Answer the question, which takes about 0.4 s.
 *   wait   waits the given number of milliseconds, while the program does its other work */
void agent_turn(uspan_tracer_t *t, void (*wait)(uint32_t ms));

#endif
