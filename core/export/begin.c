/* begin.c: a tracer begins; what it says to the port's log, one line a second at most. */
#include <string.h>
#include "batch.h"
#include "exporter.h"
#include "request.h"
#include "trace/id.h"
#include "trace/pool.h"
#include "trace/trace.h"

#define MAGIC 0x75737031u

void uspan_say(uspan_tracer_t *t, uspan_level_t level, const char *what, const char *detail)
{
    uspan_export_part_t *x = uspan_out(t);
    uint64_t now = uspan_now(t);
    if (now < x->log_after_ns) {
        x->log_suppressed++;
        return;
    }
    char line[200];
    uspan_window_t w = { .out = (uint8_t *)line, .cap = sizeof line - 1u };
    uspan_window_text(&w, "uspan: ");
    uspan_window_text(&w, what);
    if (detail != NULL && detail[0] != '\0') {
        uspan_window_text(&w, " ");
        uspan_window_text(&w, detail);
    }
    if (x->log_suppressed > 0u) {
        uspan_window_text(&w, " (");
        uspan_window_number(&w, x->log_suppressed);
        uspan_window_text(&w, USPAN_WORDS(" lines left out)", ")"));
    }
    line[w.at < w.cap ? w.at : w.cap] = '\0';
    x->log_after_ns = now + USPAN_NS_PER_S;
    x->log_suppressed = 0u;
    t->trace.port->log(t->trace.port->ctx, level, line);
}

void uspan_wipe(void *secret, size_t len)
{
    for (volatile uint8_t *c = secret; len > 0u; len--) {
        *c++ = 0; /* volatile: it must really go */
    }
}

static bool port_is_whole(const uspan_port_t *p)
{
    return p->abi == USPAN_PORT_ABI && p->lock != NULL && p->unlock != NULL && p->mono_ns != NULL &&
           p->unix_ns != NULL && p->random != NULL && p->task != NULL && p->log != NULL;
}

uspan_err_t uspan_init_sized(uspan_tracer_t *t, const uspan_port_t *port, size_t tracer_size,
                             uint32_t config_id)
{
    static const uspan_resource_t none;
    static const uspan_batching_t all;
    if (t == NULL || port == NULL || tracer_size != sizeof *t || config_id != USPAN_CONFIG_ID ||
        !port_is_whole(port)) {
        return USPAN_ERR_ARG;
    }
    memset(&t->out, 0, sizeof t->out);
    uspan_trace_init(t, port);
    t->trace.out = &t->out;
    t->out.dests = t->dests;
    memset(t->dests, 0, sizeof t->dests);
    t->magic = MAGIC;
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        uspan_dest(t, d)->batch.first = USPAN_NO_INDEX;
        uspan_dest(t, d)->target.why = "";
    }
    uspan_set_batching(t, &all);
    if (uspan_id_seed(t) != USPAN_OK) {
        uspan_say(t, USPAN_LEVEL_WARN,
                  USPAN_WORDS("no entropy: spans are null until the port's random() works", "c1"), NULL);
    }
    t->out.resource.service_name = USPAN_SERVICE_NAME;
    /* Without a list there is nothing to judge, and the linker may leave the judge out. */
    return sizeof USPAN_RESOURCE > 1u ? uspan_set_resource(t, &none) : USPAN_OK;
}

void uspan_set_gate(uspan_tracer_t *t, const uspan_gate_t *gate)
{
    t->out.gate = gate;
}

/* The lower one, where there is one. */
static uint32_t lower(uint32_t wanted, uint32_t max)
{
    return wanted != 0u && wanted < max ? wanted : max;
}

void uspan_set_batching(uspan_tracer_t *t, const uspan_batching_t *b)
{
    t->out.batching.age_ms = b->age_ms != 0u ? b->age_ms : USPAN_BATCH_AGE_MS;
    t->out.batching.spans_max = (uint16_t)lower(b->spans_max, USPAN_BATCH_SPANS_MAX);
    t->out.batching.bytes_max = lower(b->bytes_max, USPAN_BATCH_BYTES_MAX);
}
