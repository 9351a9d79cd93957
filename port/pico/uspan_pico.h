/* uspan_pico.h: uspan's port on the Raspberry Pi Pico SDK 2.x: RP2040 and RP2350, one core or both, with or
 * without FreeRTOS. Link uspan::pico. */
#ifndef USPAN_PICO_H
#define USPAN_PICO_H

#include "uspan/uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The port's table, for uspan_init(). It holds a hardware spin lock, claimed before main(), so both cores and
 * their interrupts may record.
 *   Monotonic time: time_us_64().
 *   Unix time: aon_timer, where the application links pico_aon_timer and has started it; else the collector's
 *     Date or uspan_set_unix_time(). Times before 2020 are ignored.
 *   Entropy: get_rand_64(). The RP2350 has a generator in hardware. The RP2040 has none: the SDK mixes the
 *     ring oscillator's bits with timers, and says what that is worth in pico/rand.h.
 *   Task: the FreeRTOS handle, or the number of the core.
 *   Log: puts() to the SDK's stdio. */
extern const uspan_port_t uspan_pico_port;

#ifdef __cplusplus
}
#endif
#endif
