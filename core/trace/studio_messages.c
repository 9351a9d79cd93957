/* studio_messages.c: a queue of messages in separate memory, so that they use no memory of spans. If it is
 * full, a new message is dropped and counted. Invariant: heads and texts follow one another. A message that
 * is being written or sent does not move. The queue is compacted only while no message is being written, and
 * messages are removed at the front. */
#include "trace/studio_messages.h"
#include <string.h>
#include "trace/clock.h"
#include "trace/id.h"
#include "trace/lock.h"

#if USPAN_STUDIO
enum { WRITING, READY, GONE };

static uspan_studio_head_t head_at(const uspan_trace_part_t *p, size_t at)
{
    uspan_studio_head_t head;
    memcpy(&head, p->messages + at, sizeof head);
    return head;
}

static void set_state(uspan_trace_part_t *p, size_t at, uint8_t state)
{
    p->messages[at + offsetof(uspan_studio_head_t, state)] = state;
}

/* Returns the bytes of sent messages at the front. */
static size_t gone_bytes(const uspan_trace_part_t *p)
{
    size_t at = 0;
    while (at < p->messages_len && head_at(p, at).state == GONE) {
        at += sizeof(uspan_studio_head_t) + head_at(p, at).len;
    }
    return at;
}

bool uspan_studio_waits(const uspan_tracer_t *t)
{
    return gone_bytes(&t->trace) < t->trace.messages_len;
}

/* Remove sent messages from the front. The caller holds the lock. Bound: USPAN_STUDIO_MESSAGE_BYTES are
 * moved. */
static void close_up(uspan_trace_part_t *p)
{
    size_t at = p->messages_writers == 0u ? gone_bytes(p) : 0u;
    if (at > 0u) {
        p->messages_len = (uint16_t)(p->messages_len - at);
        memmove(p->messages, p->messages + at, p->messages_len);
    }
}

char *uspan_studio_reserve(uspan_tracer_t *t, size_t len)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_studio_head_t head = { .at_ns = uspan_now(t), .len = (uint16_t)len, .state = WRITING };
    bool good = uspan_id_random(t, head.id, sizeof head.id);
    char *out = NULL;
    uint32_t state = uspan_lock(t);
    close_up(p);
    if (good && p->run != 0u && p->stopping == 0u &&
        len + sizeof head <= sizeof p->messages - p->messages_len) {
        head.run = (uint8_t)(p->run - 1u);
        p->runs[head.run].refs++;
        memcpy(p->messages + p->messages_len, &head, sizeof head);
        out = (char *)p->messages + p->messages_len + sizeof head;
        p->messages_len = (uint16_t)(p->messages_len + sizeof head + len);
        p->messages_writers++;
    } else {
        p->messages_dropped++;
    }
    uspan_unlock(t, state);
    return out;
}

void uspan_studio_commit(uspan_tracer_t *t, const char *message, bool is_cut)
{
    uspan_trace_part_t *p = &t->trace;
    size_t at = (size_t)((const uint8_t *)message - p->messages) - sizeof(uspan_studio_head_t);
    uint32_t state = uspan_lock(t);
    set_state(p, at, READY);
    p->messages_writers--;
    p->values_truncated += is_cut;
    uspan_unlock(t, state);
}

const char *uspan_studio_first(uspan_tracer_t *t, uspan_studio_head_t *head)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t);
    close_up(p);
    bool ready = p->messages_len > 0u && head_at(p, 0u).state == READY;
    uspan_unlock(t, state);
    *head = head_at(p, 0u);
    return ready ? (const char *)p->messages + sizeof *head : NULL;
}

void uspan_studio_drop(uspan_tracer_t *t)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t);
    p->runs[head_at(p, 0u).run].refs--;
    set_state(p, 0u, GONE);
    uspan_unlock(t, state);
}
#endif
