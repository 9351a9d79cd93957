/* test_interleaving.c: two tasks and an interrupt record on the same spans, and one of them exports. When one
 * of them releases the lock, another may run. After each such step every block has one owner, every attribute
 * has a value, and no limit is exceeded. The test is deterministic: each run has a seed, and a failure prints
 * the seed and the step.
 * uspan-config: USPAN_SPANS_MAX=4 USPAN_ATTRS_MAX=6 USPAN_EVENTS_MAX=2 USPAN_LINKS_MAX=2 USPAN_EVENT_ATTRS_MAX=3
 * uspan-config: USPAN_TEXT_BYTES=4096 USPAN_VALUE_MAX=700 */
#include "uspan/message.h"
#include "uspan/read.h"
#include "peek.h"
#include "trace/attr.h"
#include "trace/utf8.h"
#include <stdio.h>

#define TASKS 3u /* the first, one that runs when the first releases the lock, and one more above it */
#define SPANS 3u /* handles that they share: some are stale, one may be null */
#define RUNS 300u
#define STEPS 60u      /* of the first task, in a run */
#define STEPS_MAX 600u /* of all tasks; after these only the first continues */

static world_t *w;
static uspan_t spans[SPANS];
static uint64_t rng;
static unsigned task;  /* the running one */
static unsigned steps; /* operations of all tasks in this run */
static unsigned seed;
static bool switching; /* other tasks may run */
static bool polling;   /* the exporting task is within uspan_poll() */
static uint8_t owner[USPAN_BLOCKS_MAX];

static uspan_writer_t writers[TASKS];

static unsigned random_below(unsigned n)
{
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(rng >> 33) % n;
}

/* ---- invariants that hold whenever the lock is free ---------------------------------------------------- */

static void check(bool good, const char *what)
{
    if (!good) {
        print_error("seed %u, step %u, task %u: %s\n", seed, steps, task, what);
        fail();
    }
}

static void own(uint16_t block)
{
    check(block < USPAN_BLOCKS_MAX, "a block's index is none");
    check(owner[block] == 0u, "a block has two owners");
    owner[block] = 1u;
}

/* A chain of len bytes, all of one letter if uniform. */
static void own_chain(uint16_t head, uint16_t tail, size_t len, bool text, bool uniform)
{
    const uspan_trace_part_t *p = &w->tracer.trace;
    char bytes[USPAN_VALUE_MAX + 1u] = "";
    uint16_t at = head;
    check(len <= USPAN_VALUE_MAX, "a value is longer than USPAN_VALUE_MAX");
    for (size_t done = 0; done < len; done += USPAN_BLOCK) {
        size_t n = len - done < USPAN_BLOCK ? len - done : USPAN_BLOCK;
        if (done > 0u) {
            at = p->block_next[at];
        }
        own(at);
        memcpy(bytes + done, p->blocks[at].bytes, n);
    }
    if (len > 0u) {
        check(at == tail, "a chain's last block is not its tail");
    }
    check(!text || uspan_is_utf8(bytes, len), "a text is not UTF-8");
    bool known = len == 9u && memcmp(bytes, "exception", len) == 0; /* the event name of an error */
    for (size_t i = 1; uniform && !known && i < len; i++) {
        check(bytes[i] == bytes[0], "a text is of two calls");
    }
}

static bool is_appended(const uspan_key_t *key)
{
    return key->text[0] == 'g'; /* gen_ai...: the writer's; and the one that grows */
}

static void own_entry(const uspan_entry_t *e)
{
    check(e->store > USPAN_STORE_NONE && e->store <= USPAN_STORE_TEXTS, "an attribute has no value");
    if (e->store >= USPAN_STORE_TEXT) {
        bool text = e->store == USPAN_STORE_TEXT;
        own_chain(e->v.chain.head, e->v.chain.tail, e->len, text,
                  text && (e->key == NULL || !is_appended(e->key)));
    }
}

