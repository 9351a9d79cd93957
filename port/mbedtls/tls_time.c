/* tls_time.c: dates of certificates, by the clock that uspan knows and not by mbedTLS's time(), which many
 * boards do not have.
 * Invariant: the time that dates are held against is never before the floor, and where Unix time is unknown
 * it is the floor: what had expired by then is refused at any time, what begins later only once time is
 * known. */
#include "tls_private.h"

#define NEVER_S UINT32_MAX /* 2106 and later */
#define DAY_S 86400u
#define DATES (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)
#define CRL_DATES (MBEDTLS_X509_BADCRL_EXPIRED | MBEDTLS_X509_BADCRL_FUTURE)

/* Unix seconds of a date in UTC, cut to 1970..2106. */
static uint32_t seconds_of(const mbedtls_x509_time *at)
{
    if (at->year < 1970 || at->year > 2105) {
        return at->year < 1970 ? 0u : NEVER_S;
    }
    /* Years that begin in March have their odd day at the end: 153 days are five months from then on. */
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
    return s > DAY_S ? s - DAY_S : 0u; /* the date is of the builder's time zone */
#endif
}

/* The time to hold dates against. Returns true where it is the present one. A clock that stands before the
 * floor is wrong, so unknown. */
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

/* MBEDTLS_X509_BADCERT_*, 0 for none. */
static uint32_t judge(const uspan_tls_t *tls, const uspan_tls_dates_t *dates, bool *known)
{
    uint32_t now_s;
    *known = read_now(tls, &now_s);
    return dates->until_s < now_s            ? MBEDTLS_X509_BADCERT_EXPIRED
           : *known && dates->from_s > now_s ? MBEDTLS_X509_BADCERT_FUTURE
                                             : 0u;
}

static uint32_t judge_lists(const uspan_tls_t *tls)
{
    uint32_t flags = 0;
#if defined(MBEDTLS_X509_CRL_PARSE_C)
    for (const mbedtls_x509_crl *list = &tls->revoked; list != NULL && list->raw.p != NULL;
         list = list->next) {
        const uspan_tls_dates_t dates = { seconds_of(&list->this_update), seconds_of(&list->next_update) };
        bool known;
        uint32_t wrong = judge(tls, &dates, &known);
        flags |= (wrong & MBEDTLS_X509_BADCERT_EXPIRED) != 0u ? MBEDTLS_X509_BADCRL_EXPIRED : 0u;
        flags |= (wrong & MBEDTLS_X509_BADCERT_FUTURE) != 0u ? MBEDTLS_X509_BADCRL_FUTURE : 0u;
    }
#else
    (void)tls;
#endif
    return flags;
}

/* Called by mbedTLS for each certificate of the chain that it built, the anchor first, the peer's own
 * last. */
static int check_dates(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    uspan_tls_t *tls = ctx;
    const uspan_tls_dates_t dates = { seconds_of(&crt->valid_from), seconds_of(&crt->valid_to) };
    bool known;
    *flags = (*flags & ~(uint32_t)(DATES | CRL_DATES)) | judge(tls, &dates, &known);
    if (depth == 0) {
        *flags |= judge_lists(tls);
    }
    if (dates.from_s > tls->dates.from_s) {
        tls->dates.from_s = dates.from_s;
    }
    if (dates.until_s < tls->dates.until_s) {
        tls->dates.until_s = dates.until_s;
    }
    tls->chain_seen = true;
    return 0;
}

void uspan_tls_dates_watch(uspan_tls_t *tls)
{
    mbedtls_ssl_conf_verify(&tls->conf, check_dates, tls);
}

void uspan_tls_dates_begin(uspan_tls_t *tls)
{
    tls->dates = (uspan_tls_dates_t){ 0u, NEVER_S };
    tls->dates_settled = false;
    tls->chain_seen = false;
}

bool uspan_tls_dates_hold(const uspan_tls_t *tls, const uspan_tls_dates_t *dates)
{
    bool known;
    return judge(tls, dates, &known) == 0u;
}

const char *uspan_tls_dates_recheck(uspan_tls_t *tls)
{
    uint32_t wrong = judge(tls, &tls->dates, &tls->dates_settled);
    return wrong != 0u ? uspan_tls_check_words(wrong) : NULL;
}
