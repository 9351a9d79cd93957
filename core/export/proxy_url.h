/* proxy_url.h: the URL of a proxy, and which proxies a build can have. Private to core. */
#ifndef USPAN_EXPORT_PROXY_URL_H
#define USPAN_EXPORT_PROXY_URL_H

#include "export/url.h"
#include "trace/internal.h"

#if USPAN_HTTP_PROXY
/* 1: the proxy is USPAN_PROXY and no other. The parts that only other proxies need are left out of the build:
 * reading a URL, and the names of authentication schemes. */
#if defined(USPAN_PROXY) && !USPAN_RUNTIME_SETTINGS
#define USPAN_PROXY_FIXED 1
#else
#define USPAN_PROXY_FIXED 0
#endif

/* Parse the URL of a proxy. *user points into text, or is NULL. Returns NULL if it can be used, otherwise a
 * static text that says what is wrong. */
const char *uspan_proxy_parse(const char *text, uspan_url_t *url, const char **user, size_t *user_len);
#endif

#if USPAN_HTTP_PROXY
/* Returns true if text is the URL of an http endpoint, or NULL. Compilers fold it for a literal. */
__attribute__((always_inline)) static inline bool uspan_url_is_plain(const char *text)
{
    return text != NULL && text[0] != '\0' && (text[4] | 0x20) != 's';
}

/* Returns true if requests may go to a proxy that is no tunnel: an endpoint of this build is http, or can be
 * set at run time. A constant after optimization. */
__attribute__((always_inline)) static inline bool uspan_proxy_plain_possible(void)
{
    bool possible = USPAN_RUNTIME_SETTINGS;
#ifdef USPAN_ENDPOINT
    possible = possible || uspan_url_is_plain(USPAN_ENDPOINT);
#endif
#ifdef USPAN_ENDPOINT_2
    possible = possible || uspan_url_is_plain(USPAN_ENDPOINT_2);
#endif
#ifdef USPAN_STUDIO_URL
    possible = possible || uspan_url_is_plain(USPAN_STUDIO_URL);
#endif
    return possible;
}

/* Returns true if the host of an endpoint can be an IPv6 address: one of this build is, or can be set at run
 * time. A constant after optimization. */
__attribute__((always_inline)) static inline bool uspan_literal6_possible(void)
{
    bool possible = USPAN_RUNTIME_SETTINGS;
#ifdef USPAN_ENDPOINT
    possible = possible || strchr(USPAN_ENDPOINT, '[') != NULL;
#endif
#ifdef USPAN_ENDPOINT_2
    possible = possible || strchr(USPAN_ENDPOINT_2, '[') != NULL;
#endif
#ifdef USPAN_STUDIO_URL
    possible = possible || strchr(USPAN_STUDIO_URL, '[') != NULL;
#endif
    return possible;
}
#endif

#endif
