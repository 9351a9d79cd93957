/* keep_turn.h: an agent turn that a reset interrupts, and the boots around it. For tests of keep. */
#ifndef USPAN_TEST_KEEP_TURN_H
#define USPAN_TEST_KEEP_TURN_H

#include "keep_image.h"

static const uspan_key_t model = USPAN_KEY_INIT("gen_ai.request.model");
static const uspan_key_t note = USPAN_KEY_CONTENT_INIT("app.note");
static keep_sent_t sent;

/* An agent turn. The device resets during a tool call: one span has ended and three are open. */
static inline void record_turn(world_t *w, uspan_t spans[4])
{
    uspan_tracer_t *t = &w->tracer;
    static const int64_t beds[] = { 3, 5 };
    static const char *const words[] = { "wet", "Gr\xC3\xBC\xC3\x9F"
                                                "e" };
    world_advance_ms(w, 100);
    spans[0] = uspan_start(t, USPAN_ROOT, "turn");
    world_advance_ms(w, 100);
    spans[1] = uspan_start(t, spans[0], "chat");
    uspan_set_static(t, spans[1], &model, "qwen-max");
    uspan_set_str(t, spans[1], &note,
                  "a text that is long enough for blocks of the pool, and for two of them, at least");
    uspan_set_ints(t, spans[1], USPAN_KEY("beds"), beds, 2);
    uspan_set_strs(t, spans[1], USPAN_KEY("words"), words, 2);
    world_advance_ms(w, 100);
    uspan_end(t, spans[1]);
    spans[2] = uspan_start(t, spans[0], "step");
    spans[3] = uspan_start(t, spans[2], "tool");
    uspan_set_int(t, spans[3], USPAN_KEY("bed"), 3);
    const uspan_attr_t attr = USPAN_ATTR_TEXT(USPAN_KEY("valve"), "the third one from the left");
    uspan_event_n(t, spans[3], "valve opens", 11u, 0u, &attr, 1u);
    uspan_context_t c;
    assert_int_equal(uspan_context_of(t, spans[1], &c), USPAN_ERR_STALE);
    assert_int_equal(uspan_context_of(t, spans[0], &c), USPAN_OK);
    const uspan_link_t link = { &c, NULL, 0u };
    uspan_add_link(t, spans[3], &link);
    uspan_append_str(t, spans[3], USPAN_KEY("answer"), "streams in");
    world_advance_ms(w, 100);
}

static inline void boot(world_t *w)
{
    world_reset(w);
    memset(&w->tracer, 0xA5, sizeof w->tracer); /* like memory after power-on */
    assert_int_equal(keep_mount(w, USPAN_RESET_UNKNOWN).found, USPAN_KEPT_NOTHING);
    keep_listen(w, &sent);
}

/* A reset and the following boot. */
static inline uspan_keep_report_t reset(world_t *w, uspan_reset_t reason)
{
    w->now_ns = 1000u;
    uspan_keep_report_t report = keep_mount(w, reason);
    keep_listen(w, &sent);
    return report;
}

#endif
