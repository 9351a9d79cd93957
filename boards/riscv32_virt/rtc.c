/* rtc.c: Unix time from the goldfish RTC.
 * Invariant: the low half is read first: that latches the high half (goldfish-rtc's rule). */
#include "rtc.h"

#include "mmio.h"

uint64_t rtc_unix_ns(void)
{
    uint32_t low = mmio_read(MMIO_RTC);
    uint32_t high = mmio_read(MMIO_RTC + 4u);
    return (uint64_t)high << 32 | low;
}
