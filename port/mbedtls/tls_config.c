/* tls_config.c: prepares a connection: entropy, anchors, own certificate and key, versions.
 * Called by tls.c before a handshake.
 * Invariant: if configured is set, conf, anchors, cert, key and revoked are filled and belong together.
 * Otherwise they are initialised and empty. */
#include "tls_config.h"
#include "tls_chain.h"
#include "tls_lacks.h"
#include "tls_words.h"

#include <mbedtls/pk.h>
#if USPAN_TLS_HEAP_BYTES > 0
#include <mbedtls/memory_buffer_alloc.h>
#ifndef MBEDTLS_MEMORY_BUFFER_ALLOC_C
#error "USPAN_TLS_HEAP_BYTES needs MBEDTLS_MEMORY_BUFFER_ALLOC_C and MBEDTLS_PLATFORM_MEMORY"
#endif
USPAN_STATIC_ASSERT(MBEDTLS_MEMORY_ALIGN_MULTIPLE >= sizeof(void *),
                    "set MBEDTLS_MEMORY_ALIGN_MULTIPLE to 8: its default of 4 misaligns pointers");
#endif
#if USPAN_TLS_RESTARTABLE && !defined(MBEDTLS_ECP_RESTARTABLE)
#error "USPAN_TLS_RESTARTABLE needs MBEDTLS_ECP_RESTARTABLE"
#endif
#if USPAN_TLS_RESTARTABLE && MBEDTLS_VERSION_MAJOR < 4
#include <mbedtls/ecp.h>
#endif
#if MBEDTLS_VERSION_MAJOR >= 4 || defined(MBEDTLS_SSL_PROTO_TLS1_3) || defined(MBEDTLS_USE_PSA_CRYPTO)
#include <psa/crypto.h>
#define HAS_PSA 1
#else
#define HAS_PSA 0
#endif
#if USPAN_TLS_PSK_KE > 0 && (MBEDTLS_VERSION_MAJOR < 3 || !defined(MBEDTLS_SSL_PROTO_TLS1_3) || \
                             !defined(MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_ENABLED))
#error "USPAN_TLS_PSK_KE needs TLS 1.3 and MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_ENABLED"
#endif
#if MBEDTLS_VERSION_MAJOR < 4 && !defined(MBEDTLS_CTR_DRBG_C)
#error "port/mbedtls needs MBEDTLS_CTR_DRBG_C"
#endif

static uspan_err_t refuse(uspan_tls_t *tls, int error, const char *why)
{
    tls->error = error;
    if (uspan_tls_no_memory(error)) {
        tls->why = "mbedTLS heap exhausted: raise USPAN_TLS_HEAP_BYTES";
        return USPAN_ERR_IO;
    }
    tls->why = why;
    return USPAN_ERR_CONFIG;
}

/* ---- heap and entropy ---------------------------------------------------------------------------------- */

#if USPAN_TLS_HEAP_BYTES > 0
static union {
    uint64_t align;
    unsigned char bytes[USPAN_TLS_HEAP_BYTES];
} heap;
#endif

void uspan_tls_heap_init(void)
{
#if USPAN_TLS_HEAP_BYTES > 0
    static bool done;
    if (!done) {
        done = true;
        mbedtls_memory_buffer_alloc_init(heap.bytes, sizeof(heap.bytes));
    }
#endif
}

size_t uspan_tls_heap_peak(void)
{
    size_t bytes = 0;
#if USPAN_TLS_HEAP_BYTES > 0 && defined(MBEDTLS_MEMORY_DEBUG)
    size_t blocks = 0;
    mbedtls_memory_buffer_alloc_max_get(&bytes, &blocks);
#endif
    return bytes;
}

#if MBEDTLS_VERSION_MAJOR < 4
/* mbedTLS requests 32 or 48 bytes. The port returns at most 32 per call. */
static int gather(void *ctx, unsigned char *out, size_t len)
{
    uspan_tls_t *tls = ctx;
    const uspan_port_t *port = tls->options.port;
    while (len > 0u) {
        size_t n = len < 32u ? len : 32u;
        if (port->random(port->ctx, out, n) != USPAN_OK) {
            return MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
        }
        out += n;
        len -= n;
    }
    return 0;
}
#endif

