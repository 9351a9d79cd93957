/* wire_replay.c: passes model exchanges to wire.h and prints their spans, for test_cases.py and
 * test_properties.py. Invariant: each job has exactly one line of output, whatever its bytes are.
 * A job is a line "url_len request_len response_len http_status rounds seed", then the given number of bytes
 * of each. The exchange is passed in one piece. If rounds > 0, it is also passed byte by byte, and `rounds`
 * times in random fragments. "same" says that all spans are equal. Jobs end with the input.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=16384 USPAN_TOOL_DEFINITIONS=1
 * uspan-config: USPAN_HISTORY_MESSAGES=0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "uspan/port_none.h"
#include "uspan/read.h"
#include "uspan/wire.h"

#define SPAN_MAX 200000u

static uspan_tracer_t tracer;
static uint64_t now;
static char rendered[2][SPAN_MAX];
static size_t rendered_len;

typedef struct job {
    char *url, *request, *response;
    size_t url_len, request_len, response_len;
    int status;
    unsigned rounds, seed;
} job_t;

static uint64_t mono_ns(void *ctx)
{
    (void)ctx;
    return now;
}
static uspan_err_t random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0x5A, len);
    return USPAN_OK;
}
static uspan_err_t open_nowhere(void *ctx, const uspan_peer_t *peer)
{
    (void)ctx, (void)peer;
    return USPAN_ERR_AGAIN;
}
static int32_t send_nothing(void *ctx, const uint8_t *buf, size_t len)
{
    (void)ctx, (void)buf, (void)len;
    return 0;
}
static int32_t recv_nothing(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx, (void)buf, (void)len;
    return 0;
}
static void close_nowhere(void *ctx)
{
    (void)ctx;
}
static const char *why_nothing(void *ctx)
{
    (void)ctx;
    return "";
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "wire_replay: %s\n", what);
    exit(2);
}

static void init_tracer(void)
{
    static const uspan_port_t port = {
        USPAN_PORT_ABI,     NULL,         uspan_none_lock, uspan_none_unlock, mono_ns,
        uspan_none_unix_ns, random_bytes, uspan_none_task, uspan_none_log
    };
    static const uspan_transport_t nowhere = {
        USPAN_TRANSPORT_ABI, 0u, NULL, open_nowhere, send_nothing, recv_nothing, close_nowhere, why_nothing
    };
    static const uspan_collector_t collector = { .endpoint = "http://collector:4318/v1/traces" };
    now = 5000000000u;
    if (uspan_init(&tracer, &port) != USPAN_OK ||
        uspan_export_to(&tracer, 0u, &nowhere, &collector) != USPAN_OK) {
        fail("no tracer");
    }
}

/* ---- the span as JSON ---------------------------------------------------------------------------------- */

static char *out;

static void put(const char *text)
{
    size_t len = strlen(text);
    if (len >= SPAN_MAX - rendered_len) {
        fail("span too long");
    }
    memcpy(out + rendered_len, text, len + 1u);
    rendered_len += len;
}

static void put_string(const char *text, size_t len)
{
    char one[8];
    put("\"");
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        (void)snprintf(one, sizeof one, c < 0x20u ? "\\u%04x" : c == '"' || c == '\\' ? "\\%c" : "%c", c);
        put(one);
    }
    put("\"");
}

static void put_value(uspan_t s, unsigned index, const uspan_value_t *v)
{
    static char text[SPAN_MAX];
    char number[40];
    if (v->type == USPAN_TYPE_TEXT) {
        put_string(text, uspan_read_text(&tracer, s, USPAN_OF_SPAN, index, 0u, text, sizeof text));
    } else if (v->type == USPAN_TYPE_TEXTS) {
        for (unsigned i = 0; i < v->len; i++) {
            uspan_value_t element;
            (void)uspan_read_element(&tracer, s, USPAN_OF_SPAN, index, i, &element, text, sizeof text);
            put(i == 0u ? "[" : ",");
            put_string(text, element.len);
        }
        put(v->len > 0u ? "]" : "[]");
    } else if (v->type == USPAN_TYPE_DOUBLE) {
        (void)snprintf(number, sizeof number, "%.17g", v->d);
        put(number);
    } else {
        (void)snprintf(number, sizeof number, "%lld", (long long)v->i);
        put(v->type == USPAN_TYPE_BOOL ? (v->i != 0 ? "true" : "false") : number);
    }
}

