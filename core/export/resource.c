/* resource.c: what describes this device, each key once: the fixed texts, then the typed attributes, then the
 * list as text. A program that sets no resource links the fixed texts only. What stands in out.resource
 * decodes, to keys and values that a receiver accepts. */
#include <string.h>
#include "exporter.h"
#include "headers.h"
#include "otlp.h"
#include "trace/pool.h"
#include "trace/utf8.h"

#define TEXTS 6u /* fixed ones */
#define RESOURCE_KEY_MAX 64u
#define RESOURCE_VALUE_MAX 255u

_Static_assert(offsetof(uspan_resource_t, service_name) == 0u &&
                   offsetof(uspan_resource_t, service_version) == sizeof(char *) &&
                   offsetof(uspan_resource_t, instance_id) == 2u * sizeof(char *),
               "the first three texts of a resource stand together");

static const char service_name[] = "service.name"; /* one for all: literals are linked with their function */
static const char *const names[TEXTS] = {
    service_name,         "service.version",        "service.instance.id",
    "telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version",
};

/* The fixed text that *item names, or the next that there is; moves on. */
static bool next_text(const uspan_tracer_t *t, uint16_t *item, uspan_entry_t *e, uspan_key_t *key)
{
    static const char *const own[] = { "uspan", "c", USPAN_VERSION };
    const char *const *given = &uspan_out(t)->resource.service_name;
    unsigned i = *item;
    while (i < TEXTS) {
        const char *text = i < 3u ? given[i] : own[i - 3u];
        const char *name = names[i++];
        if (text != NULL && text[0] != '\0') {
            *item = (uint16_t)i;
            key->text = name;
            key->len = (uint8_t)strlen(name);
            e->key = key;
            e->store = USPAN_STORE_STATIC;
            e->v.text = text;
            e->len = (uint16_t)strlen(text);
            return true;
        }
    }
    return false;
}

bool uspan_resource_next(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                         uspan_key_t *key)
{
    return next_text(t, item, e, key) ||
           (uspan_out(t)->next_listed != NULL && uspan_out(t)->next_listed(t, item, pos, e, key));
}

/* ---- further attributes -------------------------------------------------------------------------------- */

/* A list of resource attributes decodes, to keys and values that a receiver accepts. */
static bool resource_decodes(const char *list)
{
    uspan_pair_t pair;
    size_t pos = 0;
    uspan_err_t err;
    while ((err = uspan_pair_next(list, &pos, &pair)) == USPAN_OK) {
        char text[RESOURCE_VALUE_MAX];
        size_t n = 0;
        size_t at = 0;
        int c;
        while ((c = uspan_pair_byte(pair.value, pair.value_len, &at)) >= 0) {
            if (n == sizeof text) {
                return false;
            }
            text[n++] = (char)c;
        }
        if (c != -1 || uspan_utf8_run(text, n) < n || pair.key_len > RESOURCE_KEY_MAX ||
            uspan_utf8_run(pair.key, pair.key_len) < pair.key_len) {
            return false;
        }
    }
    return err == USPAN_ERR_CLOSED && pos <= UINT16_MAX;
}

static bool text_is_good(const char *text, size_t len)
{
    return text == NULL || (len <= UINT16_MAX && uspan_utf8_run(text, len) == len);
}

static bool word_is_good(const char *text)
{
    return text == NULL || text_is_good(text, strlen(text));
}

USPAN_ONCE static bool typed_is_good(const uspan_attr_t *a)
{
    if (a->key == NULL || a->key->len > RESOURCE_KEY_MAX || a->type < USPAN_TYPE_INT ||
        a->type > USPAN_TYPE_STATIC) {
        return false;
    }
    if (a->type != USPAN_TYPE_TEXT && a->type != USPAN_TYPE_STATIC) {
        return true;
    }
    return a->v.text != NULL &&
           text_is_good(a->v.text, a->count == USPAN_TO_NUL ? strlen(a->v.text) : a->count);
}