static uspan_err_t seed(uspan_tls_t *tls)
{
    if (tls->seeded) {
        return USPAN_OK;
    }
#if MBEDTLS_VERSION_MAJOR < 4
    int error = mbedtls_ctr_drbg_seed(&tls->rng, gather, tls, (const unsigned char *)"uspan", 5u);
    if (error != 0) {
        mbedtls_ctr_drbg_free(&tls->rng);
        mbedtls_ctr_drbg_init(&tls->rng);
        if (uspan_tls_no_memory(error)) {
            return refuse(tls, error, "");
        }
        return refuse(tls, error, "no entropy: see the port's random()");
    }
#endif
#if HAS_PSA
    psa_status_t status = psa_crypto_init();
    if (status == PSA_ERROR_INSUFFICIENT_ENTROPY) {
        return refuse(tls, (int)status, "no entropy: see mbedTLS's own source");
    }
    if (status != PSA_SUCCESS) {
        return refuse(tls, (int)status, "psa_crypto_init() failed");
    }
#endif
    tls->seeded = true;
    return USPAN_OK;
}

/* ---- certificates and keys ----------------------------------------------------------------------------- */

static bool is_given(const uspan_tls_blob_t *blob)
{
    return blob->data != NULL || blob->file != NULL;
}

static bool is_der(const uspan_tls_blob_t *blob)
{
    return blob->len > 0u && *(const unsigned char *)blob->data == 0x30u; /* ASN.1 SEQUENCE */
}

/* Returns 0 or an error. In a list in PEM format, certificates that mbedTLS cannot read are skipped, because
 * bundles contain unusual ones. */
static int read_certificates(mbedtls_x509_crt *to, const uspan_tls_blob_t *blob)
{
    int error = MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE;
    if (blob->file != NULL) {
#if defined(MBEDTLS_FS_IO)
        error = mbedtls_x509_crt_parse_file(to, blob->file);
#endif
    } else if (is_der(blob)) {
        error = mbedtls_x509_crt_parse_der_nocopy(to, blob->data, blob->len);
    } else {
        error = mbedtls_x509_crt_parse(to, blob->data, blob->len);
    }
    if (error > 0) {
        error = to->raw.p != NULL ? 0 : MBEDTLS_ERR_X509_INVALID_FORMAT;
    }
    return error;
}

#if USPAN_TLS_OWN_CERT
static int read_key(uspan_tls_t *tls)
{
    const uspan_tls_blob_t *blob = &tls->options.key;
    if (blob->file != NULL) {
#if !defined(MBEDTLS_FS_IO)
        return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
#elif MBEDTLS_VERSION_MAJOR == 3
        return mbedtls_pk_parse_keyfile(&tls->key, blob->file, NULL, mbedtls_ctr_drbg_random, &tls->rng);
#else
        return mbedtls_pk_parse_keyfile(&tls->key, blob->file, NULL);
#endif
    }
#if MBEDTLS_VERSION_MAJOR == 3
    return mbedtls_pk_parse_key(&tls->key, blob->data, blob->len, NULL, 0u, mbedtls_ctr_drbg_random,
                                &tls->rng);
#else
    return mbedtls_pk_parse_key(&tls->key, blob->data, blob->len, NULL, 0u);
#endif
}

static int check_pair(uspan_tls_t *tls)
{
#if MBEDTLS_VERSION_MAJOR == 3
    return mbedtls_pk_check_pair(&tls->cert.pk, &tls->key, mbedtls_ctr_drbg_random, &tls->rng);
#else
    return mbedtls_pk_check_pair(&tls->cert.pk, &tls->key);
#endif
}
#endif

/* Returns the text for a certificate that could not be read: what the build lacks for it, otherwise the given
 * text. */
static const char *explain_blob(const uspan_tls_blob_t *blob, int error, const char *otherwise)
{
    const char *why = NULL;
    if (blob->file == NULL && is_der(blob)) {
        why = uspan_tls_lacks(blob->data, blob->len);
    }
    if (why == NULL) {
        why = uspan_tls_lacks_kind(error);
    }
    return why != NULL ? why : otherwise;
}

