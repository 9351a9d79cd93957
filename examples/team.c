/* team.c: a workflow of two agents. A guardrail checks the question, one agent plans and hands over, the
 * other works. All spans get the group of the workflow as conversation id. */
#include "uspan/genai.h"
#include "uspan_posix_tls.h"

static uspan_tracer_t tracer;

/* Check the input. Returns true if it is allowed. */
static bool check_input(uspan_t agent, const char *question)
{
    uspan_tracer_t *t = &tracer;
    uspan_t rail = uspan_guardrail_begin(t, agent, "no floods");
    bool flood = strstr(question, "flood") != NULL;
    uspan_guardrail_end(t, rail, &(uspan_guardrail_result_t){ .triggered = flood });
    if (flood) {
        uspan_guardrail_tripped(t, agent, "no floods", "input");
    }
    return !flood;
}

static void work(uspan_t run)
{
    uspan_tracer_t *t = &tracer;
    uspan_t waterer = uspan_agent_begin(t, run, "waterer");
    uspan_t litres = uspan_function_begin(t, waterer, "count_litres");
    uspan_function_end(t, litres, &(uspan_result_t){ .function_output = "4" });
    uspan_t dose = uspan_custom_begin(t, waterer, "dose", "{\"bed\":3,\"litres\":4}");
    uspan_set_int(t, dose, USPAN_CUSTOM_KEY("bed"), 3);
    uspan_function_end(t, dose, NULL);
    uspan_agent_end(t, waterer, NULL);
}

static void run_team(const char *question)
{
    uspan_tracer_t *t = &tracer;
    uspan_t run = uspan_workflow_begin_with(
        t, USPAN_ROOT, &(uspan_workflow_t){ .name = "watering", .group_id = "group_greenhouse_7" });
    uspan_t made = uspan_create_agent_begin(t, run, "planner"); /* once, at the provider */
    uspan_agent_end(t, made, NULL);
    uspan_t planner = uspan_agent_begin(t, run, "planner");
    if (check_input(planner, question)) {
        uspan_t plan = uspan_plan_begin(t, planner, NULL); /* takes the planner's name */
        uspan_plan_end(t, plan, &(uspan_result_t){ .function_output = "[\"count\",\"dose\"]" });
        uspan_handoff_end(t, uspan_handoff_begin(t, planner, "planner", "waterer"), NULL);
        work(run);
    }
    uspan_agent_end(t, planner, NULL);
    uspan_workflow_end(t, run, NULL);
}

int main(void)
{
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 1;
    }
    run_team("How is bed 3?");
    run_team("Please flood bed 3.");
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
