/* json_write.c: text is gathered only where it fits together with what then closes the value. A cut needs no
 * room: while a string is open the closing text ends in spaces, as many as the mark of a cut is long. */
#include "json_write.h"
#include <string.h>
#include "attr.h"
#include "utf8.h"

#define CUT_MARK "...[truncated]"
#define CUT_MARK_LEN (sizeof(CUT_MARK) - 1u)
#define SPACES "              "
USPAN_STATIC_ASSERT(sizeof(SPACES) == sizeof(CUT_MARK), "spaces in reserve for the mark of a cut");

/* What closes the leaf that is open, by state. */
static const char completions[][8] = {
    [USPAN_WRITE_TEXT] = "\"",      [USPAN_WRITE_BASE64] = "\"",
    [USPAN_WRITE_NAME] = "\":null", [USPAN_WRITE_NAMED] = "null",
    [USPAN_WRITE_VALUE] = "null",   [USPAN_WRITE_COLON] = ":null",
    [USPAN_WRITE_STR] = "\"",       [USPAN_WRITE_KEYSTR] = "\":null",
    [USPAN_WRITE_MINUS] = "0",      [USPAN_WRITE_DOT] = "0",
    [USPAN_WRITE_E] = "0",          [USPAN_WRITE_E_SIGN] = "0",
    [USPAN_WRITE_TRUE] = "true",    [USPAN_WRITE_FALSE] = "false",
    [USPAN_WRITE_NULL] = "null",
};

/* Fields owed, by bit. Spaces behind "error" make room for every finish reason of the schema. */
static const char *const owed[] = {
    ",\"role\":\"unknown\"",
    ",\"finish_reason\":\"error\"         ",
    ",\"parts\":[]",
    ",\"name\":\"\"",
    ",\"content\":\"\"",
    ",\"response\":null",
    ",\"modality\":\"unknown\"",
    ",\"uri\":\"\"",
    ",\"file_id\":\"\"",
    ",\"server_tool_call\":{\"type\":\"\"}",
    ",\"server_tool_call_response\":{\"type\":\"\"}",
};
#define OWED (sizeof owed / sizeof owed[0])

/* ---- the closing text ---------------------------------------------------------------------------------- */

static bool in_string(const uspan_writer_t *w)
{
    return (w->state >= USPAN_WRITE_TEXT && w->state <= USPAN_WRITE_NAME) || w->state == USPAN_WRITE_STR ||
           w->state == USPAN_WRITE_KEYSTR;
}

static const char *completion_of(const uspan_writer_t *w)
{
    return completions[w->state] + (w->state >= USPAN_WRITE_TRUE ? w->pend[0] : 0u);
}

/* What bytes that wait in a string become when nothing follows: four characters of base64, or U+FFFD. */
static size_t write_waiting(const uspan_writer_t *w, char out[4])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = w->pend_len;
    if (n == 0u || w->state != USPAN_WRITE_BASE64) {
        memcpy(out, USPAN_REPLACEMENT, 3);
        return n > 0u ? 3u : 0u;
    }
    uint32_t v =
        (uint32_t)w->pend[0] << 16 | (uint32_t)(n > 1u ? w->pend[1] : 0u) << 8 | (n > 2u ? w->pend[2] : 0u);
    for (size_t i = 0; i < 4u; i++) {
        out[i] = '=';
        if (i <= n) {
            out[i] = letters[v >> (18u - 6u * i) & 63u];
        }
    }
    return 4u;
}

/* Room for the mark of a cut, while a string is open; what waits takes its place. */
static size_t reserve_of(const uspan_writer_t *w)
{
    return in_string(w) && (w->flags & USPAN_WRITE_CUT) == 0u ? CUT_MARK_LEN : 0u;
}

/* Bytes that close all of the value; they are ASCII. */
static size_t closing_len(const uspan_writer_t *w)
{
    return strlen(completion_of(w)) + w->depth + w->need_len + reserve_of(w);
}

/* Fields that the container at that depth owes. */
static unsigned need_at(const uspan_writer_t *w, unsigned depth)
{
    unsigned item = uspan_write_item_depth(w);
    bool is_message = depth == 2u && item == 4u;
    return w->need & (depth == item ? ~USPAN_NEED_OF_MESSAGE : is_message ? USPAN_NEED_OF_MESSAGE : 0u);
}

