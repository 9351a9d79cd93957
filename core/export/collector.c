/* collector.c: checks settings before it uses them. If a setting is rejected, nothing changes, and the log
 * says how to correct it. */
#include <string.h>
#include "export/exchange.h"
#include "export/export_state.h"
#include "export/headers.h"
#include "export/log_line.h"
#include "export/queue.h"
#include "trace/pool.h"
#include "export/url.h"

#if USPAN_RUNTIME_SETTINGS
#define NO_ENDPOINT NULL
#else
#define NO_ENDPOINT "no endpoint" /* has no scheme, so it is never a valid endpoint */
#endif
static const char no_endpoint[] = USPAN_WORDS("no endpoint: set USPAN_ENDPOINT", "c8");

/* Compile-time settings, by destination. */
#if defined(USPAN_ENDPOINT)
#define ENDPOINT_1 USPAN_ENDPOINT
#elif defined(USPAN_STUDIO_URL)
#define ENDPOINT_1 USPAN_STUDIO_URL "/v1/traces"
#else
#define ENDPOINT_1 NO_ENDPOINT
#endif
#if defined(USPAN_ENDPOINT_2)
#define ENDPOINT_2 USPAN_ENDPOINT_2
#elif defined(USPAN_ENDPOINT) && defined(USPAN_STUDIO_URL) && defined(USPAN_STUDIO_SECOND_DEST) && \
    USPAN_STUDIO_SECOND_DEST
#define ENDPOINT_2 USPAN_STUDIO_URL "/v1/traces"
#else
#define ENDPOINT_2 NO_ENDPOINT
#endif
#if USPAN_WITH_HEADERS
static const struct {
    const char *headers, *basic_user, *basic_pass, *basic64;
} built_in[USPAN_DESTINATIONS_MAX > 1 ? 2 : 1] = {
    {
#ifdef USPAN_HEADERS
        .headers = USPAN_HEADERS,
#else
        .headers = NULL,
#endif
#ifdef USPAN_BASIC_AUTH
        .basic64 = USPAN_BASIC_AUTH,
#elif defined(USPAN_BASIC_USER)
        .basic_user = USPAN_BASIC_USER,
        .basic_pass = USPAN_BASIC_PASS,
#endif
    },
#if USPAN_DESTINATIONS_MAX > 1
    {
#ifdef USPAN_HEADERS_2
        .headers = USPAN_HEADERS_2,
#else
        .headers = NULL,
#endif
#ifdef USPAN_BASIC_AUTH_2
        .basic64 = USPAN_BASIC_AUTH_2,
#elif defined(USPAN_BASIC_USER_2)
        .basic_user = USPAN_BASIC_USER_2,
        .basic_pass = USPAN_BASIC_PASS_2,
#endif
    },
#endif
};

/* Load the compile-time headers and credentials of destination d. */
static void load_compiled_headers(uspan_target_t *target, unsigned d)
{
    if (d < sizeof built_in / sizeof built_in[0]) {
        target->headers = built_in[d].headers;
        target->basic_user = built_in[d].basic_user;
        target->basic_pass = built_in[d].basic_pass;
        target->basic64 = built_in[d].basic64;
    }
}
#endif

#if USPAN_WITH_HEADERS
/* 127.0.0.0/8, ::1 and localhost. Data for them stays on this host. Names that DNS could resolve to another
 * host do not count. */
static bool is_loopback(const char *host)
{
    static const char words[] = "localhost\0localhost.\0::1\0";
    unsigned dots = 0, digits = 0;
    if (uspan_word_index(words, host, strlen(host)) != 0u) {
        return true;
    }
    for (const char *c = host; *c != '\0'; c++) {
        if (*c == '.') {
            dots++;
            digits = 0;
        } else if ((unsigned)(uint8_t)*c - '0' > 9u || ++digits > 3u) {
            return false;
        }
    }
    return memcmp(host, "127.", 4u) == 0 && dots == 3u && digits > 0u;
}

