/* collector.c: a tracer begins, and its settings are judged before they are taken: a setting that is refused
 * leaves all as it was, and says the cure. */
#include <string.h>
#include "batch.h"
#include "exporter.h"
#include "headers.h"
#include "otlp.h"
#include "request.h"
#include "trace/id.h"
#include "trace/pool.h"
#include "trace/trace.h"
#include "trace/utf8.h"
#include "url.h"

#define MAGIC 0x75737031u
#define RESOURCE_KEY_MAX 64u
#define RESOURCE_VALUE_MAX 255u

void uspan_say(uspan_tracer_t *t, uspan_level_t level, const char *what, const char *detail)
{
    uspan_export_part_t *x = uspan_out(t);
    uint64_t now = uspan_now(t);
    if (now < x->log_after_ns) {
        x->log_suppressed++;
        return;
    }
    char line[200];
    uspan_window_t w = { .out = (uint8_t *)line, .cap = sizeof line - 1u };
    uspan_window_text(&w, "uspan: ");
    uspan_window_text(&w, what);
    if (detail != NULL && detail[0] != '\0') {
        uspan_window_text(&w, " ");
        uspan_window_text(&w, detail);
    }
    if (x->log_suppressed > 0u) {
        uspan_window_text(&w, " (");
        uspan_window_number(&w, x->log_suppressed);
        uspan_window_text(&w, USPAN_WORDS(" lines left out)", ")"));
    }
    line[w.at < w.cap ? w.at : w.cap] = '\0';
    x->log_after_ns = now + USPAN_NS_PER_S;
    x->log_suppressed = 0u;
    t->trace.port->log(t->trace.port->ctx, level, line);
}

void uspan_wipe(void *secret, size_t len)
{
    for (volatile uint8_t *c = secret; len > 0u; len--) {
        *c++ = 0; /* volatile: it must really go */
    }
}

static bool port_is_whole(const uspan_port_t *p)
{
    return p->abi == USPAN_PORT_ABI && p->lock != NULL && p->unlock != NULL && p->mono_ns != NULL &&
           p->unix_ns != NULL && p->random != NULL && p->task != NULL && p->log != NULL;
}

uspan_err_t uspan_init_sized(uspan_tracer_t *t, const uspan_port_t *port, size_t tracer_size,
                             uint32_t config_id)
{
    static const uspan_resource_t none;
    static const uspan_batching_t all;
    if (t == NULL || port == NULL || tracer_size != sizeof *t || config_id != USPAN_CONFIG_ID ||
        !port_is_whole(port)) {
        return USPAN_ERR_ARG;
    }
    memset(&t->out, 0, sizeof t->out);
    uspan_trace_init(t, port);
    t->trace.out = &t->out;
    t->out.dests = t->dests;
    memset(t->dests, 0, sizeof t->dests);
    t->magic = MAGIC;
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        uspan_dest(t, d)->batch.first = USPAN_NO_INDEX;
        uspan_dest(t, d)->target.why = "";
    }
    uspan_set_batching(t, &all);
    if (uspan_id_seed(t) != USPAN_OK) {
        uspan_say(t, USPAN_LEVEL_WARN,
                  USPAN_WORDS("no entropy: spans are null until the port's random() works", "c1"), NULL);
    }
    t->out.resource.service_name = USPAN_SERVICE_NAME;
    /* Without a list there is nothing to judge, and the linker may leave the judge out. */
    return sizeof USPAN_RESOURCE > 1u ? uspan_set_resource(t, &none) : USPAN_OK;
}

/* A list of resource attributes decodes, to keys and values that a receiver accepts. */
static bool resource_decodes(const char *list)
{
    uspan_pair_t pair;
    size_t pos = 0;
    uspan_err_t err;
    while ((err = uspan_pair_next(list, &pos, &pair)) == USPAN_OK) {
        char text[RESOURCE_VALUE_MAX];
        size_t n = 0;
        size_t at = 0;
        int c;
        while ((c = uspan_pair_byte(pair.value, pair.value_len, &at)) >= 0) {
            if (n == sizeof text) {
                return false;
            }
            text[n++] = (char)c;
        }
        if (c != -1 || uspan_utf8_run(text, n) < n || pair.key_len > RESOURCE_KEY_MAX ||
            uspan_utf8_run(pair.key, pair.key_len) < pair.key_len) {
            return false;
        }
    }
    return err == USPAN_ERR_CLOSED && pos <= UINT16_MAX;
}

static bool text_is_good(const char *text, size_t len)
{
    return text == NULL || (len <= UINT16_MAX && uspan_utf8_run(text, len) == len);
}

