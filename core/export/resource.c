/* resource.c: the attributes that describe this device, each key once. Order: fixed texts, typed attributes,
 * the list as text. A program that sets no resource links the fixed texts only. An entry that a receiver
 * would not accept is skipped each time the resource is read. */
#include <string.h>
#include "export/resource.h"
#include "export/export_state.h"
#include "export/headers.h"
#include "export/log_line.h"
#include "trace/poison.h"
#include "trace/pool.h"
#include "trace/utf8.h"

#define TEXTS 6u /* number of fixed texts */

_Static_assert(offsetof(uspan_resource_t, service_name) == 0u &&
                   offsetof(uspan_resource_t, service_version) == sizeof(char *) &&
                   offsetof(uspan_resource_t, instance_id) == 2u * sizeof(char *),
               "the first three texts of a resource stand together");

/* one array for all, because literals are linked with their function */
static const char service_name[] = "service.name";
/* The values of the last three fixed texts, and the keys of all. */
static const char *const fixed[3u + TEXTS] = {
    "uspan",
    "c",
    USPAN_VERSION,
    service_name,
    "service.version",
    "service.instance.id",
    "telemetry.sdk.name",
    "telemetry.sdk.language",
    "telemetry.sdk.version",
};
#define LEN(text) (uint8_t)(sizeof text - 1u)
static const uint8_t key_len[TEXTS] = { LEN("service.name"),           LEN("service.version"),
                                        LEN("service.instance.id"),    LEN("telemetry.sdk.name"),
                                        LEN("telemetry.sdk.language"), LEN("telemetry.sdk.version") };

/* Read the fixed text that *item names, or the next one that is set, and advance. */
static inline bool next_text(const uspan_tracer_t *t, uint16_t *item, uspan_entry_t *e, uspan_key_t *key)
{
    const char *const *given = &uspan_export_state(t)->resource.service_name;
    unsigned i = *item;
    while (i < TEXTS) {
        const char *text = i < 3u ? given[i] : fixed[i - 3u];
        if (text != NULL && text[0] != '\0') {
            *item = (uint16_t)(i + 1u);
            key->text = fixed[3u + i];
            key->len = key_len[i];
            e->key = key;
            e->store = USPAN_STORE_STATIC;
            e->v.text = text;
            e->len = (uint16_t)strlen(text);
            return true;
        }
        i++;
    }
    return false;
}

bool uspan_resource_next(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                         uspan_key_t *key)
{
    return next_text(t, item, e, key) || (uspan_export_state(t)->next_listed != NULL &&
                                          uspan_export_state(t)->next_listed(t, item, pos, e, key));
}

/* ---- further attributes -------------------------------------------------------------------------------- */

static bool text_is_good(const char *text, size_t len)
{
    return text == NULL || (len <= UINT16_MAX && uspan_utf8_run(text, len) == len);
}

static bool word_is_good(const char *text)
{
    return text == NULL || text_is_good(text, strlen(text));
}

