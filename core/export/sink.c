/* sink.c: passes spans to a sink in the process. A program without a sink does not link this file. */
#include "export/export_state.h"
#include "export/poll_time.h"
#include "export/queue.h"
#include "trace/pool.h"

static bool feed_sink(uspan_tracer_t *t, unsigned d)
{
    const uspan_sink_t *sink = uspan_dest(t, d)->sink;
    uint16_t i = uspan_queue_claim_next(t, d, false);
    if (i == USPAN_NO_INDEX) {
        return false;
    }
    uspan_err_t err = sink->span(sink->ctx, t, uspan_handle_of(&t->trace, &t->trace.slots[i]));
    if (err == USPAN_ERR_AGAIN) {
        uspan_queue_release(t, d);
        uspan_wake_after_ms(t, USPAN_POLL_MS);
        return false;
    }
    return uspan_queue_finish_first(t, d, err >= USPAN_OK ? USPAN_SPAN_DELIVERED : USPAN_SPAN_REJECTED);
}

uspan_err_t uspan_export_to_sink(uspan_tracer_t *t, unsigned d, const uspan_sink_t *sink)
{
    uspan_dest_t *dest = uspan_dest_find(t, d, USPAN_DEST_NONE);
    if (dest == NULL || sink == NULL || sink->span == NULL) {
        return USPAN_ERR_ARG;
    }
    dest->sink = sink;
    t->out.feed_sink = feed_sink;
    uspan_dest_open(t, d, USPAN_DEST_SINK);
    return USPAN_OK;
}
