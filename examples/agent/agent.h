/* agent.h: one turn of the agent, the same on a host (main.c) and on a board (boards/common/main.c). */
#ifndef AGENT_H
#define AGENT_H

#include "uspan/uspan.h"

#define AGENT_QUESTION "Is bed 3 dry? Water it if it is."
#define AGENT_ANSWER "Bed 3 is dry (12 %), but its valve is stuck. Please have a look at it."

/* Answers the question, which takes some 0.4 s. wait: lets that many milliseconds pass, while the program
 * does what else it has to do. */
void agent_turn(uspan_tracer_t *t, void (*wait)(uint32_t ms));

#endif
