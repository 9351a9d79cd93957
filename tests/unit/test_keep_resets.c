/* test_keep_resets.c: a reset can occur at any instruction of recording or of the following mount. No span
 * is corrupted, and every loss is counted. A child process records, one instruction at a time, and its
 * memory at an instruction is what a mount finds. The test compares the result with the states before and
 * after the interrupted call. The environment variable USPAN_KEEP_EVERY is the number of instructions
 * between two resets.
 * uspan-config: USPAN_KEEP=1 USPAN_SPANS_MAX=6 USPAN_TEXT_BYTES=2048 USPAN_ATTRS_MAX=8 */
#define _GNU_SOURCE
#include "keep_image.h"
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "trace/attr.h"
#include "trace/pool.h"

static world_t *w;
static uspan_t s[8];
static keep_sent_t drain, sent;

/* ---- the interrupted program --------------------------------------------------------------------------- */

#define LONG_TEXT                                                                                    \
    "the valve of the third bed did not answer within two seconds, and the pump was stopped by the " \
    "watchdog of the bus"

static void set_words(unsigned span, const char *first)
{
    const char *const words[] = { first, "wet",
                                  "Gr\xC3\xBC\xC3\x9F"
                                  "e and a text that goes on in the next block of the pool" };
    uspan_set_strs(&w->tracer, s[span], USPAN_KEY("words"), words, 3);
}

static void add_event(unsigned span, const char *text)
{
    const uspan_attr_t attrs[] = { USPAN_ATTR_TEXT(USPAN_KEY("valve"), text),
                                   USPAN_ATTR_INT(USPAN_KEY("bed"), 3) };
    uspan_event_n(&w->tracer, s[span], "valve opens", 11u, 0u, attrs, 2u);
}

static void add_link(unsigned span, unsigned to)
{
    uspan_context_t c;
    (void)uspan_context_of(&w->tracer, s[to], &c);
    const uspan_link_t link = { &c, NULL, 0u };
    uspan_add_link(&w->tracer, s[span], &link);
}

/* Make call n of the program. Returns false if there is no such call. Each call changes at most one
 * attribute of a key. */
static bool call(unsigned n)
{
    uspan_tracer_t *t = &w->tracer;
    uint32_t wait_ms;
    w->now_ns += 1000u;
    switch (n) {
    case 0:
        s[0] = uspan_start(t, USPAN_ROOT, "turn");
        return true;
    case 1:
        uspan_set_str(t, s[0], USPAN_KEY("who"), "gardener");
        return true;
    case 2:
        s[1] = uspan_start(t, s[0], "chat");
        return true;
    case 3:
        uspan_set_str(t, s[1], USPAN_KEY("text"), LONG_TEXT);
        return true;
    case 4:
        uspan_set_int(t, s[1], USPAN_KEY("n"), 1);
        return true;
    case 5:
        uspan_set_int(t, s[1], USPAN_KEY("n"), 0x1122334455667788);
        return true;
    case 6:
        uspan_set_str(t, s[1], USPAN_KEY("text"), LONG_TEXT "; " LONG_TEXT);
        return true;
    case 7:
        set_words(1, "dry");
        return true;
    case 8:
        set_words(1, "moist");
        return true;
    case 9:
        uspan_append_str(t, s[1], USPAN_KEY("answer"), "Open");
        return true;
    case 10:
        uspan_append_str(t, s[1], USPAN_KEY("answer"), " the valve, " LONG_TEXT);
        return true;
    case 11:
        uspan_append_str(t, s[1], USPAN_KEY("answer"), " and close it \xC3");
        return true;
    case 12:
        uspan_append_str(t, s[1], USPAN_KEY("answer"),
                         "\xBC"
                         "ber Nacht");
        return true;
    case 13:
        add_event(1, LONG_TEXT);
        return true;
    case 14:
        add_event(1, "short");
        return true;
    case 15:
        s[2] = uspan_start(t, s[1], "tool");
        return true;
    case 16:
        add_link(2, 0);
        return true;
    case 17:
        add_link(2, 1);
        return true;
    case 18:
        uspan_end(t, s[1]);
        return true;
    case 19:
        uspan_set_name(t, s[2], "open_valve");
        return true;
    case 20:
        uspan_set_status(t, s[2], USPAN_STATUS_ERROR, LONG_TEXT);
        return true;
    case 21:
        uspan_set_status(t, s[2], USPAN_STATUS_ERROR, "other words");
        return true;
    case 22:
        uspan_flush(t);
        return true;
    case 23:
        (void)!uspan_poll(t, &wait_ms);
        return true; /* sends the span "chat" and frees its slot and blocks */
    case 24:
        (void)!uspan_poll(t, &wait_ms);
        return true;
    case 25:
        s[3] = uspan_start(t, s[0], "third");
        return true;
    case 26:
        s[4] = uspan_start(t, s[0], "fourth");
        return true;
    case 27:
        s[5] = uspan_start(t, s[0], "fifth");
        return true;
    case 28:
        s[6] = uspan_start(t, s[0], "sixth");
        return true;
    case 29:
        s[7] = uspan_start(t, s[0], "finds no slot");
        return true;
    case 30:
        uspan_set_str(t, s[3], USPAN_KEY("text"), LONG_TEXT);
        return true;
    case 31:
        uspan_record_error(t, s[3], "timeout", LONG_TEXT);
        return true;
    case 32:
        uspan_set_str(t, s[4], USPAN_KEY("text"), LONG_TEXT LONG_TEXT LONG_TEXT LONG_TEXT LONG_TEXT);
        return true;
    case 33:
        uspan_set_str(t, s[5], USPAN_KEY("text"), LONG_TEXT LONG_TEXT LONG_TEXT LONG_TEXT LONG_TEXT);
        return true;
    case 34:
        uspan_set_str(t, s[6], USPAN_KEY("text"), LONG_TEXT LONG_TEXT LONG_TEXT LONG_TEXT LONG_TEXT);
        return true;
    case 35:
        uspan_append_str(t, s[6], USPAN_KEY("text"), LONG_TEXT LONG_TEXT LONG_TEXT);
        return true;
    case 36:
        uspan_end(t, s[2]);
        return true;
    case 37:
        uspan_end(t, s[0]);
        return true;
    default:
        uspan_end(t, s[6]);
        return false;
    }
}

