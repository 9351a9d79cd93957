/* ask.h: one question to the model, as many times as it makes sense, each time traced. */
#ifndef EDGE_ASK_H
#define EDGE_ASK_H

#include "edge.h"

typedef struct ask {
    const edge_t *edge;
    uspan_t agent;    /* the span that it is asked for */
    const char *body; /* of the request, JSON */
    /* Who reads the answer's body: begin, feed for each piece, end. end returns NULL, or what is wrong with
     * an answer of status 200: "parse_error". */
    void *reader;
    void (*begin)(void *reader);
    void (*feed)(void *reader, const char *data, size_t len);
    const char *(*end)(void *reader);
    /* With EDGE_WIRE 0: set what the answer says on the model's span. */
    void (*tell)(void *reader, uspan_tracer_t *t, uspan_t chat);
} ask_t;

/* Returns true where the reader has a whole answer; else the agent's span has the error. */
bool ask(const ask_t *question);

/* The agent's span says what went in or came out: the user's words, or the answer. */
void ask_tell_input(const edge_t *edge, uspan_t agent, const char *text);
void ask_tell_output(const edge_t *edge, uspan_t agent, const char *text);

/* False where the run's tokens are used up: the agent's span has the error. */
bool ask_can_pay(const edge_t *edge, uspan_t agent);

#endif