_Static_assert((int)USPAN_TYPE_INT == (int)USPAN_STORE_INT &&
                   (int)USPAN_TYPE_DOUBLE == (int)USPAN_STORE_DOUBLE &&
                   (int)USPAN_TYPE_BOOL == (int)USPAN_STORE_BOOL &&
                   (int)USPAN_TYPE_TEXT == (int)USPAN_STORE_STATIC,
               "a number's type is how it is stored");

/* The attribute that *item and *pos name, whether or not its key stands elsewhere; moves on. Items: the fixed
 * texts, the typed ones, the list. */
static bool next(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e, uspan_key_t *key)
{
    const uspan_resource_t *r = &uspan_out(t)->resource;
    uspan_pair_t pair;
    size_t at = *pos, n = 0;
    if (next_text(t, item, e, key)) {
        return true;
    }
    unsigned i = *item - TEXTS;
    e->key = key;
    e->store = USPAN_STORE_STATIC;
    if (i < r->typed_count) {
        const uspan_attr_t *a = &r->typed[i];
        ++*item;
        *key = *a->key;
        memcpy(&e->v, &a->v, sizeof a->v);
        if (a->type < USPAN_TYPE_TEXT) {
            e->store = (uint8_t)a->type;
        } else {
            e->len = (uint16_t)(a->count == USPAN_TO_NUL ? strlen(a->v.text) : a->count);
        }
        return true;
    }
    if (uspan_pair_next(r->attributes, &at, &pair) != USPAN_OK) {
        return false;
    }
    *pos = (uint16_t)at;
    key->text = pair.key;
    key->len = (uint8_t)pair.key_len;
    e->store = USPAN_STORE_PERCENT;
    e->v.text = pair.value;
    e->len = 0u;
    while (uspan_percent_byte(pair.value, pair.value_len, &n) >= 0) {
        e->len++;
    }
    return true;
}

/* Of equal keys the earliest stands, but within the list the last. */
static bool next_listed(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                        uspan_key_t *key)
{
    const unsigned list = TEXTS + (unsigned)uspan_out(t)->resource.typed_count;
    while (next(t, item, pos, e, key)) {
        uint16_t i = 0, at = 0;
        uspan_entry_t ignored;
        uspan_key_t other;
        do {
            at = i == list && at < *pos ? *pos : at; /* of the list, what comes later */
            if (!next(t, &i, &at, &ignored, &other) || (i == *item && at == *pos)) {
                return true;
            }
        } while (other.len != key->len || memcmp(other.text, key->text, key->len) != 0);
    }
    return false;
}

uspan_err_t uspan_set_resource(uspan_tracer_t *t, const uspan_resource_t *resource)
{
    if (!uspan_is_live(t) || resource == NULL || (resource->typed == NULL && resource->typed_count > 0u)) {
        return USPAN_ERR_ARG;
    }
    uspan_resource_t r = *resource;
    r.attributes = r.attributes != NULL ? r.attributes : USPAN_RESOURCE;
    bool good = resource_decodes(r.attributes) && word_is_good(r.service_name) &&
                word_is_good(r.service_version) && word_is_good(r.instance_id) && r.typed_count < 1000u;
    for (size_t i = 0; good && i < r.typed_count; i++) {
        good = typed_is_good(&r.typed[i]);
    }
    if (!good) {
        uspan_say(
            t, USPAN_LEVEL_ERROR,
            USPAN_WORDS("resource attributes do not decode: key=value,... in percent-encoded UTF-8", "c2"),
            NULL);
        return USPAN_ERR_CONFIG;
    }
    /* A service.name in the list stands only where none is given; the compile-time one is the last resort. */
    uspan_pair_t pair;
    size_t pos = 0;
    while (r.service_name == NULL && uspan_pair_next(r.attributes, &pos, &pair) == USPAN_OK) {
        if (pair.key_len == 12u && memcmp(pair.key, service_name, 12u) == 0) {
            r.service_name = "";
        }
    }
    r.service_name = r.service_name != NULL ? r.service_name : USPAN_SERVICE_NAME;
    t->out.resource = r;
    t->out.next_listed = next_listed;
    t->out.percent_byte = uspan_percent_byte;
    return USPAN_OK;
}