void uspan_write_set_need(uspan_writer_t *w, unsigned need)
{
    size_t len = 0;
    for (unsigned i = 0; i < OWED; i++) {
        len += (need >> i & 1u) != 0u ? strlen(owed[i]) : 0u;
    }
    w->need = (uint16_t)need;
    w->need_len = (uint8_t)len;
}

static char *copy_text(char *to, const char *text)
{
    size_t len = strlen(text);
    memcpy(to, text, len);
    return to + len;
}

size_t uspan_write_closing(const uspan_writer_t *w, unsigned depth, char *to)
{
    char *at = copy_text(to + write_waiting(w, to), completion_of(w));
    uint32_t stack = w->stack;
    for (unsigned d = w->depth; d > depth; d--, stack >>= 1) {
        unsigned need = need_at(w, d);
        for (unsigned i = 0; need != 0u; i++, need >>= 1) {
            at = (need & 1u) != 0u ? copy_text(at, owed[i]) : at;
        }
        *at++ = (stack & 1u) != 0u ? '}' : ']';
    }
    return (size_t)(at - to);
}

static size_t minus(size_t a, size_t b)
{
    return a > b ? a - b : 0u;
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
    uspan_write_out_t o;
    if (!uspan_write_enter(&o, w, false)) {
        w->t = NULL;
    }
    return o.err;
}

bool uspan_write_enter(uspan_write_out_t *o, uspan_writer_t *w, bool closing)
{
    o->err = w != NULL ? USPAN_OK : USPAN_ERR_ARG;
    if (w == NULL || w->t == NULL) {
        return false;
    }
    if ((w->flags & USPAN_WRITE_CUT) != 0u && !closing) {
        o->err = USPAN_TRUNCATED;
        return false;
    }
    o->w = w;
    o->used = 0u;
    o->mark_used = 0u;
    o->mark = *w;
    o->stored = *w;
    uspan_err_t err = uspan_write_look(o);
    o->err = err == USPAN_ERR_CLOSED ? USPAN_OK : err;
    return err == USPAN_OK;
}

uspan_err_t uspan_write_leave(uspan_write_out_t *o)
{
    (void)uspan_write_store(o);
    return o->err;
}

static void set_mark(uspan_write_out_t *o)
{
    o->mark = *o->w;
    o->mark_used = o->used;
}

/* The number or literal under way is taken back, with its comma. */
static void take_token_back(uspan_write_out_t *o)
{
    uspan_writer_t *w = o->w;
    w->chars = (uint16_t)(w->chars - (w->len + o->used - w->token));
    if (w->token >= w->len) {
        o->used = (size_t)w->token - w->len;
    } else {
        w->len = w->token;
        w->tail = w->token_block;
        o->used = 0u;
    }
    w->state = w->before;
}

static void count_put(uspan_write_out_t *o, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        o->w->chars = (uint16_t)(o->w->chars + (((unsigned char)o->buf[o->used + i] & 0xC0u) != 0x80u));
    }
    o->used += len;
}

static void put(uspan_write_out_t *o, const char *text, size_t len)
{
    memcpy(o->buf + o->used, text, len);
    count_put(o, len);
}

void uspan_write_close_to(uspan_write_out_t *o, unsigned depth)
{
    uspan_writer_t *w = o->w;
    if (w->state != USPAN_WRITE_BETWEEN || w->depth > depth) {
        count_put(o, uspan_write_closing(w, depth, o->buf + o->used));
        w->flags &= (uint8_t)~USPAN_WRITE_EMPTY;
    }
    w->state = USPAN_WRITE_BETWEEN;
    w->pend_len = 0u;
    w->escape = 0u;
    for (; w->depth > depth; w->depth--, w->stack >>= 1) {
        uspan_write_set_need(w, w->need & ~need_at(w, w->depth));
    }
    set_mark(o);
}

void uspan_write_cut(uspan_write_out_t *o)
{
    uspan_writer_t *w = o->w;
    if (w->state >= USPAN_WRITE_MINUS) {
        take_token_back(o);
    }
    o->err = USPAN_TRUNCATED;
    bool marked = in_string(w);
    w->flags |= USPAN_WRITE_CUT;
    w->pend_len = 0u;
    if (marked) {
        put(o, CUT_MARK, CUT_MARK_LEN);
    }
    uspan_write_close_to(o, w->state >= USPAN_WRITE_VALUE ? w->base : w->depth);
}

