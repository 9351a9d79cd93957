/* ask.h: asks the model one question, and repeats a failed call if that can help. Each call is traced. */
#ifndef EDGE_ASK_H
#define EDGE_ASK_H

#include "edge.h"

typedef struct ask {
    const edge_t *edge;
    uspan_t agent;    /* parent of the calls' spans */
    const char *body; /* body of the request, JSON */
    /* Reads the body of the answer: begin, feed for each piece, end. end returns NULL, or what is wrong with
     * an answer of status 200: "parse_error". */
    void *reader;
    void (*begin)(void *reader);
    void (*feed)(void *reader, const char *data, size_t len);
    const char *(*end)(void *reader);
    /* With EDGE_WIRE 0: set attributes from the answer on the span of the call. */
    void (*tell)(void *reader, uspan_tracer_t *t, uspan_t chat);
} ask_t;

/* Returns true if the reader has a complete answer. Otherwise the agent's span has the error. */
bool ask(const ask_t *question);

/* Set the user's text or the answer on the agent's span. */
void ask_tell_input(const edge_t *edge, uspan_t agent, const char *text);
void ask_tell_output(const edge_t *edge, uspan_t agent, const char *text);

/* Returns false if the token budget is used up. The agent's span then has the error. */
bool ask_can_pay(const edge_t *edge, uspan_t agent);

#endif
