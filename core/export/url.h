/* url.h: parses and checks an endpoint. RFC 3986 §3, restricted to http and https. */
#ifndef USPAN_EXPORT_URL_H
#define USPAN_EXPORT_URL_H

#include <string.h>
#include "trace/internal.h"

/* Parse text into *out. authority and path point into text. The path with its query is sent exactly as
 * written. A fragment (RFC 3986 §3.5) ends it. If it does not begin with '/', one is added. Rejected: another
 * scheme ("grpc://" and port 4317; the text names the one of HTTP), no host, user info, a host longer than
 * USPAN_HOST_BYTES - 1, a port outside 1..65535, control characters, spaces or bytes above 0x7E anywhere.
 * Returns: NULL; or a static text that says what is wrong and how to correct it. *out is not changed then.
 * Pure. */
const char *uspan_url_parse(const char *text, uspan_url_t *out);

/* Like uspan_url_parse(), from the text after the scheme. */
const char *uspan_url_authority(const char *text, bool tls, uspan_url_t *out);

/* All characters that are allowed in an endpoint. */
#define USPAN_URL_BYTES \
    "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

/* Returns true if a literal of at least 8 bytes begins with "https://" (tls), or "http://", in any
 * case. */
__attribute__((always_inline)) static inline bool uspan_url_has_scheme(const char *text, bool tls)
{
    const char *rest = text + (tls ? 5 : 4);
    return (text[0] | 0x20) == 'h' && (text[1] | 0x20) == 't' && (text[2] | 0x20) == 't' &&
           (text[3] | 0x20) == 'p' && (!tls || (text[4] | 0x20) == 's') && rest[0] == ':' && rest[1] == '/' &&
           rest[2] == '/';
}

/* Returns the length of the host at the start of a literal authority, without brackets. */
__attribute__((always_inline)) static inline size_t uspan_url_host_len(const char *authority)
{
    return authority[0] == '['
               ? strspn(authority + 1, "0123456789abcdefABCDEF:.")
               : strspn(authority, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._");
}

/* Like uspan_url_authority(), for a literal. Compilers fold it, so that a correct endpoint becomes a few
 * stores. Ports of more than five digits are rejected too. *url must be all zero. Returns false if it is
 * rejected. */
__attribute__((always_inline)) static inline bool uspan_url_take_authority(uspan_url_t *url,
                                                                           const char *authority, bool tls)
{
    bool literal6 = authority[0] == '[';
    const char *host = authority + literal6;
    size_t len = uspan_url_host_len(authority);
    const char *end = host + len;
    bool good = len - 1u < USPAN_HOST_BYTES - 1u && (!literal6 || *end == ']');
    end += literal6 && good;
    uint32_t port = tls ? 443u : 80u;
    if (*end == ':') {
        const char *digit = end + 1;
        size_t n = strspn(digit, "0123456789");
        port = n > 0u ? (unsigned)digit[0] - '0' : 0u;
        port = n > 1u ? port * 10u + (uint8_t)digit[1] - '0' : port;
        port = n > 2u ? port * 10u + (uint8_t)digit[2] - '0' : port;
        port = n > 3u ? port * 10u + (uint8_t)digit[3] - '0' : port;
        port = n > 4u ? port * 10u + (uint8_t)digit[4] - '0' : port;
        good = good && n <= 5u;
        end = digit + n;
    }
    if (!good || port - 1u >= UINT16_MAX || port == 4317u || strcspn(end, "/?#") != 0u ||
        strspn(end, USPAN_URL_BYTES) != strlen(end)) {
        return false;
    }
    memcpy(url->host, host, len);
    url->tls = tls;
    url->port = (uint16_t)port;
    url->authority = authority;
    url->path = end;
    return true;
}

/* Like uspan_url_parse(), for a literal. *url must be all zero. Returns false if it is rejected. */
__attribute__((always_inline)) static inline bool uspan_url_take(uspan_url_t *url, const char *text)
{
    if (strlen(text) < 8u) { /* too short for a host */
        return false;
    }
    bool tls = uspan_url_has_scheme(text, true);
    return (tls || uspan_url_has_scheme(text, false)) &&
           uspan_url_take_authority(url, text + (tls ? 8 : 7), tls);
}

#endif