/* Log the headers that are dropped, and set *is_flawed if there are any. Set *secret to true if a header that
 * is sent is secret. Returns NULL, or what is wrong if no header can be sent. */
static const char *judge_headers(uspan_tracer_t *t, const char *headers, bool *secret, bool *is_flawed)
{
    const char *first = uspan_headers_check(headers, secret);
    size_t none = 0;
    uspan_pair_t any;
    *is_flawed = first != NULL;
    if (first == NULL || !uspan_header_next(headers, &none, &any)) {
        return first;
    }
    size_t pos = 0;
    uspan_pair_t pair = { 0 };
    uspan_err_t err;
    while ((err = uspan_pair_next(headers, &pos, &pair)) != USPAN_ERR_CLOSED) {
        const char *wrong =
            err != USPAN_OK ? USPAN_WORDS("not key=value", "no pair") : uspan_header_wrong(&pair);
        if (wrong != NULL) {
            char words[80];
            uspan_named_text(words, sizeof words, pair.key, err == USPAN_OK ? pair.key_len : 0u, wrong);
            uspan_log_setting(t, USPAN_LEVEL_WARN, USPAN_WORDS("header ignored", "c10"), words);
        } else {
            *secret = *secret || uspan_header_is_secret(&pair);
        }
    }
    return NULL;
}
#endif

/* Check a target together with these headers. Returns NULL if they can be used. */
static const char *check_target(uspan_tracer_t *t, uspan_target_t *target, const char *headers)
{
    bool secure = (target->transport->flags & USPAN_TRANSPORT_SECURE) != 0u;
    if (target->url.tls != secure) {
        return target->url.tls ? USPAN_WORDS("https needs a TLS transport", "c4")
                               : USPAN_WORDS("a TLS transport needs https://", "c3");
    }
#if USPAN_WITH_HEADERS
    bool secret = target->basic_user != NULL || target->basic64 != NULL;
    bool is_flawed = false;
    const char *wrong = judge_headers(t, headers, &secret, &is_flawed);
    if (wrong != NULL) {
        return wrong;
    }
    if (target->basic_user != NULL && strchr(target->basic_user, ':') != NULL) {
        return USPAN_WORDS("the Basic user name must not contain a colon", "c5");
    }
    if (!secure && secret && USPAN_INSECURE_HEADERS_OVER_HTTP == 0) {
        if (!is_loopback(target->url.host) || (target->transport->flags & USPAN_TRANSPORT_PROXY) != 0u) {
            return USPAN_WORDS("a secret header over plain http: see USPAN_INSECURE_HEADERS_OVER_HTTP", "c6");
        }
        uspan_log_setting(t, USPAN_LEVEL_WARN,
                          USPAN_WORDS("a secret header over plain http, to this host only", "c11"), NULL);
    }
    target->headers_flawed = is_flawed;
#else
    (void)t;
    (void)headers;
#endif
    return NULL;
}

/* Returns USPAN_OK if `wrong` is NULL. Otherwise logs it and returns USPAN_ERR_CONFIG. */
static uspan_err_t report_bad_setting(uspan_tracer_t *t, uspan_target_t *target, const char *wrong)
{
    if (wrong == NULL) {
        return USPAN_OK;
    }
    target->why = wrong;
    uspan_log_line(t, USPAN_LEVEL_ERROR, USPAN_WORDS("settings", "c7"), wrong);
    return USPAN_ERR_CONFIG;
}

/* Compile-time default for each endpoint. 1: compress; 0: compress if the application requests it; -1: never,
 * because Studio answers 400 to a compressed body. */
#if defined(USPAN_ENDPOINT)
#define GZIP_1 USPAN_COMPRESS
#else
#define GZIP_1 -1
#endif
#if defined(USPAN_ENDPOINT_2) && defined(USPAN_COMPRESS_2)
#define GZIP_2 USPAN_COMPRESS_2
#elif defined(USPAN_ENDPOINT_2)
#define GZIP_2 0
#else
#define GZIP_2 -1
#endif

