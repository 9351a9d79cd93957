/* json_write.c: text is gathered only where it fits together with what then closes the value. A cut needs no
 * room: while a string is open the closing text ends in spaces, as many as the mark of a cut is long. */
#include "json_write.h"
#include <string.h>
#include "attr.h"
#include "utf8.h"

#define CUT_MARK "...[truncated]"
#define CUT_MARK_LEN (sizeof(CUT_MARK) - 1u)

/* What closes the leaf that is open, by state. */
static const char endings[] = "\":null\0\"\0"
                              "0\0true\0false";
#define NOTHING 6u
#define QUOTE 7u
#define ZERO 9u
static const uint8_t ending_of[] = {
    [USPAN_WRITE_BETWEEN] = NOTHING, [USPAN_WRITE_NAMED] = 2u,         [USPAN_WRITE_TEXT] = QUOTE,
    [USPAN_WRITE_BASE64] = QUOTE,    [USPAN_WRITE_NAME] = 0u,          [USPAN_WRITE_STR] = QUOTE,
    [USPAN_WRITE_KEYSTR] = 0u,       [USPAN_WRITE_VALUE] = 2u,         [USPAN_WRITE_ITEM] = NOTHING,
    [USPAN_WRITE_ITEM0] = NOTHING,   [USPAN_WRITE_KEY] = NOTHING,      [USPAN_WRITE_KEY0] = NOTHING,
    [USPAN_WRITE_COLON] = 1u,        [USPAN_WRITE_AFTER] = NOTHING,    [USPAN_WRITE_DONE] = NOTHING,
    [USPAN_WRITE_MINUS] = ZERO,      [USPAN_WRITE_ZERO] = NOTHING,     [USPAN_WRITE_INT] = NOTHING,
    [USPAN_WRITE_DOT] = ZERO,        [USPAN_WRITE_FRACTION] = NOTHING, [USPAN_WRITE_E] = ZERO,
    [USPAN_WRITE_E_SIGN] = ZERO,     [USPAN_WRITE_EXPONENT] = NOTHING, [USPAN_WRITE_TRUE] = 11u,
    [USPAN_WRITE_FALSE] = 16u,       [USPAN_WRITE_NULL] = 2u,
};

/* Fields owed, by bit, each ending in 0. Spaces behind "error" make room for every finish reason of the
 * schema while it is written. */
static const char owed[] = ",\"role\":\"unknown\"\0"
                           ",\"finish_reason\":\"error\"           \0"
                           ",\"parts\":[]\0"
                           ",\"name\":\"\"\0"
                           ",\"content\":\"\"\0"
                           ",\"response\":null\0"
                           ",\"modality\":\"unknown\"\0"
                           ",\"uri\":\"\"\0"
                           ",\"file_id\":\"\"\0"
                           ",\"server_tool_call\":{\"type\":\"\"}\0"
                           ",\"server_tool_call_response\":{\"type\":\"\"}\0";

/* ---- the closing text ---------------------------------------------------------------------------------- */

static bool in_string(const uspan_writer_t *w)
{
    return w->state >= USPAN_WRITE_TEXT && w->state <= USPAN_WRITE_KEYSTR;
}

static const char *ending(const uspan_writer_t *w)
{
    return endings + ending_of[w->state] + (w->state >= USPAN_WRITE_TRUE ? w->pend[0] : 0u);
}

unsigned uspan_write_item_depth(const uspan_writer_t *w)
{
    return w->list == 0u ? 0u : w->list <= USPAN_OUTPUT_MESSAGES ? 4u : 2u;
}

unsigned uspan_write_depth(const uspan_writer_t *w)
{
    return w->state >= USPAN_WRITE_STR ? w->base : w->depth;
}

