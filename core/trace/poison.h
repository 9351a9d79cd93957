/* poison.h: keys that break a reader. AgentScope Studio makes objects of dotted keys, and a part that names a
 * member of all objects breaks its pages for everyone. Private to core. */
#ifndef USPAN_TRACE_POISON_H
#define USPAN_TRACE_POISON_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a part of the key, between dots, is __proto__, constructor or prototype. */
bool uspan_key_is_poison(const char *key, size_t len);

#endif
