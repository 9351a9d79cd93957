/* tls_time.c: checks dates of certificates with the clock of uspan instead of mbedTLS's time(), which many
 * boards do not have. Invariant: the time used is never before the floor. If Unix time is unknown, the floor
 * is used. A certificate that had expired at the floor is always refused. The start of validity is checked
 * only if the time is known. */
#include "tls_time.h"

#define NEVER_S USPAN_TLS_NEVER_S
#define DAY_S 86400u

/* Convert a UTC date to Unix seconds, limited to 1970..2106. */
static uint32_t seconds_of(const mbedtls_x509_time *at)
{
    if (at->year < 1970 || at->year > 2105) {
        return at->year < 1970 ? 0u : NEVER_S;
    }
    /* Years start in March, so that a leap day is the last of its year. Then five months always have 153
     * days. */
    uint32_t year = (uint32_t)at->year - (at->mon < 3 ? 1u : 0u);
    uint32_t month = (uint32_t)at->mon + (at->mon < 3 ? 12u : 0u) - 3u;
    uint32_t days = 365u * year + year / 4u - year / 100u + year / 400u + (153u * month + 2u) / 5u +
                    (uint32_t)at->day - 719469u; /* of 1 January 1970 */
    uint64_t s =
        (uint64_t)days * DAY_S + (uint32_t)at->hour * 3600u + (uint32_t)at->min * 60u + (uint32_t)at->sec;
    return s < NEVER_S ? (uint32_t)s : NEVER_S;
}

static uint32_t floor_s(void)
{
#if USPAN_TLS_FLOOR_S > 0
    return USPAN_TLS_FLOOR_S;
#else
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec",
                      built[] = __DATE__; /* "Mmm dd yyyy" */
    mbedtls_x509_time at = { .mon = 1, .day = built[5] - '0' };
    while (at.mon < 12 && memcmp(built, months + 3 * (at.mon - 1), 3u) != 0) {
        at.mon++;
    }
    at.day += built[4] != ' ' ? 10 * (built[4] - '0') : 0;
    for (int i = 7; i < 11; i++) {
        at.year = 10 * at.year + (built[i] - '0');
    }
    uint32_t s = seconds_of(&at);
    return s > DAY_S ? s - DAY_S : 0u; /* the date is in the time zone of the build machine */
#endif
}

/* Get the time for checks. Returns true if it is the present time. A clock before the floor is wrong and
 * counts as unknown. */
static bool read_now(const uspan_tls_t *tls, uint32_t *now_s)
{
    const uspan_tls_options_t *o = &tls->options;
    uint64_t ns = 0;
    uspan_err_t err =
        o->tracer != NULL ? uspan_unix_now(o->tracer, &ns) : o->port->unix_ns(o->port->ctx, &ns);
    uint64_t s = err == USPAN_OK ? ns / 1000000000u : 0u;
    *now_s = floor_s();
    if (s < *now_s) {
        return false;
    }
    *now_s = s < NEVER_S ? (uint32_t)s : NEVER_S - 1u;
    return true;
}

uspan_tls_dates_t uspan_tls_dates_of(const mbedtls_x509_time *from, const mbedtls_x509_time *until)
{
    return (uspan_tls_dates_t){ seconds_of(from), seconds_of(until) };
}

uint32_t uspan_tls_dates_judge(const uspan_tls_t *tls, const uspan_tls_dates_t *dates, bool *known)
{
    uint32_t now_s;
    *known = read_now(tls, &now_s);
    return dates->until_s < now_s            ? MBEDTLS_X509_BADCERT_EXPIRED
           : *known && dates->from_s > now_s ? MBEDTLS_X509_BADCERT_FUTURE
                                             : 0u;
}

bool uspan_tls_dates_hold(const uspan_tls_t *tls, const uspan_tls_dates_t *dates)
{
    bool known;
    return uspan_tls_dates_judge(tls, dates, &known) == 0u;
}
