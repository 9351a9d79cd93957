/* agentops_token.h: requests AgentOps' bearer token with the API key and gives it to uspan. It makes one HTTP
 * exchange in steps. No step waits, and of the response only the token is kept. HTTP/1.0 makes the response
 * come without chunks (RFC 9112, 6.1) and end with the connection. Include this in one file of yours. Use a
 * transport that verifies the server (USPAN_TRANSPORT_SECURE), and not that of the exporter. */
#ifndef AGENTOPS_TOKEN_H
#define AGENTOPS_TOKEN_H

#include <stdio.h>
#include <string.h>
#include "uspan/export.h"

#ifndef AGENTOPS_TOKEN_HOST
#define AGENTOPS_TOKEN_HOST "api.agentops.ai"
#endif
#define AGENTOPS_TOKEN_WAIT_MS 15000u /* limit for the complete exchange */
#define AGENTOPS_TOKEN_START "Authorization=Bearer%20"

typedef enum agentops_step { AGENTOPS_REST, AGENTOPS_OPEN, AGENTOPS_SEND, AGENTOPS_HEAR } agentops_step_t;

typedef struct agentops_token {
    const uspan_transport_t *transport;
    agentops_step_t step;
    bool wanted, fresh; /* a token must be requested. There is one that uspan does not have yet */
    bool given;         /* uspan has a token that was not refused */
    bool status_good, whole;
    uint8_t match; /* bytes of "HTTP/1.x 200", then of "token":" that were found */
    uint16_t sent, ask_len;
    uint16_t len; /* bytes in next */
    uint32_t since_ms;
    char ask[384];
    char next[USPAN_HEADERS_BYTES]; /* the token that arrives */
    char header[USPAN_HEADERS_BYTES];
} agentops_token_t;

/* Prepare *a. Returns: USPAN_OK; USPAN_ERR_ARG: the key is empty, too long or has a character that it must
 * not have, or the transport does not encrypt. */
static inline uspan_err_t agentops_token_init(agentops_token_t *a, const uspan_transport_t *secure,
                                              const char *api_key)
{
    static const char head[] =
        "POST /v3/auth/token HTTP/1.0\r\nHost: " AGENTOPS_TOKEN_HOST
        "\r\nContent-Type: application/json\r\nContent-Length: %u\r\n\r\n{\"api_key\":\"%s\"}";
    size_t key_len = strlen(api_key);
    memset(a, 0, sizeof *a);
    a->transport = secure;
    a->wanted = true;
    if (key_len == 0u || (secure->flags & USPAN_TRANSPORT_SECURE) == 0u) {
        return USPAN_ERR_ARG;
    }
    for (size_t i = 0; i < key_len; i++) {
        if (api_key[i] <= ' ' || api_key[i] > '~' || api_key[i] == '"' || api_key[i] == '\\') {
            return USPAN_ERR_ARG;
        }
    }
    int n = snprintf(a->ask, sizeof a->ask, head, (unsigned)(key_len + 14u), api_key);
    a->ask_len = (uint16_t)n;
    return n > 0 && (size_t)n < sizeof a->ask ? USPAN_OK : USPAN_ERR_ARG;
}

/* Returns true for the characters of a bearer token (RFC 6750, 2.1). */
static inline bool agentops_token_has(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~+/=", c) != NULL);
}

/* Read one byte of the response: first the status, then everything up to "token" and its value. */
static inline void agentops_token_take(agentops_token_t *a, char c)
{
    static const char status[] = "HTTP/1.? 200", name[] = "\"token\":\"";
    if (a->whole || a->match == UINT8_MAX) { /* UINT8_MAX: a status that is not 200, or no token */
        return;
    }
    if (!a->status_good) {
        a->match = status[a->match] == '?' || status[a->match] == c ? (uint8_t)(a->match + 1u) : UINT8_MAX;
        a->status_good = a->match == sizeof status - 1u;
        a->match = a->status_good ? 0u : a->match;
    } else if (a->match < sizeof name - 1u) {
        if (c == name[a->match]) {
            a->match++;
        } else if (c != ' ' || a->match < 7u) { /* JSON may have spaces on both sides of the colon */
            a->match = c == '"' ? 1u : 0u;
        }
        if (a->match == sizeof name - 1u) {
            a->len = (uint16_t)(sizeof AGENTOPS_TOKEN_START - 1u);
            memcpy(a->next, AGENTOPS_TOKEN_START, a->len);
        }
    } else if (c == '"') {
        a->whole = a->len > sizeof AGENTOPS_TOKEN_START - 1u;
        a->match = UINT8_MAX;
    } else if (agentops_token_has(c) && a->len + 1u < sizeof a->next) {
        a->next[a->len++] = c;
    } else {
        a->match = UINT8_MAX;
    }
}