static bool word_is_good(const char *text)
{
    return text == NULL || text_is_good(text, strlen(text));
}

USPAN_ONCE static bool typed_is_good(const uspan_attr_t *a)
{
    if (a->key == NULL || a->key->len > RESOURCE_KEY_MAX || a->type < USPAN_TYPE_INT ||
        a->type > USPAN_TYPE_STATIC) {
        return false;
    }
    if (a->type != USPAN_TYPE_TEXT && a->type != USPAN_TYPE_STATIC) {
        return true;
    }
    return a->v.text != NULL &&
           text_is_good(a->v.text, a->count == USPAN_TO_NUL ? strlen(a->v.text) : a->count);
}

uspan_err_t uspan_set_resource(uspan_tracer_t *t, const uspan_resource_t *resource)
{
    if (!uspan_is_live(t) || resource == NULL || (resource->typed == NULL && resource->typed_count > 0u)) {
        return USPAN_ERR_ARG;
    }
    uspan_resource_t r = *resource;
    r.attributes = r.attributes != NULL ? r.attributes : USPAN_RESOURCE;
    bool good = resource_decodes(r.attributes) && word_is_good(r.service_name) &&
                word_is_good(r.service_version) && word_is_good(r.instance_id) && r.typed_count < 1000u;
    for (size_t i = 0; good && i < r.typed_count; i++) {
        good = typed_is_good(&r.typed[i]);
    }
    if (!good) {
        uspan_say(
            t, USPAN_LEVEL_ERROR,
            USPAN_WORDS("resource attributes do not decode: key=value,... in percent-encoded UTF-8", "c2"),
            NULL);
        return USPAN_ERR_CONFIG;
    }
    /* A service.name in the list stands only where none is given; the compile-time one is the last resort. */
    uspan_pair_t pair;
    size_t pos = 0;
    while (r.service_name == NULL && uspan_pair_next(r.attributes, &pos, &pair) == USPAN_OK) {
        if (pair.key_len == 12u && memcmp(pair.key, "service.name", 12u) == 0) {
            r.service_name = "";
        }
    }
    r.service_name = r.service_name != NULL ? r.service_name : USPAN_SERVICE_NAME;
    t->out.resource = r;
    return USPAN_OK;
}

/* ---- destinations -------------------------------------------------------------------------------------- */

/* Compile-time settings, by destination. */
#if defined(USPAN_ENDPOINT)
#define ENDPOINT_1 USPAN_ENDPOINT
#elif defined(USPAN_STUDIO_URL)
#define ENDPOINT_1 USPAN_STUDIO_URL "/v1/traces"
#else
#define ENDPOINT_1 NULL
#endif
#if defined(USPAN_ENDPOINT_2)
#define ENDPOINT_2 USPAN_ENDPOINT_2
#elif defined(USPAN_ENDPOINT) && defined(USPAN_STUDIO_URL) && defined(USPAN_STUDIO_TRACES) && \
    USPAN_STUDIO_TRACES
