/* rand.h: declared, as hardware/sync.h. */
#ifndef PICO_RAND_H
#define PICO_RAND_H

#include <stdint.h>

uint64_t get_rand_64(void);

#endif