/* Decide if bodies are compressed. Returns NULL if the settings can be used. */
static const char *load_compression(uspan_target_t *target, unsigned d, const uspan_collector_t *c)
{
    bool is_asked = c != NULL && c->gzip;
#if USPAN_GZIP
    if (c == NULL || c->endpoint == NULL) {
        int of_build = uspan_dest_index(d) == 0u ? GZIP_1 : GZIP_2;
        is_asked = of_build == 1 || (of_build == 0 && is_asked);
    }
    target->compression = is_asked ? USPAN_COMPRESSION_GZIP : USPAN_COMPRESSION_NONE;
    return NULL;
#else
    (void)target;
    (void)d;
    return is_asked ? USPAN_WORDS("gzip is not in this build: set USPAN_GZIP 1", "c11") : NULL;
#endif
}

/* Load the settings of the application, or the compile-time ones for those that are not set. Returns NULL if
 * they can be used. */
static const char *load_settings(uspan_dest_t *dest, unsigned d, const uspan_collector_t *c)
{
    uspan_target_t *target = &dest->target;
#if USPAN_RUNTIME_SETTINGS
    static const uspan_collector_t none;
    c = c != NULL ? c : &none;
    const char *endpoint = c->endpoint;
    /* otherwise it is another collector, which must not receive the compile-time credentials */
    if (endpoint == NULL) {
        endpoint = uspan_dest_index(d) == 0u ? ENDPOINT_1 : d == 1u ? ENDPOINT_2 : NULL;
        load_compiled_headers(target, d);
    }
    target->headers = c->headers != NULL ? c->headers : target->headers;
    if (c->basic_user != NULL) {
        target->basic_user = c->basic_user;
        target->basic_pass = c->basic_pass;
        target->basic64 = NULL;
    }
    if (c->timeout_ms != 0u) {
        target->timeout_ms = c->timeout_ms;
    }
    dest->renew = c->renew;
    dest->renew_ctx = c->renew_ctx;
    return endpoint == NULL ? no_endpoint : uspan_url_parse(endpoint, &target->url);
#else
    if (c != NULL) {
        if (c->endpoint != NULL || c->headers != NULL || c->basic_user != NULL || c->renew != NULL) {
            return USPAN_WORDS("no run-time settings: set USPAN_RUNTIME_SETTINGS 1", "c9");
        }
        target->timeout_ms = c->timeout_ms != 0u ? c->timeout_ms : USPAN_TIMEOUT_MS;
    }
#if USPAN_WITH_HEADERS
    load_compiled_headers(target, d);
#endif
    bool good = uspan_dest_index(d) == 0u ? uspan_url_take(&target->url, ENDPOINT_1)
                                          : d == 1u && uspan_url_take(&target->url, ENDPOINT_2);
    return good ? NULL : no_endpoint;
#endif
}

uspan_err_t uspan_export_to(uspan_tracer_t *t, unsigned d, const uspan_transport_t *transport,
                            const uspan_collector_t *collector)
{
    uspan_dest_t *dest = uspan_dest_find(t, d, USPAN_DEST_NONE);
    if (dest == NULL || transport == NULL || transport->abi != USPAN_TRANSPORT_ABI ||
        transport->open == NULL || transport->send == NULL || transport->recv == NULL ||
        transport->close == NULL || transport->last_error_text == NULL) {
        return USPAN_ERR_ARG;
    }
    uspan_target_t *target = &dest->target;
    memset(target, 0, sizeof *target);
    target->transport = transport;
    target->timeout_ms = USPAN_TIMEOUT_MS;
    target->why = "";
    const char *wrong = load_settings(dest, d, collector);
    wrong = wrong != NULL ? wrong : load_compression(target, d, collector);
    uspan_err_t err =
        report_bad_setting(t, target, wrong != NULL ? wrong : check_target(t, target, target->headers));
    if (err == USPAN_OK) {
        uspan_dest_open(t, d, USPAN_DEST_COLLECTOR);
    }
    return err;
}

