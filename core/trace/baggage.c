/* baggage.c: reads and writes W3C Baggage as header text, https://www.w3.org/TR/baggage/. Invariant: nothing
 * is stored. Nothing is read outside the text or written outside out[0..cap). */
#include "trace/internal.h"
#include "uspan/context.h"
#include "trace/ascii.h"

#define MEMBERS_MAX 64u
#define BYTES_MAX 8192u

/* baggage-octet: printable ASCII except space, '"', ',', ';', '\\'. */
static bool is_octet(char c)
{
    return c > ' ' && c <= '~' && c != '"' && c != ',' && c != ';' && c != '\\';
}

static size_t find_byte(const char *text, size_t from, size_t to, char c)
{
    while (from < to && text[from] != c) {
        from++;
    }
    return from;
}

/* Read "key = value" from text[from..to). A property may be a key only. */
static bool read_pair(const char *text, size_t from, size_t to, bool property, uspan_baggage_t *out)
{
    size_t key_end = find_byte(text, from, to, '='), value = key_end;
    if (key_end < to) {
        value++;
    } else if (!property) {
        return false;
    }
    out->key = text + from;
    out->key_len = uspan_trim(&out->key, key_end - from);
    out->value = text + value;
    out->value_len = uspan_trim(&out->value, to - value);
    for (size_t i = 0; i < out->value_len; i++) {
        if (!is_octet(out->value[i])) {
            return false;
        }
    }
    return uspan_is_token(out->key, out->key_len);
}

uspan_err_t uspan_baggage_next(const char *text, size_t len, size_t *pos, uspan_baggage_t *out)
{
    while (*pos < len) {
        uspan_baggage_t member, property;
        size_t from = *pos, to = find_byte(text, from, len, ','), end = find_byte(text, from, to, ';');
        *pos = to < len ? to + 1u : to;
        bool good = read_pair(text, from, end, false, &member);
        size_t props = end < to ? end + 1u : end;
        for (from = props; end < to; from = end + 1u) {
            end = find_byte(text, from, to, ';');
            good &= read_pair(text, from, end, true, &property);
        }
        if (good) {
            member.props = text + props;
            member.props_len = uspan_trim(&member.props, to - props);
            *out = member;
            return USPAN_OK;
        }
    }
    return USPAN_ERR_CLOSED;
}

uspan_err_t uspan_baggage_find(const char *text, size_t len, const char *key, uspan_baggage_t *out)
{
    uspan_baggage_t member;
    uspan_err_t err = USPAN_ERR_ARG;
    size_t pos = 0, key_len = strlen(key);
    while (uspan_baggage_next(text, len, &pos, &member) == USPAN_OK) {
        if (member.key_len == key_len && memcmp(member.key, key, key_len) == 0) {
            *out = member;
            err = USPAN_OK;
        }
    }
    return err;
}

/* Returns a broken "%" unchanged. */
static int next_byte(const char *text, size_t len, size_t *at)
{
    int byte = uspan_percent_byte(text, len, at);
    if (byte == -2) {
        ++*at;
        return '%';
    }
    return byte;
}

uspan_err_t uspan_baggage_decode(const char *value, size_t value_len, char *out, size_t cap, size_t *out_len)
{
    size_t at = 0;
    int byte;
    *out_len = 0;
    while ((byte = next_byte(value, value_len, &at)) >= 0) {
        /* Collect well-formed sequences, Unicode table 3-7. A byte that breaks one is read again. */
        uint8_t sequence[4] = { (uint8_t)byte };
        int low = 0x80, high = 0xBF;
        size_t have = 1, need = byte < 0x80   ? 1u
                                : byte < 0xC2 ? 0u
                                : byte < 0xE0 ? 2u
                                : byte < 0xF0 ? 3u
                                              : 4u;
        if (byte == 0xE0) {
            low = 0xA0;
        } else if (byte == 0xED) {
            high = 0x9F;
        } else if (byte == 0xF0) {
            low = 0x90;
        } else if (byte == 0xF4) {
            high = 0x8F;
        } else if (byte > 0xF4) {
            need = 0;
        }
        while (have < need) {
            size_t next = at;
            byte = next_byte(value, value_len, &next);
            if (byte < low || byte > high) {
                need = 0;
                break;
            }
            low = 0x80;
            high = 0xBF;
            sequence[have++] = (uint8_t)byte;
            at = next;
        }
        if (need == 0u) {
            memcpy(sequence, "\xEF\xBF\xBD", 3);
            have = 3;
        }
        if (have > cap - *out_len) {
            return USPAN_TRUNCATED;
        }
        memcpy(out + *out_len, sequence, have);
        *out_len += have;
    }
    return USPAN_OK;
}

uspan_err_t uspan_baggage_add(char *out, size_t cap, size_t *len, const char *key, const char *value)
{
    size_t key_len = strlen(key), at = *len, members = 1, size = at + (at != 0u) + key_len + 1u;
    if (!uspan_is_token(key, key_len)) {
        return USPAN_ERR_ARG;
    }
    for (const char *c = value; *c != '\0'; c++) {
        size += is_octet(*c) && *c != '%' ? 1u : 3u;
    }
    for (size_t i = 0; i < at; i++) {
        members += out[i] == ',';
    }
    members += at != 0u;
    if (size > cap || size > BYTES_MAX || members > MEMBERS_MAX) {
        return USPAN_ERR_FULL;
    }
    if (at != 0u) {
        out[at++] = ',';
    }
    memcpy(out + at, key, key_len);
    at += key_len;
    out[at++] = '=';
    for (const char *c = value; *c != '\0'; c++) {
        if (is_octet(*c) && *c != '%') {
            out[at++] = *c;
        } else {
            uint8_t byte = (uint8_t)*c;
            out[at++] = '%';
            out[at++] = "0123456789ABCDEF"[byte >> 4];
            out[at++] = "0123456789ABCDEF"[byte & 15u];
        }
    }
    *len = at;
    return USPAN_OK;
}