static uspan_err_t read_anchors(uspan_tls_t *tls)
{
    for (size_t i = 0; i < tls->options.anchor_count; i++) {
        int error = read_certificates(&tls->anchors, &tls->options.anchors[i]);
        if (error != 0) {
            return refuse(tls, error,
                          explain_blob(&tls->options.anchors[i], error, "a trust anchor cannot be read"));
        }
    }
    const uspan_tls_blob_t *revoked = &tls->options.revoked;
    if (!is_given(revoked)) {
        mbedtls_ssl_conf_ca_chain(&tls->conf, &tls->anchors, NULL);
        return USPAN_OK;
    }
#if defined(MBEDTLS_X509_CRL_PARSE_C)
    int wrong = MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE;
    if (revoked->file == NULL) {
        wrong = mbedtls_x509_crl_parse(&tls->revoked, revoked->data, revoked->len);
#if defined(MBEDTLS_FS_IO)
    } else {
        wrong = mbedtls_x509_crl_parse_file(&tls->revoked, revoked->file);
#endif
    }
    if (wrong != 0) {
        return refuse(tls, wrong, "the revocation list cannot be read");
    }
    mbedtls_ssl_conf_ca_chain(&tls->conf, &tls->anchors, &tls->revoked);
    return USPAN_OK;
#else
    return refuse(tls, 0, "a revocation list needs MBEDTLS_X509_CRL_PARSE_C");
#endif
}

static uspan_err_t read_own(uspan_tls_t *tls)
{
    if (!is_given(&tls->options.cert)) {
        return USPAN_OK;
    }
#if USPAN_TLS_OWN_CERT
    int error = read_certificates(&tls->cert, &tls->options.cert);
    if (error != 0) {
        return refuse(tls, error,
                      explain_blob(&tls->options.cert, error, "the client certificate cannot be read"));
    }
    error = read_key(tls);
    if (error != 0) {
        return refuse(tls, error, "the client key cannot be read");
    }
    error = check_pair(tls);
    if (error != 0) {
        return refuse(tls, error, "the client key does not belong to the client certificate");
    }
    error = mbedtls_ssl_conf_own_cert(&tls->conf, &tls->cert, &tls->key);
    return error == 0 ? USPAN_OK : refuse(tls, error, "the client certificate cannot be used");
#else
    return refuse(tls, 0, "a client certificate needs USPAN_TLS_OWN_CERT 1");
#endif
}

/* ---- protocol ------------------------------------------------------------------------------------------ */

#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && MBEDTLS_VERSION_MAJOR >= 3
#define BUILT_MOST USPAN_TLS_1_3
#else
#define BUILT_MOST USPAN_TLS_1_2
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_2)
#define BUILT_LEAST USPAN_TLS_1_2
#else
#define BUILT_LEAST USPAN_TLS_1_3
#endif

/* mbedTLS cuts only the steps of 1.2. If it does, 1.3 is offered only if the options request it. */
static int highest_version(const uspan_tls_t *tls)
{
    if (tls->options.max_version != 0) {
        return tls->options.max_version;
    }
    if (USPAN_TLS_RESTARTABLE) {
        const int least = tls->options.min_version != 0 ? tls->options.min_version : BUILT_LEAST;
        return least == USPAN_TLS_1_2 ? USPAN_TLS_1_2 : BUILT_MOST;
    }
    return BUILT_MOST;
}

