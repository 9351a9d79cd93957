/* env_export.c: reads endpoint, headers, credentials, proxy and time-outs. Invariant: an entry of a list that
 * cannot be used does not affect the others. No warning contains a value. */
#define _GNU_SOURCE
#include "env_reader.h"

#include <stdio.h>
#include <strings.h>

#define FEW_MS 100u         /* a lower time-out is probably in seconds, which some SDKs read */
#define NO_LIMIT_MS 600000u /* for OTLP's time-out 0: the longest that uspan allows */

/* ---- endpoint ------------------------------------------------------------------------------------------ */

/* Remove user information from an endpoint and use it as Basic credentials. url has len bytes and a closing
 * 0, and is changed. */
static void take_user(const uspan_env_reader_t *r, const char *name, char *url, size_t len)
{
    const char *scheme = strstr(url, "://");
    if (scheme == NULL) {
        return;
    }
    char *from = url + (scheme - url) + 3, *at = NULL;
    for (char *c = from; c < url + len && strchr("/?#", *c) == NULL; c++) {
        at = *c == '@' ? c : at; /* the last one, because a password may contain another */
    }
    if (at == NULL) {
        return;
    }
    char *colon = memchr(from, ':', (size_t)(at - from)), *end = colon != NULL ? colon : at;
    char user[256], pass[256];
    int user_len = uspan_env_decode(from, (size_t)(end - from), user, sizeof(user)), pass_len = 0;
    if (colon != NULL) {
        pass_len = uspan_env_decode(colon + 1, (size_t)(at - colon) - 1u, pass, sizeof(pass));
    }
    if (user_len < 0 || pass_len < 0 || memchr(user, 0, (size_t)user_len) != NULL ||
        memchr(pass, 0, (size_t)pass_len) != NULL) {
        uspan_env_warn(r, name, "its user name and password: a broken %, or above 256 bytes");
    } else if (memchr(user, ':', (size_t)user_len) != NULL) { /* RFC 7617 section 2 */
        uspan_env_warn(r, name, "its user name and password: a user name has no colon");
    } else if (r->env->basic_user == NULL && at > from) {
        const char *kept = uspan_env_keep(r, name, pass, (size_t)pass_len);
        r->env->basic_user = kept != NULL ? uspan_env_keep(r, name, user, (size_t)user_len) : NULL;
        r->env->basic_pass = kept;
    }
    memset(pass, 0, sizeof(pass));
    memmove(from, at + 1, (size_t)(url + len - at)); /* includes the closing 0 */
}

/* Copy an endpoint to the arena, without user information and fragment. path: appended to its path, before a
 * query. NULL: the endpoint is used as it is. */
static const char *keep_endpoint(const uspan_env_reader_t *r, const char *name, const char *base, size_t len,
                                 const char *path)
{
    char url[1024];
    size_t more = path != NULL ? strlen(path) : 0u;
    if (len + more >= sizeof(url)) {
        uspan_env_warn(r, name, "too long");
        return NULL;
    }
    memcpy(url, base, len);
    url[len] = 0;
    take_user(r, name, url, len);
    len = strcspn(url, "#");
    url[len] = 0;
    if (path != NULL) {
        size_t query = strcspn(url, "?"), end = query;
        while (end > 0u && url[end - 1u] == '/' && path[0] == '/') {
            end--; /* one slash between the two */
        }
        memmove(url + end + more, url + query, len - query + 1u);
        memcpy(url + end, path, more);
        len = len - (query - end) + more;
    }
    const char *wrong = uspan_endpoint_wrong(url);
    if (wrong != NULL) {
        uspan_env_warn(r, name, wrong);
        return NULL;
    }
    return uspan_env_keep(r, name, url, len);
}

/* The specification says to append the path also if the value has it already. The collector then answers
 * 404. */
static void warn_of_double_path(const uspan_env_reader_t *r, const char *name, const char *base, size_t len,
                                const char *path)
{
    size_t more = path != NULL ? strlen(path) : 0u;
    while (len > 0u && base[len - 1u] == '/') {
        len--;
    }
    if (more > 0u && len > more && memcmp(base + len - more, path, more) == 0 && r->warn != NULL) {
        char text[160];
        (void)snprintf(text, sizeof(text), "%s ends in %s, which is appended again: write it without that",
                       name, path);
        r->warn(r->ctx, text);
    }
}

static void read_endpoint(const uspan_env_reader_t *r)
{
    static const struct {
        const char *name, *path;
    } sources[] = {
        { "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", NULL },
        { "OTEL_EXPORTER_OTLP_ENDPOINT", "/v1/traces" },
        { "USPAN_STUDIO_URL", "/v1/traces" },
    };
    r->env->studio_url = uspan_env_text(r, "USPAN_STUDIO_URL");
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]) && r->env->endpoint == NULL; i++) {
        size_t len = 0;
        const char *value = uspan_env_look(r, sources[i].name, &len);
        if (value != NULL) {
            warn_of_double_path(r, sources[i].name, value, len, sources[i].path);
            r->env->endpoint = keep_endpoint(r, sources[i].name, value, len, sources[i].path);
            r->env->endpoint_refused = r->env->endpoint == NULL;
        }
    }
}

