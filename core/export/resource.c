/* resource.c: what describes this device, each key once: the fixed attributes, the typed ones, then the list
 * as text. */
#include <string.h>
#include "headers.h"
#include "otlp.h"

#define FIXED 6u

static bool fixed_text(const uspan_tracer_t *t, unsigned i, const char **key, const char **text)
{
    static const char *const keys[FIXED] = { "service.name",           "service.version",
                                             "service.instance.id",    "telemetry.sdk.name",
                                             "telemetry.sdk.language", "telemetry.sdk.version" };
    const uspan_resource_t *r = &t->out.resource;
    const char *const texts[FIXED] = { r->service_name, r->service_version, r->instance_id, "uspan", "c",
                                       USPAN_VERSION };
    *key = keys[i];
    *text = texts[i];
    return *text != NULL && (*text)[0] != '\0';
}

static bool is_text(const char *text, const char *other, size_t len)
{
    return strlen(text) == len && memcmp(text, other, len) == 0;
}

/* Given already, by a fixed or typed attribute. */
static bool is_taken(const uspan_tracer_t *t, const char *key, size_t len, size_t typed)
{
    for (unsigned i = 0; i < FIXED; i++) {
        const char *name;
        const char *text;
        if (fixed_text(t, i, &name, &text) && is_text(name, key, len)) {
            return true;
        }
    }
    for (size_t i = 0; i < typed; i++) {
        const uspan_key_t *k = t->out.resource.typed[i].key;
        if (k->len == len && memcmp(k->text, key, len) == 0) {
            return true;
        }
    }
    return false;
}

static size_t decoded_len(const uspan_pair_t *pair)
{
    size_t at = 0;
    size_t n = 0;
    while (uspan_pair_byte(pair->value, pair->value_len, &at) >= 0) {
        n++;
    }
    return n;
}

/* The key stands again further on in the list: the last one wins. */
static bool comes_again(const char *list, size_t pos, const uspan_pair_t *pair)
{
    uspan_pair_t later;
    while (uspan_pair_next(list, &pos, &later) == USPAN_OK) {
        if (later.key_len == pair->key_len && memcmp(later.key, pair->key, pair->key_len) == 0) {
            return true;
        }
    }
    return false;
}

bool uspan_resource_next(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                         uspan_key_t *key, bool *percent)
{
    const uspan_resource_t *r = &t->out.resource;
    *percent = false;
    e->key = key;
    e->store = USPAN_STORE_STATIC;
    for (; *item < FIXED; (*item)++) {
        const char *text;
        if (fixed_text(t, *item, &key->text, &text)) {
            key->len = (uint8_t)strlen(key->text);
            e->len = (uint16_t)strlen(text);
            e->v.text = text;
            (*item)++;
            return true;
        }
    }
    for (; *item < FIXED + r->typed_count; (*item)++) {
        const uspan_attr_t *a = &r->typed[*item - FIXED];
        if (a->key == NULL || is_taken(t, a->key->text, a->key->len, *item - FIXED)) {
            continue;
        }
        *key = *a->key;
        if (a->type == USPAN_TYPE_DOUBLE) {
            e->store = USPAN_STORE_DOUBLE;
            e->v.d = a->v.d;
        } else if (a->type == USPAN_TYPE_TEXT || a->type == USPAN_TYPE_STATIC) {
            e->len = (uint16_t)(a->count == USPAN_TO_NUL ? strlen(a->v.text) : a->count);
            e->v.text = a->v.text;
        } else if (a->type == USPAN_TYPE_INT || a->type == USPAN_TYPE_BOOL) {
            e->store = a->type == USPAN_TYPE_INT ? USPAN_STORE_INT : USPAN_STORE_BOOL;
            e->v.i = a->v.i;
        } else {
            continue; /* uspan_set_resource() refused it */
        }
        (*item)++;
        return true;
    }
    uspan_pair_t pair;
    size_t at = *pos;
    while (uspan_pair_next(r->attributes, &at, &pair) == USPAN_OK) {
        *pos = (uint16_t)at;
        if (is_taken(t, pair.key, pair.key_len, r->typed_count) || comes_again(r->attributes, at, &pair)) {
            continue;
        }
        key->text = pair.key;
        key->len = (uint8_t)pair.key_len;
        e->len = (uint16_t)decoded_len(&pair);
        e->v.text = pair.value;
        *percent = e->len != pair.value_len;
        return true;
    }
    return false;
}
