/* env.c: what the OTEL_* variables say, by the rules of the OpenTelemetry specification.
 * Invariant: a value either is taken whole or is named in a warning and counts as unset; no warning repeats a
 * value, since it may be a secret. */
#define _GNU_SOURCE
#include "uspan_posix.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include "../../core/export/headers.h"

#define INTEGER_MAX INT32_MAX
#define NO_LIMIT_MS 600000u /* OTLP's timeout 0: as long as uspan allows */

typedef struct reader {
    uspan_posix_env_t *env;
    uspan_posix_get_t get;
    void (*warn)(void *ctx, const char *text);
    void *ctx;
} reader_t;

static void warn(const reader_t *r, const char *name, const char *why)
{
    if (r->warn != NULL) {
        char text[160];
        (void)snprintf(text, sizeof(text), "%s ignored: %s", name, why);
        r->warn(r->ctx, text);
    }
}

/* Copy to the arena: a later setenv() may move what getenv() gave. NULL: no room, warned. */
static const char *keep(const reader_t *r, const char *name, const char *text, size_t len)
{
    uspan_posix_env_t *env = r->env;
    if (len >= sizeof(env->text) - env->text_len) {
        warn(r, name, "too long (USPAN_POSIX_TEXT_BYTES)");
        return NULL;
    }
    char *copy = env->text + env->text_len;
    memcpy(copy, text, len);
    copy[len] = 0;
    env->text_len += len + 1u;
    return copy;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* The value without white space around it; NULL where it is unset, which empty is too. */
static const char *look(const reader_t *r, const char *name, size_t *len)
{
    const char *value = r->get(name);
    if (value == NULL) {
        return NULL;
    }
    while (is_space(*value)) {
        value++;
    }
    *len = strlen(value);
    while (*len > 0u && is_space(value[*len - 1u])) {
        (*len)--;
    }
    return *len > 0u ? value : NULL;
}

static const char *read_text(const reader_t *r, const char *name)
{
    size_t len = 0;
    const char *value = look(r, name, &len);
    return value != NULL ? keep(r, name, value, len) : NULL;
}

/* The variable of the traces signal beats the common one. */
static const char *read_either(const reader_t *r, const char *traces, const char *common)
{
    const char *value = read_text(r, traces);
    return value != NULL ? value : read_text(r, common);
}

static bool equals(const char *value, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(value, word, len) == 0;
}

static bool read_true(const reader_t *r, const char *name)
{
    size_t len = 0;
    const char *value = look(r, name, &len);
    return value != NULL && equals(value, len, "true");
}

/* A whole number in least..INTEGER_MAX. Returns true where there is one. */
static bool read_number(const reader_t *r, const char *name, uint32_t least, uint32_t *out)
{
    size_t len = 0;
    const char *value = look(r, name, &len);
    if (value == NULL) {
        return false;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9') {
            warn(r, name, "not a whole number");
            return false;
        }
        number = number * 10u + (uint64_t)(value[i] - '0');
        if (number > INTEGER_MAX) {
            warn(r, name, "out of range");
            return false;
        }
    }
    if (number < least) {
        warn(r, name, "out of range");
        return false;
    }
    *out = (uint32_t)number;
    return true;
}

/* ---- log, exporters, protocol -------------------------------------------------------------------------- */

static void read_log(const reader_t *r)
{
    static const char *const levels[] = { "none", "error", "warn", "info", "debug" };
    size_t len = 0;
    const char *value = look(r, "OTEL_LOG_LEVEL", &len);
    r->env->log_path = read_text(r, "USPAN_LOG_PATH");
    r->env->log_level = USPAN_LEVEL_INFO;
    if (value == NULL) {
        return;
    }
    for (int level = 0; level <= USPAN_LEVEL_DEBUG; level++) {
        if (equals(value, len, levels[level])) {
            r->env->has_log_level = true;
            r->env->log_level = level;
            return;
        }
    }
    warn(r, "OTEL_LOG_LEVEL", "not one of none, error, warn, info, debug");
}

/* A list of names; "none" stands alone. An unknown name is ignored; where no known one is left, the default
 * holds. */