/* Fields that the container at that depth owes. */
static unsigned need_at(const uspan_writer_t *w, unsigned depth)
{
    unsigned item = uspan_write_item_depth(w);
    return depth == item               ? w->need & ~USPAN_NEED_OF_MESSAGE
           : depth == 2u && item == 4u ? w->need & USPAN_NEED_OF_MESSAGE
                                       : 0u;
}

/* The fields that are owed, to out where that is not NULL; returns their length. */
static size_t write_owed(unsigned need, char *out)
{
    size_t n = 0;
    for (const char *field = owed; need != 0u; need >>= 1) {
        size_t len = strlen(field);
        if ((need & 1u) != 0u) {
            if (out != NULL) {
                memcpy(out + n, field, len);
            }
            n += len;
        }
        field += len + 1u;
    }
    return n;
}

void uspan_write_need(uspan_writer_t *w, unsigned need)
{
    w->need = (uint16_t)need;
    w->need_len = (uint8_t)write_owed(need, NULL);
}

/* What bytes that wait in a string become when nothing follows: four characters of base64, or U+FFFD. */
static size_t write_waiting(const uspan_writer_t *w, char out[4])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = w->pend_len;
    if (w->state != USPAN_WRITE_BASE64) {
        memcpy(out, USPAN_REPLACEMENT, 3);
        return n > 0u ? 3u : 0u;
    }
    uint32_t v = 0;
    for (size_t i = 0; i < 3u; i++) {
        v = v << 8 | (i < n ? w->pend[i] : 0u);
    }
    for (size_t i = 0; i < 4u; i++, v <<= 6) {
        out[i] = '=';
        if (i <= n) {
            out[i] = letters[v >> 18 & 63u];
        }
    }
    return n > 0u ? 4u : 0u;
}

size_t uspan_write_closing(const uspan_writer_t *w, unsigned depth, char *to)
{
    const char *end = ending(w);
    size_t n = write_waiting(w, to);
    size_t len = strlen(end);
    memcpy(to + n, end, len);
    n += len;
    uint32_t stack = w->stack;
    for (unsigned d = w->depth; d > depth; d--, stack >>= 1) {
        n += write_owed(need_at(w, d), to + n); /* never the first in its object */
        to[n++] = (stack & 1u) != 0u ? '}' : ']';
    }
    return n;
}

/* While a string is open, that and spaces are together as long as if it were the mark of a cut. */
static size_t reserve(const uspan_writer_t *w)
{
    return in_string(w) && (w->flags & USPAN_WRITE_CUT) == 0u ? CUT_MARK_LEN : 0u;
}

int32_t uspan_write_left(const uspan_write_out_t *o)
{
    const uspan_writer_t *w = o->w;
    size_t closing = strlen(ending(w)) + w->depth + w->need_len + reserve(w);
    int32_t bytes = (int32_t)o->room - (int32_t)(w->len + o->used);
    int32_t chars = (int32_t)o->room_chars - w->chars;
    return (bytes < chars ? bytes : chars) - (int32_t)closing;
}

/* ---- one call ------------------------------------------------------------------------------------------ */

