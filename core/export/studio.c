/* studio.c: each run is registered once as running and once as done; spans never wait for it. */
#include "studio.h"

#if USPAN_STUDIO
#include <string.h>
#include "exporter.h"
#include "httpdate.h"
#include "trace/clock.h"
#include "trace/id.h"
#include "trace/pool.h"
#include "url.h"

#define PATH "/trpc/registerRun"
#define ID_HEX 32u
#define JOB_DONE \
    0x80u /* in run_job: it says "done"; decided once, so that a body never changes while it is sent */

static bool is_due(const uspan_run_t *run)
{
    return run->state == USPAN_RUN_NEW || run->state == USPAN_RUN_ENDING;
}

/* The run is over. One that the server need not hear of, because nothing of its registration was sent, is
 * done. */
static void end_run(uspan_tracer_t *t, unsigned at)
{
    uspan_run_t *run = &t->trace.runs[at];
    bool under_way = t->out.job == USPAN_JOB_RUN && (t->out.run_job & ~JOB_DONE) == at;
    run->state = run->state == USPAN_RUN_NEW && !under_way ? USPAN_RUN_DONE : USPAN_RUN_ENDING;
}

/* A run that no span counts on any more and that the server knows as done gives its entry back. */
static void sweep(uspan_tracer_t *t)
{
    uint32_t state = uspan_lock(t);
    for (unsigned i = 0; i < USPAN_RUNS_MAX; i++) {
        uspan_run_t *run = &t->trace.runs[i];
        if (run->state == USPAN_RUN_DONE && run->refs == 0u) {
            run->state = USPAN_RUN_FREE;
        }
    }
    uspan_unlock(t, state);
}

static const char hex_digits[] = "0123456789abcdef";

static bool make_id(uspan_tracer_t *t, char *out)
{
    uint8_t random[ID_HEX / 2u];
    if (!uspan_id_random(t, random, sizeof random)) {
        return false;
    }
    for (size_t i = 0; i < sizeof random; i++) {
        out[2u * i] = hex_digits[random[i] >> 4];
        out[2u * i + 1u] = hex_digits[random[i] & 15u];
    }
    out[0] = (char)('a' + random[0] % 6u); /* never a bare number: Studio would parse it as one */
    out[ID_HEX] = '\0';
    return true;
}

/* Studio JSON-parses ids: one that reads as a number, true, false or null would lose its type. */
static bool is_plain_id(const char *id)
{
    size_t len = strlen(id);
    bool letter = false;
    for (size_t i = 0; i < len; i++) {
        char c = id[i];
        bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alpha && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.' && c != ':') {
            return false;
        }
        letter = letter || (alpha && c != 'e' && c != 'E');
    }
    return len > 0u && len < USPAN_RUN_ID_BYTES && letter && strcmp(id, "true") != 0 &&
           strcmp(id, "false") != 0 && strcmp(id, "null") != 0;
}

uspan_err_t uspan_run_begin(uspan_tracer_t *t, const char *id, const char *name)
{
    if (!uspan_is_live(t) || (id != NULL && !is_plain_id(id))) {
        return USPAN_ERR_ARG;
    }
    uspan_trace_part_t *p = &t->trace;
    sweep(t);
    unsigned at = 0;
    while (at < USPAN_RUNS_MAX && p->runs[at].state != USPAN_RUN_FREE) {
        at++;
    }
    if (at == USPAN_RUNS_MAX) {
        return USPAN_ERR_FULL;
    }
    uspan_run_t *run = &p->runs[at];
    char made[USPAN_RUN_ID_BYTES] = { 0 };
    if (id == NULL && !make_id(t, made)) {
        return USPAN_ERR_AGAIN;
    }
    uint64_t now = uspan_now(t);
    uint32_t state = uspan_lock(t);
    memcpy(run->id, made, sizeof made);
    if (id != NULL) {
        memcpy(run->id, id, strlen(id) + 1u);
    }
    run->name = name;
    run->began_ns = now;
    run->refs = 0u;
    run->state = USPAN_RUN_NEW;
    if (p->run != 0u) {
        end_run(t, p->run - 1u);
    }
    p->run = (uint8_t)(at + 1u);
    uspan_unlock(t, state);
    return USPAN_OK;
}

const char *uspan_run_id(const uspan_tracer_t *t)
{
    return t->trace.run != 0u ? t->trace.runs[t->trace.run - 1u].id : "";
}

uspan_err_t uspan_studio(uspan_tracer_t *t, const uspan_transport_t *transport, const uspan_studio_t *studio)
{
    static const uspan_studio_t none;
    const uspan_studio_t *s = studio != NULL ? studio : &none;
    if (!uspan_is_live(t) || transport == NULL || transport->abi != USPAN_TRANSPORT_ABI ||
        (s->run_id != NULL && !is_plain_id(s->run_id))) {
        return USPAN_ERR_ARG;
    }
    const char *url = s->url;
#ifdef USPAN_STUDIO_URL
    url = url != NULL ? url : USPAN_STUDIO_URL;
#endif
    uspan_url_t parsed;
    const char *wrong = url == NULL ? "no Studio URL: set USPAN_STUDIO_URL" : uspan_url_parse(url, &parsed);
    if (wrong == NULL && parsed.tls != ((transport->flags & USPAN_TRANSPORT_SECURE) != 0u)) {
        wrong = "Studio URL and transport disagree about TLS";
    }
    if (wrong != NULL) {
        uspan_say(t, USPAN_LEVEL_ERROR, "Studio:", wrong);
        return USPAN_ERR_CONFIG;
    }
    memset(&t->out.studio, 0, sizeof t->out.studio);
    t->out.studio.url = parsed;
    t->out.studio.transport = transport;
    t->out.studio.timeout_ms = USPAN_TIMEOUT_MS;
    t->out.studio.why = "";
    t->out.project = s->project;
    return uspan_run_begin(t, s->run_id, s->name);
}

