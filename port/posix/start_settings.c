/* start_settings.c: settings of a started tracer from three sources: the environment, the options, the
 * compile-time settings. Invariant: a setting of the environment that cannot be used is named in the log and
 * ignored. */
#define _GNU_SOURCE
#include "started.h"

#include <string.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define DEFAULT_ENDPOINT "http://localhost:4318/v1/traces"

void uspan_started_say(uspan_level_t level, const char *text)
{
    uspan_posix_port()->log(NULL, level, text);
}

static void warn_of(void *ctx, const char *text)
{
    (void)ctx;
    uspan_started_say(USPAN_LEVEL_WARN, text);
}

void uspan_started_read_environment(started_t *x, const uspan_posix_options_t *o)
{
    x->env.exporters = USPAN_POSIX_OTLP;
    if (o->no_environment) {
        return;
    }
    /* The first call finds only where to log, without warnings. The second call writes them. */
    uspan_posix_env(&x->env, o->get, NULL, NULL);
    if ((x->env.log_path != NULL || x->env.has_log_level) &&
        uspan_posix_log_to(x->env.log_path, x->env.log_level) != USPAN_OK) {
        uspan_started_say(USPAN_LEVEL_WARN, "USPAN_LOG_PATH ignored: the file cannot be opened");
    }
    uspan_posix_env(&x->env, o->get, warn_of, NULL);
}

static uspan_err_t set_resource(started_t *x, const uspan_posix_options_t *o)
{
    uspan_resource_t resource = o->resource != NULL ? *o->resource : (uspan_resource_t){ 0 };
    if (x->env.service_name != NULL) {
        resource.service_name = x->env.service_name;
    }
    if (x->env.resource != NULL) {
        resource.attributes = x->env.resource;
    }
    if (x->env.typed_count > 0u) { /* if keys are equal, the first one is used */
        size_t n = x->env.typed_count, own = resource.typed != NULL ? resource.typed_count : 0u;
        if (own > TYPED_MAX) {
            uspan_started_say(USPAN_LEVEL_WARN,
                              "OTEL_RESOURCE_ATTRIBUTES: percent-encoded keys ignored: the program's "
                              "own typed attributes leave no room");
        } else {
            memcpy(x->typed, x->env.typed, n * sizeof(x->typed[0]));
            if (own > 0u) {
                memcpy(x->typed + n, resource.typed, own * sizeof(x->typed[0]));
            }
            resource.typed = x->typed;
            resource.typed_count = n + own;
        }
    }
    uspan_err_t err = uspan_set_resource(x->tracer, &resource);
    return err < USPAN_OK ? err : USPAN_OK; /* the core has logged the entries that it dropped */
}

static bool is_https(const char *url)
{
    return strncasecmp(url, "https:", 6u) == 0;
}

/* Find the endpoint with the highest priority. *setting is NULL if the core must use the compile-time one. */
static const char *find_endpoint(const started_t *x, const uspan_collector_t *c, const char **setting)
{
    *setting = x->env.endpoint != NULL ? x->env.endpoint : c->endpoint;
    if (*setting != NULL) {
        return *setting;
    }
#if defined(USPAN_ENDPOINT)
    return USPAN_ENDPOINT;
#elif defined(USPAN_STUDIO_URL)
    return USPAN_STUDIO_URL;
#else
    *setting = DEFAULT_ENDPOINT;
    return DEFAULT_ENDPOINT;
#endif
}

#if USPAN_HTTP_PROXY
static bool is_direct(void *ctx, const uspan_peer_t *peer)
{
    const started_t *x = ctx;
    return uspan_posix_is_direct(x->env.no_proxy, peer->host, peer->port);
}

/* Returns the URL of the proxy for this kind of endpoint: that of the environment, otherwise the compile-time
 * one. */
static const char *proxy_for(const char *of_environment)
{
#ifdef USPAN_PROXY
    return of_environment != NULL ? of_environment : USPAN_PROXY;
#else
    return of_environment;
#endif
}

