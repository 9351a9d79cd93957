/* edge.h: a greenhouse agent: a conversation with any OpenAI-compatible model, three tools, retries, a
 * budget of tokens. The same on a host and on a board; what differs is in edge_t. */
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
    uint32_t timeout_ms;                            /* of a call, without a byte moving */
    uint32_t deadline_ms;                           /* of a call, however it drips */
    uint32_t token_budget;                          /* of the run; what goes beyond is not asked any more */
    void (*say)(const char *who, const char *text); /* to the user */
    bool tells_phases;  /* spans of calls say when the connection was up, the request sent, and so on */
    void (*rest)(void); /* between two calls of the model: time for other connections; NULL: none is needed */
} edge_t;

/* Answer one question. Returns true where the model came to an end of its own. */
bool edge_turn(const edge_t *edge, const char *question);

#endif
