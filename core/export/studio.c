/* studio.c: registers each run once as running and once as done. Spans with the id of a run wait for its
 * first registration until it has succeeded or failed once, and only on their way to Studio. Messages of a
 * run are sent one by one, in order, after its registration. */
#include "export/studio.h"

#if USPAN_STUDIO
#include <string.h>
#include "export/export_state.h"
#include "export/log_line.h"
#include "export/poll_time.h"
#include "export/httpdate.h"
#include "trace/clock.h"
#include "trace/id.h"
#include "trace/pool.h"
#include "trace/studio_messages.h"
#include "export/url.h"

#define PATH "/trpc/registerRun"
#define MESSAGE_PATH "/trpc/pushMessage"
#define ID_HEX 32u
#define JOB_DONE \
    0x80u /* in run_job: report "done"; set once per request, so that a body never changes while it is sent */
#define JOB_MESSAGE 0x40u /* the first waiting message */
#define RUN_OF(job) ((job)&0x3Fu)

static bool is_due(const uspan_run_t *run)
{
    return run->state == USPAN_RUN_NEW || run->state == USPAN_RUN_ENDING;
}

bool uspan_studio_is_asked(const uspan_tracer_t *t)
{
    bool asked = false;
    for (unsigned lane = 0; lane < USPAN_EXCHANGES_MAX; lane++) {
        asked = asked || t->out.exchanges[lane].job == USPAN_JOB_RUN;
    }
    return asked;
}

/* Returns true if destination d sends to Studio. */
static bool is_studio(const uspan_tracer_t *t, unsigned d)
{
    const uspan_url_t *url = &t->dests[d].target.url, *studio = &t->out.studio.url;
    return url->port == studio->port && strcmp(url->host, studio->host) == 0;
}

/* Returns the destination that sends to Studio, or USPAN_DESTINATIONS_MAX if there is none. */
static unsigned studio_dest(const uspan_tracer_t *t)
{
    unsigned d = 0;
    while (d < USPAN_DESTINATIONS_MAX && !is_studio(t, d)) {
        d++;
    }
    return d;
}

unsigned uspan_studio_lane(const uspan_tracer_t *t)
{
    const unsigned d = studio_dest(t);
    return (d < USPAN_DESTINATIONS_MAX ? d : USPAN_DESTINATIONS_MAX - 1u) % USPAN_EXCHANGES_MAX;
}

bool uspan_studio_serves(const uspan_tracer_t *t, unsigned d)
{
    return is_studio(t, d) || studio_dest(t) == USPAN_DESTINATIONS_MAX;
}

/* End a run. If no span has its id and its registration was not sent, the server does not know the run. */
static void end_run(uspan_tracer_t *t, unsigned at)
{
    uspan_run_t *run = &t->trace.runs[at];
    bool under_way = uspan_studio_is_asked(t) && RUN_OF(t->out.run_job) == at;
    run->state =
        run->state == USPAN_RUN_NEW && !under_way && run->used == 0u ? USPAN_RUN_DONE : USPAN_RUN_ENDING;
}

/* Free the entries of runs that no span uses and that the server knows as done. */
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
    out[0] = (char)('a' + random[0] % 6u); /* not only digits: Studio would parse it as a number */
    out[ID_HEX] = '\0';
    return true;
}

/* Studio parses ids as JSON. An id that is a number, true, false or null would lose its type. */
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
    return len < USPAN_RUN_ID_BYTES && letter && strcmp(id, "true") != 0 && strcmp(id, "false") != 0 &&
           strcmp(id, "null") != 0;
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
    run->used = run->known = 0u;
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