/* ---- headers and credentials
 * ------------------------------------------------------------------------------ */

typedef struct list {
    char text[USPAN_POSIX_TEXT_BYTES];
    size_t len;
} list_t;

static bool append(list_t *list, const char *text, size_t len)
{
    bool fits = len < sizeof(list->text) - list->len;
    if (fits) {
        memcpy(list->text + list->len, text, len);
        list->len += len;
    }
    return fits;
}

/* Remove the member of that name, in any case. Returns true if there was one. */
static bool remove_header(list_t *list, const char *key, size_t key_len)
{
    size_t pos = 0;
    uspan_list_entry_t e;
    list->text[list->len < sizeof(list->text) ? list->len : sizeof(list->text) - 1u] = 0;
    while (uspan_list_next(list->text, USPAN_LIST_HEADERS, &pos, &e)) {
        if (e.key_len == key_len && strncasecmp(e.key, key, key_len) == 0) {
            size_t from = (size_t)(e.key - list->text); /* with the comma after it, or the one before it */
            from -= pos == list->len && from > 0u ? 1u : 0u;
            memmove(list->text + from, list->text + pos, list->len - pos);
            list->len -= pos - from;
            return true;
        }
    }
    return false;
}

/* Add one header with its key decoded. SDKs decode it too, although no header name needs it. */
static void add_header(const uspan_env_reader_t *r, const char *name, list_t *list,
                       const uspan_list_entry_t *e, unsigned number)
{
    char key[256];
    int key_len = uspan_env_decode(e->key, e->key_len, key, sizeof(key) - 1u);
    size_t at = 0, before = list->len;
    uspan_list_entry_t again = *e;
    if (key_len > 0 && (size_t)key_len != e->key_len) {
        char pair[sizeof(key) + 2u];
        memcpy(pair, key, (size_t)key_len);
        memcpy(pair + key_len, "=", 2u);
        (void)uspan_list_next(pair, USPAN_LIST_HEADERS, &at, &again);
        again.wrong = again.wrong != NULL || again.key_len != (size_t)key_len || pair[at] != 0
                          ? "invalid character in header name"
                          : NULL;
    }
    if (e->wrong != NULL || again.wrong != NULL || key_len < 0) {
        const char *why = e->wrong != NULL      ? e->wrong
                          : again.wrong != NULL ? again.wrong
                                                : "broken % in its name";
        uspan_env_warn_entry(r, name, e, number, "ignored", why);
        return;
    }
    if (remove_header(list, key, (size_t)key_len)) { /* if names are equal the last one is used, as in SDKs */
        uspan_env_warn_entry(r, name, e, number, "is given twice", "the last one is used");
        before = list->len;
    }
    if (!(before == 0u || append(list, ",", 1u)) || !append(list, key, (size_t)key_len) ||
        !append(list, "=", 1u) || !append(list, e->value, e->value_len)) {
        list->len = before;
        uspan_env_warn_entry(r, name, e, number, "ignored", "no room (USPAN_POSIX_TEXT_BYTES)");
    }
    if (key_len == 13 && strncasecmp(key, "authorization", 13u) == 0) {
        r->env->has_authorization = true;
    }
}

