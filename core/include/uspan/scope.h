/* scope.h: declaring the variable starts the span. The span ends when the block is left in any way: at its
 * end, or by return, break or goto. For GCC and clang, in C and C++.
 *
 *     static bool open_valve(int bed, const char *call_id)
 *     {
 *         USPAN_ENTERED(tool, tracer, uspan_tool_begin(tracer, USPAN_CURRENT, "open_valve", call_id));
 *         if (!valve_moves(bed)) {
 *             uspan_record_error(tracer, tool, "valve_stuck", NULL);
 *             return false;
 *         }
 *         return true;
 *     }
 *
 * You may end or fail the span earlier: the second end does nothing. */
#ifndef USPAN_SCOPE_H
#define USPAN_SCOPE_H

#include "genai.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Private. */
typedef struct uspan_scoped {
    uspan_tracer_t *tracer;
    uspan_t span, before;
    bool entered;
} uspan_scoped_t;
static inline uspan_scoped_t uspan_scoped_begin(uspan_tracer_t *t, uspan_t s, bool enter)
{
    uspan_scoped_t scoped = { t, s, USPAN_NULL, enter };
    if (enter) {
        scoped.before = uspan_enter(t, s);
    }
    return scoped;
}
static inline void uspan_scoped_end(uspan_scoped_t *scoped)
{
    if (scoped->entered) {
        uspan_leave(scoped->tracer, scoped->before);
    }
    (void)uspan_end(scoped->tracer, scoped->span);
}
#define USPAN_SCOPED_(var, t, begin, enter)                                          \
    __attribute__((unused, cleanup(uspan_scoped_end))) uspan_scoped_t var##_scoped = \
        uspan_scoped_begin((t), (begin), (enter));                                   \
    __attribute__((unused)) const uspan_t var = var##_scoped.span

/* Declare uspan_t var and start it with the expression `begin`. The span ends when the block is left.
 * USPAN_ENTERED also makes it the task's current span until then, and restores the previous one. */
#define USPAN_SCOPED(var, t, begin) USPAN_SCOPED_(var, t, begin, false)
#define USPAN_ENTERED(var, t, begin) USPAN_SCOPED_(var, t, begin, true)
/* Trace the function that contains it. The span is a child of the current span and has the name of the
 * function. Write it first in the function's body. */
#define USPAN_FUNCTION(var, t) USPAN_ENTERED(var, t, uspan_function_begin((t), USPAN_CURRENT, __func__))

#ifdef __cplusplus
}
#endif
#endif