uspan_err_t uspan_studio_start(uspan_tracer_t *t, const uspan_transport_t *transport,
                               const uspan_studio_t *studio)
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
        wrong = "Studio URL and transport must both use TLS or neither";
    }
    if (wrong != NULL) {
        uspan_log_line(t, USPAN_LEVEL_ERROR, "Studio", wrong);
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

/* Choose the next job: runs that start, then messages of registered runs, then runs that end. Returns false
 * if there is none. */
static bool choose_job(uspan_tracer_t *t, uint8_t *job)
{
    uspan_studio_head_t head;
    unsigned ending = USPAN_RUNS_MAX;
    for (unsigned i = 0; i < USPAN_RUNS_MAX; i++) {
        unsigned state = t->trace.runs[i].state;
        if (state == USPAN_RUN_NEW) {
            *job = (uint8_t)i;
            return true;
        }
        ending = state == USPAN_RUN_ENDING && ending == USPAN_RUNS_MAX ? i : ending;
    }
    if (uspan_studio_first(t, &head) != NULL && t->trace.runs[head.run].known != 0u) {
        *job = (uint8_t)(head.run | JOB_MESSAGE);
        return true;
    }
    *job = (uint8_t)(ending | JOB_DONE);
    return ending < USPAN_RUNS_MAX;
}

bool uspan_studio_wants(uspan_tracer_t *t)
{
    uspan_export_part_t *x = &t->out;
    uint64_t unix_ns;
    if (x->studio.transport == NULL || uspan_unix_now(t, &unix_ns) != USPAN_OK) {
        return false;
    }
    sweep(t);
    if (!choose_job(t, &x->run_job)) {
        return false;
    }
    return !uspan_wait_until(t, x->studio.backoff.not_before_ns);
}

bool uspan_studio_holds(uspan_tracer_t *t)
{
    uint64_t unix_ns;
    bool holds = false;
    for (unsigned i = 0; i < USPAN_RUNS_MAX; i++) {
        const uspan_run_t *run = &t->trace.runs[i];
        holds = holds || (is_due(run) && run->used != 0u && run->known == 0u);
    }
    return holds && t->out.studio.transport != NULL && t->out.studio.backoff.wait_ms == 0u &&
           uspan_unix_now(t, &unix_ns) == USPAN_OK;
}

const char *uspan_studio_path(uspan_tracer_t *t)
{
    return (t->out.run_job & JOB_MESSAGE) != 0u ? MESSAGE_PATH : PATH;
}

/* Write text for a JSON string, RFC 8259 §7. */
static void put_json_text(uspan_window_t *w, const char *text)
{
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
}

static void put_json(uspan_window_t *w, const char *text)
{
    uspan_window_char(w, '"');
    put_json_text(w, text);
    uspan_window_char(w, '"');
}

static void put_padded(uspan_window_t *w, unsigned n, unsigned digits)
{
    char text[4];
    for (unsigned i = digits; i-- > 0u; n /= 10u) {
        text[i] = (char)('0' + n % 10u);
    }
    uspan_window_put(w, text, digits);
}

/* Write "YYYY-MM-DD HH:MM:SS.mmm" in UTC. Studio compares it as text. */
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

static uint64_t unix_of(uspan_tracer_t *t, uint64_t mono_ns)
{
    uint64_t unix_ns = 0;
    uint32_t state = uspan_lock(t);
    (void)uspan_epoch_unix(&t->trace, t->trace.epoch, mono_ns, &unix_ns);
    uspan_unlock(t, state);
    return unix_ns;
}

/* Write a message. Each one is a separate reply, because the text of an agent is complete. */
static void render_message(uspan_tracer_t *t, uspan_window_t *w)
{
    uspan_studio_head_t head;
    const char *role = uspan_studio_first(t, &head);
    if (role == NULL) {
        return;
    }
    const char *name = role + strlen(role) + 1u;
    const char *content = name + strlen(name) + 1u;
    uspan_window_text(w, "{\"runId\":");
    put_json(w, t->trace.runs[head.run].id);
    uspan_window_text(w, ",\"replyName\":");
    put_json(w, name);
    uspan_window_text(w, ",\"replyRole\":");
    put_json(w, role);
    uspan_window_text(w, ",\"msg\":{\"id\":\"m");
    for (size_t i = 0; i < sizeof head.id; i++) {
        uspan_window_char(w, hex_digits[head.id[i] >> 4]);
        uspan_window_char(w, hex_digits[head.id[i] & 15u]);
    }
    uspan_window_text(w, "\",\"name\":");
    put_json(w, name);
    uspan_window_text(w, ",\"role\":");
    put_json(w, role);
    uspan_window_text(w, ",\"content\":");
    uspan_window_put(w, content, head.len - (size_t)(content - role));
    uspan_window_text(w, ",\"metadata\":{},\"timestamp\":\"");
    put_timestamp(w, unix_of(t, head.at_ns));
    uspan_window_text(w, "\"}}");
}

void uspan_studio_render(uspan_tracer_t *t, uspan_window_t *w)
{
    const uspan_run_t *run = &t->trace.runs[RUN_OF(t->out.run_job)];
    if ((t->out.run_job & JOB_MESSAGE) != 0u) {
        render_message(t, w);
        return;
    }
    uint64_t began_unix = unix_of(t, run->began_ns);
    uspan_window_text(w, "{\"id\":");
    put_json(w, run->id);
    uspan_window_text(w, ",\"project\":");
    put_json(w, t->out.project != NULL ? t->out.project : t->out.resource.service_name);
    uspan_window_text(w, ",\"name\":");
    if (run->name != NULL) {
        put_json(w, run->name);
    } else {
        uspan_window_char(w, '"');
        put_json_text(w, t->out.resource.service_name);
        uspan_window_char(w, ' ');
        put_timestamp(w, began_unix);
        uspan_window_char(w, '"');
    }
    uspan_window_text(w, ",\"timestamp\":\"");
    put_timestamp(w, began_unix);
    /* At its start the server kills runs whose pid is not one of its processes. A device has no pid. */
    uspan_window_text(w, "\",\"pid\":1,\"status\":\"");
    uspan_window_text(w, (t->out.run_job & JOB_DONE) != 0u ? "done" : "running");
    uspan_window_text(w, "\",\"run_dir\":\"\"}");
}

static void answered_message(uspan_tracer_t *t, bool accepted, bool is_refused)
{
    if (accepted || is_refused) {
        t->out.messages_delivered += accepted;
        t->trace.messages_dropped += is_refused;
        uspan_studio_drop(t);
    }
}

void uspan_studio_answered(uspan_tracer_t *t, bool accepted, bool is_refused)
{
    if ((t->out.run_job & JOB_MESSAGE) != 0u) {
        answered_message(t, accepted, is_refused);
        return;
    }
    uint32_t state = uspan_lock(t);
    uspan_run_t *run = &t->trace.runs[RUN_OF(t->out.run_job)];
    if (accepted && (t->out.run_job & JOB_DONE) != 0u) {
        run->state = USPAN_RUN_DONE;
    } else if (accepted && run->state == USPAN_RUN_NEW) {
        run->state = USPAN_RUN_REGISTERED;
    }
    run->known = (uint8_t)(run->known | accepted);
    t->out.run_failures += !accepted;
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
    return !(due || uspan_studio_waits(t)) || t->out.studio.transport == NULL;
}
#endif
