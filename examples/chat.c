/* chat.c: one LLM call, traced. OTEL_EXPORTER_OTLP_TRACES_ENDPOINT names the collector. */
#include "uspan/genai.h"
#include "uspan_posix_tls.h"

static uspan_tracer_t tracer;

/* Stands for your HTTP client. */
static bool ask(const char *question, int *input_tokens, int *output_tokens)
{
    *input_tokens = 19;
    *output_tokens = 4;
    return question[0] != '\0';
}

int main(void)
{
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 1; /* the log says which setting is unusable */
    }
    int input = 0, output = 0;
    uspan_t chat = uspan_chat_begin(&tracer, USPAN_ROOT, "dashscope", "qwen-max");
    if (ask("Is bed 3 dry?", &input, &output)) {
        uspan_set_token_pair(&tracer, chat, input, output);
        uspan_end(&tracer, chat);
    } else {
        uspan_fail(&tracer, chat, "no_answer", "the model did not answer");
    }
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
