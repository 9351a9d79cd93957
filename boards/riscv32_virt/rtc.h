/* rtc.h: Unix time from the goldfish RTC. */
#ifndef RISCV32_VIRT_RTC_H
#define RISCV32_VIRT_RTC_H

#include <stdint.h>

/* Returns nanoseconds since 1970, from the clock of the host. Context: one task. */
uint64_t rtc_unix_ns(void);

#endif
