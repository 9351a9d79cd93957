/* capture.c: stores spans in a buffer of the application. A record holds the span's fields, its status
 * message, and an item for each attribute and event, in this order. Attributes of an event follow its item.
 * Invariant: a record is written after the used part of the buffer, and counts only if all of it fitted. */
#include "trace/internal.h"
#include "uspan/read.h"
#include <string.h>
#include "export/number_text.h"

#define ALIGN 8u

struct uspan_captured {
    uspan_view_t view;
    uint32_t size;  /* bytes to the next record */
    uint32_t items; /* offset of the first item; the status message, ending in 0, is before it */
};

/* An attribute as text, or an event's name. */
typedef struct item {
    const uspan_key_t *key; /* NULL: an event */
    uint32_t size;          /* bytes to the next item */
    uspan_type_t type;
    union {
        int64_t i;
        double d;
    } v;
    char text[]; /* ends in 0 */
} item_t;

static void align(uspan_window_t *w)
{
    w->at = (w->at + ALIGN - 1u) / ALIGN * ALIGN;
}

/* Reserve len bytes of the record. Returns NULL if they do not fit. w->at advances in any case. */
static void *reserve(uspan_window_t *w, size_t len)
{
    size_t at = w->at;
    w->at += len;
    return w->at <= w->cap ? w->out + at : NULL;
}

static void put_char(uspan_window_t *w, char c)
{
    uspan_window_put(w, &c, 1u);
}

/* ---- a span comes -------------------------------------------------------------------------------------- */

/* Write a JSON string (RFC 8259 §7). */
static void put_quoted(uspan_window_t *w, const char *text, size_t len)
{
    put_char(w, '"');
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];
        if (c < 0x20u) {
            uspan_window_text(w, "\\u00");
            uspan_print_hex(w, &c, 1u);
        } else {
            if (c == '"' || c == '\\') {
                put_char(w, '\\');
            }
            put_char(w, (char)c);
        }
    }
    put_char(w, '"');
}

/* Write the elements of an array as JSON. A text element is read to the end of the buffer first and quoted
 * from there. If the quoted text reaches the unquoted one, it does not fit the buffer anyway. */
static void put_array(uspan_window_t *w, uspan_tracer_t *t, uspan_t s, unsigned of, unsigned index)
{
    uspan_value_t v;
    char separator = '[';
    for (unsigned i = 0; uspan_read_element(t, s, of, index, i, &v, NULL, 0u) == USPAN_OK; i++) {
        put_char(w, separator);
        separator = ',';
        if (v.type == USPAN_TYPE_DOUBLE && v.d - v.d != 0.0) {
            uspan_window_text(w, "null"); /* JSON has neither NaN nor infinity */
        } else if (!uspan_print_scalar(w, &v)) {
            if (v.len > w->cap || w->at > w->cap - v.len) {
                w->at += v.len;
                continue;
            }
            char *end = (char *)w->out + w->cap - v.len;
            (void)uspan_read_element(t, s, of, index, i, &v, end, v.len);
            put_quoted(w, end, v.len);
        }
    }
    uspan_window_text(w, separator == '[' ? "[]" : "]");
}

static void put_attrs(uspan_window_t *w, uspan_tracer_t *t, uspan_t s, unsigned of)
{
    uspan_value_t v;
    for (unsigned i = 0; uspan_read_attr(t, s, of, i, &v) == USPAN_OK; i++) {
        size_t from = w->at;
        item_t *item = reserve(w, offsetof(item_t, text));
        if (v.type == USPAN_TYPE_TEXT || v.type == USPAN_TYPE_BYTES) {
            char *text = reserve(w, v.len);
            (void)uspan_read_text(t, s, of, i, 0u, text, text != NULL ? v.len : 0u);
        } else if (!uspan_print_scalar(w, &v)) {
            put_array(w, t, s, of, i);
        }
        put_char(w, '\0');
        align(w);
        if (item != NULL) {
            item->key = v.key;
            item->size = (uint32_t)(w->at - from);
            item->type = v.type;
            item->v.i = v.i;
            if (v.type == USPAN_TYPE_DOUBLE) {
                item->v.d = v.d;
            }
        }
    }
}

static void put_event(uspan_window_t *w, uspan_tracer_t *t, uspan_t s, unsigned index)
{
    uspan_event_view_t e;
    size_t from = w->at;
    if (uspan_read_event(t, s, index, &e, NULL, 0u) != USPAN_OK) {
        return;
    }
    item_t *item = reserve(w, offsetof(item_t, text) + e.name_len);
    if (item != NULL) {
        (void)uspan_read_event(t, s, index, &e, item->text, e.name_len);
    }
    put_char(w, '\0');
    align(w);
    if (item != NULL) {
        item->key = NULL;
        item->size = (uint32_t)(w->at - from);
        item->type = USPAN_TYPE_TEXT;
    }
    put_attrs(w, t, s, USPAN_OF_EVENT(index));
}