uspan_err_t uspan_write_prepare(uspan_writer_t *w, uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                unsigned list)
{
    if (w == NULL) {
        return USPAN_ERR_ARG;
    }
    memset(w, 0, sizeof *w);
    if (t == NULL || key == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    w->t = t;
    w->s = s;
    w->key = key;
    w->list = (uint8_t)list;
    w->flags = USPAN_WRITE_EMPTY;
    w->stamp = (uint16_t)((uintptr_t)w >> 2);
    uspan_write_out_t o;
    if (!uspan_write_enter(&o, w, false)) {
        w->t = NULL;
    }
    return o.err;
}

static void set_mark(uspan_write_out_t *o)
{
    o->mark = *o->w;
    o->mark_used = o->used;
}

bool uspan_write_enter(uspan_write_out_t *o, uspan_writer_t *w, bool closing)
{
    o->err = w != NULL ? USPAN_OK : USPAN_ERR_ARG;
    if (w == NULL || w->t == NULL) {
        return false;
    }
    if ((w->flags & USPAN_WRITE_CUT) != 0u) {
        o->err = USPAN_TRUNCATED;
        if (!closing) {
            return false;
        }
    }
    o->w = w;
    o->used = 0u;
    o->stored = *w;
    set_mark(o);
    uspan_err_t err = uspan_write_look(o);
    if (err != USPAN_OK) {
        o->err = err == USPAN_ERR_CLOSED ? USPAN_OK : err;
    }
    return err == USPAN_OK;
}

uspan_err_t uspan_write_leave(uspan_write_out_t *o)
{
    (void)uspan_write_store(o);
    return o->err;
}

bool uspan_write_store(uspan_write_out_t *o)
{
    uspan_writer_t *w = o->w;
    bool good = true;
    /* A value cut before there is any is counted, once. */
    while (o->used > 0u || (w->flags & (USPAN_WRITE_STORED | (~o->stored.flags & USPAN_WRITE_CUT))) != 0u) {
        char waiting[4];
        char *end = o->buf + o->used;
        size_t closing = uspan_write_closing(w, 0u, end);
        size_t spaces = reserve(w);
        spaces -= spaces > 0u ? write_waiting(w, waiting) : 0u;
        memset(end + closing, ' ', spaces);
        uspan_err_t err = uspan_write_store_piece(o, closing + spaces);
        if (err == USPAN_OK) {
            o->used = 0u;
            o->stored = *w;
            set_mark(o);
            break;
        }
        *w = o->stored;
        o->used = 0u;
        if (err == USPAN_ERR_AGAIN && (w->flags & USPAN_WRITE_STORED) != 0u) {
            uspan_write_cut(o); /* others took the blocks; this needs none */
            good = false;
            continue;
        }
        w->flags |= USPAN_WRITE_CUT;
        o->err = err == USPAN_ERR_CLOSED ? USPAN_OK : err;
        return false;
    }
    return good;
}

bool uspan_write_ensure(uspan_write_out_t *o, size_t most)
{
    return o->used <= most || uspan_write_store(o);
}

/* ---- gathering ----------------------------------------------------------------------------------------- */

/* Count what stands behind o->used. */
static void count(uspan_write_out_t *o, size_t len)
{
    for (; len > 0u; len--) {
        unsigned char c = (unsigned char)o->buf[o->used++];
        o->w->chars = (uint16_t)(o->w->chars + ((c & 0xC0u) != 0x80u));
    }
}

bool uspan_write_fit(uspan_write_out_t *o, const char *text, size_t len)
{
    if ((int32_t)len > uspan_write_left(o)) {
        return false;
    }
    memcpy(o->buf + o->used, text, len);
    count(o, len);
    return true;
}

void uspan_write_close_to(uspan_write_out_t *o, unsigned depth)
{
    uspan_writer_t *w = o->w;
    if (w->state != USPAN_WRITE_BETWEEN || w->depth > depth) {
        count(o, uspan_write_closing(w, depth, o->buf + o->used));
        w->flags &= (uint8_t)~USPAN_WRITE_EMPTY;
    }
    w->state = USPAN_WRITE_BETWEEN;
    w->pend_len = 0u;
    w->escape = 0u;
    for (; w->depth > depth; w->depth--, w->stack >>= 1) {
        uspan_write_need(w, w->need & ~need_at(w, w->depth));
    }
    set_mark(o);
}

/* The number or literal under way is taken back, with its comma. */
static void take_token_back(uspan_write_out_t *o)
{
    uspan_writer_t *w = o->w;
    w->chars = (uint16_t)(w->chars - (w->len + o->used - w->token));
    o->used = 0u;
    if (w->token > w->len) {
        o->used = (size_t)w->token - w->len;
    } else if (w->token < w->len) {
        w->len = w->token;
        w->tail = w->token_block;
    }
    w->state = w->before;
}

void uspan_write_cut(uspan_write_out_t *o)
{
    uspan_writer_t *w = o->w;
    if (w->state >= USPAN_WRITE_MINUS) {
        take_token_back(o);
    }
    o->err = USPAN_TRUNCATED;
    w->flags |= USPAN_WRITE_CUT;
    w->pend_len = 0u;
    if (in_string(w)) {
        memcpy(o->buf + o->used, CUT_MARK, CUT_MARK_LEN);
        count(o, CUT_MARK_LEN);
    }
    uspan_write_close_to(o, uspan_write_depth(w));
}

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20u && (unsigned char)c < 0x80u && c != '"' && c != '\\';
}

