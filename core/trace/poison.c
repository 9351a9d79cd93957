/* poison.c: compares each part of a key with the names that break AgentScope Studio. */
#include "trace/poison.h"
#include <string.h>

bool uspan_key_is_poison(const char *key, size_t len)
{
    static const char words[] = "__proto__\0constructor\0prototype";
    for (size_t at = 0; at <= len; at++) {
        size_t n = 0;
        while (at + n < len && key[at + n] != '.') {
            n++;
        }
        for (const char *word = words; word < words + sizeof words; word += strlen(word) + 1u) {
            if (strlen(word) == n && memcmp(word, key + at, n) == 0) { /* in another case they are harmless */
                return true;
            }
        }
        at += n;
    }
    return false;
}
