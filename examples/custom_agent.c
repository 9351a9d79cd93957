/* custom_agent.c: an agent whose model, formatter and tools are plain C functions. One line at the top of
 * each function traces it. Messages are written directly into the spans while they are built, without a
 * second buffer. */
#include <stdio.h>
#include "uspan/message.h"
#include "uspan/scope.h"
#include "uspan_posix_tls.h"

static uspan_tracer_t tracer;

typedef struct turn {
    const char *question;
    char prompt[96];
    char answer[64];
} turn_t;

/* A formatter: builds the prompt for this model. */
static void format_prompt(turn_t *turn)
{
    USPAN_ENTERED(format, &tracer, uspan_format_begin(&tracer, USPAN_CURRENT, "local"));
    (void)snprintf(turn->prompt, sizeof turn->prompt, "You run a greenhouse.\n%s", turn->question);
    uspan_set_int(&tracer, format, &uspan_key_format_count, 2);
}

/* A model, for example on a serial line. Its answer arrives in pieces. */
static bool ask_model(turn_t *turn)
{
    static const char *const pieces[] = { "Bed 3 ", "is dry: ", "water it." };
    uspan_writer_t w;
    uspan_t chat = uspan_chat_begin_with(
        &tracer, USPAN_CURRENT,
        &(uspan_chat_t){
            .provider = "local", .model = "tiny-1b", .temperature = USPAN_OPT(0.0), .stream = true });

    uspan_messages_begin(&w, &tracer, chat, USPAN_INPUT_MESSAGES);
    uspan_message(&w, "user", NULL);
    uspan_part_text(&w, turn->prompt);

    uspan_messages_begin(&w, &tracer, chat, USPAN_OUTPUT_MESSAGES);
    uspan_message(&w, "assistant", NULL);
    uspan_part_text(&w, "");
    for (unsigned i = 0; i < 3u; i++) {
        uspan_first_chunk(&tracer, chat);
        uspan_write_more(&w, pieces[i]);
        (void)strncat(turn->answer, pieces[i], sizeof turn->answer - strlen(turn->answer) - 1u);
    }
    uspan_message_finish(&w, "stop");
    return uspan_chat_end(&tracer, chat,
                          &(uspan_chat_result_t){ .finish_reason = "stop",
                                                  .usage = { .input = 24, .output = 9 } }) == USPAN_OK;
}

/* A tool. Every return ends its span. */
static bool water(int bed)
{
    USPAN_ENTERED(tool, &tracer, uspan_tool_begin(&tracer, USPAN_CURRENT, "water", "call_1"));
    uspan_set_int(&tracer, tool, USPAN_KEY("garden.bed"), bed);
    if (bed > 3) {
        uspan_record_error(&tracer, tool, "no_valve", "that bed has no valve");
        return false;
    }
    return true;
}

static void run_turn(const char *question)
{
    turn_t turn = { .question = question };
    USPAN_ENTERED(agent, &tracer, uspan_agent_begin(&tracer, USPAN_ROOT, "gardener"));
    format_prompt(&turn);
    if (ask_model(&turn) && strstr(turn.answer, "water") != NULL) {
        (void)water(3);
    }
    uspan_set_str(&tracer, agent, &uspan_key_agent_id, "greenhouse-7");
}

int main(void)
{
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 1;
    }
    run_turn("How is bed 3?");
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
