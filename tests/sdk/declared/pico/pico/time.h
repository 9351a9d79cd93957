/* time.h: declared, as hardware/sync.h. */
#ifndef PICO_TIME_H
#define PICO_TIME_H

#include <stdint.h>

uint64_t time_us_64(void);

#endif
