/* env_resource.c: reads OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, which override the compile-time
 * resource. Invariant: env->resource is a list that uspan_set_resource() accepts. Keys that a list cannot
 * express are in env->typed. */
#define _GNU_SOURCE
#include "env_reader.h"

static const char name[] = "OTEL_RESOURCE_ATTRIBUTES";
static const char service[] = "service.name";
#define SERVICE_LEN (sizeof(service) - 1u)

typedef struct merged {
    char text[USPAN_POSIX_TEXT_BYTES];
    size_t len;
} merged_t;

static bool append_member(merged_t *m, const char *key, size_t key_len, const char *value, size_t value_len)
{
    if (key_len + value_len + 2u >= sizeof(m->text) - m->len) {
        return false;
    }
    if (m->len > 0u) {
        m->text[m->len++] = ',';
    }
    memcpy(m->text + m->len, key, key_len);
    m->len += key_len;
    m->text[m->len++] = '=';
    memcpy(m->text + m->len, value, value_len);
    m->len += value_len;
    return true;
}

/* Add a decoded attribute whose key a list cannot express. */
static const char *add_typed(const uspan_env_reader_t *r, const char *key, size_t key_len, const char *value,
                             size_t value_len)
{
    uspan_posix_env_t *env = r->env;
    char text[256];
    int len = uspan_env_decode(value, value_len, text, sizeof(text));
    const char *wrong = len >= 0 ? uspan_env_judge(key, key_len, "x", 1u) : NULL;
    if (wrong != NULL) {
        return wrong;
    }
    size_t at = 0; /* the same key replaces an earlier one, as in a list */
    while (at < env->typed_count &&
           (env->typed_keys[at].len != key_len || memcmp(env->typed_keys[at].text, key, key_len) != 0)) {
        at++;
    }
    if (at == USPAN_POSIX_ODD_KEYS || len < 0) {
        return "more such keys than USPAN_POSIX_ODD_KEYS";
    }
    const char *kept_key = uspan_env_keep(r, name, key, key_len);
    const char *kept = kept_key != NULL ? uspan_env_keep(r, name, text, (size_t)len) : NULL;
    if (kept == NULL) {
        return "no room (USPAN_POSIX_TEXT_BYTES)";
    }
    uspan_key_t *made = &env->typed_keys[at];
    memset(made, 0, sizeof(*made));
    made->text = kept_key;
    made->len = (uint8_t)key_len;
    uspan_attr_t *attr = &env->typed[at];
    env->typed_count += at == env->typed_count;
    memset(attr, 0, sizeof(*attr));
    attr->key = made;
    attr->type = USPAN_TYPE_STATIC;
    attr->count = USPAN_TO_NUL;
    attr->v.text = kept;
    return NULL;
}

/* One entry of the variable. Returns NULL, or why it is not used. */
static const char *add_entry(const uspan_env_reader_t *r, merged_t *m, const uspan_list_entry_t *e)
{
    char key[128];
    if (e->wrong != NULL) {
        return e->wrong;
    }
    int len = uspan_env_decode(e->key, e->key_len, key, sizeof(key));
    if (len <= 0) {
        return "broken % in its key";
    }
    size_t key_len = (size_t)len;
    if (key_len == SERVICE_LEN && memcmp(key, service, SERVICE_LEN) == 0) {
        char text[256];
        int value_len = uspan_env_decode(e->value, e->value_len, text, sizeof(text));
        if (r->env->service_name == NULL || r->env->service_is_listed) {
            r->env->service_name = value_len > 0 ? uspan_env_keep(r, name, text, (size_t)value_len) : NULL;
            r->env->service_is_listed = true;
        }
        return NULL;
    }
    if (key_len != e->key_len) {
        const char *wrong = uspan_env_judge(key, key_len, "x", 1u);
        if (wrong != NULL) {
            return wrong;
        }
    }
    bool is_odd = uspan_env_space(key[0]) || uspan_env_space(key[key_len - 1u]);
    for (size_t i = 0; i < key_len; i++) {
        is_odd = is_odd || key[i] == ',' || key[i] == '=' || key[i] == '%' || key[i] == 0;
    }
    if (is_odd) {
        return memchr(key, 0, key_len) != NULL ? "a zero byte in its key"
                                               : add_typed(r, key, key_len, e->value, e->value_len);
    }
    return append_member(m, key, key_len, e->value, e->value_len) ? NULL : "no room (USPAN_POSIX_TEXT_BYTES)";
}

static bool names_key(const char *list, const char *key, size_t len)
{
    size_t pos = 0;
    uspan_list_entry_t e;
    while (uspan_list_next(list, USPAN_LIST_RESOURCE, &pos, &e)) {
        if (e.wrong == NULL && e.key_len == len && memcmp(e.key, key, len) == 0) {
            return true;
        }
    }
    return false;
}

void uspan_env_read_resource(const uspan_env_reader_t *r)
{
    char list[USPAN_POSIX_TEXT_BYTES];
    merged_t m = { .len = 0 };
    size_t raw_len = 0, pos = 0;
    const char *raw = uspan_env_look(r, name, &raw_len);
    uspan_list_entry_t e;
    r->env->service_name = uspan_env_text(r, "OTEL_SERVICE_NAME");
    if (r->env->service_name != NULL) {
        const char *text = r->env->service_name;
        const char *why = uspan_env_judge(service, SERVICE_LEN, text, strlen(text));
        if (why != NULL) {
            uspan_env_warn(r, "OTEL_SERVICE_NAME", why);
            r->env->service_name = NULL;
        }
    }
    if (raw == NULL) {
        return;
    }
    if (raw_len < sizeof(list)) { /* without the text after it */
        memcpy(list, raw, raw_len);
        list[raw_len] = 0;
        raw = list;
    }
    for (unsigned number = 1; uspan_list_next(raw, USPAN_LIST_RESOURCE, &pos, &e); number++) {
        const char *why = add_entry(r, &m, &e);
        if (why != NULL) {
            uspan_env_warn_entry(r, name, &e, number, "ignored", why);
        } else if (e.is_cut) {
            uspan_env_warn_entry(r, name, &e, number, "cut", "its value is above 255 bytes");
        }
    }
    m.text[m.len] = 0;
    const size_t own_len = m.len;
    for (pos = 0; uspan_list_next(USPAN_RESOURCE, USPAN_LIST_RESOURCE, &pos, &e);) {
        bool is_service =
            e.key_len == SERVICE_LEN && e.wrong == NULL && memcmp(e.key, service, SERVICE_LEN) == 0;
        char kept = m.text[own_len];
        m.text[own_len] = 0;
        bool is_named = e.wrong != NULL || is_service || names_key(m.text, e.key, e.key_len);
        m.text[own_len] = kept;
        if (!is_named && !append_member(&m, e.key, e.key_len, e.value, e.value_len)) {
            uspan_env_warn_entry(r, "USPAN_RESOURCE", &e, 0u, "left out", "no room (USPAN_POSIX_TEXT_BYTES)");
        }
    }
    r->env->resource = m.len > 0u ? uspan_env_keep(r, name, m.text, m.len) : "";
}
