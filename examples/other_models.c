/* other_models.c: calls other than a plain chat: the tools of an MCP server, a formatter, an OpenAI response
 * made in the background and fetched later, Gemini's generate_content, an old text completion. */
#include "uspan/genai.h"
#include "uspan_posix_tls.h"

static uspan_tracer_t tracer;

static void respond_in_background(uspan_t agent)
{
    uspan_tracer_t *t = &tracer;
    uspan_t begun = uspan_response_begin_with(
        t, agent, &(uspan_chat_t){ .model = "gpt-5", .previous_response_id = "resp_1" });
    uspan_chat_end(t, begun, &(uspan_chat_result_t){ .response_id = "resp_2" }); /* continues at OpenAI */

    uspan_t fetched = uspan_fetch_response_begin(t, agent, USPAN_PROVIDER_OPENAI, "resp_2");
    static const char *const reasons[] = { "stop", NULL };
    uspan_fetch_response_end(
        t, fetched,
        &(uspan_fetch_response_result_t){ .status = USPAN_RESPONSE_COMPLETED, .finish_reasons = reasons });
}

static void ask_others(uspan_t agent)
{
    uspan_tracer_t *t = &tracer;
    uspan_t gemini = uspan_generate_begin(t, agent, USPAN_PROVIDER_GEMINI, "gemini-2.5-flash");
    uspan_chat_end(t, gemini,
                   &(uspan_chat_result_t){ .finish_reason = "STOP", .usage = { .input = 7, .output = 2 } });
    uspan_t old = uspan_completion_begin(t, agent, "local", "tiny-1b");
    uspan_chat_end(t, old, &(uspan_chat_result_t){ .error_type = USPAN_ERROR_TIMEOUT });
}

int main(void)
{
    uspan_tracer_t *t = &tracer;
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (uspan_posix_start(t, &options) != USPAN_OK) {
        return 1;
    }
    uspan_t agent = uspan_agent_begin(t, USPAN_ROOT, "gardener");
    uspan_t listed = uspan_mcp_tools_begin(t, agent, "sensors");
    static const char *const tools[] = { "read_soil", "read_clock", NULL };
    uspan_mcp_tools_end(t, listed, &(uspan_mcp_tools_result_t){ .tools = tools });
    uspan_t tool =
        uspan_tool_begin_with(t, agent, &(uspan_tool_t){ .name = "read_soil", .mcp_server = "sensors" });
    uspan_tool_end(t, tool, &(uspan_tool_result_t){ .result = "{\"moisture\":12}" });
    uspan_t made = uspan_format_begin(t, agent, USPAN_PROVIDER_GEMINI);
    uspan_format_end(t, made, &(uspan_format_result_t){ .count = USPAN_OPT(2) });
    respond_in_background(agent);
    ask_others(agent);
    uspan_agent_end(t, agent, NULL);
    return uspan_posix_stop(t, 5000) == USPAN_OK ? 0 : 1;
}
