/* aon_timer.h: declared, as hardware/sync.h. On an RP2040 the timer has whole seconds, on an RP2350 milliseconds. */
#ifndef PICO_AON_TIMER_H
#define PICO_AON_TIMER_H

#include <stdbool.h>
#include <time.h>

bool aon_timer_is_running(void);
bool aon_timer_get_time(struct timespec *ts);

#endif
