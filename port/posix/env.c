/* env.c: reads the OTEL_* variables by the rules of the OpenTelemetry specification: log, exporters, sampler,
 * batches, limits. env_export.c and env_resource.c read the others. Invariant: nothing here fails. A value
 * that cannot be used is named in a warning and ignored. */
#define _GNU_SOURCE
#include "env_reader.h"

#include <stdlib.h>

/* ---- log, exporters, protocol -------------------------------------------------------------------------- */

static void read_log(const uspan_env_reader_t *r)
{
    static const char *const levels[] = { "none", "error", "warn", "info", "debug" };
    size_t len = 0;
    const char *value = uspan_env_look(r, "OTEL_LOG_LEVEL", &len);
    r->env->log_path = uspan_env_text(r, "USPAN_LOG_PATH");
    r->env->log_level = USPAN_LEVEL_INFO;
    if (value == NULL) {
        return;
    }
    for (int level = 0; level <= USPAN_LEVEL_DEBUG; level++) {
        if (uspan_env_equals(value, len, levels[level])) {
            r->env->has_log_level = true;
            r->env->log_level = level;
            return;
        }
    }
    uspan_env_warn(r, "OTEL_LOG_LEVEL", "not one of none, error, warn, info, debug");
}

/* Read a list of names. "none" must be the only one. Unknown names are ignored. If no known name is left, the
 * default is used. */
static void read_exporters(const uspan_env_reader_t *r)
{
    static const char name[] = "OTEL_TRACES_EXPORTER";
    size_t len = 0;
    const char *value = uspan_env_look(r, name, &len);
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
        while (first < last && uspan_env_space(value[first])) {
            first++;
        }
        while (last > first && uspan_env_space(value[last - 1u])) {
            last--;
        }
        if (uspan_env_equals(value + first, last - first, "otlp") ||
            uspan_env_equals(value + first, last - first, "otlp_proto_http")) {
            exporters |= USPAN_POSIX_OTLP;
        } else if (uspan_env_equals(value + first, last - first, "console") ||
                   uspan_env_equals(value + first, last - first, "logging")) {
            exporters |= USPAN_POSIX_CONSOLE;
        } else if (uspan_env_equals(value + first, last - first, "none")) {
            none = true;
        } else if (last > first) {
            uspan_env_warn(r, name, "unknown exporter; use otlp, console or none");
        }
        at += n + 1u;
    }
    if (exporters != 0u || none) {
        r->env->exporters = (uint8_t)exporters;
    }
}

/* The variable of the traces signal overrides the common one, which may be meant for other signals. */
static void read_protocol(const uspan_env_reader_t *r)
{
    static const char *const names[] = { "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
                                         "OTEL_EXPORTER_OTLP_PROTOCOL" };
    const char *value = NULL;
    for (size_t i = 0; i < 2u && value == NULL; i++) {
        size_t len = 0;
        value = uspan_env_look(r, names[i], &len);
        if (value != NULL && !uspan_env_equals(value, len, "http/protobuf")) {
            uspan_env_warn(r, names[i], "uspan supports only http/protobuf");
        }
    }
}

static void read_compression(const uspan_env_reader_t *r)
{
    static const char *const names[] = { "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
                                         "OTEL_EXPORTER_OTLP_COMPRESSION" };
    for (size_t i = 0; i < 2u; i++) {
        size_t len = 0;
        const char *value = uspan_env_look(r, names[i], &len);
        if (value == NULL) {
            continue;
        }
        bool gzip = uspan_env_equals(value, len, "gzip");
        r->env->gzip = USPAN_GZIP && gzip;
        r->env->no_gzip = uspan_env_equals(value, len, "none");
        if (r->env->gzip || r->env->no_gzip) {
            return;
        }
        uspan_env_warn(r, names[i],
                       gzip ? "gzip is not in this build: set USPAN_GZIP 1" : "use gzip or none");
    }
}

/* The application propagates contexts itself, and only with the W3C headers. */
static void read_propagators(const uspan_env_reader_t *r)
{
    static const char name[] = "OTEL_PROPAGATORS";
    size_t len = 0;
    const char *value = uspan_env_look(r, name, &len);
    for (size_t at = 0, n; value != NULL && at < len; at += n + 1u) {
        for (n = 0; at + n < len && value[at + n] != ','; n++) {
        }
        size_t first = at, last = at + n;
        while (first < last && uspan_env_space(value[first])) {
            first++;
        }
        while (last > first && uspan_env_space(value[last - 1u])) {
            last--;
        }
        if (last > first && !uspan_env_equals(value + first, last - first, "tracecontext") &&
            !uspan_env_equals(value + first, last - first, "baggage")) {
            uspan_env_warn(r, name, "a name that is not tracecontext or baggage");
            return;
        }
    }
}

/* Read the capture mode of OpenTelemetry's GenAI conventions, or true and false of older versions. Any other
 * value means NO_CONTENT, as the conventions require. If it is unset, the setting of the program is used. */