static void own_items(uint16_t first, uint16_t tail, unsigned count, bool is_link)
{
    const uspan_trace_part_t *p = &w->tracer.trace;
    unsigned found = 0;
    uint16_t last = USPAN_NO_INDEX;
    for (uint16_t at = first; at != USPAN_NO_INDEX; at = p->blocks[at].event.next) {
        const uspan_event_rec_t *rec = &p->blocks[at].event;
        own(at);
        last = at;
        found++;
        check(rec->attr_count <= USPAN_EVENT_ATTRS_MAX + 1u, "an event has more attributes than allowed");
        if (!is_link && rec->name_store == USPAN_STORE_TEXT) {
            own_chain(rec->name.chain.head, rec->name.chain.tail, rec->name_len, true, true);
        }
        uint16_t block = rec->attrs;
        for (unsigned i = 0; i < rec->attr_count; i++) {
            if (i > 0u && i % USPAN_ENTRIES_PER_BLOCK == 0u) {
                block = p->block_next[block];
            }
            if (i % USPAN_ENTRIES_PER_BLOCK == 0u) {
                own(block);
            }
            own_entry(&p->blocks[block].entries[i % USPAN_ENTRIES_PER_BLOCK]);
        }
    }
    check(found == count, "events or links are more or fewer than their count");
    check(found == 0u || last == tail, "the last event is not the tail");
}

static void check_slot(const uspan_slot_t *slot)
{
    check(slot->attr_count <= USPAN_ATTRS_MAX, "more attributes than allowed");
    check(slot->event_count <= USPAN_EVENTS_MAX, "more events than allowed");
    check(slot->link_count <= USPAN_LINKS_MAX, "more links than allowed");
    check(slot->name_len <= USPAN_NAME_MAX && uspan_is_utf8(slot->name, slot->name_len),
          "a name is not UTF-8");
    for (unsigned i = 0; i < slot->attr_count; i++) {
        own_entry(&slot->attrs[i]);
        for (unsigned other = 0; other < i; other++) {
            check(!uspan_same_key(slot->attrs[i].key, slot->attrs[other].key), "a key is there twice");
        }
    }
    own_items(slot->events, slot->events_tail, slot->event_count, false);
    own_items(slot->links, slot->links_tail, slot->link_count, true);
    if (slot->message != USPAN_NO_INDEX) {
        own_chain(slot->message, slot->message_tail, slot->message_len, true, true);
    }
}

/* Blocks without an owner belong to a call that was interrupted. If no call is active, there are none. */
static void check_all(bool quiet)
{
    const uspan_trace_part_t *p = &w->tracer.trace;
    unsigned owned = 0, free_blocks = 0, live = 0;
    memset(owner, 0, sizeof owner);
    for (uint16_t at = p->blocks_free; at != USPAN_NO_INDEX; at = p->block_next[at]) {
        own(at);
        free_blocks++;
    }
    check(free_blocks + p->blocks_live == USPAN_BLOCKS_MAX, "free and taken blocks are not all blocks");
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        if (p->slots[i].state != USPAN_STATE_FREE) {
            check_slot(&p->slots[i]);
            live++;
        }
    }
    for (unsigned i = 0; i < USPAN_BLOCKS_MAX; i++) {
        owned += owner[i];
    }
    check(live == p->slots_live, "slots in use are not those counted");
    check(owned - free_blocks <= p->blocks_live, "more blocks are owned than were taken");
    check(!quiet || owned - free_blocks == p->blocks_live, "a block has no owner");
}

/* ---- the actions of the tasks -------------------------------------------------------------------------- */

static const uspan_key_t keys[] = {
    USPAN_KEY_INIT("a"),        USPAN_KEY_INIT("b"),          USPAN_KEY_INIT("server.address"),
    USPAN_KEY_INIT("c.number"), USPAN_KEY_INIT("error.type"), USPAN_KEY_INIT("d.of.another.length"),
    USPAN_KEY_INIT("e")
};
static const uspan_key_t grows = USPAN_KEY_INIT("grows");

/* A text of one letter. Its length fits in the entry, needs blocks, or is truncated. Valid until this task's
 * next call. */
static const char *some_text(size_t *len)
{
    static char texts[TASKS][1024];
    static const unsigned lengths[] = { 1, 7, 8, 9, 63, 64, 65, 200, 257, 600, 900 };
    *len = lengths[random_below((unsigned)COUNT(lengths))];
    memset(texts[task], (int)('a' + random_below(26u)), *len);
    texts[task][*len] = '\0';
    return texts[task];
}