/* Returns true if an http endpoint is reached without the proxy. */
static bool is_url_direct(const started_t *x, const char *url)
{
    char host[256] = "";
    unsigned port = 80;
    const char *from = url + (strncasecmp(url, "http://", 7u) == 0 ? 7 : 0);
    size_t len = from[0] == '[' ? strcspn(from, "]") : strcspn(from, ":/?#");
    const char *end = from + len + (from[len] == ']' ? 1 : 0);
    from += from[0] == '[' ? 1 : 0;
    len = (size_t)(end - from) - (end > from && end[-1] == ']' ? 1u : 0u);
    if (len < sizeof(host)) {
        memcpy(host, from, len);
    }
    if (end[0] == ':') {
        port = (unsigned)strtoul(end + 1, NULL, 10);
    }
    return uspan_posix_is_direct(x->env.no_proxy, host, (uint16_t)port);
}

/* Returns the transport below TLS. */
static const uspan_transport_t *below_tls(started_t *x)
{
    const uspan_proxy_options_t options = {
        .url = proxy_for(x->env.https_proxy), .tunnel = true, .is_direct = is_direct, .direct_ctx = x
    };
    return options.url != NULL &&
                   uspan_proxy_init(&x->tunnel_proxy, &x->plain, &options, &x->tunnel) == USPAN_OK
               ? &x->tunnel
               : &x->plain;
}

static const uspan_transport_t *plain_for(started_t *x, const char *url)
{
    const uspan_proxy_options_t options = { .url = proxy_for(x->env.http_proxy) };
    if (options.url == NULL || is_url_direct(x, url)) {
        return &x->plain;
    }
    if (x->by_proxy.abi == 0u &&
        uspan_proxy_init(&x->plain_proxy, &x->plain, &options, &x->by_proxy) != USPAN_OK) {
        return &x->plain;
    }
    return &x->by_proxy;
}
#else
static const uspan_transport_t *below_tls(started_t *x)
{
    return &x->plain;
}

static const uspan_transport_t *plain_for(started_t *x, const char *url)
{
    (void)url;
    return &x->plain;
}
#endif

static const uspan_transport_t *transport_for(started_t *x, const uspan_posix_options_t *o, const char *url)
{
    if (!is_https(url)) {
        return plain_for(x, url);
    }
    if (x->secure == NULL && o->secure != NULL) {
        const uspan_posix_certs_t *env = &x->env.certs;
        /* certificate and key must come from the same source */
        const bool own = env->cert_file != NULL || env->key_file != NULL;
        const uspan_posix_certs_t certs = {
            .ca_file = env->ca_file != NULL ? env->ca_file : o->certs.ca_file,
            .cert_file = own ? env->cert_file : o->certs.cert_file,
            .key_file = own ? env->key_file : o->certs.key_file,
        };
        x->maker = o->secure;
        x->secure = o->secure->make(below_tls(x), &certs);
    }
    if (x->secure == NULL) {
        uspan_started_say(USPAN_LEVEL_ERROR,
                          "https needs TLS: set .secure = &uspan_posix_mbedtls in uspan_posix_options_t");
    }
    return x->secure;
}

/* Returns true if the endpoint is the one of USPAN_STUDIO_URL. */
static bool goes_to_studio(const uspan_posix_env_t *env)
{
    return env->studio_url != NULL && strncmp(env->endpoint, env->studio_url, strlen(env->studio_url)) == 0;
}

