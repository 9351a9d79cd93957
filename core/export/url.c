/* url.c: parses an endpoint. Invariant: *out is changed only if the text is correct. Then host is a name or
 * an address. */
#include "export/url.h"
#include <string.h>
#include "export/log_line.h"
#include "trace/ascii.h"

#define WHY(text) USPAN_WORDS(text, "endpoint unusable")

#define PORT_GRPC 4317u

static const char why_grpc[] = WHY("endpoint is for gRPC: use OTLP/HTTP (port 4318, /v1/traces)");

/* Returns the length of a lower-case prefix if text starts with it, in any case, otherwise 0. */
static size_t skip_prefix(const char *text, const char *prefix)
{
    size_t i = 0;
    for (; prefix[i] != '\0'; i++) {
        if (uspan_lower(text[i]) != prefix[i]) {
            return 0;
        }
    }
    return i;
}

/* Letters, digits, '-', '.', '_'. In an address literal: hexadecimal digits, ':', '.'. */
static bool is_host_byte(char c, bool literal6)
{
    unsigned lower = (uint8_t)uspan_lower(c);
    if (c == '.') {
        return true;
    }
    if (literal6) {
        return c == ':' || uspan_hex(c) >= 0;
    }
    return lower - 'a' < 26u || lower - '0' < 10u || c == '-' || c == '_';
}

/* The end of the authority (RFC 3986 §3.2). */
static bool is_end(char c)
{
    return c == '\0' || c == '/' || c == '?' || c == '#';
}

const char *uspan_url_authority(const char *text, bool tls, uspan_url_t *out)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned)(uint8_t)*c - '!' > '~' - '!') {
            return WHY("endpoint has a space or a non-ASCII byte: remove or encode it");
        }
    }
    bool literal6 = *text == '[';
    const char *host = text + literal6, *end = host;
    while (is_host_byte(*end, literal6)) {
        end++;
    }
    size_t host_len = (size_t)(end - host);
#if USPAN_MESSAGE_TEXTS
    for (const char *c = text; !is_end(*c); c++) {
        if (*c == '@') {
            return "endpoint contains a user name: use USPAN_BASIC_USER instead";
        }
    }
#endif
    if (literal6 && *end == '%') {
        return WHY("endpoint has an IPv6 zone (%25eth0), which uspan does not support");
    }
    if (literal6 && *end++ != ']') {
        return WHY("endpoint has an IPv6 address without ]");
    }
    if (host_len == 0u) {
        return WHY("endpoint has no host");
    }
    if (host_len >= USPAN_HOST_BYTES) {
        return WHY("endpoint host exceeds USPAN_HOST_BYTES");
    }
    uint32_t port = tls ? 443u : 80u;
    if (*end == ':') {
        port = 0;
        for (end++; (unsigned)(uint8_t)*end - '0' < 10u && port <= UINT16_MAX; end++) {
            port = port * 10u + (uint8_t)*end - '0';
        }
        if (port - 1u >= UINT16_MAX) {
            return WHY("endpoint port is not in 1..65535");
        }
    }
    if (!is_end(*end)) {
        return WHY("invalid character after the host in endpoint");
    }
    if (port == PORT_GRPC) {
        return why_grpc;
    }
    memcpy(out->host, host, host_len);
    out->host[host_len] = '\0';
    out->tls = tls;
    out->port = (uint16_t)port;
    out->authority = text;
    out->path = end;
    return NULL;
}

const char *uspan_url_parse(const char *text, uspan_url_t *out)
{
    size_t skip = skip_prefix(text, "http");
    bool tls = skip != 0u && uspan_lower(text[skip]) == 's';
    if (skip == 0u || skip_prefix(text + skip + tls, "://") == 0u) {
        return USPAN_MESSAGE_TEXTS && skip_prefix(text, "grpc") != 0u
                   ? why_grpc
                   : WHY("endpoint must begin with https:// or http://");
    }
    return uspan_url_authority(text + skip + tls + 3u, tls, out);
}
