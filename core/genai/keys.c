/* keys.c: defines a descriptor and a text for each key of genai_keys.h. Each is in a section of its own, so
 * that the linker keeps only those that are used. Literals of one file would share a section. */
#include "trace/internal.h"
#include "uspan/genai_keys.h"

#define DESCRIBE(name, literal, flags)                                                   \
    static const char text_##name[] = literal;                                           \
    const uspan_key_t uspan_key_##name = { text_##name, USPAN_KEY_LEN(literal), (flags), \
                                           USPAN_KEY_ID(literal) };
#define KEY(name, literal, type, level) DESCRIBE(name, literal, 0u)
#define CONTENT_KEY(name, literal, type, level) DESCRIBE(name, literal, USPAN_KEY_CONTENT)
USPAN_GENAI_KEYS(KEY, CONTENT_KEY)
