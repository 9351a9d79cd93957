/* greenhouse.h: the application under test. What it talks to is handed to it, so that a test can stand in
 * for it. */
#ifndef GREENHOUSE_H
#define GREENHOUSE_H

#include "uspan/uspan.h"

typedef struct greenhouse {
    uspan_tracer_t *tracer;
    const char *(*ask_model)(const char *question); /* the answer; NULL: none came */
    bool (*open_valve)(int bed, int seconds);
} greenhouse_t;

/* Ask the model whether a bed wants water, and water it then. False: it could not be done. */
bool greenhouse_water(const greenhouse_t *g, int bed);

#endif
