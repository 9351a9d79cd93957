/* rtc.h: Unix time from the goldfish RTC. */
#ifndef RISCV32_VIRT_RTC_H
#define RISCV32_VIRT_RTC_H

#include <stdint.h>

/* Nanoseconds since 1970, as the host has them. Context: one task. */
uint64_t rtc_unix_ns(void);

#endif
