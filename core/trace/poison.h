/* poison.h: keys that break a reader. AgentScope Studio converts dotted keys to objects. A part that is the
 * name of a member of all objects breaks its pages for all users. Private to core. */
#ifndef USPAN_TRACE_POISON_H
#define USPAN_TRACE_POISON_H

#include <stdbool.h>
#include <stddef.h>

/* Returns true if a part of the key, between dots, is __proto__, constructor or prototype. */
bool uspan_key_is_poison(const char *key, size_t len);

#endif
