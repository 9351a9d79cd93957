/* resource.c: what describes this device, each key once: the fixed attributes, the typed ones, then the list
 * as text. Of equal keys the earliest stands, but within the list the last. */
#include <string.h>
#include "exporter.h"
#include "headers.h"
#include "otlp.h"
#include "trace/ascii.h"

_Static_assert(offsetof(uspan_resource_t, service_name) == 0u &&
                   offsetof(uspan_resource_t, service_version) == sizeof(char *) &&
                   offsetof(uspan_resource_t, instance_id) == 2u * sizeof(char *),
               "the first three texts of a resource stand together");
/* Values of item: so many texts, the typed ones, the application's list. */
#define TEXTS 6u

_Static_assert((int)USPAN_TYPE_INT == (int)USPAN_STORE_INT &&
                   (int)USPAN_TYPE_DOUBLE == (int)USPAN_STORE_DOUBLE &&
                   (int)USPAN_TYPE_BOOL == (int)USPAN_STORE_BOOL &&
                   (int)USPAN_TYPE_TEXT == (int)USPAN_STORE_STATIC,
               "a number's type is how it is stored");

/* The attribute that *item and *pos name, whether or not its key stands elsewhere; moves on. */
static bool next(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e, uspan_key_t *key)
{
    static const char *const names[TEXTS] = { "service.name",           "service.version",
                                              "service.instance.id",    "telemetry.sdk.name",
                                              "telemetry.sdk.language", "telemetry.sdk.version" };
    const uspan_resource_t *r = &uspan_out(t)->resource;
    static const char *const own[] = { "uspan", "c", USPAN_VERSION };
    uspan_pair_t pair;
    size_t at = *pos, n = 0;
    unsigned i = *item;
    e->key = key;
    e->store = USPAN_STORE_STATIC;
    while (i < TEXTS) {
        const char *text;
        size_t from = i * sizeof text;
        memcpy(&text, from < sizeof own ? (const char *)r + from : (const char *)own + from - sizeof own,
               sizeof text);
        key->text = names[i++];
        if (text != NULL && text[0] != '\0') {
            *item = (uint16_t)i;
            key->len = (uint8_t)strlen(key->text);
            e->v.text = text;
            e->len = (uint16_t)strlen(text);
            return true;
        }
    }
    if (i < TEXTS + r->typed_count) {
        const uspan_attr_t *a = &r->typed[i - TEXTS];
        *item = (uint16_t)(i + 1u);
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

bool uspan_resource_next(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                         uspan_key_t *key)
{
    const unsigned list = TEXTS + (unsigned)uspan_out(t)->resource.typed_count;
    while (next(t, item, pos, e, key)) {
        if (*pos == 0u && *item <= TEXTS) { /* uspan's own are different */
            return true;
        }
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
