/* genai.c: names and kinds of the typed spans are those of the GenAI conventions, "Spans"; whatever is NULL
 * is left out. */
#include "trace/inside.h"
#include "uspan/genai.h"
#include <string.h>

#define KEY(name, text) const uspan_key_t uspan_key_##name = USPAN_KEY_INIT(text);
#define CONTENT_KEY(name, text) const uspan_key_t uspan_key_##name = USPAN_KEY_CONTENT_INIT(text);
USPAN_GENAI_KEYS(KEY, CONTENT_KEY)

/* "operation subject", or the operation alone. */
static uspan_t begin(uspan_tracer_t *t, uspan_t parent, const char *operation, const char *subject,
                     uspan_kind_t kind)
{
    char name[USPAN_NAME_MAX];
    size_t operation_len = strlen(operation);
    size_t len = operation_len;
    memcpy(name, operation, operation_len);
    if (subject != NULL && subject[0] != '\0') {
        name[len++] = ' ';
        size_t n = strlen(subject);
        if (n > sizeof name - len) {
            for (n = sizeof name - len; n > 0u && ((unsigned char)subject[n] & 0xC0u) == 0x80u; n--) {
                /* not within a character */
            }
        }
        memcpy(name + len, subject, n);
        len += n;
    }
    const uspan_attr_t attr = {
        &uspan_key_operation_name, USPAN_TYPE_STATIC, (uint32_t)operation_len, { .text = operation }
    };
    const uspan_options_t options = { .kind = kind, .attrs = &attr, .attr_count = 1u };
    return uspan_start_with(t, parent, name, len, &options);
}

static void set(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        (void)uspan_set_str(t, s, key, text);
    }
}

uspan_t uspan_chat_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model)
{
    uspan_t s = begin(t, parent, "chat", model, USPAN_KIND_CLIENT);
    set(t, s, &uspan_key_provider_name, provider);
    set(t, s, &uspan_key_request_model, model);
    return s;
}

uspan_t uspan_agent_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    uspan_t s = begin(t, parent, "invoke_agent", name, USPAN_KIND_INTERNAL);
    set(t, s, &uspan_key_agent_name, name);
    return s;
}

uspan_t uspan_tool_begin(uspan_tracer_t *t, uspan_t parent, const char *name, const char *call_id)
{
    uspan_t s = begin(t, parent, "execute_tool", name, USPAN_KIND_INTERNAL);
    set(t, s, &uspan_key_tool_name, name);
    set(t, s, &uspan_key_tool_call_id, call_id);
    (void)uspan_set_static(t, s, &uspan_key_tool_type, "function");
    return s;
}

uspan_t uspan_format_begin(uspan_tracer_t *t, uspan_t parent, const char *target)
{
    const char *known = target != NULL && target[0] != '\0' ? target : "unknown";
    uspan_t s = begin(t, parent, "format", known, USPAN_KIND_INTERNAL);
    set(t, s, &uspan_key_format_target, known);
    return s;
}

uspan_err_t uspan_tokens(uspan_tracer_t *t, uspan_t s, int64_t input, int64_t output)
{
    uspan_err_t err = uspan_set_int(t, s, &uspan_key_usage_input_tokens, input);
    uspan_err_t other = uspan_set_int(t, s, &uspan_key_usage_output_tokens, output);
    return err < USPAN_OK ? err : other;
}
