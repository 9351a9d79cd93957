/* rtc.c: reads Unix time from the goldfish RTC.
 * Invariant: the low half is read first, because that read latches the high half. */
#include "rtc.h"

#include "mmio.h"

uint64_t rtc_unix_ns(void)
{
    uint32_t low = mmio_read(MMIO_RTC);
    uint32_t high = mmio_read(MMIO_RTC + 4u);
    return (uint64_t)high << 32 | low;
}
