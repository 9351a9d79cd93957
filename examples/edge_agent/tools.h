/* tools.h: what the agent can do in the greenhouse: read_soil, set_valve, read_clock. */
#ifndef EDGE_TOOLS_H
#define EDGE_TOOLS_H

#include <cjson/cJSON.h>
#include "answer.h"
#include "uspan/uspan.h"

/* Their definitions as the chat completions API takes them; the caller's to delete. */
cJSON *tools_definitions(void);
/* Run one, as a span of its own below `agent`. Writes its result, JSON, to out; a tool that fails says so
 * there, for the model to read. */
void tools_run(uspan_tracer_t *t, uspan_t agent, const tool_call_t *call, char *out, size_t cap);

#endif