#define ENDPOINT_2 USPAN_STUDIO_URL "/v1/traces"
#else
#define ENDPOINT_2 NULL
#endif
static const struct {
    const char *endpoint, *headers, *basic_user, *basic_pass, *basic64;
} built_in[] = {
    {
        .endpoint = ENDPOINT_1,
#ifdef USPAN_HEADERS
        .headers = USPAN_HEADERS,
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
        .endpoint = ENDPOINT_2,
#ifdef USPAN_HEADERS_2
        .headers = USPAN_HEADERS_2,
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

/* Judge a target as a whole, with these headers. NULL: good. */
static const char *judge(const uspan_target_t *target, const char *headers)
{
    bool secret = target->basic_user != NULL || target->basic64 != NULL;
    bool secure = (target->transport->flags & USPAN_TRANSPORT_SECURE) != 0u;
    const char *wrong = uspan_headers_check(headers, &secret);
    if (wrong != NULL) {
        return wrong;
    }
    if (target->url.tls != secure) {
        return secure ? USPAN_WORDS("TLS transport for http: write https://", "c3")
                      : USPAN_WORDS("https needs a transport with TLS", "c4");
    }
    if (target->basic_user != NULL && strchr(target->basic_user, ':') != NULL) {
        return USPAN_WORDS("colon in basic user name", "c5");
    }
    if (!secure && secret && USPAN_INSECURE_HEADERS_OVER_HTTP == 0) {
        return USPAN_WORDS("a secret header over plain http: see USPAN_INSECURE_HEADERS_OVER_HTTP", "c6");
    }
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

/* The destination, where it is of that kind; else NULL. */
static uspan_dest_t *dest_of(uspan_tracer_t *t, unsigned d, uspan_dest_kind_t kind)
{
    bool is_it = uspan_is_live(t) && d < USPAN_DESTINATIONS_MAX && uspan_dest(t, d)->used == kind;
    return is_it ? uspan_dest(t, d) : NULL;
}

/* Spans of before are not this destination's business. */
static void join(uspan_tracer_t *t, unsigned d, uspan_dest_kind_t kind)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_dest_t *dest = uspan_dest(t, d);
    uint32_t state = uspan_lock(t);
    dest->used = (uint8_t)kind;
    dest->missed = p->started - p->unsampled - p->open;
    for (unsigned c = 0; c <= USPAN_DROP_NO_DESTINATION; c++) {
        dest->missed -= p->dropped[c];
    }
    p->dest_mask = (uint8_t)(p->dest_mask | 1u << d);
    uspan_unlock(t, state);
}

uspan_err_t uspan_export_to(uspan_tracer_t *t, unsigned d, const uspan_transport_t *transport,
                            const uspan_collector_t *collector)
{
    static const uspan_collector_t none;
    const uspan_collector_t *c = collector != NULL ? collector : &none;
    uspan_dest_t *dest = dest_of(t, d, USPAN_DEST_NONE);
    if (dest == NULL || transport == NULL || transport->abi != USPAN_TRANSPORT_ABI ||
        transport->open == NULL || transport->send == NULL || transport->recv == NULL ||
        transport->close == NULL || transport->why == NULL) {
        return USPAN_ERR_ARG;
    }
    uspan_target_t *target = &dest->target;
    memset(target, 0, sizeof *target);
    const char *endpoint = c->endpoint;
    if (endpoint == NULL && d < sizeof built_in / sizeof built_in[0]) {
        endpoint = built_in[d].endpoint;
        target->headers = built_in[d].headers;
        target->basic_user = built_in[d].basic_user;
        target->basic_pass = built_in[d].basic_pass;
        target->basic64 = built_in[d].basic64;
    } /* else another collector: the compile-time one's credentials are not for it */
    target->headers = c->headers != NULL ? c->headers : target->headers;
    if (c->basic_user != NULL) {
        target->basic_user = c->basic_user;
        target->basic_pass = c->basic_pass;
        target->basic64 = NULL;
    }
    target->transport = transport;
    target->timeout_ms = c->timeout_ms != 0u ? c->timeout_ms : USPAN_TIMEOUT_MS;
    target->why = "";
    const char *wrong = endpoint == NULL ? USPAN_WORDS("no endpoint: set USPAN_ENDPOINT", "c8")
                                         : uspan_url_parse(endpoint, &target->url);
    uspan_err_t err = verdict(t, target, wrong != NULL ? wrong : judge(target, target->headers));
    if (err == USPAN_OK) {
        dest->renew = c->renew;
        dest->renew_ctx = c->renew_ctx;
        join(t, d, USPAN_DEST_COLLECTOR);
    }
    return err;
}

uspan_err_t uspan_export_to_sink(uspan_tracer_t *t, unsigned d, const uspan_sink_t *sink)
{
    uspan_dest_t *dest = dest_of(t, d, USPAN_DEST_NONE);
    if (dest == NULL || sink == NULL || sink->span == NULL) {
        return USPAN_ERR_ARG;
    }
    dest->sink = sink;
    join(t, d, USPAN_DEST_SINK);
    return USPAN_OK;
}

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

uspan_err_t uspan_set_endpoint(uspan_tracer_t *t, unsigned d, const char *endpoint)
{
    uspan_dest_t *dest = dest_of(t, d, USPAN_DEST_COLLECTOR);
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
}

uspan_err_t uspan_set_headers(uspan_tracer_t *t, unsigned d, const char *headers)
{
    uspan_dest_t *dest = dest_of(t, d, USPAN_DEST_COLLECTOR);
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
}

void uspan_set_gate(uspan_tracer_t *t, const uspan_gate_t *gate)
{
    t->out.gate = gate;
}

/* The lower one, where there is one. */
static uint32_t lower(uint32_t wanted, uint32_t max)
{
    return wanted != 0u && wanted < max ? wanted : max;
}

void uspan_set_batching(uspan_tracer_t *t, const uspan_batching_t *b)
{
    t->out.batching.age_ms = b->age_ms != 0u ? b->age_ms : USPAN_BATCH_AGE_MS;
    t->out.batching.spans_max = (uint16_t)lower(b->spans_max, USPAN_BATCH_SPANS_MAX);
    t->out.batching.bytes_max = lower(b->bytes_max, USPAN_BATCH_BYTES_MAX);
}
