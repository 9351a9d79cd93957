/* collector.c: settings are judged before they are taken: a setting that is refused leaves all as it was, and
 * says the cure. */
#include <string.h>
#include "batch.h"
#include "exporter.h"
#include "headers.h"
#include "request.h"
#include "trace/pool.h"
#include "url.h"

#if USPAN_RUNTIME_SETTINGS
#define NO_ENDPOINT NULL
#else
#define NO_ENDPOINT "no endpoint" /* and no scheme */
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
#elif defined(USPAN_ENDPOINT) && defined(USPAN_STUDIO_URL) && defined(USPAN_STUDIO_TRACES) && \
    USPAN_STUDIO_TRACES
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

/* The build's headers and credentials for d. */
static void take_built_in(uspan_target_t *target, unsigned d)
{
    if (d < sizeof built_in / sizeof built_in[0]) {
        target->headers = built_in[d].headers;
        target->basic_user = built_in[d].basic_user;
        target->basic_pass = built_in[d].basic_pass;
        target->basic64 = built_in[d].basic64;
    }
}
#endif

/* Judge a target as a whole, with these headers. NULL: good. */
static const char *judge(const uspan_target_t *target, const char *headers)
{
    bool secure = (target->transport->flags & USPAN_TRANSPORT_SECURE) != 0u;
#if USPAN_WITH_HEADERS
    bool secret = target->basic_user != NULL || target->basic64 != NULL;
    const char *wrong = uspan_headers_check(headers, &secret);
    if (wrong != NULL) {
        return wrong;
    }
#else
    (void)headers;
#endif
    if (target->url.tls != secure) {
        return secure ? USPAN_WORDS("TLS transport for http: write https://", "c3")
                      : USPAN_WORDS("https needs a transport with TLS", "c4");
    }
#if USPAN_WITH_HEADERS
    if (target->basic_user != NULL && strchr(target->basic_user, ':') != NULL) {
        return USPAN_WORDS("colon in basic user name", "c5");
    }
    if (!secure && secret && USPAN_INSECURE_HEADERS_OVER_HTTP == 0) {
        return USPAN_WORDS("a secret header over plain http: see USPAN_INSECURE_HEADERS_OVER_HTTP", "c6");
    }
#endif
    return NULL;
}

/* USPAN_OK where nothing is wrong. */
static uspan_err_t verdict(uspan_tracer_t *t, uspan_target_t *target, const char *wrong)
{
    if (wrong == NULL) {
        return USPAN_OK;
    }
    target->why = wrong;
    uspan_say(t, USPAN_LEVEL_ERROR, USPAN_WORDS("settings:", "c7"), wrong);
    return USPAN_ERR_CONFIG;
}

/* What is given goes before what the build has. NULL: good. */
static const char *take_settings(uspan_dest_t *dest, unsigned d, const uspan_collector_t *c)
{
    uspan_target_t *target = &dest->target;
#if USPAN_RUNTIME_SETTINGS
    static const uspan_collector_t none;
    c = c != NULL ? c : &none;
    const char *endpoint = c->endpoint;
    if (endpoint == NULL) { /* else another collector: the build's credentials are not for it */
        endpoint = uspan_number(d) == 0u ? ENDPOINT_1 : d == 1u ? ENDPOINT_2 : NULL;
        take_built_in(target, d);
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
            return USPAN_WORDS("only the build's are taken: see USPAN_RUNTIME_SETTINGS", "c9");
        }
        target->timeout_ms = c->timeout_ms != 0u ? c->timeout_ms : USPAN_TIMEOUT_MS;
    }
#if USPAN_WITH_HEADERS
    take_built_in(target, d);
#endif
    bool good = uspan_number(d) == 0u ? uspan_url_take(&target->url, ENDPOINT_1)
                                      : d == 1u && uspan_url_take(&target->url, ENDPOINT_2);
    return good ? NULL : no_endpoint;
#endif
}

uspan_err_t uspan_export_to(uspan_tracer_t *t, unsigned d, const uspan_transport_t *transport,
                            const uspan_collector_t *collector)
{
    uspan_dest_t *dest = uspan_dest_of(t, d, USPAN_DEST_NONE);
    if (dest == NULL || transport == NULL || transport->abi != USPAN_TRANSPORT_ABI ||
        transport->open == NULL || transport->send == NULL || transport->recv == NULL ||
        transport->close == NULL || transport->why == NULL) {
        return USPAN_ERR_ARG;
    }
    uspan_target_t *target = &dest->target;
    memset(target, 0, sizeof *target);
    target->transport = transport;
    target->timeout_ms = USPAN_TIMEOUT_MS;
    target->why = "";
    const char *wrong = take_settings(dest, d, collector);
    uspan_err_t err = verdict(t, target, wrong != NULL ? wrong : judge(target, target->headers));
    if (err == USPAN_OK) {
        uspan_dest_join(t, d, USPAN_DEST_COLLECTOR);
    }
    return err;
}

#if USPAN_RUNTIME_SETTINGS
/* What is under way to target has the old settings. A request whose head is not out yet begins anew: no peer
 * can have taken it. Otherwise it ends as it is. */
static void settings_changed(uspan_tracer_t *t, uspan_target_t *target)
{
    uspan_export_part_t *x = uspan_out(t);
    target->backoff.not_before_ns = 0u;
    target->renewed = 0u;
    bool busy = x->step != USPAN_STEP_IDLE && x->step != USPAN_STEP_STOPPED && uspan_job_target(t) == target;
    if (busy && (x->rendered == 0u || x->rendered < x->head_len)) {
        uspan_request_begin(t, false);
    }
}
#endif

uspan_err_t uspan_set_endpoint(uspan_tracer_t *t, unsigned d, const char *endpoint)
{
#if USPAN_RUNTIME_SETTINGS
    uspan_dest_t *dest = uspan_dest_of(t, d, USPAN_DEST_COLLECTOR);
    if (dest == NULL || endpoint == NULL) {
        return USPAN_ERR_ARG;
    }
    uspan_target_t *target = &dest->target;
    const uspan_url_t before = target->url;
    const char *wrong = uspan_url_parse(endpoint, &target->url);
    if (verdict(t, target, wrong != NULL ? wrong : judge(target, target->headers)) != USPAN_OK) {
        target->url = before;
        return USPAN_ERR_CONFIG;
    }
    settings_changed(t, target);
    if (t->out.connected == target) { /* it leads to the old endpoint */
        t->out.connected = NULL;
        if (t->out.step == USPAN_STEP_IDLE) {
            uspan_hang_up(t);
        }
    }
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
    uspan_dest_t *dest = uspan_dest_of(t, d, USPAN_DEST_COLLECTOR);
    if (dest == NULL || headers == NULL) {
        return USPAN_ERR_ARG;
    }
#if USPAN_HEADERS_BYTES > 0
    uspan_target_t *target = &dest->target;
    size_t len = strlen(headers);
    if (len >= sizeof target->headers_ram) {
        return USPAN_ERR_FULL;
    }
    if (verdict(t, target, judge(target, headers)) != USPAN_OK) {
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
