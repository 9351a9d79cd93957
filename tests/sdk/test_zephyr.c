/* test_zephyr.c: the Zephyr functions that port/zephyr and its sample call, as fakes of the declared ones:
 * the time of an RTC driver, settings, the collector's CA. Sockets and threads are only declared: the thread
 * of start.c does not run. */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include <zephyr/drivers/rtc.h>
#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>
#include <zephyr/net/tls_credentials.h>
#include <zephyr/random/random.h>
#include <zephyr/settings/settings.h>
#include "uspan_zephyr.h"

extern const struct settings_handler_static settings_handler_uspan;
int sample_main(void);
#define main sample_main
#include "main.c" /* the sample's */
#undef main

static char calls[256], logged[512], saved[512];
static struct rtc_time rtc;
static int rtc_result, settings_result, credential_result;
static bool is_rtc_missing;
static const char *stored;

/* ---- Zephyr -------------------------------------------------------------------------------------------- */

const struct device declared_rtc = { "rtc" };

bool device_is_ready(const struct device *dev)
{
    assert_ptr_equal(dev, &declared_rtc);
    return !is_rtc_missing;
}

int rtc_get_time(const struct device *dev, struct rtc_time *time)
{
    assert_ptr_equal(dev, &declared_rtc);
    *time = rtc;
    return rtc_result;
}

static void add_call(const char *name)
{
    (void)strncat(calls, name, sizeof calls - strlen(calls) - 1u);
}

void declared_log(int level, const char *format, ...)
{
    va_list list;
    size_t at = strlen(logged);
    (void)level;
    va_start(list, format);
    (void)vsnprintf(logged + at, sizeof logged - at, format, list);
    va_end(list);
}

int settings_subsys_init(void)
{
    add_call("init ");
    return settings_result;
}

static ssize_t read_stored(void *cb_arg, void *data, size_t len)
{
    (void)cb_arg;
    memcpy(data, stored, len);
    return (ssize_t)len;
}

int settings_name_steq(const char *name, const char *key, const char **next)
{
    (void)next;
    return strcmp(name, key) == 0;
}

int settings_load_subtree(const char *subtree)
{
    assert_string_equal(subtree, "uspan");
    assert_string_equal(settings_handler_uspan.name, "uspan");
    add_call("load ");
    return stored != NULL ? settings_handler_uspan.h_set("endpoint", strlen(stored), read_stored, NULL) : 0;
}

int settings_save_one(const char *name, const void *value, size_t val_len)
{
    (void)snprintf(saved + strlen(saved), sizeof saved - strlen(saved), "%s=%.*s;", name, (int)val_len,
                   (const char *)value);
    return settings_result;
}

int settings_delete(const char *name)
{
    (void)snprintf(saved + strlen(saved), sizeof saved - strlen(saved), "%s-;", name);
    return settings_result;
}

int tls_credential_add(sec_tag_t tag, enum tls_credential_type type, const void *cred, size_t credlen)
{
    assert_int_equal(tag, 1);
    assert_int_equal(type, TLS_CREDENTIAL_CA_CERTIFICATE);
    assert_int_equal(credlen, 5);
    assert_int_equal(*(const uint8_t *)cred, 0x30);
    add_call("ca ");
    return credential_result;
}

k_spinlock_key_t k_spin_lock(struct k_spinlock *lock)
{
    (void)lock;
    return (k_spinlock_key_t){ 0 };
}

void k_spin_unlock(struct k_spinlock *lock, k_spinlock_key_t key)
{
    (void)lock, (void)key;
}

int64_t k_uptime_ticks(void)
{
    return 1;
}

uint64_t k_ticks_to_ns_floor64(uint64_t ticks)
{
    return ticks;
}

int32_t k_msleep(int32_t ms)
{
    return ms;
}

int sys_csrand_get(void *dst, size_t len)
{
    memset(dst, 0x5A, len);
    return 0;
}

k_tid_t k_current_get(void)
{
    return NULL;
}

/* ---- uspan_zephyr_start() and uspan_zephyr_stop() of start.c, for the sample --------------------------- */

uspan_err_t uspan_zephyr_start_sized(uspan_tracer_t *t, const uspan_resource_t *resource, size_t tracer_size,
                                     uint32_t config_id)
{
    (void)t, (void)resource, (void)tracer_size, (void)config_id;
    add_call("start ");
    return USPAN_OK;
}

uspan_err_t uspan_zephyr_stop(uspan_tracer_t *t, uint32_t deadline_ms)
{
    (void)t, (void)deadline_ms;
    add_call("stop");
    return USPAN_OK;
}

/* ---- tests --------------------------------------------------------------------------------------------- */

static int reset(void **state)
{
    (void)state;
    calls[0] = logged[0] = saved[0] = '\0';
    rtc_result = settings_result = credential_result = 0;
    is_rtc_missing = false;
    stored = NULL;
    uspan_zephyr_set_rtc(NULL);
    return 0;
}

static uspan_err_t own_clock(uint64_t *out)
{
    *out = 7u;
    return USPAN_OK;
}

