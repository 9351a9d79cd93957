/* proxy_url.c: parses the URL of a proxy. Invariant: *url is changed only if the text is correct. */
#include "export/proxy_url.h"
#include <string.h>
#include "export/log_line.h"
#include "trace/ascii.h"

#if USPAN_HTTP_PROXY

const char *uspan_proxy_parse(const char *text, uspan_url_t *url, const char **user, size_t *user_len)
{
    *user = NULL;
    *user_len = 0;
    if (text == NULL) {
        return USPAN_WORDS("no proxy: set USPAN_PROXY", "no proxy");
    }
    for (size_t i = 0; i < 7u; i++) {
        if (uspan_lower(text[i]) != "http://"[i]) {
            return USPAN_WORDS("a proxy's URL must begin with http://", "proxy unusable");
        }
    }
    text += 7;
    size_t len = strcspn(text, "/?#"), at = 0;
    for (size_t i = 0; i < len; i++) {
        at = text[i] == '@' ? i + 1u : at;
    }
    if (at > 0u) {
        *user = text;
        *user_len = at - 1u;
        size_t pos = 0;
        int c;
        while ((c = uspan_percent_byte(text, at - 1u, &pos)) >= 0) {
            if (c == 0) {
                return USPAN_WORDS("a zero byte in the proxy's user name", "proxy unusable");
            }
        }
        if (c == -2 || at > UINT16_MAX) {
            return USPAN_WORDS("broken % in the proxy's user name or password: write %25", "proxy unusable");
        }
    }
    return uspan_url_authority(text + at, false, url);
}

const char *uspan_proxy_wrong(const char *text)
{
    uspan_url_t url;
    const char *user;
    size_t user_len;
    return uspan_proxy_parse(text, &url, &user, &user_len);
}
#endif
