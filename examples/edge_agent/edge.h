/* edge.h: a greenhouse agent: a conversation with any OpenAI-compatible model, three tools, retries, a
 * budget of tokens. Host and board use the same code. edge_t holds the differences. */
#ifndef EDGE_H
#define EDGE_H

#include "http.h"

#define EDGE_ROLE "You run a greenhouse with beds 1 to 4. Be brief."
#define EDGE_QUESTION "Is bed 3 dry? Water it for ten seconds if it is."

typedef struct edge {
    uspan_tracer_t *tracer;
    http_t http;
    const char *url; /* "https://host/v1/chat/completions" */
    const char *model;
    const char *api_key;                            /* NULL: none is sent */
    uint32_t timeout_ms;                            /* limit of a call without a byte sent or received */
    uint32_t deadline_ms;                           /* limit of a complete call */
    uint32_t token_budget;                          /* tokens after which no call is made */
    void (*say)(const char *who, const char *text); /* shows text to the user */
    bool tells_phases;  /* spans have the times of the phases: connection up, request sent, first byte */
    void (*rest)(void); /* called between two model calls, for other connections; NULL: not called */
} edge_t;

/* Answer one question. Returns true if the model has given a final answer. */
bool edge_turn(const edge_t *edge, const char *question);

#endif
