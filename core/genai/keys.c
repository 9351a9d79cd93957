/* keys.c: one descriptor for each key, and its text beside it, each in a section of its own: the linker keeps
 * those that are used. (Literals of one file share a section.) The table is in genai_keys.h. */
#include "trace/internal.h"
#include "uspan/genai_keys.h"

#define DESCRIBE(name, literal, flags)                                                   \
    static const char text_##name[] = literal;                                           \
    const uspan_key_t uspan_key_##name = { text_##name, USPAN_KEY_LEN(literal), (flags), \
                                           USPAN_KEY_ID(literal) };
#define KEY(name, literal, type, level) DESCRIBE(name, literal, 0u)
#define CONTENT_KEY(name, literal, type, level) DESCRIBE(name, literal, USPAN_KEY_CONTENT)
USPAN_GENAI_KEYS(KEY, CONTENT_KEY)
