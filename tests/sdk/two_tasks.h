/* two_tasks.h: two tasks of the declared FreeRTOS, each with its own current span at the same time. Include
 * it after the headers of FreeRTOS. */
#ifndef TWO_TASKS_H
#define TWO_TASKS_H

#include <stdatomic.h>
#include "uspan/context.h"
#include "uspan/uspan.h"

typedef struct two_tasks_one {
    uspan_tracer_t *tracer;
    uspan_t root, current, child;
    StaticTask_t control;
    StackType_t stack[4096];
} two_tasks_one_t;

static two_tasks_one_t two_tasks[2];
static atomic_uint two_tasks_inside, two_tasks_looked, two_tasks_done;

/* Count this task, and wait until the other one was counted too. */
static void two_tasks_meet(atomic_uint *count)
{
    (*count)++;
    while (*count < 2u) {
        vTaskDelay(1);
    }
}

static void two_tasks_run(void *argument)
{
    two_tasks_one_t *one = argument;
    one->root = uspan_start(one->tracer, USPAN_ROOT, "turn");
    uspan_t before = uspan_enter(one->tracer, one->root);
    two_tasks_meet(&two_tasks_inside);
    one->current = uspan_current(one->tracer);
    one->child = uspan_start(one->tracer, USPAN_CURRENT, "tool");
    two_tasks_meet(&two_tasks_looked); /* neither has ended its span before */
    uspan_leave(one->tracer, before);
    two_tasks_done++;
    for (;;) {
        (void)ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
    }
}

/* The tracer has been initialised, and this task has no current span. */
static void check_two_tasks(uspan_tracer_t *tracer)
{
    uspan_context_t roots[2], children[2];
    two_tasks_inside = 0;
    two_tasks_looked = 0;
    two_tasks_done = 0;
    for (unsigned i = 0; i < 2u; i++) {
        two_tasks_one_t *one = &two_tasks[i];
        one->tracer = tracer;
        assert_non_null(xTaskCreateStatic(two_tasks_run, "recorder", sizeof one->stack / sizeof one->stack[0],
                                          one, 1, one->stack, &one->control));
    }
    while (two_tasks_done < 2u) {
        vTaskDelay(1);
    }
    assert_int_equal(uspan_current(tracer).id, 0); /* other tasks do not see this task's span */
    for (unsigned i = 0; i < 2u; i++) {
        vTaskDelete(&two_tasks[i].control);
        assert_int_equal(two_tasks[i].current.id, two_tasks[i].root.id);
        assert_int_equal(uspan_context_of(tracer, two_tasks[i].root, &roots[i]), USPAN_OK);
        assert_int_equal(uspan_context_of(tracer, two_tasks[i].child, &children[i]), USPAN_OK);
        assert_memory_equal(children[i].trace_id, roots[i].trace_id, sizeof roots[i].trace_id);
    }
    assert_memory_not_equal(roots[0].trace_id, roots[1].trace_id, sizeof roots[0].trace_id);
}

#endif