/* Each task writes a list of messages during several operations, so that operations of others come between
 * its pieces. */
static void write_messages(uspan_t s)
{
    uspan_writer_t *writer = &writers[task];
    size_t len;
    const char *text = some_text(&len);
    switch (random_below(steps < 10u ? 1u : 6u)) {
    case 0:
        (void)uspan_messages_begin(writer, &w->tracer, s,
                                   random_below(2u) == 0u ? USPAN_INPUT_MESSAGES : USPAN_OUTPUT_MESSAGES);
        (void)uspan_message(writer, "assistant", NULL);
        break;
    case 1:
        (void)uspan_part_tool_call(writer, "call-1", "water", "{\"litres\": [1, 2, 3e5, \"many\"]}");
        break;
    case 2:
        (void)uspan_part_tool_call(writer, "call-1", "water", "{\"litres\": [1, 2, 3e5, \"no JSON");
        break;
    case 3:
        (void)uspan_message_finish(writer, "stop");
        break;
    default:
        (void)uspan_part_text_n(writer, text, len);
        break;
    }
}

static void add_event(uspan_t s)
{
    size_t len, count = random_below(4u);
    uspan_attr_t attrs[4];
    static char values[TASKS][4][600];
    for (size_t i = 0; i < count; i++) {
        const char *text = some_text(&len);
        len = len < sizeof values[0][0] ? len : sizeof values[0][0];
        memcpy(values[task][i], text, len);
        attrs[i] = (uspan_attr_t){ .key = &keys[random_below(3u)],
                                   .type = USPAN_TYPE_TEXT,
                                   .count = (uint32_t)len,
                                   .v.text = values[task][i] };
    }
    const char *name = some_text(&len);
    if (random_below(3u) > 0u) {
        (void)uspan_event_n(&w->tracer, s, name, len, 0u, attrs, count);
        return;
    }
    uspan_context_t c = { .flags = 1u };
    memset(c.trace_id, 7, sizeof c.trace_id);
    memset(c.span_id, 7, sizeof c.span_id);
#if USPAN_TRACESTATE_BYTES > 0
    c.tracestate_len = (uint16_t)random_below(120u);
    memset(c.tracestate, 'x', c.tracestate_len);
#endif
    const uspan_link_t link = { .context = &c, .attrs = attrs, .attr_count = count };
    (void)uspan_add_link(&w->tracer, s, &link);
}

static void read_back(uspan_t s)
{
    char text[USPAN_VALUE_MAX];
    uspan_value_t v;
    for (unsigned i = 0;
         !uspan_is_null(s) && uspan_read_attr(&w->tracer, s, USPAN_OF_SPAN, i, &v) == USPAN_OK; i++) {
        check(v.type != USPAN_TYPE_NONE, "a reader finds no value");
        check(v.type != USPAN_TYPE_TEXT || v.len <= USPAN_VALUE_MAX, "a reader finds too much text");
        size_t n = uspan_read_text(&w->tracer, s, USPAN_OF_SPAN, i, 0u, text, sizeof text);
        for (size_t at = 1; v.type == USPAN_TYPE_TEXT && !is_appended(v.key) && at < n; at++) {
            check(text[at] == text[0], "a reader finds a text of two calls");
        }
    }
}

static void record_error(uspan_t s, const char *text)
{
    (void)uspan_record_error(&w->tracer, s, text, text);
    uspan_slot_t *slot = uspan_is_null(s) ? NULL : uspan_slot_find_open(&w->tracer.trace, s);
    if (slot != NULL && slot->attr_count == USPAN_ATTRS_MAX) {
        check(uspan_entry_find(slot, USPAN_KEY("error.type")) != NULL, "a full table has no error.type");
    }
}

static void begin_span(uspan_t *s)
{
    static const uspan_key_t number = USPAN_KEY_INIT("c.number");
    const uspan_attr_t attrs[] = { USPAN_ATTR_INT(&number, 1) };
    const uspan_options_t o = { .attrs = attrs, .attr_count = 1u };
    *s = uspan_start_with(&w->tracer, USPAN_ROOT, "span", 4u, &o);
}