#define CALLS 40u
static unsigned *done; /* number of finished calls, shared with the child */

/* ---- the expected spans -------------------------------------------------------------------------------- */

/* The spans that exist between two calls, by slot. */
typedef struct moment {
    struct {
        bool there;
        uint8_t span_id[8];
        keep_text_t lines;
    } spans[USPAN_SPANS_MAX];
} moment_t;
static moment_t moments[CALLS + 1u];
static unsigned calls;

static void see(moment_t *m)
{
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        const uspan_slot_t *slot = &w->tracer.slots[i];
        m->spans[i].there = slot->state != USPAN_STATE_FREE;
        if (m->spans[i].there) {
            memcpy(m->spans[i].span_id, slot->span_id, 8);
            keep_describe(&w->tracer, USPAN_HANDLE(slot->id), &m->spans[i].lines);
        }
    }
}

static const keep_text_t *seen(const moment_t *m, const uint8_t *span_id)
{
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        if (m->spans[i].there && memcmp(m->spans[i].span_id, span_id, 8) == 0) {
            return &m->spans[i].lines;
        }
    }
    return NULL;
}

/* Returns true if text has a line that equals the first len bytes of `line`. */
static bool has_line(const keep_text_t *text, const char *line, size_t len)
{
    if (text == NULL) {
        return false;
    }
    for (const char *at = text->text, *end; *at != '\0'; at = end + 1) {
        end = strchr(at, '\n');
        if ((size_t)(end - at) == len && memcmp(at, line, len) == 0) {
            return true;
        }
    }
    return false;
}

/* A streamed value may have any length between its two states. */
static bool is_between(const keep_text_t *before, const keep_text_t *after, const char *line, size_t len)
{
    const char *value = memchr(line, '=', len);
    if (value == NULL || after == NULL || strncmp(line, "attr answer=", 12) != 0) {
        return value != NULL && strncmp(line, "attr text=", 10) == 0 && after != NULL &&
               strstr(after->text, "attr text=") != NULL &&
               strncmp(strstr(after->text, "attr text="), line, len) == 0 && before != NULL &&
               strstr(before->text, "attr text=") != NULL;
    }
    const char *whole = strstr(after->text, "attr answer=");
    return whole != NULL && strncmp(whole, line, len) == 0;
}