USPAN_NOINLINE_SMALL static bool typed_is_good(const uspan_attr_t *a)
{
    if (a->key == NULL || a->key->len == 0u || a->key->len > USPAN_RESOURCE_KEY_MAX ||
        a->type < USPAN_TYPE_INT || a->type > USPAN_TYPE_STATIC || !text_is_good(a->key->text, a->key->len) ||
        uspan_key_is_poison(a->key->text, a->key->len)) {
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

/* Read the next correct member of the list, cut to the length that is kept. */
static bool next_member(const uspan_tracer_t *t, size_t *pos, uspan_pair_t *pair)
{
    const uspan_export_part_t *x = uspan_export_state(t);
    uspan_err_t err;
    while ((err = uspan_pair_next(x->resource.attributes, pos, pair)) != USPAN_ERR_CLOSED) {
        if (err == USPAN_OK && (x->resource_flawed == 0u || uspan_attribute_wrong(pair) == NULL)) {
            return true;
        }
    }
    return false;
}

/* Read the attribute that *item and *pos name, even if its key occurs elsewhere, and advance. Items: the
 * fixed texts, the typed attributes, the list. */
static bool next(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e, uspan_key_t *key)
{
    const uspan_resource_t *r = &uspan_export_state(t)->resource;
    uspan_pair_t pair;
    size_t at = *pos, n = 0;
    if (next_text(t, item, e, key)) {
        return true;
    }
    e->key = key;
    e->store = USPAN_STORE_STATIC;
    if (*item - TEXTS < r->typed_count) {
        const uspan_attr_t *a = &r->typed[*item - TEXTS];
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
    if (!next_member(t, &at, &pair)) {
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

/* Read the next attribute whose key is not used by an earlier one. Of equal keys in the list, the last one is
 * used. */
static bool next_listed(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                        uspan_key_t *key)
{
    const unsigned list = TEXTS + (unsigned)uspan_export_state(t)->resource.typed_count;
    while (next(t, item, pos, e, key)) {
        uint16_t i = 0, at = 0;
        uspan_entry_t ignored;
        uspan_key_t other;
        do {
            at = i == list && at < *pos ? *pos : at; /* within the list, later members only */
            if (!next(t, &i, &at, &ignored, &other) || (i == *item && at == *pos)) {
                return true;
            }
        } while (other.len != key->len || memcmp(other.text, key->text, key->len) != 0);
    }
    return false;
}

/* Check the next member of a list. *wrong: what is wrong, also if it is only cut; NULL: nothing. Returns
 * false at the end. */
static bool judge_member(const char *list, size_t *pos, uspan_pair_t *pair, const char **wrong, bool *is_cut)
{
    uspan_err_t err = uspan_pair_next(list, pos, pair);
    *is_cut = false;
    if (err == USPAN_OK) {
        size_t whole = pair->value_len;
        *wrong = uspan_attribute_wrong(pair);
        *is_cut = pair->value_len < whole;
    } else {
        *wrong = USPAN_WORDS("not key=value", "no pair");
        pair->key_len = 0u;
    }
    return err != USPAN_ERR_CLOSED;
}

/* Log the entries of a list that are dropped or cut. There is no rate limit, because only the application
 * sets a resource. tracer NULL: log nothing. *good: number of entries that are used. Returns true if
 * something was wrong. */
static bool judge_list(uspan_tracer_t *t, const char *list, unsigned *good)
{
    bool is_flawed = false, is_cut;
    size_t pos = 0;
    uspan_pair_t pair = { 0 };
    const char *wrong = NULL;
    while (judge_member(list, &pos, &pair, &wrong, &is_cut)) {
        *good += wrong == NULL;
        is_flawed = is_flawed || wrong != NULL || is_cut;
        if (t != NULL && (wrong != NULL || is_cut)) {
            char words[80];
            uspan_named_text(words, sizeof words, pair.key, pair.key_len,
                             wrong != NULL ? wrong : USPAN_WORDS("value truncated to 255 bytes", "cut"));
            uspan_log_setting(t, USPAN_LEVEL_WARN, USPAN_WORDS("resource attribute ignored", "c12"), words);
        }
    }
    return is_flawed;
}

uspan_err_t uspan_set_resource(uspan_tracer_t *t, const uspan_resource_t *resource)
{
    if (!uspan_is_live(t) || resource == NULL || (resource->typed == NULL && resource->typed_count > 0u)) {
        return USPAN_ERR_ARG;
    }
    uspan_resource_t r = *resource;
    r.attributes = r.attributes != NULL ? r.attributes : USPAN_RESOURCE;
    unsigned used = 0;
    bool is_flawed = judge_list(NULL, r.attributes, &used);
    bool good = (!is_flawed || used > 0u) && strlen(r.attributes) <= UINT16_MAX &&
                word_is_good(r.service_name) && word_is_good(r.service_version) &&
                word_is_good(r.instance_id) && r.typed_count < 1000u;
    for (size_t i = 0; good && i < r.typed_count; i++) {
        good = typed_is_good(&r.typed[i]);
    }
    if (!good) {
        uspan_log_line(t, USPAN_LEVEL_ERROR,
                       USPAN_WORDS("resource: use key=value,... in percent-encoded UTF-8", "c2"), NULL);
        return USPAN_ERR_CONFIG;
    }
    if (is_flawed) {
        (void)judge_list(t, r.attributes, &used);
    }
    t->out.resource = r;
    t->out.resource_flawed = is_flawed;
    /* A service.name in the list is used only if none is given. The compile-time one is used last. */
    uspan_pair_t pair;
    size_t pos = 0;
    while (r.service_name == NULL && next_member(t, &pos, &pair)) {
        if (pair.key_len == 12u && memcmp(pair.key, service_name, 12u) == 0) {
            r.service_name = "";
        }
    }
    t->out.resource.service_name = r.service_name != NULL ? r.service_name : USPAN_SERVICE_NAME;
    t->out.next_listed = next_listed;
    t->out.percent_byte = uspan_percent_byte;
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        uspan_dest(t, d)->batch.resource_len = 0u; /* a batch that waits is measured again */
    }
#if USPAN_KEEP
    if (t->out.keep_resource != NULL) {
        is_flawed |= t->out.keep_resource(t);
    }
#endif
    return is_flawed ? USPAN_TRUNCATED : USPAN_OK;
}
