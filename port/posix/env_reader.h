/* env_reader.h: reads one variable of the environment. Used by env.c and its parts. */
#ifndef USPAN_ENV_READER_H
#define USPAN_ENV_READER_H

#include "posix_private.h"
#include "uspan/pairs.h"

typedef struct uspan_env_reader {
    uspan_posix_env_t *env;
    uspan_posix_get_t get;
    void (*warn)(void *ctx, const char *text);
    void *ctx;
} uspan_env_reader_t;

/* Warn: "NAME ignored: why". */
void uspan_env_warn(const uspan_env_reader_t *r, const char *name, const char *why);
/* Warn: "NAME: entry KEY ignored: why". Without a key: "NAME: entry 2 ...", counted from 1 without empty
 * entries, because its text may be a secret. */
void uspan_env_warn_entry(const uspan_env_reader_t *r, const char *name, const uspan_list_entry_t *e,
                          unsigned number, const char *what, const char *why);
/* Copy to the arena, because a later setenv() may move the result of getenv(). Returns NULL if there is no
 * room, after a warning. */
const char *uspan_env_keep(const uspan_env_reader_t *r, const char *name, const char *text, size_t len);
bool uspan_env_space(char c);
/* Returns the value without white space around it, or NULL if it is unset or empty. */
const char *uspan_env_look(const uspan_env_reader_t *r, const char *name, size_t *len);
/* Like uspan_env_look(), but copied to the arena. */
const char *uspan_env_text(const uspan_env_reader_t *r, const char *name);
/* The variable of the traces signal overrides the common one. */
const char *uspan_env_either(const uspan_env_reader_t *r, const char *traces, const char *common);
/* Returns true if value is that word, in any case. */
bool uspan_env_equals(const char *value, size_t len, const char *word);
/* Returns true for "true" in any case. Warns if the value is neither "true" nor "false". */
bool uspan_env_true(const uspan_env_reader_t *r, const char *name);
/* Read an integer in least..2^31 - 1. Returns true if there is one. */
bool uspan_env_number(const uspan_env_reader_t *r, const char *name, uint32_t least, uint32_t *out);
/* Check a decoded resource attribute. Returns what is wrong, or NULL. An attribute that is too long to check
 * also gives NULL. */
const char *uspan_env_judge(const char *key, size_t key_len, const char *value, size_t value_len);
/* Decode percent-encoded text to out[cap]. Returns the number of bytes, or -1 for a broken "%" or if there is
 * no room. */
int uspan_env_decode(const char *text, size_t len, char *out, size_t cap);

/* Read endpoint, headers, credentials, proxy and time-outs (env_export.c). */
void uspan_env_read_export(const uspan_env_reader_t *r);
/* Read the resource (env_resource.c). */
void uspan_env_read_resource(const uspan_env_reader_t *r);

#endif