bool uspan_write_store(uspan_write_out_t *o)
{
    uspan_writer_t *w = o->w;
    while (o->used > 0u || (w->flags & USPAN_WRITE_STORED) != 0u) {
        size_t closing = uspan_write_closing(w, 0u, o->buf + o->used);
        char waiting[4];
        size_t spaces = minus(reserve_of(w), write_waiting(w, waiting));
        memcpy(o->buf + o->used + closing, SPACES, spaces);
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
            continue;
        }
        w->flags |= USPAN_WRITE_CUT;
        o->err = err == USPAN_ERR_CLOSED ? USPAN_OK : err;
        return false;
    }
    return true;
}

/* ---- gathering ----------------------------------------------------------------------------------------- */

/* Bytes that can be gathered before next's closing text; the same for characters. */
size_t uspan_write_left(const uspan_write_out_t *o, const uspan_writer_t *next)
{
    return minus(o->room, o->w->len + o->used + closing_len(next));
}

static size_t chars_left(const uspan_write_out_t *o, const uspan_writer_t *next)
{
    return minus(o->room_chars, o->w->chars + closing_len(next));
}

bool uspan_write_step(uspan_write_out_t *o, uspan_writer_t *next, const char *text, size_t len)
{
    if (o->used + len > USPAN_WRITE_PIECE) {
        if (!uspan_write_store(o)) {
            return false;
        }
        next->len = o->w->len;
        next->tail = o->w->tail;
        next->total = o->w->total;
        next->from_block = o->w->from_block;
        next->token_block = o->w->token_block;
        next->flags |= o->w->flags & USPAN_WRITE_STORED;
    }
    size_t closing = closing_len(next);
    if (o->w->len + o->used + len + closing > o->room || o->w->chars + len + closing > o->room_chars) {
        *o->w = o->mark;
        o->used = o->mark_used;
        uspan_write_cut(o);
        return false;
    }
    *o->w = *next;
    put(o, text, len);
    return true;
}

/* As it stands in a JSON string. */
static size_t escape(unsigned char c, char out[6])
{
    static const char digits[] = "0123456789abcdef";
    static const char letters[] = "btn?fr"; /* from U+0008 on */
    out[0] = '\\';
    if (c == '"' || c == '\\') {
        out[1] = (char)c;
        return 2u;
    }
    if (c >= 8u && c <= 13u && c != 11u) {
        out[1] = letters[c - 8u];
        return 2u;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = digits[c >> 4];
    out[5] = digits[c & 15u];
    return 6u;
}

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20u && (unsigned char)c < 0x80u && c != '"' && c != '\\';
}

/* The character at text, what waits for its end before it; *taken: bytes of text. 0: it is not whole yet. */
static size_t one_character(uspan_writer_t *w, const char *text, size_t len, char out[6], size_t *taken)
{
    char in[4];
    size_t waiting = w->pend_len;
    memcpy(in, w->pend, waiting);
    size_t more = len < sizeof in - waiting ? len : sizeof in - waiting;
    memcpy(in + waiting, text, more);
    int step = uspan_utf8_step(in, waiting + more);
    if (step == 0) {
        memcpy(w->pend, in, waiting + more);
        w->pend_len = (uint8_t)(waiting + more);
        *taken = more;
        return 0u;
    }
    w->pend_len = 0u;
    if (step < 0) {
        *taken = (size_t)-step - waiting;
        memcpy(out, USPAN_REPLACEMENT, 3);
        return 3u;
    }
    *taken = (size_t)step - waiting;
    if (step == 1 && !is_plain(in[0])) {
        return escape((unsigned char)in[0], out);
    }
    memcpy(out, in, (size_t)step);
    return (size_t)step;
}

/* What stands or falls as one, in a string; one character where it is not ASCII. */
static bool put_whole(uspan_write_out_t *o, const char *text, size_t len)
{
    if (o->used + len > USPAN_WRITE_PIECE && !uspan_write_store(o)) {
        return false;
    }
    size_t chars = ((unsigned char)text[0] & 0x80u) != 0u ? 1u : len;
    if (len > uspan_write_left(o, o->w) || chars > chars_left(o, o->w)) {
        uspan_write_cut(o);
        return false;
    }
    put(o, text, len);
    return true;
}