static void read_content(const uspan_env_reader_t *r)
{
    static const char name[] = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
    static const struct {
        const char *word;
        bool content;
    } modes[] = { { "SPAN_ONLY", true },   { "SPAN_AND_EVENT", true }, { "true", true },   { "1", true },
                  { "NO_CONTENT", false }, { "EVENT_ONLY", false },    { "false", false }, { "0", false } };
    size_t len = 0;
    const char *value = uspan_env_look(r, name, &len);
    if (value == NULL) {
        return;
    }
    r->env->has_content = true;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (uspan_env_equals(value, len, modes[i].word)) {
            r->env->content = modes[i].content;
            return;
        }
    }
    uspan_env_warn(r, name,
                   "not one of NO_CONTENT, SPAN_ONLY, EVENT_ONLY, SPAN_AND_EVENT: no content is recorded");
}

/* ---- sampler, batches, limits -------------------------------------------------------------------------- */

static void read_sampler(const uspan_env_reader_t *r)
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
    const char *value = uspan_env_look(r, "OTEL_TRACES_SAMPLER", &len);
    if (value == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof(samplers) / sizeof(samplers[0]); i++) {
        if (!uspan_env_equals(value, len, samplers[i].name)) {
            continue;
        }
        r->env->has_sampler = true;
        r->env->sampler.bound = samplers[i].bound;
        r->env->sampler.parent_based = samplers[i].parent_based;
        const char *arg = samplers[i].ratio ? uspan_env_look(r, "OTEL_TRACES_SAMPLER_ARG", &len) : NULL;
        char text[64];
        if (arg == NULL) {
            return; /* a ratio sampler without an argument samples all */
        }
        size_t copied = len < sizeof(text) ? len : 0u;
        memcpy(text, arg, copied);
        text[copied] = 0;
        if (uspan_sample_ratio_parse(text, &r->env->sampler.bound) != USPAN_OK) {
            r->env->sampler.bound = samplers[i].bound;
            uspan_env_warn(r, "OTEL_TRACES_SAMPLER_ARG", "not a number in 0..1; 1.0 is used");
        }
        return;
    }
    uspan_env_warn(
        r, "OTEL_TRACES_SAMPLER",
        "unknown sampler; use always_on, always_off or traceidratio, or parentbased_ and one of these");
}

static void read_batching(const uspan_env_reader_t *r)
{
    uint32_t age_ms = 0, queue = 2048u, batch = 0;
    if (uspan_env_number(r, "OTEL_BSP_SCHEDULE_DELAY", 0u, &age_ms)) {
        r->env->batching.age_ms = age_ms > 0u ? age_ms : 1u;
    }
    /* The pool has USPAN_SPANS_MAX spans, fixed at build time. The queue size is only used to check the batch
     * size. */
    if (uspan_env_number(r, "OTEL_BSP_MAX_QUEUE_SIZE", 1u, &queue) && queue > (uint32_t)USPAN_SPANS_MAX) {
        uspan_env_warn(r, "OTEL_BSP_MAX_QUEUE_SIZE",
                       "the queue size is fixed at build time (USPAN_SPANS_MAX)");
    }
    if (uspan_env_number(r, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1u, &batch)) {
        if (batch > queue) {
            uspan_env_warn(r, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "above OTEL_BSP_MAX_QUEUE_SIZE");
        } else {
            r->env->batching.spans_max = batch < UINT16_MAX ? (uint16_t)batch : UINT16_MAX;
        }
    }
}

/* In uspan a limit of 0 means the maximum, so a limit of 0 becomes 1. */
static uint32_t read_limit(const uspan_env_reader_t *r, const char *name, const char *general)
{
    uint32_t limit = 0;
    bool found = uspan_env_number(r, name, 0u, &limit);
    if (!found && general != NULL) {
        name = general;
        found = uspan_env_number(r, general, 0u, &limit);
    }
    if (found && limit == 0u) {
        uspan_env_warn(r, name, "0 is not supported; using 1");
        limit = 1u;
    }
    return limit;
}

static uint16_t read_count(const uspan_env_reader_t *r, const char *name, const char *general)
{
    uint32_t limit = read_limit(r, name, general);
    return limit < UINT16_MAX ? (uint16_t)limit : UINT16_MAX;
}

static void read_limits(const uspan_env_reader_t *r)
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

void uspan_posix_env_sized(uspan_posix_env_t *env, uspan_posix_get_t get,
                           void (*warn_fn)(void *ctx, const char *text), void *ctx, size_t env_size)
{
    const uspan_env_reader_t r = {
        .env = env, .get = get != NULL ? get : get_from_process, .warn = warn_fn, .ctx = ctx
    };
    if (env_size != sizeof(*env)) {
        if (warn_fn != NULL) {
            warn_fn(ctx, "application and library were built with different USPAN_POSIX_TEXT_BYTES");
        }
        return;
    }
    memset(env, 0, sizeof(*env));
    env->disabled = uspan_env_true(&r, "OTEL_SDK_DISABLED");
    read_log(&r);
    read_exporters(&r);
    read_protocol(&r);
    read_compression(&r);
    uspan_env_read_export(&r);
    uspan_env_read_resource(&r);
    read_propagators(&r);
    read_content(&r);
    read_sampler(&r);
    read_batching(&r);
    read_limits(&r);
}