static void read_exporters(const reader_t *r)
{
    static const char name[] = "OTEL_TRACES_EXPORTER";
    size_t len = 0;
    const char *value = look(r, name, &len);
    unsigned exporters = 0;
    bool none = false;
    r->env->exporters = USPAN_POSIX_OTLP;
    if (value == NULL) {
        return;
    }
    for (size_t at = 0; at <= len;) {
        size_t n = 0;
        while (at + n < len && value[at + n] != ',') {
            n++;
        }
        size_t first = at, last = at + n;
        while (first < last && is_space(value[first])) {
            first++;
        }
        while (last > first && is_space(value[last - 1u])) {
            last--;
        }
        if (equals(value + first, last - first, "otlp")) {
            exporters |= USPAN_POSIX_OTLP;
        } else if (equals(value + first, last - first, "console")) {
            exporters |= USPAN_POSIX_CONSOLE;
        } else if (equals(value + first, last - first, "none")) {
            none = true;
        } else if (last > first) {
            warn(r, name, "a name that is not otlp, console or none");
        }
        at += n + 1u;
    }
    if (exporters != 0u || none) {
        r->env->exporters = (uint8_t)exporters;
    }
}

static void refuse_other(const reader_t *r, const char *name, const char *word, const char *why)
{
    size_t len = 0;
    const char *value = look(r, name, &len);
    if (value != NULL && !equals(value, len, word)) {
        warn(r, name, why);
    }
}