#if USPAN_RUNTIME_SETTINGS
/* Apply new settings to the exchanges with the target. If the request head was not sent completely, the
 * server cannot have accepted the request, and it starts again. Otherwise the exchange ends as it is. */
static void settings_changed(uspan_tracer_t *t, uspan_target_t *target)
{
    uspan_export_part_t *x = uspan_export_state(t);
    /* settings may change while renew() of this exchange runs */
    uspan_exchange_t *const at_work = x->exchange;
    target->backoff.not_before_ns = 0u;
    target->renewed = 0u;
    for (unsigned lane = 0; lane < USPAN_EXCHANGES_MAX; lane++) {
        uspan_exchange_select(t, lane);
        const uspan_exchange_t *e = uspan_exchange(t);
        bool busy = e->step != USPAN_STEP_IDLE && uspan_job_target(t) == target;
        if (busy && (e->rendered == 0u || e->rendered < e->head_len)) {
            uspan_request_begin(t, false);
        }
    }
    x->exchange = at_work;
}

/* Close a kept connection to the old endpoint of the target. */
static void forget_connection(uspan_tracer_t *t, const uspan_target_t *target)
{
    for (unsigned lane = 0; lane < USPAN_EXCHANGES_MAX; lane++) {
        uspan_exchange_select(t, lane);
        uspan_exchange_t *e = uspan_exchange(t);
        if (e->connected == target) {
            e->connected = NULL;
            if (e->step == USPAN_STEP_IDLE) {
                uspan_close_connection(t);
            }
        }
    }
}
#endif

uspan_err_t uspan_set_endpoint(uspan_tracer_t *t, unsigned d, const char *endpoint)
{
#if USPAN_RUNTIME_SETTINGS
    uspan_dest_t *dest = uspan_dest_find(t, d, USPAN_DEST_COLLECTOR);
    if (dest == NULL || endpoint == NULL) {
        return USPAN_ERR_ARG;
    }
    uspan_target_t *target = &dest->target;
    const uspan_url_t before = target->url;
    const char *wrong = uspan_url_parse(endpoint, &target->url);
    if (report_bad_setting(t, target, wrong != NULL ? wrong : check_target(t, target, target->headers)) !=
        USPAN_OK) {
        target->url = before;
        return USPAN_ERR_CONFIG;
    }
    settings_changed(t, target);
    forget_connection(t, target);
    return USPAN_OK;
#else
    (void)t;
    (void)d;
    (void)endpoint;
    return USPAN_ERR_CONFIG;
#endif
}

uspan_err_t uspan_set_headers(uspan_tracer_t *t, unsigned d, const char *headers)
{
#if USPAN_RUNTIME_SETTINGS
    uspan_dest_t *dest = uspan_dest_find(t, d, USPAN_DEST_COLLECTOR);
    if (dest == NULL || headers == NULL) {
        return USPAN_ERR_ARG;
    }
#if USPAN_HEADERS_BYTES > 0
    uspan_target_t *target = &dest->target;
    size_t len = strlen(headers);
    if (len >= sizeof target->headers_ram) {
        return USPAN_ERR_FULL;
    }
    if (report_bad_setting(t, target, check_target(t, target, headers)) != USPAN_OK) {
        return USPAN_ERR_CONFIG;
    }
    uspan_wipe(target->headers_ram, sizeof target->headers_ram);
    memcpy(target->headers_ram, headers, len + 1u);
    target->headers = target->headers_ram;
    target->basic_user = target->basic_pass = target->basic64 = NULL;
    settings_changed(t, target);
    return USPAN_OK;
#else
    return USPAN_ERR_FULL;
#endif
#else
    (void)t;
    (void)d;
    (void)headers;
    return USPAN_ERR_CONFIG;
#endif
}
