/* answer.c: reads a streamed answer. Each event is a JSON document that cJSON parses. Deltas are appended. */
#include "answer.h"
#include <cjson/cJSON.h>
#include <string.h>

/* Append text to a field of fixed size. Text that does not fit is cut. */
static void append(char *field, size_t size, const cJSON *text)
{
    const char *value = cJSON_GetStringValue(text);
    if (value != NULL) {
        (void)strncat(field, value, size - strlen(field) - 1u);
    }
}

static void take_call(model_answer_t *a, const cJSON *call)
{
    const cJSON *index = cJSON_GetObjectItem(call, "index");
    unsigned i = cJSON_IsNumber(index) && index->valueint >= 0 ? (unsigned)index->valueint : a->call_count;
    if (i >= ANSWER_CALLS_MAX) {
        return;
    }
    tool_call_t *own = &a->calls[i];
    const cJSON *function = cJSON_GetObjectItem(call, "function");
    append(own->id, sizeof own->id, cJSON_GetObjectItem(call, "id"));
    append(own->name, sizeof own->name, cJSON_GetObjectItem(function, "name"));
    append(own->arguments, sizeof own->arguments, cJSON_GetObjectItem(function, "arguments"));
    a->call_count = a->call_count > i ? a->call_count : i + 1u;
}

static void take_event(model_answer_t *a, const char *json)
{
    cJSON *event = cJSON_Parse(json);
    if (event == NULL) {
        a->bad_json = true;
        return;
    }
    const cJSON *choice = cJSON_GetArrayItem(cJSON_GetObjectItem(event, "choices"), 0);
    const cJSON *delta = cJSON_GetObjectItem(choice, "delta");
    const cJSON *call = NULL;
    delta = delta != NULL ? delta : cJSON_GetObjectItem(choice, "message"); /* not streamed */
    append(a->text, sizeof a->text, cJSON_GetObjectItem(delta, "content"));
    cJSON_ArrayForEach(call, cJSON_GetObjectItem(delta, "tool_calls"))
    {
        take_call(a, call);
    }
    append(a->finish_reason, sizeof a->finish_reason, cJSON_GetObjectItem(choice, "finish_reason"));
    cJSON_Delete(event);
}

static void take_line(model_answer_t *a)
{
    const char *line = a->line;
    a->line[a->line_len] = '\0';
    a->line_len = 0;
    if (strncmp(line, "data:", 5u) == 0) {
        line += 5;
        line += *line == ' ';
    } else if (line[0] != '{') { /* a comment, another field, or the end of an event */
        return;
    }
    if (strcmp(line, "[DONE]") != 0) {
        take_event(a, line);
    }
}

void answer_feed(model_answer_t *a, const char *data, size_t len)
{
    for (; len > 0u; data++, len--) {
        if (*data == '\n') {
            take_line(a);
        } else if (*data != '\r' && a->line_len + 1u < sizeof a->line) {
            a->line[a->line_len++] = *data;
        }
    }
}

void answer_end(model_answer_t *a)
{
    if (a->line_len > 0u) {
        take_line(a);
    }
}
