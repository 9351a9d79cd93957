/* port.c: the functions of uspan_port_t for Zephyr.
 * Invariant: the spinlock is held exactly between lock and unlock. lock returns its key. */
#include "uspan_zephyr.h"

#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>
#include <zephyr/random/random.h>
#ifdef CONFIG_RTC
#include <zephyr/device.h>
#include <zephyr/drivers/rtc.h>
#if DT_NODE_HAS_STATUS(DT_ALIAS(rtc), okay)
#define HAS_RTC 1
#endif
#endif

LOG_MODULE_REGISTER(uspan, LOG_LEVEL_INF);

static struct k_spinlock spinlock;
static uspan_err_t (*rtc)(uint64_t *out);

static uint32_t lock(void *ctx)
{
    (void)ctx;
    k_spinlock_key_t key = k_spin_lock(&spinlock);
    return (uint32_t)key.key;
}

static void unlock(void *ctx, uint32_t state)
{
    (void)ctx;
    k_spinlock_key_t key = { .key = (int)state };
    k_spin_unlock(&spinlock, key);
}

static uint64_t mono_ns(void *ctx)
{
    (void)ctx;
    return k_ticks_to_ns_floor64((uint64_t)k_uptime_ticks());
}

#ifdef HAS_RTC
/* Days from 1970-01-01 to a date. A year begins in March here, so that a leap day is its last day. */
static uint64_t days_of(int year, int month, int day)
{
    const unsigned y = (unsigned)(month <= 2 ? year - 1 : year);
    const unsigned m = (unsigned)(month <= 2 ? month + 9 : month - 3);
    return (uint64_t)365u * y + y / 4u - y / 100u + y / 400u + (153u * m + 2u) / 5u + (unsigned)day - 719469u;
}

/* The driver's time is UTC. */
static uspan_err_t read_rtc(uint64_t *out)
{
    const struct device *const device = DEVICE_DT_GET(DT_ALIAS(rtc));
    struct rtc_time now = { 0 };
    if (!device_is_ready(device) || rtc_get_time(device, &now) != 0) {
        return USPAN_ERR_AGAIN;
    }
    const uint64_t seconds = days_of(now.tm_year + 1900, now.tm_mon + 1, now.tm_mday) * 86400u +
                             (uint64_t)now.tm_hour * 3600u + (uint64_t)now.tm_min * 60u +
                             (uint64_t)now.tm_sec;
    *out = seconds * 1000000000u + (uint64_t)now.tm_nsec;
    return USPAN_OK;
}
#else
static uspan_err_t read_rtc(uint64_t *out)
{
    (void)out;
    return USPAN_ERR_AGAIN;
}
#endif

static uspan_err_t unix_ns(void *ctx, uint64_t *out)
{
    (void)ctx;
    return rtc != NULL ? rtc(out) : read_rtc(out);
}

static uspan_err_t random_bytes(void *ctx, uint8_t *out, size_t len)
{
    uint8_t bytes[32];
    (void)ctx;
    if (len > sizeof bytes || sys_csrand_get(bytes, len) != 0) {
        return USPAN_ERR_AGAIN;
    }
    memcpy(out, bytes, len);
    return USPAN_OK;
}

static uintptr_t task(void *ctx)
{
    (void)ctx;
    return (uintptr_t)k_current_get();
}

static void log_line(void *ctx, uspan_level_t level, const char *text)
{
    (void)ctx;
    switch (level) {
    case USPAN_LEVEL_ERROR:
        LOG_ERR("%s", text);
        break;
    case USPAN_LEVEL_WARN:
        LOG_WRN("%s", text);
        break;
    case USPAN_LEVEL_INFO:
        LOG_INF("%s", text);
        break;
    default:
        LOG_DBG("%s", text);
        break;
    }
}

const uspan_port_t *uspan_zephyr_port(void)
{
    static const uspan_port_t port = {
        .abi = USPAN_PORT_ABI,
        .lock = lock,
        .unlock = unlock,
        .mono_ns = mono_ns,
        .unix_ns = unix_ns,
        .random = random_bytes,
        .task = task,
        .log = log_line,
    };
    return &port;
}

void uspan_zephyr_set_rtc(uspan_err_t (*clock)(uint64_t *out))
{
    rtc = clock;
}
