/* history.h: limits the number of input messages in a span. Private to core/genai. */
#ifndef USPAN_GENAI_HISTORY_H
#define USPAN_GENAI_HISTORY_H

#include "json/json_write.h"

/* Returns true for "system" and "developer". Their messages are never dropped. NULL: not known yet. */
static inline bool uspan_is_system_role(const char *role)
{
    return role != NULL && (strcmp(role, "system") == 0 || strcmp(role, "developer") == 0);
}
/* Count a message of another role that was begun and stored. If there are more than uspan_set_history()
 * allows, drop the oldest of them. */
void uspan_history_count(uspan_writer_t *w);

#endif
