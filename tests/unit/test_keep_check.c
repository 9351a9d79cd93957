/* test_keep_check.c: each field of a span in kept memory has a range. A value beyond it costs this span, and
 * no other one. The last value within it costs nothing.
 * uspan-config: USPAN_KEEP=1 USPAN_SPANS_MAX=6 USPAN_TEXT_BYTES=2048 USPAN_ATTRS_MAX=8 */
#include "keep_image.h"
#include "trace/attr.h"
#include "trace/clock.h"
#include "trace/pool.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define LONG "a text of more than one block, so that its chain has a link: the end is here, in the third one"

static uspan_tracer_t image;
static keep_sent_t sent;
static uspan_scope_t moved_scope; /* .bss is not in the memory that the image describes as fixed */
static uspan_key_t moved_key;
static uspan_scope_t last_scope = { "last", NULL }; /* .data is */
static const uspan_key_t empty_key = { "", 0u, 0u, 0u };

/* The last span has something of each kind. The first one only has a name. */
static void record_two(world_t *w)
{
    uspan_tracer_t *t = &w->tracer;
    static const int64_t beds[] = { 3, 5 };
    static const char *const words[] = { "wet", "Gr\xC3\xBC\xC3\x9F" };
    world_reset(w);
    memset(t, 0, sizeof *t);
    assert_int_equal(keep_mount(w, USPAN_RESET_UNKNOWN).found, USPAN_KEPT_NOTHING);
    keep_listen(w, &sent); /* without a destination no span waits */
    world_advance_ms(w, 100);
    uspan_end(t, uspan_start(t, USPAN_ROOT, "the other"));
    uspan_set_unix_time(t, 1800000000000000000u); /* a new epoch */
    uspan_context_t c;
    assert_int_equal(uspan_context_parse_n(&c, PARENT, 55u, "a=~ 1", 5u), USPAN_OK);
    const uspan_options_t o = { .parent = &c };
    uspan_t s = uspan_start_with(t, USPAN_ROOT, "this one", 8u, &o);
    uspan_set_static(t, s, USPAN_KEY("static"), "qwen-max");
    uspan_set_str(t, s, USPAN_KEY("inline"), "inline");
    uspan_set_str(t, s, USPAN_KEY("text"), LONG);
    uspan_set_ints(t, s, USPAN_KEY("ints"), beds, 2u);
    uspan_set_strs(t, s, USPAN_KEY("texts"), words, 2u);
    const uspan_attr_t attr = USPAN_ATTR_TEXT(USPAN_KEY("valve"), LONG);
    for (unsigned n = 0; n < USPAN_EVENTS_MAX; n++) {
        uspan_event_n(t, s, n % 2u == 0u ? "opens" : "a name of more than eight bytes",
                      n % 2u == 0u ? 5u : 31u, 0u, &attr, n == 0u);
    }
    const uspan_link_t link = { &c, NULL, 0u };
    uspan_add_link(t, s, &link);
    uspan_set_status(t, s, USPAN_STATUS_ERROR, LONG);
    world_advance_ms(w, 100);
    uspan_end(t, s);
    image = *t;
}

/* What a change is made to. Blocks and records are those of the span. */
typedef struct span_parts {
    uspan_tracer_t *t;
    uspan_slot_t *slot;
    uspan_entry_t *fixed, *near, *text, *ints, *texts; /* its attributes */
    uspan_event_rec_t *event, *named;                  /* the first event, and one with a name in blocks */
    uspan_link_rec_t *link;
    uspan_entry_t *event_attr, *link_state;
    uspan_tracestate_rec_t *state;
} span_parts_t;

static span_parts_t parts_of(uspan_tracer_t *t)
{
    span_parts_t p = { .t = t };
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        p.slot =
            t->slots[i].state != USPAN_STATE_FREE && t->slots[i].attr_count == 5u ? &t->slots[i] : p.slot;
    }
    assert_non_null(p.slot);
    p.fixed = &p.slot->attrs[0];
    p.near = &p.slot->attrs[1];
    p.text = &p.slot->attrs[2];
    p.ints = &p.slot->attrs[3];
    p.texts = &p.slot->attrs[4];
    p.event = &t->blocks[p.slot->events].event;
    p.named = &t->blocks[p.event->next].event;
    p.link = &t->blocks[p.slot->links].link;
    p.event_attr = t->blocks[p.event->attrs].entries;
    p.link_state = t->blocks[p.link->attrs].entries;
    p.state = &t->trace.tracestates[p.slot->tracestate];
    assert_int_equal(p.named->name_store, USPAN_STORE_TEXT);
    assert_int_equal(p.texts->store, USPAN_STORE_TEXTS);
    assert_null(p.link_state->key);
    assert_memory_equal(p.state->text, "a=~ 1", 5);
    return p;
}