bool uspan_studio_wants(uspan_tracer_t *t)
{
    uspan_export_part_t *x = &t->out;
    uint64_t unix_ns;
    if (x->studio.transport == NULL || uspan_unix_now(t, &unix_ns) != USPAN_OK) {
        return false;
    }
    sweep(t);
    for (unsigned i = 0; i < USPAN_RUNS_MAX; i++) {
        if (is_due(&t->trace.runs[i])) {
            if (uspan_not_yet(t, x->studio.backoff.not_before_ns)) {
                return false;
            }
            x->run_job = (uint8_t)(i | (t->trace.runs[i].state == USPAN_RUN_ENDING ? JOB_DONE : 0u));
            return true;
        }
    }
    return false;
}

const char *uspan_studio_path(uspan_tracer_t *t)
{
    (void)t;
    return PATH;
}

/* A JSON string, RFC 8259 §7. */
static void put_json(uspan_window_t *w, const char *text)
{
    uspan_window_put(w, "\"", 1u);
    for (; *text != '\0'; text++) {
        uint8_t c = (uint8_t)*text;
        if (c == '"' || c == '\\') {
            uspan_window_put(w, "\\", 1u);
        }
        if (c < 0x20u) {
            char escape[] = { '\\', 'u', '0', '0', hex_digits[c >> 4], hex_digits[c & 15u] };
            uspan_window_put(w, escape, sizeof escape);
        } else {
            uspan_window_put(w, text, 1u);
        }
    }
    uspan_window_put(w, "\"", 1u);
}

static void put_padded(uspan_window_t *w, unsigned n, unsigned digits)
{
    char text[4];
    for (unsigned i = digits; i-- > 0u; n /= 10u) {
        text[i] = (char)('0' + n % 10u);
    }
    uspan_window_put(w, text, digits);
}

/* "YYYY-MM-DD HH:MM:SS.mmm", UTC: Studio compares it as text. */
static void put_timestamp(uspan_window_t *w, uint64_t unix_ns)
{
    uspan_civil_t c;
    uspan_civil_of(unix_ns / USPAN_NS_PER_S, &c);
    put_padded(w, c.year, 4u);
    uspan_window_put(w, "-", 1u);
    put_padded(w, c.month, 2u);
    uspan_window_put(w, "-", 1u);
    put_padded(w, c.day, 2u);
    uspan_window_put(w, " ", 1u);
    put_padded(w, c.hour, 2u);
    uspan_window_put(w, ":", 1u);
    put_padded(w, c.minute, 2u);
    uspan_window_put(w, ":", 1u);
    put_padded(w, c.second, 2u);
    uspan_window_put(w, ".", 1u);
    put_padded(w, (unsigned)(unix_ns % USPAN_NS_PER_S / USPAN_NS_PER_MS), 3u);
}

void uspan_studio_render(uspan_tracer_t *t, uspan_window_t *w)
{
    const uspan_run_t *run = &t->trace.runs[t->out.run_job & ~JOB_DONE];
    uint64_t began_unix = 0;
    uint32_t state = uspan_lock(t);
    (void)uspan_epoch_unix(&t->trace, t->trace.epoch, run->began_ns, &began_unix);
    uspan_unlock(t, state);
    uspan_window_text(w, "{\"id\":");
    put_json(w, run->id);
    uspan_window_text(w, ",\"project\":");
    put_json(w, t->out.project != NULL ? t->out.project : t->out.resource.service_name);
    uspan_window_text(w, ",\"name\":");
    if (run->name != NULL) {
        put_json(w, run->name);
    } else {
        uspan_window_text(w, "\"boot ");
        uspan_window_put(w, run->id, strlen(run->id) < 8u ? strlen(run->id) : 8u);
        uspan_window_text(w, "\"");
    }
    uspan_window_text(w, ",\"timestamp\":\"");
    put_timestamp(w, began_unix);
    /* The server kills runs whose pid is none of its own at its start; a device has none to offer. */
    uspan_window_text(w, "\",\"pid\":1,\"status\":\"");
    uspan_window_text(w, (t->out.run_job & JOB_DONE) != 0u ? "done" : "running");
    uspan_window_text(w, "\",\"run_dir\":\"\"}");
}

void uspan_studio_answered(uspan_tracer_t *t, bool accepted)
{
    uint32_t state = uspan_lock(t);
    uspan_run_t *run = &t->trace.runs[t->out.run_job & ~JOB_DONE];
    if (accepted && (t->out.run_job & JOB_DONE) != 0u) {
        run->state = USPAN_RUN_DONE;
    } else if (accepted && run->state == USPAN_RUN_NEW) {
        run->state = USPAN_RUN_REGISTERED;
    }
    uspan_unlock(t, state);
}

void uspan_studio_end(uspan_tracer_t *t)
{
    uint32_t state = uspan_lock(t);
    if (t->trace.run != 0u) {
        end_run(t, t->trace.run - 1u);
    }
    uspan_unlock(t, state);
}

bool uspan_studio_settled(const uspan_tracer_t *t)
{
    bool due = false;
    for (unsigned i = 0; i < USPAN_RUNS_MAX; i++) {
        due = due || t->trace.runs[i].state == USPAN_RUN_ENDING;
    }
    return !due || t->out.studio.last_error != 0;
}
#endif
