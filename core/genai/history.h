/* history.h: which input messages of a span stay. Private to core/genai. */
#ifndef USPAN_GENAI_HISTORY_H
#define USPAN_GENAI_HISTORY_H

#include "json/json_write.h"

/* "system", "developer": their messages stay. NULL: not known yet. */
static inline bool uspan_is_system_role(const char *role)
{
    return role != NULL && (strcmp(role, "system") == 0 || strcmp(role, "developer") == 0);
}
/* A message of another role was begun and stored: the oldest such one goes where there are too many. */
void uspan_history_count(uspan_writer_t *w);

#endif