bool uspan_write_text(uspan_write_out_t *o, const char *text, size_t len)
{
    while (len > 0u) {
        size_t most = minus(USPAN_WRITE_PIECE, o->used);
        size_t bytes = uspan_write_left(o, o->w);
        size_t chars = chars_left(o, o->w);
        most = most < bytes ? most : bytes;
        most = most < chars ? most : chars;
        most = o->w->pend_len > 0u ? 0u : most < len ? most : len;
        size_t taken = 0;
        while (taken < most && is_plain(text[taken])) {
            taken++;
        }
        if (taken > 0u) {
            put(o, text, taken);
        } else {
            char one[6];
            size_t n = one_character(o->w, text, len, one, &taken);
            if (n > 0u && !put_whole(o, one, n)) {
                return false;
            }
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

bool uspan_write_base64(uspan_write_out_t *o, const uint8_t *data, size_t len)
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

/* ---- leaves and containers ----------------------------------------------------------------------------- */

unsigned uspan_write_item_depth(const uspan_writer_t *w)
{
    static const uint8_t depths[] = { 0u, 4u, 4u, 2u, 2u };
    return depths[w->list];
}

bool uspan_write_leaf_end(uspan_write_out_t *o)
{
    uspan_writer_t *w = o->w;
    unsigned depth = w->depth;
    if (w->state >= USPAN_WRITE_VALUE) {
        depth = w->base;
        if (!uspan_write_raw_end(o)) {
            return false;
        }
    }
    uspan_write_close_to(o, depth);
    return true;
}

void uspan_write_push(uspan_writer_t *w, bool object)
{
    w->depth++;
    w->stack = w->stack << 1 | (object ? 1u : 0u);
}

void uspan_write_here(const uspan_write_out_t *o, uint16_t *pos, uint16_t *block)
{
    *pos = (uint16_t)(o->w->len + o->used);
    *block = o->w->tail;
}

/* A name has been written: what is owed under it no more. */
static void settle(uspan_writer_t *w, const char *name)
{
    size_t len = strlen(name);
    unsigned due = need_at(w, w->depth);
    for (unsigned i = 0; i < OWED; i++) {
        if ((due >> i & 1u) != 0u && strncmp(owed[i] + 2, name, len) == 0 && owed[i][2u + len] == '"') {
            uspan_write_set_need(w, w->need & ~(1u << i));
        }
    }
}

bool uspan_write_value(uspan_write_out_t *o, const char *name, const char *text, size_t len, unsigned state)
{
    uspan_writer_t *w = o->w;
    uspan_writer_t next = *w;
    char first[USPAN_WRITE_PIECE];
    size_t n = 0;
    if ((w->flags & USPAN_WRITE_EMPTY) == 0u) {
        first[n++] = ',';
    }
    next.flags &= (uint8_t)~USPAN_WRITE_EMPTY;
    if (name != NULL) {
        first[n++] = '"';
        next.state = USPAN_WRITE_NAME;
        if (!uspan_write_step(o, &next, first, n) || !uspan_write_text(o, name, strlen(name)) ||
            !uspan_write_text_end(o)) {
            return false;
        }
        next = *w;
        settle(&next, name);
        memcpy(first, "\":", 2);
        n = 2u;
    }
    memcpy(first + n, text, len);
    next.state = (uint8_t)state;
    return uspan_write_step(o, &next, first, n + len);
}

bool uspan_write_open(uspan_write_out_t *o, const char *name, bool object)
{
    if (!uspan_write_value(o, name, "", 0u, USPAN_WRITE_NAMED)) {
        return false;
    }
    uspan_writer_t next = *o->w;
    next.state = USPAN_WRITE_BETWEEN;
    next.flags |= USPAN_WRITE_EMPTY;
    uspan_write_push(&next, object);
    return uspan_write_step(o, &next, object ? "{" : "[", 1u);
}

bool uspan_write_raw_begin(uspan_write_out_t *o, const char *name)
{
    if (!uspan_write_value(o, name, "", 0u, USPAN_WRITE_VALUE)) {
        return false;
    }
    uspan_writer_t *w = o->w;
    uspan_write_here(o, &w->from, &w->from_block);
    w->from_chars = w->chars;
    w->base = w->depth;
    return true;
}

bool uspan_write_member(uspan_write_out_t *o, const char *name, const char *text)
{
    text = text != NULL ? text : "";
    return uspan_write_value(o, name, "\"", 1u, USPAN_WRITE_TEXT) && uspan_write_text(o, text, strlen(text));
}
