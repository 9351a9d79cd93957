/* rtc.h: Zephyr's drivers of real time clocks, declared. */
#ifndef DECLARED_ZEPHYR_RTC_H
#define DECLARED_ZEPHYR_RTC_H

#include <zephyr/device.h>

struct rtc_time {
    int tm_sec;
    int tm_min;
    int tm_hour;
    int tm_mday;
    int tm_mon;
    int tm_year;
    int tm_wday;
    int tm_yday;
    int tm_isdst;
    int tm_nsec;
};
int rtc_get_time(const struct device *dev, struct rtc_time *time);

#endif
