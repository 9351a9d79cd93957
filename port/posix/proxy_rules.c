/* proxy_rules.c: decides which peers are reached without the proxy, from NO_PROXY as curl and Go read it.
 * Invariant: this host is never reached through a proxy. */
#define _GNU_SOURCE
#include "posix_private.h"

#include <arpa/inet.h>
#include <strings.h>

/* How an address of IPv4 begins as one of IPv6 (RFC 4291 section 2.5.5.2). */
static const uint8_t mapped[12] = { [10] = 0xFF, [11] = 0xFF };

/* Read an address as 16 bytes. IPv4 is mapped into IPv6. Returns false if it is a name. */
static bool read_address(const char *text, uint8_t out[16])
{
    memcpy(out, mapped, sizeof(mapped));
    return inet_pton(AF_INET, text, out + 12) == 1 || inet_pton(AF_INET6, text, out) == 1;
}

static bool share_bits(const uint8_t a[16], const uint8_t b[16], unsigned bits)
{
    unsigned bytes = bits / 8u, rest = bits % 8u;
    return memcmp(a, b, bytes) == 0 && (rest == 0u || ((a[bytes] ^ b[bytes]) >> (8u - rest)) == 0);
}

static bool is_number(const char *text, unsigned max, unsigned *out)
{
    unsigned n = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9' && n <= max; c++) {
        n = n * 10u + (unsigned)(*c - '0');
    }
    *out = n;
    return c != text && *c == 0 && n <= max;
}

static bool is_this_host(const char *host, const uint8_t *address)
{
    static const uint8_t loopback6[16] = { [15] = 1 };
    if (address == NULL) {
        return strcasecmp(host, "localhost") == 0;
    }
    return memcmp(address, loopback6, 16u) == 0 ||
           (memcmp(address, mapped, sizeof(mapped)) == 0 && address[12] == 127u);
}

/* Check one entry: a name, an address or a network, with or without a port. entry is changed. */
static bool matches(char *entry, const char *host, const uint8_t *address, uint16_t port)
{
    unsigned bits = 0, number = 0;
    uint8_t net[16];
    char *slash = strchr(entry, '/'), *colon = strrchr(entry, ':'), *name = entry;
    if (strcmp(entry, "*") == 0) {
        return true;
    }
    if (slash != NULL) {
        *slash = 0;
        bool is4 = strchr(entry, ':') == NULL;
        if (entry[0] == '[' && slash[-1] == ']') { /* [2001:db8::]/32 */
            slash[-1] = 0;
            entry++;
        }
        return address != NULL && read_address(entry, net) && is_number(slash + 1, is4 ? 32u : 128u, &bits) &&
               share_bits(address, net, is4 ? bits + 96u : bits);
    }
    if (entry[0] == '[') { /* [::1]:8080 */
        char *end = strchr(entry, ']');
        if (end == NULL) {
            return false;
        }
        *end = 0;
        name = entry + 1;
        colon = end[1] == ':' ? end + 1 : NULL;
    } else if (colon != NULL && strchr(entry, ':') != colon) { /* ::1 */
        colon = NULL;
    }
    if (colon != NULL) {
        *colon = 0;
        if (!is_number(colon + 1, UINT16_MAX, &number) || number != port) {
            return false;
        }
    }
    if (read_address(name, net)) {
        return address != NULL && memcmp(address, net, 16u) == 0;
    }
    name += name[0] == '*' && name[1] == '.' ? 1 : 0;
    name += name[0] == '.' ? 1 : 0;
    size_t len = strlen(name), host_len = strlen(host);
    len -= len > 0u && name[len - 1u] == '.' ? 1u : 0u;
    return address == NULL && len > 0u && host_len >= len &&
           strncasecmp(host + host_len - len, name, len) == 0 &&
           (host_len == len || host[host_len - len - 1u] == '.');
}

bool uspan_posix_is_direct(const char *no_proxy, const char *peer_host, uint16_t port)
{
    char host[256], entry[256];
    uint8_t bytes[16];
    size_t len = strlen(peer_host);
    if (len == 0u || len >= sizeof(host)) {
        return false;
    }
    memcpy(host, peer_host, len + 1u);
    host[len - 1u] = len > 1u && host[len - 1u] == '.' ? 0 : host[len - 1u];
    const uint8_t *address = read_address(host, bytes) ? bytes : NULL;
    if (is_this_host(host, address)) {
        return true;
    }
    for (const char *at = no_proxy != NULL ? no_proxy : ""; *at != 0;) {
        size_t n = strcspn(at, ", \t");
        if (n > 0u && n < sizeof(entry)) {
            memcpy(entry, at, n);
            entry[n] = 0;
            if (matches(entry, host, address, port)) {
                return true;
            }
        }
        at += n + (at[n] != 0 ? 1u : 0u);
    }
    return false;
}
