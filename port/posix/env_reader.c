/* env_reader.c: reads single variables of the environment by type. Invariant: a value is used as a whole, or
 * is named in a warning and ignored. No warning repeats a value, because it may be a secret. */
#define _GNU_SOURCE
#include "env_reader.h"

#include <stdio.h>
#include <strings.h>

#define INTEGER_MAX INT32_MAX

void uspan_env_warn(const uspan_env_reader_t *r, const char *name, const char *why)
{
    if (r->warn != NULL) {
        char text[160];
        (void)snprintf(text, sizeof(text), "%s ignored: %s", name, why);
        r->warn(r->ctx, text);
    }
}

/* Copy to the arena, because a later setenv() may move the result of getenv(). Returns NULL if there is no
 * room, after a warning. */
const char *uspan_env_keep(const uspan_env_reader_t *r, const char *name, const char *text, size_t len)
{
    uspan_posix_env_t *env = r->env;
    if (len >= sizeof(env->text) - env->text_len) {
        uspan_env_warn(r, name, "too long (USPAN_POSIX_TEXT_BYTES)");
        return NULL;
    }
    char *copy = env->text + env->text_len;
    memcpy(copy, text, len);
    copy[len] = 0;
    env->text_len += len + 1u;
    return copy;
}

bool uspan_env_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' ||
           c == '\n'; /* line ends, if a file was read into the variable */
}

/* Returns the value without white space around it, and without quotes around it. Variables read from a file
 * without a shell (docker --env-file, systemd) keep the quotes. Returns NULL if it is unset or empty. */
const char *uspan_env_look(const uspan_env_reader_t *r, const char *name, size_t *len)
{
    const char *value = r->get(name);
    if (value == NULL) {
        return NULL;
    }
    while (uspan_env_space(*value)) {
        value++;
    }
    *len = strlen(value);
    while (*len > 0u && uspan_env_space(value[*len - 1u])) {
        (*len)--;
    }
    if (*len > 1u && (*value == '"' || *value == '\'') &&
        memchr(value + 1, *value, *len - 1u) == value + *len - 1u) {
        value++;
        *len -= 2u;
    }
    return *len > 0u ? value : NULL;
}

const char *uspan_env_text(const uspan_env_reader_t *r, const char *name)
{
    size_t len = 0;
    const char *value = uspan_env_look(r, name, &len);
    return value != NULL ? uspan_env_keep(r, name, value, len) : NULL;
}

/* The variable of the traces signal overrides the common one. */
const char *uspan_env_either(const uspan_env_reader_t *r, const char *traces, const char *common)
{
    const char *value = uspan_env_text(r, traces);
    return value != NULL ? value : uspan_env_text(r, common);
}

bool uspan_env_equals(const char *value, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(value, word, len) == 0;
}

bool uspan_env_true(const uspan_env_reader_t *r, const char *name)
{
    size_t len = 0;
    const char *value = uspan_env_look(r, name, &len);
    if (value != NULL && !uspan_env_equals(value, len, "true") && !uspan_env_equals(value, len, "false")) {
        uspan_env_warn(r, name, "neither true nor false");
    }
    return value != NULL && uspan_env_equals(value, len, "true");
}

/* Read an integer in least..INTEGER_MAX. Returns true if there is one. */
bool uspan_env_number(const uspan_env_reader_t *r, const char *name, uint32_t least, uint32_t *out)
{
    size_t len = 0;
    const char *value = uspan_env_look(r, name, &len);
    if (value == NULL) {
        return false;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9') {
            uspan_env_warn(r, name, "not a whole number");
            return false;
        }
        number = number * 10u + (uint64_t)(value[i] - '0');
        if (number > INTEGER_MAX) {
            uspan_env_warn(r, name, "out of range");
            return false;
        }
    }
    if (number < least) {
        uspan_env_warn(r, name, "out of range");
        return false;
    }
    *out = (uint32_t)number;
    return true;
}

void uspan_env_warn_entry(const uspan_env_reader_t *r, const char *name, const uspan_list_entry_t *e,
                          unsigned number, const char *what, const char *why)
{
    char text[240], nameless[12];
    if (r->warn != NULL) {
        int shown = (int)(e->key_len < 64u ? e->key_len : 64u);
        (void)snprintf(nameless, sizeof(nameless), "%u", number);
        (void)snprintf(text, sizeof(text), "%s: entry %s%.*s %s: %s", name, shown > 0 ? "" : nameless, shown,
                       shown > 0 ? e->key : "", what, why);
        r->warn(r->ctx, text);
    }
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

int uspan_env_decode(const char *text, size_t len, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        int byte = (unsigned char)text[i];
        if (text[i] == '%') {
            int high = i + 2u < len ? hex(text[i + 1u]) : -1, low = high >= 0 ? hex(text[i + 2u]) : -1;
            if (low < 0) {
                return -1;
            }
            byte = high * 16 + low;
            i += 2u;
        }
        if (n == cap) {
            return -1;
        }
        out[n++] = (char)byte;
    }
    return (int)n;
}

/* Replace bytes that have a meaning in a list, so that only the others are checked. */
static size_t put_plain(char *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = strchr(",=% \t", text[i]) != NULL ? '_' : text[i];
    }
    return len;
}

const char *uspan_env_judge(const char *key, size_t key_len, const char *value, size_t value_len)
{
    char pair[1024];
    size_t pos = 0;
    uspan_list_entry_t entry = { 0 };
    if (key_len + value_len + 2u > sizeof(pair)) {
        return NULL;
    }
    size_t len = put_plain(pair, key, key_len);
    pair[len++] = '=';
    len += put_plain(pair + len, value, value_len);
    pair[len] = 0;
    return uspan_list_next(pair, USPAN_LIST_RESOURCE, &pos, &entry) ? entry.wrong : NULL;
}
