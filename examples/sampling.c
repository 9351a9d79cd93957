/* sampling.c: sampling for fleets. A quarter of the turns is recorded, as complete traces chosen by their id.
 * After a failure every turn is recorded for a while. A span that is not recorded is counted as unsampled and
 * costs only its ids. Its traceparent tells called services not to record either. */
#include <stdio.h>
#include "uspan/genai.h"
#include "uspan_posix_tls.h"

enum { TURNS = 64, WATCHED_TURNS = 8 };

static uspan_tracer_t tracer;
static int watched; /* number of next turns that are recorded without the ratio */

static void choose_sampler(void)
{
    const uspan_sampler_t quarter = { USPAN_SAMPLE_RATIO(0.25), true };
    const uspan_sampler_t all = { USPAN_SAMPLE_ALWAYS, true };
    uspan_set_sampler(&tracer, watched > 0 ? all : quarter);
    watched -= watched > 0;
}

static bool turn(int number)
{
    choose_sampler();
    uspan_t agent = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
    uspan_set_int(&tracer, agent, USPAN_KEY("garden.turn"), number);
    uspan_t tool = uspan_tool_begin(&tracer, agent, "open_valve", NULL);
    bool moved = number % 32 != 31;
    if (moved) {
        uspan_end(&tracer, tool);
    } else {
        uspan_fail(&tracer, tool, "valve_stuck", NULL);
        watched = WATCHED_TURNS;
    }
    uspan_end(&tracer, agent);
    return moved;
}

int main(void)
{
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    int failed = 0;
    if (uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 1;
    }
    for (int i = 0; i < TURNS; i++) {
        failed += !turn(i);
        uspan_flush(&tracer);
        while (uspan_posix_hold(&tracer), !uspan_flushed(&tracer)) { /* a device has a second between turns */
            uspan_posix_release(&tracer);
        }
        uspan_posix_release(&tracer);
    }
    printf("%d turns, %d failed\n", TURNS, failed);
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