/* An ASCII character as it stands in a JSON string. */
static size_t escape(unsigned char c, char out[6])
{
    static const char letters[] = "btn.fr"; /* from U+0008 on */
    out[0] = '\\';
    out[1] = (char)c;
    if (c >= 0x20u) {
        return 2u;
    }
    if (c >= 8u && c <= 13u && c != 11u) {
        out[1] = letters[c - 8u];
        return 2u;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = (char)('0' + (c >> 4));
    out[5] = "0123456789abcdef"[c & 15u];
    return 6u;
}

/* The character at text, what waits for its end before it; *taken: bytes of text. 0: it is not whole yet. */
static size_t one_character(uspan_writer_t *w, const char *text, size_t len, char out[6], size_t *taken)
{
    char in[4] = { 0 };
    size_t waiting = w->pend_len;
    size_t n = waiting;
    memcpy(in, w->pend, 3);
    for (; n < sizeof in && n - waiting < len; n++) {
        in[n] = text[n - waiting];
    }
    int step = uspan_utf8_step(in, n);
    if (step == 0) {
        memcpy(w->pend, in, 3);
        w->pend_len = (uint8_t)n;
        *taken = n - waiting;
        return 0u;
    }
    w->pend_len = 0u;
    n = (size_t)(step < 0 ? -step : step);
    *taken = n - waiting;
    if (step == 1 && !is_plain(in[0])) {
        return escape((unsigned char)in[0], out);
    }
    memcpy(out, step < 0 ? USPAN_REPLACEMENT : in, 4);
    return step < 0 ? 3u : n;
}

/* What stands or falls as one, in a string. */
static bool put_whole(uspan_write_out_t *o, const char *text, size_t len)
{
    if (!uspan_write_ensure(o, USPAN_WRITE_PIECE)) {
        return false;
    }
    if (!uspan_write_fit(o, text, len)) {
        uspan_write_cut(o);
        return false;
    }
    return true;
}

bool uspan_write_text(uspan_write_out_t *o, const char *text, size_t len)
{
    while (len > 0u) {
        int32_t left = uspan_write_left(o);
        size_t most = len < USPAN_WRITE_ONCE ? len : USPAN_WRITE_ONCE;
        size_t taken = 0;
        while (o->w->pend_len == 0u && taken < most && (int32_t)taken < left && is_plain(text[taken])) {
            taken++;
        }
        char one[6];
        const char *put = text;
        size_t n = taken;
        if (taken == 0u) {
            put = one;
            n = one_character(o->w, text, len, one, &taken);
        }
        if (n > 0u && !put_whole(o, put, n)) {
            return false;
        }
        text += taken;
        len -= taken;
    }
    return true;
}

bool uspan_write_text_end(uspan_write_out_t *o)
{
    if (o->w->pend_len == 0u) {
        return true;
    }
    o->w->pend_len = 0u;
    return put_whole(o, USPAN_REPLACEMENT, 3u);
}

/* Bytes to be base64. */
static bool put_bytes(uspan_write_out_t *o, const uint8_t *data, size_t len)
{
    uspan_writer_t *w = o->w;
    for (; len > 0u; len--) {
        w->pend[w->pend_len++] = *data++;
        if (w->pend_len == 3u) {
            char group[4];
            (void)write_waiting(w, group);
            w->pend_len = 0u;
            if (!put_whole(o, group, sizeof group)) {
                return false;
            }
        }
    }
    return true;
}

bool uspan_write_feed(uspan_write_out_t *o, const void *data, size_t len)
{
    if (o->w->state != USPAN_WRITE_BASE64 && uspan_is_redacted(o->w->t, o->w->key)) {
        const char *text = data;
        uspan_redact(o->w->t, o->w->key, &text, &len);
        data = text;
    }
    return o->w->state == USPAN_WRITE_TEXT     ? uspan_write_text(o, data, len)
           : o->w->state == USPAN_WRITE_BASE64 ? put_bytes(o, data, len)
                                               : uspan_write_raw(o, data, len);
}

/* ---- leaves and containers ----------------------------------------------------------------------------- */

bool uspan_write_leaf_end(uspan_write_out_t *o)
{
    uspan_writer_t *w = o->w;
    unsigned depth = uspan_write_depth(w);
    if (w->state >= USPAN_WRITE_STR && !uspan_write_raw_end(o)) {
        return false;
    }
    uspan_write_close_to(o, depth);
    return true;
}

void uspan_write_push(uspan_writer_t *w, bool object)
{
    w->depth++;
    w->stack = w->stack << 1 | (object ? 1u : 0u);
}

/* What stands from the mark on does not fit. */
static bool lose(uspan_write_out_t *o)
{
    *o->w = o->mark;
    o->used = o->mark_used;
    uspan_write_cut(o);
    return false;
}

/* A name is there: what was owed under it is no more. */
static void settle(uspan_writer_t *w, const char *name)
{
    size_t len = strlen(name);
    unsigned due = need_at(w, w->depth);
    const char *field = owed;
    for (unsigned bit = 1u; bit <= due; bit <<= 1, field += strlen(field) + 1u) {
        if ((due & bit) != 0u && strncmp(field + 2, name, len) == 0 && field[2u + len] == '"') {
            uspan_write_need(w, w->need & ~bit);
        }
    }
}

bool uspan_write_value(uspan_write_out_t *o, const char *name, const char *text, size_t len, unsigned state)
{
    uspan_writer_t *w = o->w;
    if ((w->flags & USPAN_WRITE_CUT) != 0u) {
        return false;
    }
    bool comma = (w->flags & USPAN_WRITE_EMPTY) == 0u;
    w->flags &= (uint8_t)~USPAN_WRITE_EMPTY;
    if (name != NULL) {
        w->state = USPAN_WRITE_NAME;
        if (!uspan_write_fit(o, comma ? ",\"" : "\"", comma ? 2u : 1u)) {
            return lose(o);
        }
        if (!uspan_write_text(o, name, strlen(name)) || !uspan_write_text_end(o) ||
            !uspan_write_ensure(o, USPAN_WRITE_PIECE)) {
            return false;
        }
        settle(w, name);
    }
    w->state = (uint8_t)state;
    if (*text == '{' || *text == '[') {
        uspan_write_push(w, *text == '{');
        w->flags |= len == 1u ? USPAN_WRITE_EMPTY : 0u;
    }
    const char *lead = name != NULL ? "\":" : comma ? "," : "";
    if (!uspan_write_fit(o, lead, strlen(lead)) || !uspan_write_fit(o, text, len)) {
        return lose(o);
    }
    if (state == USPAN_WRITE_VALUE) {
        w->from = (uint16_t)(w->len + o->used);
        w->from_block = w->tail;
        w->from_chars = w->chars;
        w->base = w->depth;
    }
    return true;
}

bool uspan_write_pair(uspan_write_out_t *o, const char *name, const char *text)
{
    return uspan_write_value(o, name, "\"", 1u, USPAN_WRITE_TEXT) &&
           uspan_write_feed(o, text, strlen(text)) && uspan_write_leaf_end(o);
}