static const char *changed;

/* Send what is left after a mount. Returns the number of lost spans. */
static unsigned mount_changed(world_t *w)
{
    uspan_keep_report_t r = keep_mount(w, USPAN_RESET_SOFTWARE);
    assert_int_equal(r.found, USPAN_KEPT_TAKEN);
    keep_listen(w, &sent);
    keep_send(w);
    assert_int_equal(sent.count + r.lost, 2);
    if (keep_find(&sent, "the other") == NULL) {
        fail_msg("%s: the other span is lost", changed);
    }
    return r.lost;
}

/* Run the change on a new copy of the image, with p as its parts, and compare the number of lost spans. */
#define CHANGE(lost, change)                            \
    do {                                                \
        w->tracer = image;                              \
        span_parts_t p = parts_of(&w->tracer);          \
        (void)p;                                        \
        change;                                         \
        changed = #change;                              \
        if (mount_changed(w) != (lost)) {               \
            fail_msg("%s: not %u lost", #change, lost); \
        }                                               \
    } while (0)
#define COSTS_THE_SPAN(change) CHANGE(1u, change)
#define COSTS_NOTHING(change) CHANGE(0u, change)

static void test_a_field_beyond_its_range_costs_the_span(void **state)
{
    world_t *w = *state;
    record_two(w);
    COSTS_NOTHING(p.slot->size = 7u);
    COSTS_THE_SPAN(p.slot->state = USPAN_STATE_ENDED + 1u);
    COSTS_THE_SPAN(p.slot->id ^= 1u);
    COSTS_THE_SPAN(p.slot->id = (uint32_t)(p.slot - p.t->slots));
    COSTS_THE_SPAN(p.slot->name_len = USPAN_NAME_MAX + 1u);
    COSTS_THE_SPAN((memset(p.slot->name, 'n', USPAN_NAME_MAX), p.slot->name_len = USPAN_NAME_MAX + 1u));
    COSTS_NOTHING((memset(p.slot->name, 'n', USPAN_NAME_MAX), p.slot->name_len = USPAN_NAME_MAX));
    COSTS_THE_SPAN(p.slot->name[7] = (char)0xC3);
    COSTS_NOTHING(p.slot->name[8] = (char)0xC3);
    COSTS_THE_SPAN(p.slot->kind = USPAN_KIND_INTERNAL - 1u);
    COSTS_NOTHING(p.slot->kind = USPAN_KIND_CONSUMER);
    COSTS_THE_SPAN(p.slot->kind = USPAN_KIND_CONSUMER + 1u);
    COSTS_THE_SPAN(p.slot->status = USPAN_STATUS_ERROR + 1u);
    COSTS_NOTHING(p.slot->flags = USPAN_FLAG_SAMPLED);
    COSTS_NOTHING(p.slot->flags = USPAN_FLAG_SAMPLED | USPAN_FLAG_RANDOM);
    for (unsigned bit = 2; bit < 8u; bit++) {
        COSTS_THE_SPAN(p.slot->flags = (uint8_t)(USPAN_FLAG_SAMPLED | 1u << bit));
    }
    COSTS_THE_SPAN(p.slot->epoch = USPAN_EPOCHS_MAX);
    COSTS_NOTHING((p.slot->epoch = 3u, p.t->trace.epochs[3].state = USPAN_EPOCH_UNSYNCED));
    COSTS_THE_SPAN((p.slot->epoch = 3u, p.t->trace.epochs[3].state = USPAN_EPOCH_UNSYNCED + 1u));
    COSTS_NOTHING(p.slot->end_ns = p.slot->start_ns);
    COSTS_THE_SPAN(p.slot->end_ns = p.slot->start_ns - 1u);
    COSTS_THE_SPAN(p.slot->attr_count = USPAN_ATTRS_MAX + 1u);
    COSTS_THE_SPAN(memset(p.slot->trace_id, 0, 16));
    COSTS_NOTHING(memset(p.slot->trace_id, 0, 15));
    COSTS_THE_SPAN(memset(p.slot->span_id, 0, 8));
    COSTS_NOTHING(memset(p.slot->span_id + 1, 0, 7));
}

static void test_a_scope_outside_the_image_costs_the_span(void **state)
{
    world_t *w = *state;
    record_two(w);
    static const uspan_scope_t bare = { NULL, NULL }, whole = { "name", "1.0" };
    COSTS_NOTHING(p.slot->scope = &bare);
    COSTS_NOTHING(p.slot->scope = &whole);
    COSTS_THE_SPAN(p.slot->scope = &moved_scope);
    COSTS_THE_SPAN(p.slot->scope = NULL);
    COSTS_THE_SPAN(p.slot->scope = (const uspan_scope_t *)((uintptr_t)&whole + 1u));
    COSTS_THE_SPAN(p.slot->scope = (const uspan_scope_t *)(uintptr_t)__executable_start - 1);
    COSTS_THE_SPAN(p.slot->scope = (const uspan_scope_t *)((uintptr_t)edata / 8u * 8u));
}

/* A name may begin at the last byte of fixed memory, and must end within it. */
static void test_a_name_ends_within_the_image(void **state)
{
    world_t *w = *state;
    static char memory[3]; /* in .bss */
    record_two(w);
    memory[1] = 'x';
    keep_also[0] = memory;
    keep_also[1] = memory + 2;
    last_scope.name = memory + 1;
    COSTS_THE_SPAN(p.slot->scope = &last_scope);
    memory[1] = '\0';
    COSTS_NOTHING(p.slot->scope = &last_scope);
    last_scope.name = memory + 2;
    COSTS_THE_SPAN(p.slot->scope = &last_scope);
    keep_also[0] = keep_also[1] = NULL;
}

/* The time of a crash is read only if there was one. Otherwise the newest time of a span is the last one. */
static void test_the_time_of_a_crash_that_was_none_is_not_read(void **state)
{
    world_t *w = *state;
    record_two(w);
    uspan_epoch_t epochs[2][USPAN_EPOCHS_MAX];
    for (unsigned i = 0; i < 2u; i++) {
        w->tracer = image;
        w->tracer.keep.crash.now_ns = i * (UINT64_MAX / 4u);
        for (unsigned e = 0; e < USPAN_EPOCHS_MAX; e++) { /* Unix time was not known yet */
            w->tracer.trace.epochs[e].state = USPAN_EPOCH_UNKNOWN;
            w->tracer.trace.epochs[e].heard = 0u;
        }
        (void)keep_mount(w, USPAN_RESET_SOFTWARE);
        memcpy(epochs[i], w->tracer.trace.epochs, sizeof epochs[i]);
    }
    for (unsigned e = 0; e < USPAN_EPOCHS_MAX; e++) {
        assert_true(epochs[0][e].offset_ns == epochs[1][e].offset_ns);
    }
}

static void test_a_tracestate_that_is_none_costs_the_span(void **state)
{
    world_t *w = *state;
    record_two(w);
    COSTS_THE_SPAN(p.slot->tracestate = USPAN_TRACESTATES_MAX);
    COSTS_NOTHING((p.slot->tracestate = USPAN_TRACESTATES_MAX, p.slot->traits |= USPAN_TRAIT_NO_TRACESTATE));
    COSTS_THE_SPAN(p.state->len = USPAN_TRACESTATE_BYTES + 1u);
    COSTS_THE_SPAN(
        (memset(p.state->text, 'x', USPAN_TRACESTATE_BYTES), p.state->len = USPAN_TRACESTATE_BYTES + 1u));
    COSTS_NOTHING(
        (memset(p.state->text, 'x', USPAN_TRACESTATE_BYTES), p.state->len = USPAN_TRACESTATE_BYTES));
    for (unsigned at = 0; at < 5u; at++) {
        COSTS_THE_SPAN(p.state->text[at] = ' ' - 1);
        COSTS_THE_SPAN(p.state->text[at] = '~' + 1);
        COSTS_NOTHING(p.state->text[at] = ' ');
        COSTS_NOTHING(p.state->text[at] = '~');
    }
    COSTS_NOTHING(p.state->text[5] = '\n');
}

static void test_a_value_that_does_not_fit_its_kind_costs_the_span(void **state)
{
    world_t *w = *state;
    record_two(w);
    COSTS_NOTHING((p.near->len = 8u, memcpy(p.near->v.inline_text, "12345678", 8u)));
    COSTS_THE_SPAN((p.near->len = 9u, memcpy(p.near->v.inline_text, "12345678", 8u)));
    COSTS_THE_SPAN(p.near->v.inline_text[5] = 0xC3u);
    COSTS_NOTHING(p.near->v.inline_text[6] = 0xC3u);
    COSTS_THE_SPAN(p.fixed->store = USPAN_STORE_PERCENT);
    COSTS_THE_SPAN(p.text->store = USPAN_STORE_TEXTS + 1u);
    COSTS_THE_SPAN(p.text->len = USPAN_VALUE_MAX + 1u);
    COSTS_NOTHING(p.ints->store = USPAN_STORE_DOUBLES);
    COSTS_NOTHING(p.ints->store = USPAN_STORE_BOOLS);
    COSTS_NOTHING(p.ints->store = USPAN_STORE_BYTES);
    COSTS_NOTHING(p.ints->len = 8u);
    for (unsigned len = 9; len < 16u; len++) {
        COSTS_THE_SPAN(p.ints->len = (uint16_t)len);
        COSTS_THE_SPAN((p.ints->len = (uint16_t)len, p.ints->store = USPAN_STORE_DOUBLES));
        COSTS_NOTHING((p.ints->len = (uint16_t)len, p.ints->store = USPAN_STORE_BOOLS));
    }
}

static void test_text_that_is_not_utf8_costs_the_span_wherever_it_is(void **state)
{
    world_t *w = *state;
    record_two(w);
    for (unsigned at = 0; at + 1u < sizeof LONG; at++) {
        const unsigned hops = at / USPAN_BLOCK_BYTES;
        for (unsigned what = 0; what < 3u; what++) {
            w->tracer = image;
            span_parts_t p = parts_of(&w->tracer);
            unsigned block = what == 0u   ? p.text->v.chain.head
                             : what == 1u ? p.event_attr->v.chain.head
                                          : p.slot->message;
            for (unsigned n = 0; n < hops; n++) {
                block = w->tracer.block_next[block];
            }
            w->tracer.blocks[block].bytes[at % USPAN_BLOCK_BYTES] = 0xC3u;
            assert_int_equal(mount_changed(w), 1);
        }
    }
    /* "Grüß" in a list ends with a character of two bytes. Its length counts, in the low and the high byte. */
    for (unsigned at = 0; at < 13u; at++) {
        w->tracer = image;
        span_parts_t p = parts_of(&w->tracer);
        w->tracer.blocks[p.texts->v.chain.head].bytes[at] = 0xFFu;
        assert_int_equal(mount_changed(w), 1);
    }
    COSTS_THE_SPAN(p.texts->len--);
    COSTS_THE_SPAN(p.texts->len++);
    COSTS_THE_SPAN(p.texts->len = 6u); /* one byte of the second length */
    COSTS_NOTHING(p.texts->len = 5u);
    COSTS_NOTHING(p.texts->len = 0u);
}

static void test_a_block_has_one_owner(void **state)
{
    world_t *w = *state;
    record_two(w);
    COSTS_THE_SPAN(p.text->v.chain.head = USPAN_BLOCKS_MAX);
    COSTS_THE_SPAN(p.text->v.chain.head = p.ints->v.chain.head);
    COSTS_THE_SPAN(p.t->block_next[p.text->v.chain.head] = USPAN_BLOCKS_MAX);
    COSTS_THE_SPAN(p.t->block_next[p.text->v.chain.head] = p.text->v.chain.head);
    COSTS_THE_SPAN(p.t->block_next[p.text->v.chain.head] = p.slot->message);
    COSTS_NOTHING(p.text->v.chain.tail = USPAN_NO_INDEX); /* corrected */
    COSTS_THE_SPAN(p.slot->message = p.text->v.chain.head);
    COSTS_THE_SPAN(p.slot->message = USPAN_BLOCKS_MAX);
    COSTS_NOTHING(p.slot->message_tail = USPAN_NO_INDEX);
    COSTS_THE_SPAN(p.slot->events = p.text->v.chain.head);
    COSTS_THE_SPAN(p.slot->links = p.slot->events);
    COSTS_THE_SPAN(p.event->attrs = p.text->v.chain.head);
    COSTS_THE_SPAN(p.event_attr->v.chain.head = p.text->v.chain.head);
    COSTS_THE_SPAN(p.named->name.chain.head = p.text->v.chain.head);
}

static void test_an_event_that_is_none_costs_the_span(void **state)
{
    world_t *w = *state;
    record_two(w);
    COSTS_THE_SPAN(p.event->name_len = 0u);
    COSTS_THE_SPAN(p.event->name_store = USPAN_STORE_STATIC - 1u);
    COSTS_THE_SPAN(p.named->name_store = USPAN_STORE_TEXT + 1u);
    COSTS_THE_SPAN(p.event->name_store = USPAN_STORE_STATIC); /* it points elsewhere */
    COSTS_THE_SPAN(p.event->name.inline_text[4] = 0xC3u);
    COSTS_THE_SPAN(p.event->name_len = 9u);
    COSTS_THE_SPAN(p.event->attr_count = USPAN_EVENT_ATTRS_MAX + 2u);
    COSTS_THE_SPAN(p.event->attr_count = 0u);
    COSTS_THE_SPAN(p.event->attrs = USPAN_NO_INDEX);
    COSTS_NOTHING((p.event->attrs = USPAN_NO_INDEX, p.event->attr_count = 0u));
    COSTS_THE_SPAN(p.named->attr_count = 1u);
    COSTS_THE_SPAN(p.event_attr->store = USPAN_STORE_NONE);
    COSTS_THE_SPAN(p.event_attr->key = NULL);
    COSTS_THE_SPAN(p.event_attr->key = &moved_key);
    COSTS_THE_SPAN(p.event_attr->key = &empty_key);
    COSTS_THE_SPAN(p.event_attr->store = USPAN_STORE_STATIC);
    COSTS_THE_SPAN(p.link_state->store = USPAN_STORE_NONE);
    COSTS_THE_SPAN(p.link_state->key = &moved_key);
    COSTS_NOTHING(p.slot->event_count = USPAN_EVENTS_MAX - 1u); /* the last one was not counted yet */
    COSTS_THE_SPAN(p.slot->event_count = USPAN_EVENTS_MAX - 2u);
    COSTS_THE_SPAN(p.slot->event_count = USPAN_EVENTS_MAX + 1u);
    COSTS_NOTHING(p.slot->link_count = 0u);
    COSTS_THE_SPAN(p.slot->link_count = 2u);
    COSTS_NOTHING(p.slot->events_tail = p.slot->links_tail = USPAN_NO_INDEX);
    COSTS_NOTHING((p.slot->links = USPAN_NO_INDEX, p.slot->link_count = 0u));
}

/* The attribute is left out, and the span stays. */
static void test_an_attribute_that_points_elsewhere_is_left_out(void **state)
{
    world_t *w = *state;
    record_two(w);
    static char moved[16]; /* in .bss */
    for (unsigned what = 0; what < 6u; what++) {
        w->tracer = image;
        span_parts_t p = parts_of(&w->tracer);
        uspan_entry_t *e = what < 2u ? p.fixed : p.texts;
        if (what == 0u) {
            e->v.text = moved;
        } else if (what == 1u) {
            e->len = UINT16_MAX; /* behind the end of the image */
            e->v.text = (const char *)((uintptr_t)edata - UINT16_MAX + 1u);
        } else {
            e->key = what == 2u   ? &moved_key
                     : what == 3u ? &empty_key
                     : what == 4u ? NULL
                                  : (const uspan_key_t *)((uintptr_t)e->key + 1u);
        }
        assert_int_equal(mount_changed(w), 0);
        const struct keep_span *span = keep_find(&sent, "this one");
        assert_int_equal(span->view.dropped_attrs, 1);
        assert_int_equal(span->view.attr_count, 4);
        assert_int_equal(keep_says(span, "attr static=qwen-max"), what >= 2u);
        assert_true(keep_says(span, "attr inline=inline"));
        assert_int_equal(keep_says(span, "attr texts=wet,Gr\xC3\xBC\xC3\x9F,"), what < 2u);
    }
}

int main(void)
{
    moved_key = (uspan_key_t){ "moved", 5u, 0u, 0u };
    moved_scope = (uspan_scope_t){ "moved", NULL };
    const struct CMUnitTest tests[] = {
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)
        IN_WORLD(test_a_field_beyond_its_range_costs_the_span),
        IN_WORLD(test_a_scope_outside_the_image_costs_the_span),
        IN_WORLD(test_a_name_ends_within_the_image),
        IN_WORLD(test_the_time_of_a_crash_that_was_none_is_not_read),
        IN_WORLD(test_a_tracestate_that_is_none_costs_the_span),
        IN_WORLD(test_a_value_that_does_not_fit_its_kind_costs_the_span),
        IN_WORLD(test_text_that_is_not_utf8_costs_the_span_wherever_it_is),
        IN_WORLD(test_a_block_has_one_owner),
        IN_WORLD(test_an_event_that_is_none_costs_the_span),
        IN_WORLD(test_an_attribute_that_points_elsewhere_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