static uspan_err_t add_otlp(started_t *x, const uspan_posix_options_t *o, unsigned dest)
{
    uspan_collector_t collector = o->collector != NULL ? *o->collector : (uspan_collector_t){ 0 };
    const char *setting = NULL;
    const char *url = find_endpoint(x, &collector, &setting);
    const bool of_environment = x->env.endpoint != NULL || x->env.endpoint_refused;
    /* no other endpoint is used, because the headers of the environment belong to this one */
    if (x->env.endpoint_refused) {
        uspan_started_say(USPAN_LEVEL_ERROR, "no spans are sent: the environment's endpoint cannot be used");
        return USPAN_OK;
    }
    const uspan_transport_t *transport = transport_for(x, o, url);
    if (transport == NULL) {
        return of_environment ? USPAN_OK : USPAN_ERR_CONFIG;
    }
    collector.endpoint = setting;
    if (x->env.basic_user != NULL) {
        collector.basic_user = x->env.basic_user;
        collector.basic_pass = x->env.basic_pass;
    }
    collector.headers = x->env.headers != NULL ? x->env.headers : collector.headers;
    collector.timeout_ms = x->env.timeout_ms != 0u ? x->env.timeout_ms : collector.timeout_ms;
    collector.gzip = x->env.gzip || (collector.gzip && !x->env.no_gzip);
    if (collector.gzip && setting != NULL && setting == x->env.endpoint && goes_to_studio(&x->env)) {
        collector.gzip = false; /* Studio answers 400 to compressed bodies */
    }
    uspan_err_t err = uspan_export_to(x->tracer, dest, transport, &collector);
    return err == USPAN_ERR_CONFIG && (of_environment || x->env.headers != NULL || x->env.basic_user != NULL)
               ? USPAN_OK
               : err;
}

static void print_line(void *ctx, const char *line)
{
    (void)ctx;
    (void)printf("%s\n", line);
    (void)fflush(stdout);
}

static uspan_err_t add_destinations(started_t *x, const uspan_posix_options_t *o)
{
    uspan_err_t err = USPAN_OK;
    unsigned dest = 0;
    if ((x->env.exporters & USPAN_POSIX_OTLP) != 0u) {
        err = add_otlp(x, o, dest++);
    }
    if ((x->env.exporters & USPAN_POSIX_CONSOLE) != 0u) {
        if (dest >= (unsigned)USPAN_DESTINATIONS_MAX) {
            uspan_started_say(USPAN_LEVEL_ERROR,
                              "console needs a second destination: build with USPAN_DESTINATIONS_MAX 2");
            return err;
        }
        uspan_console_init(&x->console, print_line, NULL);
        uspan_err_t console = uspan_export_to_sink(x->tracer, dest, &x->console.sink);
        err = err == USPAN_OK ? console : err;
    }
    return err;
}

static uspan_err_t add_studio(started_t *x, const uspan_posix_options_t *o)
{
#if USPAN_STUDIO
    const char *url = x->env.studio_url;
#ifdef USPAN_STUDIO_URL
    url = url != NULL ? url : USPAN_STUDIO_URL;
#endif
    if (url != NULL) {
        const uspan_transport_t *transport = transport_for(x, o, url);
        const uspan_studio_t studio = { .url = url };
        uspan_err_t err =
            transport != NULL ? uspan_studio_start(x->tracer, transport, &studio) : USPAN_ERR_CONFIG;
        return err == USPAN_ERR_CONFIG && x->env.studio_url != NULL ? USPAN_OK : err;
    }
#else
    (void)o;
    if (x->env.studio_url != NULL) {
        uspan_started_say(
            USPAN_LEVEL_WARN,
            "traces go to Studio, but it will not show them: build with USPAN_STUDIO 1 to register the run");
    }
#endif
    return USPAN_OK;
}

uspan_err_t uspan_started_set_up(started_t *x, const uspan_posix_options_t *o)
{
    uspan_err_t err = set_resource(x, o);
    if (x->env.has_content) {
        uspan_set_content(x->tracer, x->env.content);
    }
    if (x->env.has_sampler) {
        uspan_set_sampler(x->tracer, x->env.sampler);
    }
    uspan_set_limits(x->tracer, &x->env.limits);
    uspan_set_batching(x->tracer, &x->env.batching);
    uspan_err_t next = add_destinations(x, o);
    err = err == USPAN_OK ? next : err;
    next = add_studio(x, o);
    return err == USPAN_OK ? next : err;
}