static uspan_err_t set_versions(uspan_tls_t *tls)
{
    int least = tls->options.min_version;
    const int most = highest_version(tls);
    least = least != 0 ? least : BUILT_LEAST;
    if (least > most || least < BUILT_LEAST || most > BUILT_MOST) {
        return refuse(tls, 0, "mbedTLS was built without the TLS version asked for");
    }
#if MBEDTLS_VERSION_MAJOR < 3
    mbedtls_ssl_conf_min_version(&tls->conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(&tls->conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#else
    mbedtls_ssl_conf_min_tls_version(&tls->conf, least == USPAN_TLS_1_2 ? MBEDTLS_SSL_VERSION_TLS1_2
                                                                        : MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_max_tls_version(&tls->conf, most == USPAN_TLS_1_2 ? MBEDTLS_SSL_VERSION_TLS1_2
                                                                       : MBEDTLS_SSL_VERSION_TLS1_3);
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && MBEDTLS_VERSION_MAJOR >= 3
    /* mbedTLS's default allows psk_ke. tls_psk.c decides for each handshake. */
    mbedtls_ssl_conf_tls13_key_exchange_modes(&tls->conf, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ALL);
#endif
    return USPAN_OK;
}

#if USPAN_TLS_HAS_BOTH
void uspan_tls_offer_version(uspan_tls_t *tls, bool only_1_2)
{
    mbedtls_ssl_conf_max_tls_version(&tls->conf, only_1_2 || highest_version(tls) == USPAN_TLS_1_2
                                                     ? MBEDTLS_SSL_VERSION_TLS1_2
                                                     : MBEDTLS_SSL_VERSION_TLS1_3);
}
#endif

#if USPAN_TLS_HAS_PSS_FAULT
/* Most servers use the first scheme that they support. Therefore RSA's older scheme precedes the one that
 * mbedTLS 3.6.6 refuses in TLS 1.2. In 1.3 servers may use only the latter. mbedTLS omits schemes that it was
 * built without. */
#define SIGNATURES                                                                        \
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384, \
        MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,   \
        MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512

void uspan_tls_offer_signatures(uspan_tls_t *tls, bool without_pss)
{
    static const uint16_t all[] = { SIGNATURES, MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
                                    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
                                    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512, MBEDTLS_TLS1_3_SIG_NONE };
    static const uint16_t without[] = { SIGNATURES, MBEDTLS_TLS1_3_SIG_NONE };
    mbedtls_ssl_conf_sig_algs(&tls->conf, without_pss ? without : all);
}
#endif

static uspan_err_t set_fragment(uspan_tls_t *tls)
{
    if (tls->options.max_fragment == 0u) {
        return USPAN_OK;
    }
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
    unsigned char code = MBEDTLS_SSL_MAX_FRAG_LEN_512;
    for (unsigned bytes = 512u; bytes < tls->options.max_fragment; bytes *= 2u) {
        code++;
    }
    int error = mbedtls_ssl_conf_max_frag_len(&tls->conf, code);
    if (error == 0) {
        return USPAN_OK;
    }
    return refuse(tls, error, "max_fragment above MBEDTLS_SSL_IN_CONTENT_LEN or _OUT_CONTENT_LEN");
#else
    return refuse(tls, 0, "max_fragment needs MBEDTLS_SSL_MAX_FRAGMENT_LENGTH");
#endif
}

static uspan_err_t set_protocol(uspan_tls_t *tls)
{
    int error = mbedtls_ssl_config_defaults(&tls->conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                            MBEDTLS_SSL_PRESET_DEFAULT);
    if (error != 0) {
        return refuse(tls, error, "mbedtls_ssl_config_defaults() failed");
    }
#if MBEDTLS_VERSION_MAJOR < 4
    mbedtls_ssl_conf_rng(&tls->conf, mbedtls_ctr_drbg_random, &tls->rng);
#endif
    mbedtls_ssl_conf_authmode(&tls->conf, USPAN_INSECURE_NO_VERIFY ? MBEDTLS_SSL_VERIFY_NONE
                                                                   : MBEDTLS_SSL_VERIFY_REQUIRED);
    uspan_tls_chain_watch(tls);
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    mbedtls_ssl_conf_session_tickets(&tls->conf, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
#if defined(MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED) && defined(MBEDTLS_SSL_PROTO_TLS1_3)
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        &tls->conf, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
#endif
#if USPAN_TLS_RESTARTABLE && MBEDTLS_VERSION_MAJOR < 4
    mbedtls_ecp_set_max_ops(USPAN_TLS_ECP_OPS);
#elif USPAN_TLS_RESTARTABLE
    psa_interruptible_set_max_ops(USPAN_TLS_ECP_OPS);
#endif
    uspan_err_t err = set_versions(tls);
    return err == USPAN_OK ? set_fragment(tls) : err;
}

uspan_err_t uspan_tls_configure(uspan_tls_t *tls)
{
    if (tls->configured) {
        return USPAN_OK;
    }
    uspan_err_t err = seed(tls);
    if (err == USPAN_OK) {
        err = set_protocol(tls);
        if (err == USPAN_OK) {
            err = read_anchors(tls);
        }
        if (err == USPAN_OK) {
            err = read_own(tls);
        }
        tls->configured = err == USPAN_OK;
        if (err != USPAN_OK) {
            uspan_tls_unconfigure(tls);
        }
    }
    return err;
}

void uspan_tls_unconfigure(uspan_tls_t *tls)
{
    mbedtls_ssl_config_free(&tls->conf); /* mbedTLS wipes memory that it frees */
    mbedtls_ssl_config_init(&tls->conf);
    mbedtls_x509_crt_free(&tls->anchors);
    mbedtls_x509_crt_init(&tls->anchors);
    mbedtls_x509_crt_free(&tls->cert);
    mbedtls_x509_crt_init(&tls->cert);
    mbedtls_pk_free(&tls->key);
    mbedtls_pk_init(&tls->key);
#if defined(MBEDTLS_X509_CRL_PARSE_C)
    mbedtls_x509_crl_free(&tls->revoked);
    mbedtls_x509_crl_init(&tls->revoked);
#endif
    tls->configured = false;
    tls->stale = false;
}