static inline uspan_err_t agentops_token_over(agentops_token_t *a, uspan_err_t err)
{
    a->transport->close(a->transport->ctx);
    a->step = AGENTOPS_REST;
    if (a->whole) {
        a->next[a->len] = '\0';
        memcpy(a->header, a->next, a->len + 1u);
        a->wanted = false;
        a->fresh = true;
        err = USPAN_OK;
    }
    memset(a->next, 0, sizeof a->next);
    return err;
}

/* Do one step, with at most one call of the transport. now_ms: time of a clock that never steps back. It may
 * wrap. Returns: USPAN_OK: there is nothing to do, or a token has arrived (call agentops_token_give());
 * USPAN_ERR_AGAIN: call again soon; USPAN_ERR_REFUSED: the status was not 200, or there was no token; else
 * the error of the transport. After an error wait a while and call again, which starts a new request.
 * Context: task. Never blocks. */
static inline uspan_err_t agentops_token_poll(agentops_token_t *a, uint32_t now_ms)
{
    const uspan_transport_t *t = a->transport;
    const uspan_peer_t peer = { .host = AGENTOPS_TOKEN_HOST, .port = 443u };
    uint8_t buf[64];
    int32_t n = 0;
    if (a->step == AGENTOPS_REST) {
        if (!a->wanted) {
            return USPAN_OK;
        }
        a->step = AGENTOPS_OPEN;
        a->since_ms = now_ms;
        a->status_good = a->whole = false;
        a->match = 0u;
        a->sent = a->len = 0u;
    }
    if (now_ms - a->since_ms >= AGENTOPS_TOKEN_WAIT_MS) {
        return agentops_token_over(a, USPAN_ERR_IO);
    }
    if (a->step == AGENTOPS_OPEN) {
        uspan_err_t err = t->open(t->ctx, &peer);
        if (err != USPAN_OK) {
            return err == USPAN_ERR_AGAIN ? err : agentops_token_over(a, err);
        }
        a->step = AGENTOPS_SEND;
    } else if (a->step == AGENTOPS_SEND) {
        n = t->send(t->ctx, (const uint8_t *)a->ask + a->sent, (size_t)(a->ask_len - a->sent));
        a->sent = (uint16_t)(a->sent + (n > 0 ? n : 0));
        a->step = a->sent == a->ask_len ? AGENTOPS_HEAR : AGENTOPS_SEND;
    } else {
        n = t->recv(t->ctx, buf, sizeof buf);
        for (int32_t i = 0; i < n; i++) {
            agentops_token_take(a, (char)buf[i]);
        }
        if (a->whole || a->match == UINT8_MAX || n == USPAN_ERR_CLOSED) {
            return agentops_token_over(a, USPAN_ERR_REFUSED);
        }
    }
    return n < 0 ? agentops_token_over(a, (uspan_err_t)n) : USPAN_ERR_AGAIN;
}

/* Request another token. Call it about every hour, so that no span is sent with an expired token. */
static inline void agentops_token_want(agentops_token_t *a)
{
    a->wanted = true;
}

/* For uspan_gate_t.open: spans wait while there is no token, or a 401 or 403 has refused it. */
static inline bool agentops_token_open(void *ctx)
{
    const agentops_token_t *a = ctx;
    return a->given;
}

/* Give a new token to uspan. Call it after agentops_token_poll() has returned USPAN_OK. Context: the
 * exporting task. */
static inline uspan_err_t agentops_token_give(agentops_token_t *a, uspan_tracer_t *t, unsigned dest)
{
    if (!a->fresh) {
        return USPAN_OK;
    }
    uspan_err_t err = uspan_set_headers(t, dest, a->header);
    a->given = err == USPAN_OK;
    a->fresh = false;
    memset(a->header, 0, sizeof a->header);
    return err;
}

/* For uspan_collector_t.renew, with the agentops_token_t as renew_ctx. uspan calls it after a 401 or 403. It
 * returns a token that uspan does not have yet. If there is none, it returns USPAN_ERR_AGAIN, and the spans
 * of the refused request are dropped and counted. Later spans wait for a token of agentops_token_poll(). */
static inline uspan_err_t agentops_token_renew(void *ctx, char *buf, size_t cap)
{
    agentops_token_t *a = ctx;
    size_t len = strlen(a->header);
    if (!a->fresh || len >= cap) {
        a->wanted = true;
        a->given = false;
        return USPAN_ERR_AGAIN;
    }
    memcpy(buf, a->header, len + 1u);
    memset(a->header, 0, sizeof a->header);
    a->fresh = false;
    return USPAN_OK;
}

#endif