static void read_protocol(const reader_t *r)
{
    static const char protocol[] = "uspan speaks http/protobuf only";
    static const char compression[] = "uspan does not compress";
    refuse_other(r, "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", protocol);
    refuse_other(r, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf", protocol);
    refuse_other(r, "OTEL_EXPORTER_OTLP_COMPRESSION", "none", compression);
    refuse_other(r, "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none", compression);
}

/* ---- endpoint, headers --------------------------------------------------------------------------------- */

/* base with v1/traces at the end of its path, one slash between. */
static const char *append_path(const reader_t *r, const char *name, const char *base, size_t len)
{
    static const char path[] = "/v1/traces";
    char url[1024];
    bool slash = len > 0u && base[len - 1u] == '/';
    if (len + sizeof(path) > sizeof(url)) {
        warn(r, name, "too long");
        return NULL;
    }
    memcpy(url, base, len);
    memcpy(url + len, path + (slash ? 1 : 0), sizeof(path) - (slash ? 1u : 0u));
    return keep(r, name, url, strlen(url));
}

static void read_endpoint(const reader_t *r)
{
    static const char common[] = "OTEL_EXPORTER_OTLP_ENDPOINT";
    static const char studio[] = "USPAN_STUDIO_URL";
    size_t len = 0;
    r->env->studio_url = read_text(r, studio);
    r->env->endpoint = read_text(r, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"); /* used as it is */
    if (r->env->endpoint == NULL) {
        const char *base = look(r, common, &len);
        if (base != NULL) {
            r->env->endpoint = append_path(r, common, base, len);
        }
    }
    if (r->env->endpoint == NULL && r->env->studio_url != NULL) {
        len = strlen(r->env->studio_url);
        while (len > 0u && r->env->studio_url[len - 1u] == '/') {
            len--;
        }
        r->env->endpoint = append_path(r, studio, r->env->studio_url, len);
    }
}

static void read_headers(const reader_t *r)
{
    static const char *const names[] = { "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS" };
    for (size_t i = 0; i < 2u && r->env->headers == NULL; i++) {
        const char *text = read_text(r, names[i]);
        bool secret = false;
        const char *wrong = text != NULL ? uspan_headers_check(text, &secret) : NULL;
        if (wrong != NULL) {
            warn(r, names[i], wrong);
        } else {
            r->env->headers = text;
        }
    }
}

static void read_timeout(const reader_t *r)
{
    uint32_t ms = 0, whole_ms = 0;
    bool found = read_number(r, "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", 0u, &ms) ||
                 read_number(r, "OTEL_EXPORTER_OTLP_TIMEOUT", 0u, &ms);
    if (found && (ms == 0u || ms > NO_LIMIT_MS)) {
        ms = NO_LIMIT_MS;
    }
    /* The processor's limit on one export bounds it too. */
    if (read_number(r, "OTEL_BSP_EXPORT_TIMEOUT", 0u, &whole_ms) && whole_ms > 0u &&
        whole_ms < (found ? ms : (uint32_t)USPAN_TIMEOUT_MS)) {
        ms = whole_ms;
    }
    r->env->timeout_ms = ms;
}

/* ---- resource ------------------------------------------------------------------------------------------ */

static bool decodes(const char *list)
{
    size_t pos = 0;
    for (;;) {
        uspan_pair_t pair;
        uspan_err_t err = uspan_pair_next(list, &pos, &pair);
        if (err != USPAN_OK) {
            return err == USPAN_ERR_CLOSED;
        }
        int byte = 0;
        for (size_t at = 0; byte >= 0;) {
            byte = uspan_pair_byte(pair.value, pair.value_len, &at);
        }
        if (byte == -2) {
            return false;
        }
    }
}

static bool names_key(const char *list, const char *key, size_t len)
{
    size_t pos = 0;
    uspan_pair_t pair;
    while (list != NULL && uspan_pair_next(list, &pos, &pair) == USPAN_OK) {
        if (pair.key_len == len && memcmp(pair.key, key, len) == 0) {
            return true;
        }
    }
    return false;
}

/* Append the members of list that `but` does not name, and never service.name. Returns false when out is
 * full. */
static bool append_members(char *out, size_t cap, size_t *len, const char *list, const char *but)
{
    static const char service[] = "service.name";
    size_t pos = 0;
    uspan_pair_t pair;
    while (uspan_pair_next(list, &pos, &pair) == USPAN_OK) {
        bool is_service =
            pair.key_len == sizeof(service) - 1u && memcmp(pair.key, service, pair.key_len) == 0;
        if (is_service || names_key(but, pair.key, pair.key_len)) {
            continue;
        }
        size_t need = pair.key_len + pair.value_len + 2u;
        if (need >= cap - *len) {
            return false;
        }
        if (*len > 0u) {
            out[(*len)++] = ',';
        }
        memcpy(out + *len, pair.key, pair.key_len);
        *len += pair.key_len;
        out[(*len)++] = '=';
        memcpy(out + *len, pair.value, pair.value_len);
        *len += pair.value_len;
    }
    return true;
}

static const char *service_in(const reader_t *r, const char *name, const char *list)
{
    size_t pos = 0;
    uspan_pair_t pair;
    while (uspan_pair_next(list, &pos, &pair) == USPAN_OK) {
        if (pair.key_len == 12u && memcmp(pair.key, "service.name", 12u) == 0) {
            char text[256];
            size_t len = 0, at = 0;
            for (int byte = 0;
                 len < sizeof(text) && (byte = uspan_pair_byte(pair.value, pair.value_len, &at)) >= 0;) {
                text[len++] = (char)byte;
            }
            return len > 0u ? keep(r, name, text, len) : NULL;
        }
    }
    return NULL;
}

static void read_resource(const reader_t *r)
{
    static const char name[] = "OTEL_RESOURCE_ATTRIBUTES";
    char merged[sizeof(r->env->text)];
    size_t raw_len = 0, len = 0;
    const char *raw = look(r, name, &raw_len);
    r->env->service_name = read_text(r, "OTEL_SERVICE_NAME");
    if (raw == NULL) {
        return;
    }
    char list[sizeof(r->env->text)];
    if (raw_len >= sizeof(list)) {
        warn(r, name, "too long (USPAN_POSIX_TEXT_BYTES)");
        return;
    }
    memcpy(list, raw, raw_len);
    list[raw_len] = 0;
    if (!decodes(list)) {
        warn(r, name, "it cannot be decoded; all of it is discarded");
        return;
    }
    if (!append_members(merged, sizeof(merged), &len, list, NULL) ||
        !append_members(merged, sizeof(merged), &len, USPAN_RESOURCE, list)) {
        warn(r, name, "too long (USPAN_POSIX_TEXT_BYTES)");
        return;
    }
    if (r->env->service_name == NULL) {
        r->env->service_name = service_in(r, name, list);
    }
    r->env->resource = keep(r, name, merged, len);
}

/* ---- sampler, batches, limits -------------------------------------------------------------------------- */

static void read_sampler(const reader_t *r)
{
    static const struct {
        const char *name;
        bool parent_based, ratio;
        uint64_t bound;
    } samplers[] = {
        { "always_on", false, false, USPAN_SAMPLE_ALWAYS },
        { "always_off", false, false, USPAN_SAMPLE_NEVER },
        { "traceidratio", false, true, USPAN_SAMPLE_ALWAYS },
        { "parentbased_always_on", true, false, USPAN_SAMPLE_ALWAYS },
        { "parentbased_always_off", true, false, USPAN_SAMPLE_NEVER },
        { "parentbased_traceidratio", true, true, USPAN_SAMPLE_ALWAYS },
    };
    size_t len = 0;
    const char *value = look(r, "OTEL_TRACES_SAMPLER", &len);
    if (value == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof(samplers) / sizeof(samplers[0]); i++) {
        if (!equals(value, len, samplers[i].name)) {
            continue;
        }
        r->env->has_sampler = true;
        r->env->sampler.bound = samplers[i].bound;
        r->env->sampler.parent_based = samplers[i].parent_based;
        const char *arg = samplers[i].ratio ? look(r, "OTEL_TRACES_SAMPLER_ARG", &len) : NULL;
        char text[64];
        if (arg == NULL) {
            return; /* a ratio without its argument is 1.0 */
        }
        size_t copied = len < sizeof(text) ? len : 0u;
        memcpy(text, arg, copied);
        text[copied] = 0;
        if (uspan_sample_ratio_parse(text, &r->env->sampler.bound) != USPAN_OK) {
            r->env->sampler.bound = samplers[i].bound;
            warn(r, "OTEL_TRACES_SAMPLER_ARG", "not a number in 0..1; 1.0 is used");
        }
        return;
    }
    warn(r, "OTEL_TRACES_SAMPLER", "a sampler that uspan does not have");
}

static void read_batching(const reader_t *r)
{
    uint32_t age_ms = 0, queue = 2048u, batch = 0;
    if (read_number(r, "OTEL_BSP_SCHEDULE_DELAY", 0u, &age_ms)) {
        r->env->batching.age_ms = age_ms > 0u ? age_ms : 1u;
    }
    /* The pool is of USPAN_SPANS_MAX spans, fixed when built: the queue's size only judges the batch's. */
    if (read_number(r, "OTEL_BSP_MAX_QUEUE_SIZE", 1u, &queue) && queue > (uint32_t)USPAN_SPANS_MAX) {
        warn(r, "OTEL_BSP_MAX_QUEUE_SIZE", "the pool has USPAN_SPANS_MAX spans, fixed when built");
    }
    if (read_number(r, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1u, &batch)) {
        if (batch > queue) {
            warn(r, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "above OTEL_BSP_MAX_QUEUE_SIZE");
        } else {
            r->env->batching.spans_max = batch < UINT16_MAX ? (uint16_t)batch : UINT16_MAX;
        }
    }
}

/* uspan's 0 is "the most there is", so a limit of 0 becomes 1. */
static uint32_t read_limit(const reader_t *r, const char *name, const char *general)
{
    uint32_t limit = 0;
    bool found = read_number(r, name, 0u, &limit);
    if (!found && general != NULL) {
        name = general;
        found = read_number(r, general, 0u, &limit);
    }
    if (found && limit == 0u) {
        warn(r, name, "uspan has no limit of 0; 1 is used");
        limit = 1u;
    }
    return limit;
}

static uint16_t read_count(const reader_t *r, const char *name, const char *general)
{
    uint32_t limit = read_limit(r, name, general);
    return limit < UINT16_MAX ? (uint16_t)limit : UINT16_MAX;
}

static void read_limits(const reader_t *r)
{
    static const char general[] = "OTEL_ATTRIBUTE_COUNT_LIMIT";
    uspan_limits_t *limits = &r->env->limits;
    limits->attrs = read_count(r, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", general);
    limits->event_attrs = read_count(r, "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", general);
    limits->link_attrs = read_count(r, "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", general);
    limits->events = read_count(r, "OTEL_SPAN_EVENT_COUNT_LIMIT", NULL);
    limits->links = read_count(r, "OTEL_SPAN_LINK_COUNT_LIMIT", NULL);
    limits->value_chars =
        read_limit(r, "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT");
}

static const char *get_from_process(const char *name)
{
    return getenv(name);
}

void uspan_posix_env(uspan_posix_env_t *env, uspan_posix_get_t get,
                     void (*warn_fn)(void *ctx, const char *text), void *ctx)
{
    const reader_t r = {
        .env = env, .get = get != NULL ? get : get_from_process, .warn = warn_fn, .ctx = ctx
    };
    memset(env, 0, sizeof(*env));
    env->disabled = read_true(&r, "OTEL_SDK_DISABLED");
    read_log(&r);
    read_exporters(&r);
    read_protocol(&r);
    read_endpoint(&r);
    read_headers(&r);
    read_timeout(&r);
    read_resource(&r);
    read_sampler(&r);
    read_batching(&r);
    read_limits(&r);
    env->certs.ca_file =
        read_either(&r, "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE");
    env->certs.cert_file = read_either(&r, "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
                                       "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE");
    env->certs.key_file =
        read_either(&r, "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY");
}
