/* processor.c: a processor that prints each span when it starts and ends. It uses the functions that read
 * spans. It runs in the caller's context, without a lock. ISRs must not use a tracer with a processor. */
#include <stdio.h>
#include "uspan/genai.h"
#include "uspan/read.h"
#include "uspan_posix_tls.h"

static uspan_tracer_t tracer;

static void print(const char *what, uspan_tracer_t *t, uspan_t s)
{
    uspan_view_t view;
    uspan_value_t tokens;
    if (uspan_read(t, s, &view) != USPAN_OK) {
        return;
    }
    printf("%s %s, %u attributes", what, view.name, (unsigned)view.attr_count);
    if (uspan_find_attr(t, s, USPAN_OF_SPAN, uspan_key_usage_output_tokens.text, &tokens, NULL) == USPAN_OK) {
        printf(", %ld tokens out", (long)tokens.i);
    }
    printf("%s\n", view.status == USPAN_STATUS_ERROR ? ", failed" : "");
}

static void on_start(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    (void)ctx;
    uspan_set_str(t, s, USPAN_KEY("garden.house"), "north"); /* sets an attribute on every span */
    print("begun", t, s);
}

static void on_end(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    (void)ctx;
    print("ended", t, s);
}

int main(void)
{
    static uspan_processor_t printer = { .on_start = on_start, .on_end = on_end };
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (uspan_posix_start(&tracer, &options) != USPAN_OK ||
        uspan_add_processor(&tracer, &printer) != USPAN_OK) {
        return 1;
    }
    uspan_t chat = uspan_chat_begin(&tracer, USPAN_ROOT, "dashscope", "qwen-max");
    uspan_set_token_pair(&tracer, chat, 412, 37);
    uspan_end(&tracer, chat);
    uspan_fail(&tracer, uspan_tool_begin(&tracer, USPAN_ROOT, "open_valve", NULL), "valve_stuck", NULL);
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
