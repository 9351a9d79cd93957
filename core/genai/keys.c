/* keys.c: one descriptor for each key; the linker keeps those that are used. */
#include "trace/inside.h"
#include "uspan/genai_keys.h"

#define KEY(name, text) const uspan_key_t uspan_key_##name = USPAN_KEY_INIT(text);
#define CONTENT_KEY(name, text) const uspan_key_t uspan_key_##name = USPAN_KEY_CONTENT_INIT(text);
USPAN_GENAI_KEYS(KEY, CONTENT_KEY)
