/* fuzz_url.c: any text as an endpoint. */
#include "export/url.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const words[] = { "http://",    "https://",
                                         "HTTPS://",   "grpc://",
                                         "[::1]",      "localhost",
                                         ":4318",      ":4317",
                                         ":65535",     "/v1/traces",
                                         "?a=b",       "#",
                                         "user:pass@", "a-host-name-that-is-rather-long." };
    size_t expanded;
    char *text = fuzz_expand(words, sizeof(words) / sizeof(words[0]), data, len, 4096, &expanded);
    uspan_url_t url, before;
    memset(&url, 0xA5, sizeof(url));
    before = url;
    const char *why = uspan_url_parse(text, &url);
    if (why != NULL) {
        CHECK(why[0] != '\0');
        CHECK(memcmp(&url, &before, sizeof(url)) == 0);
        free(text);
        return 0;
    }
    size_t host_len = strlen(url.host), text_len = strlen(text);
    CHECK(host_len >= 1u && host_len < USPAN_HOST_BYTES);
    CHECK(url.port != 0u && url.port != 4317u);
    CHECK(url.path >= text && url.path <= text + text_len);
    CHECK(*url.path == '\0' || *url.path == '/' || *url.path == '?' || *url.path == '#');
    CHECK(strspn(url.host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:") == host_len);
    const bool literal6 = url.authority[0] == '[';
    CHECK(literal6 || strchr(url.host, ':') == NULL);
    for (size_t i = 0; i < text_len; i++) { /* no character that could break a request line */
        CHECK((uint8_t)text[i] > ' ' && (uint8_t)text[i] <= '~');
    }
    /* A literal is read in the same way, except ports with leading zeros. */
    uspan_url_t taken = { .port = 0u };
    if (uspan_url_take(&taken, text)) {
        CHECK(strcmp(taken.host, url.host) == 0 && taken.port == url.port && taken.path == url.path);
    } else {
        CHECK(strchr(url.authority, '0') != NULL);
    }
    /* Written from its parts, it is read as the same parts. */
    char again[USPAN_HOST_BYTES + 32];
    char digits[6] = "";
    for (unsigned port = url.port, i = 5; port != 0u; port /= 10u) {
        digits[--i] = (char)('0' + port % 10u);
    }
    strcpy(again, url.tls ? "https://" : "http://");
    strcat(again, literal6 ? "[" : "");
    strcat(again, url.host);
    strcat(again, literal6 ? "]:" : ":");
    for (size_t i = 0; i < 5u; i++) {
        if (digits[i] != '\0') {
            strncat(again, digits + i, 1);
        }
    }
    uspan_url_t second;
    CHECK(uspan_url_parse(again, &second) == NULL);
    CHECK(second.tls == url.tls && second.port == url.port && (second.authority[0] == '[') == literal6);
    CHECK(strcmp(second.host, url.host) == 0 && *second.path == '\0');
    free(text);
    return 0;
}
