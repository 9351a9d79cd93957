/* tls_chain.c: checks the chain that mbedTLS built. If it is not valid, this file searches the peer's
 * certificates for another one: mbedTLS uses the first issuer of the right name, and checks its dates only if
 * it is built with MBEDTLS_HAVE_TIME_DATE. Invariant: a chain is accepted only if mbedTLS verified all of it,
 * from the peer's certificate to an anchor. */
#include "tls_chain.h"
#include "tls_time.h"
#include "tls_words.h"

#define DATES (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)
#define CRL_DATES (MBEDTLS_X509_BADCRL_EXPIRED | MBEDTLS_X509_BADCRL_FUTURE)
#define RETRIES 3u /* limits the work that a peer can cause: each attempt costs several signature checks */

static uint32_t judge_lists(const uspan_tls_t *tls)
{
    uint32_t flags = 0;
#if defined(MBEDTLS_X509_CRL_PARSE_C)
    for (const mbedtls_x509_crl *list = &tls->revoked; list != NULL && list->raw.p != NULL;
         list = list->next) {
        const uspan_tls_dates_t dates = uspan_tls_dates_of(&list->this_update, &list->next_update);
        bool known;
        uint32_t wrong = uspan_tls_dates_judge(tls, &dates, &known);
        flags |= (wrong & MBEDTLS_X509_BADCERT_EXPIRED) != 0u ? MBEDTLS_X509_BADCRL_EXPIRED : 0u;
        flags |= (wrong & MBEDTLS_X509_BADCERT_FUTURE) != 0u ? MBEDTLS_X509_BADCRL_FUTURE : 0u;
    }
#else
    (void)tls;
#endif
    return flags;
}

static void begin_chain(uspan_tls_t *tls)
{
    tls->dates = (uspan_tls_dates_t){ 0u, USPAN_TLS_NEVER_S };
    tls->chain_flags = 0;
    tls->chain_above = NULL;
    tls->chain_wrong = NULL;
    tls->chain_below = NULL;
}

/* Called by mbedTLS for each certificate of the chain that it built, the anchor first, the peer's own last.
 * The result is known after the last one. chain_wrong: the issuer to avoid. chain_below: the certificate that
 * it issued. */
static int look_at(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    uspan_tls_t *tls = ctx;
    const uspan_tls_dates_t dates = uspan_tls_dates_of(&crt->valid_from, &crt->valid_to);
    bool known;
    uint32_t wrong = (*flags & ~(uint32_t)(DATES | CRL_DATES)) | uspan_tls_dates_judge(tls, &dates, &known);
    const mbedtls_x509_crt *issuer = depth > 0 ? crt : NULL;
    if (tls->chain_wrong != NULL) {
        tls->chain_below = tls->chain_below != NULL ? tls->chain_below : issuer;
    } else if (wrong != 0u) {
        bool by_another = (wrong & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0u && tls->chain_above != NULL;
        tls->chain_wrong = by_another ? tls->chain_above : issuer;
        tls->chain_below = by_another ? issuer : NULL;
    }
    tls->chain_above = crt;
    tls->chain_flags |= wrong;
    tls->dates.from_s = dates.from_s > tls->dates.from_s ? dates.from_s : tls->dates.from_s;
    tls->dates.until_s = dates.until_s < tls->dates.until_s ? dates.until_s : tls->dates.until_s;
    *flags = 0;
    return 0;
}

/* Move an issuer after all other certificates of the peer. False: it is not one of them, or already the
 * last. */
static bool demote(mbedtls_x509_crt *peer, const mbedtls_x509_crt *issuer)
{
    mbedtls_x509_crt *before = peer;
    while (issuer != NULL && before->next != NULL && before->next != issuer) {
        before = before->next;
    }
    mbedtls_x509_crt *moved = before->next;
    if (issuer == NULL || moved == NULL || moved->next == NULL) {
        return false;
    }
    before->next = moved->next;
    while (before->next != NULL) {
        before = before->next;
    }
    before->next = moved;
    moved->next = NULL;
    return true;
}

/* mbedTLS's result for the complete chain. Its first check includes the host name, a second one does not. */
static int judge_chain(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    uspan_tls_t *tls = ctx;
    const uint32_t name = *flags & MBEDTLS_X509_BADCERT_CN_MISMATCH;
    if (!tls->chain_seen) {
        begin_chain(tls);
        tls->chain_seen = true;
    }
    (void)look_at(ctx, crt, depth, flags);
    if (depth > 0) {
        return 0;
    }
    const uint32_t first = tls->chain_flags;
    for (unsigned i = 0; i < RETRIES && (demote(crt, tls->chain_wrong) || demote(crt, tls->chain_below));
         i++) {
        uint32_t ignored = 0;
#if defined(MBEDTLS_X509_CRL_PARSE_C)
        mbedtls_x509_crl *revoked = tls->revoked.raw.p != NULL ? &tls->revoked : NULL;
#else
        mbedtls_x509_crl *revoked = NULL;
#endif
        begin_chain(tls);
        if (mbedtls_x509_crt_verify_with_profile(crt, &tls->anchors, revoked,
                                                 &mbedtls_x509_crt_profile_default, NULL, &ignored, look_at,
                                                 tls) != 0) {
            tls->chain_flags |= MBEDTLS_X509_BADCERT_NOT_TRUSTED;
        }
    }
    *flags = (tls->chain_flags != 0u ? first : 0u) | name | judge_lists(tls);
    return 0;
}

void uspan_tls_chain_watch(uspan_tls_t *tls)
{
    mbedtls_ssl_conf_verify(&tls->conf, judge_chain, tls);
}

static bool is_valid(const uspan_tls_t *tls, const mbedtls_x509_crt *crt)
{
    const uspan_tls_dates_t dates = uspan_tls_dates_of(&crt->valid_from, &crt->valid_to);
    return uspan_tls_dates_hold(tls, &dates);
}

/* The list's head is a member of *tls, so certificates swap their content and the list stays. */
static void swap_contents(mbedtls_x509_crt *a, mbedtls_x509_crt *b)
{
    mbedtls_x509_crt *after_a = a->next, *after_b = b->next;
    unsigned char *x = (unsigned char *)a, *y = (unsigned char *)b;
    for (size_t i = 0; i < sizeof(*a); i++) {
        unsigned char byte = x[i];
        x[i] = y[i];
        y[i] = byte;
    }
    a->next = after_a;
    b->next = after_b;
}

void uspan_tls_chain_begin(uspan_tls_t *tls)
{
    begin_chain(tls);
    tls->dates_settled = false;
    tls->chain_seen = false;
    mbedtls_x509_crt *place = &tls->anchors;
    for (mbedtls_x509_crt *crt = place; crt != NULL && crt->raw.p != NULL; crt = crt->next) {
        if (is_valid(tls, crt)) {
            if (crt != place) {
                swap_contents(place, crt);
            }
            place = place->next;
        }
    }
}

const char *uspan_tls_chain_recheck(uspan_tls_t *tls)
{
    uint32_t wrong = uspan_tls_dates_judge(tls, &tls->dates, &tls->dates_settled);
    return wrong != 0u ? uspan_tls_check_words(wrong) : NULL;
}
