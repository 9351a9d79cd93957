/* tracer_init.c: starts a tracer. Invariant: a tracer is live only after its configuration and port were
 * checked. */
#include "export/export_state.h"
#include "export/keep_resource.h"
#include "export/log_line.h"
#include "trace/id.h"
#include "trace/keep.h"
#include "trace/keep_adopt.h"
#include "trace/pool.h"
#include "trace/trace.h"
#include "uspan/keep.h"

static bool port_is_whole(const uspan_port_t *p)
{
    return p->abi == USPAN_PORT_ABI && p->lock != NULL && p->unlock != NULL && p->mono_ns != NULL &&
           p->unix_ns != NULL && p->random != NULL && p->task != NULL && p->log != NULL;
}

static uspan_err_t check(const uspan_tracer_t *t, const uspan_port_t *port, size_t tracer_size,
                         uint32_t config_id)
{
    if (t == NULL || port == NULL || !port_is_whole(port)) {
        return USPAN_ERR_ARG;
    }
    if (tracer_size != sizeof *t || config_id != USPAN_CONFIG_ID) {
        port->log(port->ctx, USPAN_LEVEL_ERROR,
                  USPAN_WORDS("build library and program with equal USPAN_* options", "c10"));
        return USPAN_ERR_ARG;
    }
    return USPAN_OK;
}

static void start_tracer(uspan_tracer_t *t, const uspan_port_t *port)
{
    static const uspan_resource_t none;
    static const uspan_batching_t all;
    uspan_trace_init(t, port); /* sets all to zero that is not kept */
    t->trace.out = &t->out;
    t->out.dests = t->dests;
    t->out.exchange = t->out.exchanges;
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        uspan_dest(t, d)->target.why = "";
    }
    uspan_set_batching(t, &all);
    if (uspan_id_seed(t) != USPAN_OK) {
        uspan_log_line(t, USPAN_LEVEL_WARN,
                       USPAN_WORDS("no entropy: spans are null until random() works", "c1"), NULL);
    }
    t->out.resource.service_name = USPAN_SERVICE_NAME;
    /* Without a list there is nothing to check, and the linker can remove the code that checks it. */
    if (sizeof USPAN_RESOURCE > 1u) {
        (void)!uspan_set_resource(t, &none);
    }
}

uspan_err_t uspan_init_sized(uspan_tracer_t *t, const uspan_port_t *port, size_t tracer_size,
                             uint32_t config_id)
{
    uspan_err_t err = check(t, port, tracer_size, config_id);
    if (err == USPAN_OK) {
#if USPAN_KEEP
        uspan_keep_forget(t); /* without uspan_keep_mount() no spans are kept */
#endif
        start_tracer(t, port);
    }
    return err;
}

#if USPAN_KEEP
uspan_err_t uspan_keep_mount_sized(uspan_tracer_t *t, const uspan_port_t *port,
                                   const uspan_keep_options_t *options, uspan_keep_report_t *report,
                                   size_t tracer_size, uint32_t config_id)
{
    uspan_keep_report_t found = { 0 };
    uspan_err_t err = options != NULL ? check(t, port, tracer_size, config_id) : USPAN_ERR_ARG;
    if (err != USPAN_OK) {
        return err;
    }
    if (uspan_keep_take(t, options, &found)) {
        start_tracer(t, port);
        uspan_keep_adopt(t, &found);
    } else {
        uspan_keep_forget(t);
        start_tracer(t, port);
    }
    uspan_keep_begin(t, options);
    t->out.keep_resource = uspan_keep_resource;
    (void)uspan_keep_resource(t);
    if (found.found == USPAN_KEPT_OTHER || found.lost > 0u) {
        uspan_log_line(t, USPAN_LEVEL_WARN, USPAN_WORDS("kept spans lost: see uspan_keep_report_t", "k1"),
                       NULL);
    }
    if (report != NULL) {
        *report = found;
    }
    return USPAN_OK;
}
#endif

void uspan_set_gate(uspan_tracer_t *t, const uspan_gate_t *gate)
{
    t->out.gate = gate;
}

/* Returns wanted, but at most max. A wanted value of 0 means max. */
static uint32_t limit_to_max(uint32_t wanted, uint32_t max)
{
    return wanted != 0u && wanted < max ? wanted : max;
}

void uspan_set_batching(uspan_tracer_t *t, const uspan_batching_t *b)
{
    t->out.batching.age_ms = b->age_ms != 0u ? b->age_ms : USPAN_BATCH_AGE_MS;
    t->out.batching.spans_max = (uint16_t)limit_to_max(b->spans_max, USPAN_BATCH_SPANS_MAX);
    t->out.batching.bytes_max = limit_to_max(b->bytes_max, USPAN_BATCH_BYTES_MAX);
}
