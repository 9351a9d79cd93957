/* json_write_out.c: collects text if it fits together with the text that then closes the value. A cut needs
 * no room: while a string is open, the closing text ends in as many spaces as the mark of a cut has bytes. */
#include "json/json_write_out.h"
#include <string.h>
#include "json/json_write_close.h"
#include "json/json_write_store.h"
#include "trace/utf8.h"

/* ---- one call ------------------------------------------------------------------------------------------ */

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
    /* A value that is cut before its first byte is counted once. */
    while (o->used > 0u || (w->flags & (USPAN_WRITE_STORED | (~o->stored.flags & USPAN_WRITE_CUT))) != 0u) {
        char waiting[4];
        char *end = o->buf + o->used;
        size_t closing = uspan_write_closing(w, 0u, end);
        size_t spaces = uspan_write_reserve(w);
        spaces -= spaces > 0u ? uspan_write_waiting(w, waiting) : 0u;
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
            uspan_write_cut(o); /* other contexts have allocated the blocks. This write needs none */
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

/* Take over len bytes after o->used, and count their characters. */
static void count(uspan_write_out_t *o, size_t len)
{
    const char *text = o->buf + o->used;
    unsigned chars = 0;
    for (size_t i = 0; i < len; i++) {
        chars += ((unsigned char)text[i] & 0xC0u) != 0x80u;
    }
    o->used += len;
    o->w->chars = (uint16_t)(o->w->chars + chars);
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
        uspan_write_need(w, w->need & ~uspan_write_need_at(w, w->depth));
    }
    set_mark(o);
}

/* Remove the unfinished number or literal, with its comma. */
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
    if (uspan_write_is_in_string(w)) {
        memcpy(o->buf + o->used, USPAN_WRITE_CUT_MARK, USPAN_WRITE_CUT_MARK_LEN);
        count(o, USPAN_WRITE_CUT_MARK_LEN);
    }
    uspan_write_close_to(o, uspan_write_depth(w));
}

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20u && (unsigned char)c < 0x80u && c != '"' && c != '\\';
}

/* Escape an ASCII character for a JSON string. Returns the length. */
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

/* Convert the character that consists of the bytes that wait and the next bytes of text. *taken: its bytes in
 * text. Returns its length in out, or 0 if it is not complete yet. */
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

/* Write a text into a string completely or not at all. */
bool uspan_write_whole(uspan_write_out_t *o, const char *text, size_t len)
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
        int32_t most = len < USPAN_WRITE_ONCE ? (int32_t)len : (int32_t)USPAN_WRITE_ONCE;
        most = o->w->pend_len != 0u ? 0 : most < left ? most : left;
        size_t taken = 0;
        while ((int32_t)taken < most && is_plain(text[taken])) {
            taken++;
        }
        char one[6];
        const char *put = text;
        size_t n = taken;
        if (taken == 0u) {
            put = one;
            n = one_character(o->w, text, len, one, &taken);
        }
        if (n > 0u && !uspan_write_whole(o, put, n)) {
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
    return uspan_write_whole(o, USPAN_REPLACEMENT, 3u);
}
