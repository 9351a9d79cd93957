/* answer.h: collects a streamed chat completion: text, tool calls and finish reason. */
#ifndef EDGE_ANSWER_H
#define EDGE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

enum { ANSWER_CALLS_MAX = 4, ANSWER_TEXT_MAX = 1024, ANSWER_EVENT_MAX = 2048 };

typedef struct tool_call {
    char id[48], name[32], arguments[256];
} tool_call_t;

typedef struct model_answer {
    char text[ANSWER_TEXT_MAX];
    tool_call_t calls[ANSWER_CALLS_MAX];
    unsigned call_count;
    char finish_reason[16]; /* "": the answer has not ended */
    bool bad_json;
    char line[ANSWER_EVENT_MAX]; /* line of the event stream that is being read */
    size_t line_len;
} model_answer_t;

/* Read the next bytes of the body, which has server-sent events or one JSON document. */
void answer_feed(model_answer_t *answer, const char *data, size_t len);
/* End the body. A last line without a line break is read too. */
void answer_end(model_answer_t *answer);

#endif
