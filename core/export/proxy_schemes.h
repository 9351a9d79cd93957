/* proxy_schemes.h: the authentication schemes that a 407 response names. Private to core. */
#ifndef USPAN_EXPORT_PROXY_SCHEMES_H
#define USPAN_EXPORT_PROXY_SCHEMES_H

#include "export/proxy_url.h"

/* 1: the schemes of a 407 are read, so that the log can name one that uspan lacks. */
#define USPAN_PROXY_SCHEMES (USPAN_HTTP_PROXY && USPAN_MESSAGE_TEXTS && !USPAN_PROXY_FIXED)

#if USPAN_PROXY_SCHEMES
/* Forget the schemes of the last response. */
void uspan_proxy_schemes_begin(uspan_proxy_t *p);
/* Read a byte after the status of a 407. */
void uspan_proxy_schemes_feed(uspan_proxy_t *p, uint8_t byte);
/* Returns the text about a scheme that uspan lacks, in p->words. NULL: the proxy named none, or Basic too. */
const char *uspan_proxy_schemes_text(uspan_proxy_t *p);
#endif

#endif