static uspan_err_t capture_span(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    uspan_capture_t *c = ctx;
    uspan_window_t w = { .out = c->buf != NULL ? c->buf + c->used : NULL, .cap = c->cap - c->used };
    struct uspan_captured *record = reserve(&w, sizeof *record);
    if (record != NULL && uspan_read(t, s, &record->view) == USPAN_OK) {
        size_t len = uspan_read_status_message(t, s, NULL, 0u);
        char *message = reserve(&w, len);
        (void)uspan_read_status_message(t, s, message, message != NULL ? len : 0u);
        put_char(&w, '\0');
        align(&w);
        record->items = (uint32_t)w.at;
        put_attrs(&w, t, s, USPAN_OF_SPAN);
        for (unsigned i = 0; i < record->view.event_count; i++) {
            put_event(&w, t, s, i);
        }
        if (w.at <= w.cap) {
            record->size = (uint32_t)w.at;
            c->used += w.at;
            c->count++;
            return USPAN_OK;
        }
    }
    c->lost++;
    return USPAN_ERR_FULL;
}

void uspan_capture_init(uspan_capture_t *c, void *buf, size_t cap)
{
    size_t skip = buf != NULL ? (ALIGN - (uintptr_t)buf % ALIGN) % ALIGN : 0u;
    bool fits = buf != NULL && cap > skip;
    *c = (uspan_capture_t){ .sink = { c, capture_span } };
    c->buf = fits ? (uint8_t *)buf + skip : buf;
    c->cap = fits ? cap - skip : 0u;
}

void uspan_capture_clear(uspan_capture_t *c)
{
    c->used = 0u;
    c->count = c->lost = 0u;
}

/* ---- a test asks --------------------------------------------------------------------------------------- */

/* Returns the record at an offset, or NULL at the end. */
static const uspan_captured_t *record_at(const uspan_capture_t *c, size_t offset)
{
    return offset < c->used ? (const uspan_captured_t *)(const void *)(c->buf + offset) : NULL;
}

static const uspan_captured_t *next_record(const uspan_capture_t *c, const uspan_captured_t *s)
{
    return record_at(c, (size_t)((const uint8_t *)s - c->buf) + s->size);
}

const uspan_captured_t *uspan_captured_at(const uspan_capture_t *c, unsigned index)
{
    const uspan_captured_t *s = record_at(c, 0u);
    for (; s != NULL && index > 0u; index--) {
        s = next_record(c, s);
    }
    return s;
}

const uspan_captured_t *uspan_captured_named(const uspan_capture_t *c, const char *name)
{
    const uspan_captured_t *s = record_at(c, 0u);
    while (s != NULL && strcmp(s->view.name, name) != 0) {
        s = next_record(c, s);
    }
    return s;
}

const uspan_view_t *uspan_captured_view(const uspan_captured_t *s)
{
    return s != NULL ? &s->view : NULL;
}

const uspan_captured_t *uspan_captured_parent(const uspan_capture_t *c, const uspan_captured_t *s)
{
    const uspan_captured_t *parent = s != NULL ? record_at(c, 0u) : NULL;
    while (parent != NULL &&
           (memcmp(parent->view.span_id, s->view.parent_id, sizeof s->view.parent_id) != 0 ||
            memcmp(parent->view.trace_id, s->view.trace_id, sizeof s->view.trace_id) != 0)) {
        parent = next_record(c, parent);
    }
    return parent;
}

static const item_t *find_item(const uspan_captured_t *s, const char *key)
{
    if (key == NULL) {
        return NULL;
    }
    /* key that an attribute must have; NULL: this is an attribute of another event */
    const char *wanted = key;
    size_t tried = 0; /* length of the event name that was found; later events of that name are ignored */
    for (size_t at = s != NULL ? s->items : 0u; s != NULL && at < s->size;) {
        const item_t *item = (const item_t *)(const void *)((const uint8_t *)s + at);
        at += item->size;
        if (item->key == NULL) {
            size_t len = strlen(item->text);
            bool meant = len != tried && strncmp(key, item->text, len) == 0 && key[len] == '/';
            wanted = meant ? key + len + 1u : NULL;
            tried = meant ? len : tried;
        } else if (wanted != NULL && strlen(wanted) == item->key->len &&
                   memcmp(wanted, item->key->text, item->key->len) == 0) {
            return item;
        }
    }
    return NULL;
}

const char *uspan_captured_str(const uspan_captured_t *s, const char *key)
{
    const item_t *item = find_item(s, key);
    return item != NULL ? item->text : NULL;
}

bool uspan_captured_has(const uspan_captured_t *s, const char *key)
{
    return find_item(s, key) != NULL;
}

int64_t uspan_captured_int(const uspan_captured_t *s, const char *key)
{
    const item_t *item = find_item(s, key);
    return item != NULL && (item->type == USPAN_TYPE_INT || item->type == USPAN_TYPE_BOOL) ? item->v.i : 0;
}

double uspan_captured_double(const uspan_captured_t *s, const char *key)
{
    const item_t *item = find_item(s, key);
    return item != NULL && item->type == USPAN_TYPE_DOUBLE ? item->v.d : 0.0;
}

const char *uspan_captured_status_message(const uspan_captured_t *s)
{
    return s != NULL ? (const char *)(s + 1) : NULL;
}
