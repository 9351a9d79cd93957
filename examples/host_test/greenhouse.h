/* greenhouse.h: the application under test. It gets the functions that it calls as arguments, so that a test
 * can replace them. */
#ifndef GREENHOUSE_H
#define GREENHOUSE_H

#include "uspan/uspan.h"

typedef struct greenhouse {
    uspan_tracer_t *tracer;
    const char *(*ask_model)(const char *question); /* returns the answer, or NULL */
    bool (*open_valve)(int bed, int seconds);
} greenhouse_t;

/* Ask the model if a bed is dry, and water it if so. Returns false if that failed. */
bool greenhouse_water(const greenhouse_t *g, int bed);

#endif