static void test_the_time_is_that_of_the_rtc(void **state)
{
    (void)state;
    static const struct {
        struct rtc_time at;
        uint64_t unix_s;
    } rows[] = {
        { { .tm_year = 120, .tm_mon = 0, .tm_mday = 1 }, 1577836800u },
        { { .tm_year = 124, .tm_mon = 1, .tm_mday = 29, .tm_hour = 12 }, 1709208000u },
        { { .tm_year = 126, .tm_mon = 10, .tm_mday = 30, .tm_hour = 23, .tm_min = 59, .tm_sec = 58 },
          1796083198u },
        { { .tm_year = 200, .tm_mon = 2, .tm_mday = 1 }, 4107542400u }, /* 2100 is not a leap year */
    };
    const uspan_port_t *port = uspan_zephyr_port();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t unix_ns = 0;
        rtc = rows[i].at;
        rtc.tm_nsec = 250;
        assert_int_equal(port->unix_ns(port->ctx, &unix_ns), USPAN_OK);
        assert_int_equal(unix_ns, rows[i].unix_s * 1000000000u + 250u);
    }
}

static void test_an_rtc_that_does_not_know_the_time(void **state)
{
    (void)state;
    const uspan_port_t *port = uspan_zephyr_port();
    uint64_t unix_ns = 0;
    rtc = (struct rtc_time){ .tm_year = 70, .tm_mday = 1 }; /* the epoch: not set yet. uspan ignores it */
    assert_int_equal(port->unix_ns(port->ctx, &unix_ns), USPAN_OK);
    assert_false(uspan_unix_is_plausible(unix_ns));
    rtc.tm_year = 126;
    rtc_result = -ENODATA; /* the RTC was not set */
    assert_int_equal(port->unix_ns(port->ctx, &unix_ns), USPAN_ERR_AGAIN);
    rtc_result = 0;
    is_rtc_missing = true;
    assert_int_equal(port->unix_ns(port->ctx, &unix_ns), USPAN_ERR_AGAIN);
    uspan_zephyr_set_rtc(own_clock); /* has priority over the driver */
    is_rtc_missing = false;
    assert_int_equal(port->unix_ns(port->ctx, &unix_ns), USPAN_OK);
    assert_int_equal(unix_ns, 7u);
}

static void test_settings_are_loaded(void **state)
{
    (void)state;
    uspan_collector_t c = { .endpoint = "http://built.in/" };
    settings_result = -ENODEV;
    assert_int_equal(uspan_zephyr_load(&c), USPAN_ERR_AGAIN);
    assert_string_equal(c.endpoint, "http://built.in/");
    assert_non_null(strstr(logged, "settings cannot be loaded"));
    assert_string_equal(calls, "init ");
    settings_result = 0;
    assert_int_equal(uspan_zephyr_load(&c), USPAN_ERR_AGAIN);
    stored = "https://collector.test:4318/v1/traces";
    assert_int_equal(uspan_zephyr_load(&c), USPAN_OK);
    assert_string_equal(c.endpoint, stored);
    assert_string_equal(calls, "init init load init load ");
}

static void test_settings_are_saved_if_uspan_can_use_them(void **state)
{
    static char long_path[USPAN_ZEPHYR_ENDPOINT_BYTES + 1u] = "http://host/";
    (void)state;
    memset(long_path + strlen(long_path), 'x', sizeof long_path - strlen(long_path) - 1u);
    assert_int_equal(uspan_zephyr_save("https://c.test/v1/traces", "x-team=a"), USPAN_OK);
    assert_string_equal(saved, "uspan/endpoint=https://c.test/v1/traces;uspan/headers=x-team=a;");
    saved[0] = '\0';
    assert_int_equal(uspan_zephyr_save("", NULL), USPAN_OK); /* erases one, keeps the other */
    assert_string_equal(saved, "uspan/endpoint-;");
    saved[0] = '\0';
    const char *const wrong[][2] = { { "collector", NULL }, { NULL, "no pair" }, { long_path, NULL } };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        logged[0] = '\0';
        assert_int_equal(uspan_zephyr_save(wrong[i][0], wrong[i][1]), USPAN_ERR_CONFIG);
        assert_non_null(strstr(logged, "settings not saved: "));
    }
    assert_string_equal(saved, "");
    settings_result = -ENODEV;
    assert_int_equal(uspan_zephyr_save("http://host/", NULL), USPAN_ERR_IO);
}

static void test_the_sample_adds_its_ca_before_it_starts(void **state)
{
    (void)state;
    assert_int_equal(sample_main(), 0);
    assert_string_equal(calls, "ca start stop");
    calls[0] = '\0';
    credential_result = -ENOMEM;
    assert_int_equal(sample_main(), 1);
    assert_string_equal(calls, "ca ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_time_is_that_of_the_rtc, reset),
        cmocka_unit_test_setup(test_an_rtc_that_does_not_know_the_time, reset),
        cmocka_unit_test_setup(test_settings_are_loaded, reset),
        cmocka_unit_test_setup(test_settings_are_saved_if_uspan_can_use_them, reset),
        cmocka_unit_test_setup(test_the_sample_adds_its_ca_before_it_starts, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