static bool is_ours(const char *line)
{
    static const char *const own[] = { "attr error.type=", "attr uspan.reset.reason=", "status ",
                                       "name unnamed" };
    for (unsigned i = 0; i < 4u; i++) {
        if (strncmp(line, own[i], strlen(own[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void complain(const char *what, const char *line, size_t len, const keep_text_t *before,
                     const keep_text_t *after, const struct keep_span *span)
{
    print_error("after call %u: %s: %.*s\n--- before\n%s--- after\n%s--- found\n%s", *done, what, (int)len,
                line, before != NULL ? before->text : "", after != NULL ? after->text : "",
                span != NULL ? span->lines.text : "");
    fail();
}

/* Check a restored span. Each of its lines existed before or after the call. Lines that both states have
 * must be there. */
static void check_span(const struct keep_span *span, const moment_t *m)
{
    const keep_text_t *before = seen(&m[0], span->view.span_id), *after = seen(&m[1], span->view.span_id);
    const char *end;
    if (before == NULL && after == NULL) {
        complain("invented", "", 0u, NULL, NULL, span);
    }
    for (const char *at = span->lines.text; *at != '\0'; at = end + 1) {
        end = strchr(at, '\n');
        size_t len = (size_t)(end - at);
        if (!is_ours(at) && !has_line(before, at, len) && !has_line(after, at, len) &&
            !is_between(before, after, at, len)) {
            complain("torn", at, len, before, after, span);
        }
    }
    for (const char *at = before != NULL ? before->text : ""; *at != '\0'; at = end + 1) {
        end = strchr(at, '\n');
        size_t len = (size_t)(end - at);
        if (!is_ours(at) && has_line(after, at, len) && !has_line(&span->lines, at, len)) {
            complain("lost", at, len, before, after, span);
        }
    }
    if (span->view.status != USPAN_STATUS_ERROR && span->view.status != USPAN_STATUS_OK) {
        complain("no end", "", 0u, before, after, span);
    }
}

/* Mount the present memory of the tracer and check the result. */
static unsigned mount_and_check(void)
{
    const moment_t *m = &moments[*done];
    w->now_ns = 5000u;
    w->lock_depth = 0;
    uspan_keep_report_t r = keep_mount(w, USPAN_RESET_SOFTWARE);
    assert_int_equal(r.found, USPAN_KEPT_TAKEN);
    assert_int_equal(r.lost, 0);
    keep_listen(w, &sent);
    keep_send(w);
    assert_int_equal(sent.count, r.open + r.ended);
    assert_int_equal(w->tracer.trace.blocks_live, 0);
    assert_int_equal(w->tracer.trace.slots_live, 0);
    for (unsigned i = 0; i < sent.count; i++) {
        check_span(&sent.spans[i], m);
    }
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        bool found = !m[0].spans[i].there || seen(&m[1], m[0].spans[i].span_id) == NULL;
        for (unsigned n = 0; !found && n < sent.count; n++) {
            found = memcmp(sent.spans[n].view.span_id, m[0].spans[i].span_id, 8) == 0;
        }
        if (!found) {
            complain("span lost", "", 0u, &m[0].spans[i].lines, NULL, NULL);
        }
    }
    return sent.count;
}

/* ---- resets -------------------------------------------------------------------------------------------- */

/* Run body in a child, one instruction at a time. After each `every` instructions, copy the child's tracer
 * into this process and call cut(). Returns the number of instructions. */
static unsigned step_through(void (*body)(void), unsigned first, unsigned every, unsigned (*cut)(void),
                             unsigned *cuts)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        (void)raise(SIGSTOP);
        body();
        _exit(0);
    }
    int status;
    unsigned n = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    while (!WIFEXITED(status)) {
        assert_true(WIFSTOPPED(status));
        if (n >= first && (n - first) % every == 0u) {
            struct iovec here = { &w->tracer, sizeof w->tracer };
            assert_int_equal(process_vm_readv(child, &here, 1, &here, 1, 0), sizeof w->tracer);
            *cuts += cut() > 0u;
        }
        n++;
        assert_int_equal(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    return n;
}

static void program(void)
{
    for (unsigned n = 0; call(n); n++) {
        *done = n + 1u;
    }
}

static unsigned instructions_between(void)
{
    const char *text = getenv("USPAN_KEEP_EVERY");
    return text != NULL ? (unsigned)atoi(text) : 61u;
}

static uspan_tracer_t start;
static uint64_t start_random;

static void begin_anew(void)
{
    w->tracer = start;
    w->random_state = start_random;
    w->now_ns = 1000000u;
    w->lock_depth = 0;
    *done = 0u;
}

static void test_a_reset_at_any_instruction_of_recording(void **state)
{
    (void)state;
    unsigned cuts = 0;
    begin_anew();
    unsigned steps = step_through(program, 0u, instructions_between(), mount_and_check, &cuts);
    print_message("%u instructions, %u resets\n", steps, cuts);
    assert_true(cuts > steps / instructions_between() / 2u);
}

/* The child's mount is interrupted. This process then mounts the remaining memory. */
static void mount_only(void)
{
    uspan_keep_options_t o = keep_options(USPAN_RESET_SOFTWARE);
    uspan_keep_report_t report;
    (void)!uspan_keep_mount(&w->tracer, &w->port, &o, &report);
}

static void test_a_reset_at_any_instruction_of_a_mount(void **state)
{
    (void)state;
    unsigned cuts = 0, steps = 0;
    for (unsigned n = 0; n < 2u; n++) {
        begin_anew();
        const unsigned at[] = { 20, 36 };
        for (unsigned i = 0; i < at[n]; i++) {
            (void)call(i);
        }
        *done = at[n];
        steps += step_through(mount_only, n, instructions_between(), mount_and_check, &cuts);
    }
    print_message("%u instructions, %u resets\n", steps, cuts);
    assert_true(cuts > steps / instructions_between() / 2u);
}

static int set_up(void **state)
{
    assert_int_equal(world_setup(state), 0);
    w = *state;
    done = mmap(NULL, sizeof *done, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(done != MAP_FAILED);
    (void)keep_mount(w, USPAN_RESET_POWER_ON);
    keep_listen(w, &drain);
    start = w->tracer;
    start_random = w->random_state;
    begin_anew();
    for (calls = 0;; calls++) {
        see(&moments[calls]);
        if (!call(calls)) {
            break;
        }
    }
    see(&moments[calls + 1u]);
    return 0;
}

static int tear_down(void **state)
{
    (void)munmap(done, sizeof *done);
    return world_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reset_at_any_instruction_of_recording),
        cmocka_unit_test(test_a_reset_at_any_instruction_of_a_mount),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