static void render(uspan_t s, unsigned unread, int round)
{
    static const char *const words[] = { "unset", "ok", "error" };
    uspan_view_t view;
    uspan_stats_t stats;
    char message[256], numbers[200];
    out = rendered[round > 0];
    rendered_len = 0u;
    if (uspan_read(&tracer, s, &view) != USPAN_OK || !view.ended) {
        fail("span not ended");
    }
    uspan_stats(&tracer, 0u, &stats);
    put("{\"name\":");
    put_string(view.name, view.name_len);
    put(",\"status\":");
    put_string(words[view.status], strlen(words[view.status]));
    put(",\"status_message\":");
    put_string(message, uspan_read_status_message(&tracer, s, message, sizeof message));
    (void)snprintf(numbers, sizeof numbers, ",\"unread\":%u,\"truncated\":%u,\"dropped\":%u,\"attrs\":{",
                   unread, (unsigned)stats.values_truncated, (unsigned)view.dropped_attrs);
    put(numbers);
    for (unsigned i = 0; i < view.attr_count; i++) {
        uspan_value_t v;
        if (uspan_read_attr(&tracer, s, USPAN_OF_SPAN, i, &v) != USPAN_OK) {
            fail("attribute missing");
        }
        put(i > 0u ? "," : "");
        put_string(v.key->text, v.key->len);
        put(":");
        put_value(s, i, &v);
    }
    put("}");
}

/* ---- jobs ---------------------------------------------------------------------------------------------- */

/* Fragments in their own memory, of n bytes each. n 0: random sizes. */
static void feed(uspan_wire_t *w, void (*call)(uspan_wire_t *, const void *, size_t), const char *data,
                 size_t len, size_t n, uint32_t *seed)
{
    for (size_t at = 0; at < len;) {
        *seed = *seed * 1664525u + 1013904223u;
        size_t step = n > 0u ? n : 1u + (*seed >> 16) % ((*seed >> 8 & 7u) == 0u ? 400u : 24u);
        step = step < len - at ? step : len - at;
        char *piece = malloc(step);
        if (piece == NULL) {
            fail("no memory");
        }
        memcpy(piece, data + at, step);
        call(w, piece, step);
        free(piece);
        at += step;
    }
}

static void play(const job_t *job, size_t n, uint32_t seed, int round)
{
    uspan_wire_t w;
    init_tracer();
    memset(&w, 0xA5, sizeof w);
    uspan_t s = uspan_wire_begin(&w, &tracer, USPAN_ROOT, job->url);
    feed(&w, uspan_wire_request, job->request, job->request_len, n, &seed);
    now += 412000000u;
    feed(&w, uspan_wire_response, job->response, job->response_len, n, &seed);
    unsigned unread = uspan_wire_unread(&w);
    (void)uspan_wire_end(&w, job->status, NULL);
    unread = uspan_wire_unread(&w) > unread ? uspan_wire_unread(&w) : unread;
    render(s, unread, round);
}

static bool read_bytes(char **to, size_t len)
{
    free(*to);
    *to = malloc(len + 1u);
    if (*to == NULL || fread(*to, 1, len, stdin) != len) {
        return false;
    }
    (*to)[len] = '\0';
    return true;
}

static bool read_job(job_t *job)
{
    char line[160];
    if (fgets(line, sizeof line, stdin) == NULL) {
        return false;
    }
    if (sscanf(line, "%zu %zu %zu %d %u %u", &job->url_len, &job->request_len, &job->response_len,
               &job->status, &job->rounds, &job->seed) != 6) {
        fail("bad job");
    }
    return read_bytes(&job->url, job->url_len) && read_bytes(&job->request, job->request_len) &&
           read_bytes(&job->response, job->response_len);
}

int main(void)
{
    static job_t job;
    while (read_job(&job)) {
        bool same = true;
        unsigned round = 0;
        play(&job, SPAN_MAX * 10u, 0u, 0);
        size_t len = rendered_len;
        for (; job.rounds > 0u && round <= job.rounds && same; round++) {
            play(&job, round == 0u ? 1u : 0u, (job.seed + round) * 2654435761u, 1);
            same = strcmp(rendered[0], rendered[1]) == 0;
        }
        (void)fwrite(rendered[0], 1, len, stdout);
        (void)printf(",\"same\":%s", same ? "true" : "false");
        if (!same) {
            (void)printf(",\"round\":%u,\"other\":%s}", round, rendered[1]);
        }
        (void)printf("}\n");
        (void)fflush(stdout);
    }
    return 0;
}
