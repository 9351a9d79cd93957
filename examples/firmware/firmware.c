/* firmware.c: a bare-metal main loop that traces one model call. board.h stands for your board or SDK. */
#include "board.h"
#include "uspan/genai.h"

static uspan_tracer_t tracer; /* all RAM that uspan's core uses */

static void answer(const char *question)
{
    int input_tokens = 0, output_tokens = 0;
    uspan_t turn = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
    uspan_t chat = uspan_chat_begin(&tracer, turn, "openai", "gpt-4o-mini");
    if (board_ask_model(question, &input_tokens, &output_tokens)) {
        uspan_set_token_pair(&tracer, chat, input_tokens, output_tokens);
        uspan_end(&tracer, chat);
    } else {
        uspan_fail(&tracer, chat, "timeout", "the model did not answer");
    }
    uspan_end(&tracer, turn);
}

int main(void)
{
    board_init();
    const uspan_collector_t collector = { .endpoint = board_collector_url() };
    if (uspan_init(&tracer, board_port()) != USPAN_OK ||
        uspan_export_to(&tracer, 0, board_https(&tracer), &collector) != USPAN_OK) {
        board_log("no traces: see the line above"); /* the firmware runs on without them */
    }
    while (board_is_on()) {
        uint32_t wait_ms = 0; /* milliseconds until uspan has work */
        if (board_button_pressed()) {
            answer("Is bed 3 dry?");
        }
        board_keep_radio_on(uspan_poll(&tracer, &wait_ms) == USPAN_ERR_AGAIN); /* one bounded step */
        board_sleep_ms(wait_ms < 100 ? wait_ms : 100);
    }
    return 0;
}