static void read_headers(const uspan_env_reader_t *r)
{
    static const char *const names[] = { "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS" };
    list_t list = { .len = 0 };
    const char *name = names[0];
    for (size_t i = 0; i < 2u && list.len == 0u; i++) {
        char copy[USPAN_POSIX_TEXT_BYTES];
        size_t len = 0, pos = 0;
        uspan_list_entry_t entry;
        const char *text = uspan_env_look(r, names[i], &len);
        if (text != NULL && len < sizeof(copy)) { /* without the text after it */
            memcpy(copy, text, len);
            copy[len] = 0;
            text = copy;
        }
        name = names[i];
        for (unsigned number = 1; uspan_list_next(text, USPAN_LIST_HEADERS, &pos, &entry); number++) {
            add_header(r, name, &list, &entry, number);
        }
    }
    const char *base64 = uspan_env_text(r, "USPAN_BASIC_AUTH");
    if (base64 != NULL && !r->env->has_authorization) {
        static const char start[] = "Authorization=Basic%20";
        size_t before = list.len;
        if (strspn(base64, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") !=
            strlen(base64)) {
            uspan_env_warn(r, "USPAN_BASIC_AUTH", "not the base64 of user:password");
        } else if (!(before == 0u || append(&list, ",", 1u)) || !append(&list, start, sizeof(start) - 1u) ||
                   !append(&list, base64, strlen(base64))) {
            list.len = before;
            uspan_env_warn(r, "USPAN_BASIC_AUTH", "too long (USPAN_POSIX_TEXT_BYTES)");
        } else {
            r->env->has_authorization = true;
        }
    }
    r->env->headers = list.len > 0u ? uspan_env_keep(r, name, list.text, list.len) : NULL;
    memset(&list, 0, sizeof(list));
}

/* Read user and password. Those of the environment override those of the endpoint, and an Authorization
 * header overrides both. */
static void read_basic(const uspan_env_reader_t *r)
{
    const char *user = uspan_env_text(r, "USPAN_BASIC_USER"), *pass = uspan_env_text(r, "USPAN_BASIC_PASS");
    if (user != NULL && strchr(user, ':') != NULL) {
        uspan_env_warn(r, "USPAN_BASIC_USER", "a user name has no colon");
        user = NULL;
    } else if (user == NULL && pass != NULL) {
        uspan_env_warn(r, "USPAN_BASIC_PASS", "without USPAN_BASIC_USER");
    }
    if (user != NULL) {
        r->env->basic_user = user;
        r->env->basic_pass = pass != NULL ? pass : "";
    }
    if (r->env->has_authorization && r->env->basic_user != NULL) {
        uspan_env_warn(r, user != NULL ? "USPAN_BASIC_USER" : "the endpoint's user name",
                       "the headers hold an Authorization");
        r->env->basic_user = r->env->basic_pass = NULL;
    }
}

/* ---- the rest
 * ---------------------------------------------------------------------------------------------- */

static void read_timeout(const uspan_env_reader_t *r)
{
    uint32_t ms = 0, whole_ms = 0;
    bool found = uspan_env_number(r, "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", 0u, &ms) ||
                 uspan_env_number(r, "OTEL_EXPORTER_OTLP_TIMEOUT", 0u, &ms);
    if (found && ms > 0u && ms < FEW_MS && r->warn != NULL) {
        r->warn(r->ctx, "OTEL_EXPORTER_OTLP_TIMEOUT is below 100: its unit is milliseconds");
    }
    if (found && (ms == 0u || ms > NO_LIMIT_MS)) {
        ms = NO_LIMIT_MS;
    }
    /* The processor's limit for one export applies too. */
    if (uspan_env_number(r, "OTEL_BSP_EXPORT_TIMEOUT", 0u, &whole_ms) && whole_ms > 0u &&
        whole_ms < (found ? ms : (uint32_t)USPAN_TIMEOUT_MS)) {
        ms = whole_ms;
    }
    r->env->timeout_ms = ms;
}

/* Read the URL of a proxy. "host:port" is accepted too. Returns NULL if it is unset, or unusable, which gives
 * a warning. */
static const char *read_proxy(const uspan_env_reader_t *r, const char *name)
{
#if USPAN_HTTP_PROXY
    static const char scheme[] = "http://";
    char url[512];
    size_t len = 0;
    const char *value = uspan_env_look(r, name, &len);
    if (value == NULL) {
        return NULL;
    }
    size_t start = memmem(value, len, "://", 3u) != NULL ? 0u : sizeof(scheme) - 1u;
    if (start + len >= sizeof(url)) {
        uspan_env_warn(r, name, "too long");
        return NULL;
    }
    memcpy(url, scheme, start);
    memcpy(url + start, value, len);
    url[start + len] = 0;
    const char *wrong = uspan_proxy_wrong(url);
    if (wrong != NULL) {
        uspan_env_warn(r, name, wrong);
        return NULL;
    }
    return uspan_env_keep(r, name, url, start + len);
#else
    size_t len = 0;
    if (uspan_env_look(r, name, &len) != NULL) {
        uspan_env_warn(r, name, "built without USPAN_HTTP_PROXY");
    }
    return NULL;
#endif
}

/* Read them like curl: lower case first. HTTP_PROXY is ignored in a CGI program, where it is a header that
 * the client sent. */
static void read_proxies(const uspan_env_reader_t *r)
{
    const char *own = read_proxy(r, "USPAN_PROXY"), *https = own, *http = own, *all = NULL;
    https = https != NULL ? https : read_proxy(r, "https_proxy");
    https = https != NULL ? https : read_proxy(r, "HTTPS_PROXY");
    http = http != NULL ? http : read_proxy(r, "http_proxy");
    http = http != NULL || r->get("REQUEST_METHOD") != NULL ? http : read_proxy(r, "HTTP_PROXY");
    if (https == NULL || http == NULL) {
        all = read_proxy(r, "all_proxy");
        all = all != NULL ? all : read_proxy(r, "ALL_PROXY");
    }
    r->env->https_proxy = https != NULL ? https : all;
    r->env->http_proxy = http != NULL ? http : all;
    r->env->no_proxy = r->env->https_proxy != NULL || r->env->http_proxy != NULL
                           ? uspan_env_either(r, "no_proxy", "NO_PROXY")
                           : NULL;
}

void uspan_env_read_export(const uspan_env_reader_t *r)
{
    uspan_posix_certs_t *certs = &r->env->certs;
    read_endpoint(r);
    read_headers(r);
    read_basic(r);
    read_timeout(r);
    read_proxies(r);
    certs->ca_file =
        uspan_env_either(r, "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE");
    certs->cert_file = uspan_env_either(r, "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
                                        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE");
    certs->key_file =
        uspan_env_either(r, "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY");
}
