/* proxy_schemes.c: finds the authentication schemes of a 407 response (RFC 9110 §11.7.1), for the log.
 * Invariant: only characters of a token are stored, and never more than fit words. */
#include "export/proxy_schemes.h"
#include <string.h>
#include "trace/ascii.h"

#if USPAN_PROXY_SCHEMES

static const char wants[] = "proxy wants ", only_basic[] = "; uspan speaks Basic only";
#define SCHEME_AT (sizeof wants - 1u)
#define WORD_OVER 15u /* the longest name in IANA's list is SCRAM-SHA-256, with 13 bytes */
USPAN_STATIC_ASSERT(sizeof(((uspan_proxy_t *)0)->words) >= SCHEME_AT + WORD_OVER + sizeof only_basic,
                    "room for the words about a scheme");

void uspan_proxy_schemes_begin(uspan_proxy_t *p)
{
    p->field_at = p->word_len = p->scheme_len = 0;
    p->has_basic = false;
}

/* The schemes are in lines "Proxy-Authenticate". A scheme is at the start of the value or after a comma, and
 * a blank ends it. The first one other than Basic stays in words, followed by the current word. */
void uspan_proxy_schemes_feed(uspan_proxy_t *p, uint8_t byte)
{
    static const char field[] = "\nproxy-authenticate:";
    const char c = uspan_lower((char)byte);
    char *word = p->words + SCHEME_AT + p->scheme_len;
    if (p->field_at < sizeof field - 1u || c == '\n') {
        p->field_at = c == '\n' ? 1u : c == field[p->field_at] ? (uint8_t)(p->field_at + 1u) : 0u;
        p->word_len = 0u;
    } else if (c == ',' || byte <= ' ') {
        if (p->word_len > 0u && p->word_len < WORD_OVER) {
            p->has_basic = p->has_basic || uspan_word_index("basic\0", word, p->word_len) != 0u;
            p->scheme_len = p->scheme_len == 0u ? p->word_len : p->scheme_len;
            p->word_len = WORD_OVER;
        }
        p->word_len = c == ',' ? 0u : p->word_len;
    } else if (uspan_is_token((const char *)&byte, 1u) && p->word_len < WORD_OVER) {
        word[p->word_len++] = (char)byte;
    } else {
        p->word_len = WORD_OVER; /* not a scheme: too long, or a parameter */
    }
}

const char *uspan_proxy_schemes_text(uspan_proxy_t *p)
{
    if (p->has_basic || p->scheme_len == 0u) {
        return NULL;
    }
    memcpy(p->words, wants, SCHEME_AT);
    memcpy(p->words + SCHEME_AT + p->scheme_len, only_basic, sizeof only_basic);
    return p->words;
}
#endif
