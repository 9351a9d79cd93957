/* uspan_pico.h: uspan's port for the Raspberry Pi Pico SDK 2.x. It supports RP2040 and RP2350, one core or
 * both, with or without FreeRTOS. Link uspan::pico. */
#ifndef USPAN_PICO_H
#define USPAN_PICO_H

#include "uspan/uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The port for uspan_init(). Its lock is a hardware spin lock that is claimed before main(). Both cores and
 * their interrupts may therefore record.
 *   Monotonic time: time_us_64().
 *   Unix time: aon_timer, if the application links pico_aon_timer and has started it. Otherwise the
 *     collector's Date header or uspan_set_unix_time(). The RP2040's timer has whole seconds, so times may
 *     be up to one second early. The RP2350's has milliseconds.
 *   Entropy: get_rand_64(). The RP2350 has a hardware generator. The RP2040 has none, so the SDK mixes bits
 *     of the ring oscillator with timers. pico/rand.h describes the quality.
 *   Task: the FreeRTOS handle, or the number of the core.
 *   Log: puts() to the SDK's stdio. */
extern const uspan_port_t uspan_pico_port;

#ifdef __cplusplus
}
#endif
#endif