static void operate(void)
{
    static const int64_t numbers[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
    static const char *const texts[] = { "one", "two", "three" };
    uspan_tracer_t *t = &w->tracer;
    uspan_t *s = &spans[random_below(SPANS)];
    const uspan_key_t *key = &keys[random_below((unsigned)COUNT(keys))];
    size_t len;
    const char *text = some_text(&len);
    steps++;
    switch (random_below(22u)) {
    case 0:
        begin_span(s);
        break;
    case 1:
        (void)uspan_end(t, *s);
        begin_span(s);
        break;
    case 2:
        (void)uspan_set_int(t, *s, key, 5);
        break;
    case 3:
        (void)uspan_set_static(t, *s, key, "bbbbbbbbbbbbbbbbbb");
        break;
    case 4:
    case 5:
    case 6:
        (void)uspan_set_str_n(t, *s, key, text, len);
        break;
    case 7:
        (void)uspan_set_ints(t, *s, key, numbers, 1u + random_below((unsigned)COUNT(numbers)));
        break;
    case 8:
        (void)uspan_set_strs(t, *s, key, texts, COUNT(texts));
        break;
    case 9:
    case 10:
        (void)uspan_append_str_n(t, *s, &grows, &"\xC3\xA9\xE2\x82\xAC"[random_below(3u)],
                                 1u + random_below(3u));
        (void)uspan_append_str_n(t, *s, &grows, text, len);
        break;
    case 11:
        (void)uspan_append_bytes(t, *s, key, text, len);
        break;
    case 12:
    case 13:
        record_error(*s, text);
        break;
    case 14:
        (void)uspan_set_status(t, *s, USPAN_STATUS_ERROR, text);
        break;
    case 15:
    case 16:
        add_event(*s);
        break;
    case 17:
    case 18:
        write_messages(*s);
        write_messages(*s);
        break;
    case 19: {
        const uspan_attr_t attrs[] = { USPAN_ATTR_INT(&keys[3], 1), USPAN_ATTR_TEXT(&keys[1], text),
                                       USPAN_ATTR_STATIC(&keys[0], "cc") };
        (void)uspan_set_all(t, *s, attrs, COUNT(attrs));
        break;
    }
    case 20:
        read_back(*s);
        break;
    default:
        if (!polling) {
            uint32_t wait_ms;
            polling = true;
            world_advance_ms(w, 1000u);
            uspan_err_t err = uspan_poll(t, &wait_ms);
            check(err == USPAN_OK || err == USPAN_ERR_AGAIN, "polling fails");
            polling = false;
        }
        break;
    }
}

static void (*world_unlock)(void *ctx, uint32_t state);

/* The lock is free: other tasks run, within this call. */
static void unlock_and_switch(void *ctx, uint32_t state)
{
    world_unlock(ctx, state);
    if (!switching) {
        return;
    }
    check_all(false);
    if (task + 1u < TASKS && steps < STEPS_MAX && random_below(3u) == 0u) {
        uintptr_t name = w->task;
        task++;
        w->task = task;
        for (unsigned n = 1u + random_below(3u); n > 0u; n--) {
            operate();
        }
        task--;
        w->task = name;
        check_all(false);
    }
}

static void test_no_switch_of_tasks_leaves_a_value_out_a_limit_passed_or_a_block_twice_owned(void **state)
{
    w = *state;
    for (seed = 1; seed <= RUNS; seed++) {
        world_reset_with_collector(w);
        world_unlock = w->port.unlock;
        w->port.unlock = unlock_and_switch;
        rng = seed;
        steps = 0;
        memset(spans, 0, sizeof spans);
        memset(writers, 0, sizeof writers);
        switching = true;
        for (unsigned i = 0; i < STEPS; i++) {
            operate();
            check_all(true);
        }
        switching = false;
        for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
            const uspan_slot_t *slot = &w->tracer.trace.slots[i];
            if (slot->state == USPAN_STATE_OPEN) { /* also spans whose handle was overwritten */
                check(uspan_end(&w->tracer, (uspan_t){ slot->id }) == USPAN_OK,
                      "an open span cannot be ended");
            }
        }
        world_drain(w);
        check_all(true);
        check(w->tracer.trace.blocks_live == 0u, "blocks are left");
        w->port.unlock = world_unlock;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_no_switch_of_tasks_leaves_a_value_out_a_limit_passed_or_a_block_twice_owned, world_setup,
            world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
