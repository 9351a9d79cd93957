/* sink.c: spans that are received in the process. A program without a sink links none of this. */
#include "batch.h"
#include "exporter.h"
#include "trace/pool.h"

static bool feed_sink(uspan_tracer_t *t, unsigned d)
{
    const uspan_sink_t *sink = uspan_dest(t, d)->sink;
    uint16_t i = uspan_queue_take(t, d, USPAN_NO_INDEX, false);
    if (i == USPAN_NO_INDEX) {
        return false;
    }
    uspan_err_t err = sink->span(sink->ctx, t, uspan_handle_of(&t->trace, &t->trace.slots[i]));
    unsigned how = err >= USPAN_OK          ? USPAN_SETTLE_DELIVERED
                   : err == USPAN_ERR_AGAIN ? USPAN_SETTLE_NOT
                                            : USPAN_SETTLE_REJECTED;
    uspan_queue_settle(t, d, i, how);
    if (how == USPAN_SETTLE_NOT) {
        uspan_wake_in(t, USPAN_POLL_MS);
    }
    return how != USPAN_SETTLE_NOT;
}

uspan_err_t uspan_export_to_sink(uspan_tracer_t *t, unsigned d, const uspan_sink_t *sink)
{
    uspan_dest_t *dest = uspan_dest_of(t, d, USPAN_DEST_NONE);
    if (dest == NULL || sink == NULL || sink->span == NULL) {
        return USPAN_ERR_ARG;
    }
    dest->sink = sink;
    t->out.feed_sink = feed_sink;
    uspan_dest_join(t, d, USPAN_DEST_SINK);
    return USPAN_OK;
}
