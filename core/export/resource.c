/* resource.c: what describes this device, each key once: the fixed attributes, the typed ones, then the list
 * as text. Of equal keys the earliest stands, but within the list the last. */
#include <string.h>
#include "exporter.h"
#include "headers.h"
#include "otlp.h"
#include "trace/ascii.h"

/* Values of item: three texts, uspan's own list, the typed ones, the application's list. */
#define TEXTS 3u
#define TYPED (TEXTS + 1u)

_Static_assert((int)USPAN_TYPE_INT == (int)USPAN_STORE_INT &&
                   (int)USPAN_TYPE_DOUBLE == (int)USPAN_STORE_DOUBLE &&
                   (int)USPAN_TYPE_BOOL == (int)USPAN_STORE_BOOL &&
                   (int)USPAN_TYPE_TEXT == (int)USPAN_STORE_STATIC,
               "a number's type is how it is stored");

/* The attribute that *item and *pos name, whether or not its key stands elsewhere; moves on. */
static bool next(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e, uspan_key_t *key)
{
    static const char *const names[TEXTS] = { "service.name", "service.version", "service.instance.id" };
    static const char own[] =
        "telemetry.sdk.name=uspan,telemetry.sdk.language=c,telemetry.sdk.version=" USPAN_VERSION;
    const uspan_resource_t *r = &uspan_out(t)->resource;
    const char *const texts[TEXTS] = { r->service_name, r->service_version, r->instance_id };
    e->key = key;
    e->store = USPAN_STORE_STATIC;
    for (;; ++*item) {
        unsigned i = *item;
        if (i < TEXTS) {
            if (texts[i] == NULL || texts[i][0] == '\0') {
                continue;
            }
            key->text = names[i];
            key->len = (uint8_t)strlen(names[i]);
            e->v.text = texts[i];
            e->len = (uint16_t)strlen(texts[i]);
        } else if (i >= TYPED && i < TYPED + r->typed_count) {
            const uspan_attr_t *a = &r->typed[i - TYPED];
            *key = *a->key;
            memcpy(&e->v, &a->v, sizeof a->v);
            if (a->type < USPAN_TYPE_TEXT) {
                e->store = (uint8_t)a->type;
            } else {
                e->len = (uint16_t)(a->count == USPAN_TO_NUL ? strlen(a->v.text) : a->count);
            }
        } else {
            uspan_pair_t pair;
            size_t at = *pos;
            size_t n = 0;
            if (uspan_pair_next(i == TEXTS ? own : r->attributes, &at, &pair) != USPAN_OK) {
                if (i > TEXTS) {
                    return false;
                }
                *pos = 0u;
                continue;
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
        ++*item;
        return true;
    }
}

bool uspan_resource_next(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                         uspan_key_t *key)
{
    const unsigned list = TYPED + (unsigned)uspan_out(t)->resource.typed_count;
    while (next(t, item, pos, e, key)) {
        if (*item <= TEXTS) { /* uspan's own are different */
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
