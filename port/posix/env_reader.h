/* env_reader.h: how env.c and its parts look at one variable. */
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

/* "NAME ignored: why". */
void uspan_env_warn(const uspan_env_reader_t *r, const char *name, const char *why);
/* "NAME: entry KEY ignored: why"; without a key "NAME: entry 2 ...", counted from 1, empty
 * ones left out: its text may be a secret. */
void uspan_env_warn_entry(const uspan_env_reader_t *r, const char *name, const uspan_list_entry_t *e,
                          unsigned number, const char *what, const char *why);
/* Copy to the arena: a later setenv() may move what getenv() gave. NULL: no room, warned. */
const char *uspan_env_keep(const uspan_env_reader_t *r, const char *name, const char *text, size_t len);
bool uspan_env_space(char c);
/* The value without white space around it; NULL where it is unset, which empty is too. */
const char *uspan_env_look(const uspan_env_reader_t *r, const char *name, size_t *len);
/* The same, copied. */
const char *uspan_env_text(const uspan_env_reader_t *r, const char *name);
/* The variable of the traces signal beats the common one. */
const char *uspan_env_either(const uspan_env_reader_t *r, const char *traces, const char *common);
/* True where value is that word in any case. */
bool uspan_env_equals(const char *value, size_t len, const char *word);
/* True for "true" in any case; another word than "false" is warned of. */
bool uspan_env_true(const uspan_env_reader_t *r, const char *name);
/* A whole number in least..2^31 - 1. Returns true where there is one. */
bool uspan_env_number(const uspan_env_reader_t *r, const char *name, uint32_t least, uint32_t *out);
/* What is wrong with a resource attribute, decoded. NULL: nothing, or too long to say. */
const char *uspan_env_judge(const char *key, size_t key_len, const char *value, size_t value_len);
/* Decode percent-encoded text to out[cap]. Returns the bytes, or -1: a broken "%", or no room. */
int uspan_env_decode(const char *text, size_t len, char *out, size_t cap);

/* env_export.c: where spans go, with what, for how long. */
void uspan_env_read_export(const uspan_env_reader_t *r);
/* env_resource.c: who this program is. */
void uspan_env_read_resource(const uspan_env_reader_t *r);

#endif
