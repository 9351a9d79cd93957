/* current_span.c: one current span per task and tracer, in a table of a few tasks. An entry is used while its
 * task is inside a span. */
#include "trace/pool.h"

/* Entry of a task that entered the null span. Spans that it starts under USPAN_CURRENT are null too, and not
 * a false root. */
#define ENTERED_NULL USPAN_HANDLE(4u)

uspan_t uspan_current(uspan_tracer_t *t)
{
    uspan_t found = USPAN_NULL;
    if (!uspan_is_live(t)) {
        return found;
    }
    uspan_trace_part_t *p = &t->trace;
    uintptr_t task = p->port->task(p->port->ctx);
    uint32_t state = uspan_lock(t);
    for (unsigned i = 0; i < USPAN_TASKS_MAX; i++) {
        if (p->tasks[i].span.id != 0u && p->tasks[i].task == task) {
            found = p->tasks[i].span;
            break;
        }
    }
    uspan_unlock(t, state);
    return found;
}

/* s.id 0: the task has left all spans. */
static uspan_t exchange(uspan_tracer_t *t, uspan_t s)
{
    uspan_t before = USPAN_NULL;
    if (!uspan_is_live(t)) {
        return before;
    }
    uspan_trace_part_t *p = &t->trace;
    uintptr_t task = p->port->task(p->port->ctx);
    unsigned at = USPAN_TASKS_MAX;
    uint32_t state = uspan_lock(t);
    __atomic_store_n(&p->find_current, uspan_current, __ATOMIC_RELAXED); /* read without the lock */
    for (unsigned i = USPAN_TASKS_MAX; i-- > 0u;) {
        if (p->tasks[i].span.id == 0u) {
            at = i;
        } else if (p->tasks[i].task == task) {
            at = i;
            before = p->tasks[i].span;
            break;
        }
    }
    if (at < USPAN_TASKS_MAX) {
        p->tasks[at].task = task;
        p->tasks[at].span = s;
    } else if (s.id != 0u) {
        p->tasks_dropped++;
    }
    uspan_unlock(t, state);
    return before;
}

uspan_t uspan_enter(uspan_tracer_t *t, uspan_t s)
{
    return exchange(t, s.id != 0u ? s : ENTERED_NULL);
}

void uspan_leave(uspan_tracer_t *t, uspan_t before)
{
    (void)exchange(t, before);
}
