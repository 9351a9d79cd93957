/* tls_time.h: compares dates of certificates with the time that uspan knows. */
#ifndef USPAN_TLS_TIME_H
#define USPAN_TLS_TIME_H

#include "tls_inside.h"

#define USPAN_TLS_NEVER_S UINT32_MAX /* 2106 and later */

/* The dates of one certificate, limited to 1970..2106. */
uspan_tls_dates_t uspan_tls_dates_of(const mbedtls_x509_time *from, const mbedtls_x509_time *until);
/* Compare dates with the time, as far as it is known. *known: the time is known, so one check is enough.
 * Returns MBEDTLS_X509_BADCERT_EXPIRED or _FUTURE, or 0. */
uint32_t uspan_tls_dates_judge(const uspan_tls_t *tls, const uspan_tls_dates_t *dates, bool *known);
/* Returns true unless the time, as far as it is known, is outside the dates. */
bool uspan_tls_dates_hold(const uspan_tls_t *tls, const uspan_tls_dates_t *dates);

#endif
