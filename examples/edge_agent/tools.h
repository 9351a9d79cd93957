/* tools.h: what the agent can do in the greenhouse: read_soil, set_valve, read_clock. */
#ifndef EDGE_TOOLS_H
#define EDGE_TOOLS_H

#include "uspan/uspan.h"

/* As the chat completions API takes them. */
#define TOOLS_FUNCTION(name, description, properties, required)                                 \
    "{\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"description\":\"" description \
    "\",\"parameters\":{\"type\":\"object\",\"properties\":{" properties "},\"required\":[" required "]}}}"
#define TOOLS_DEFINITIONS                                                                                  \
    "[" TOOLS_FUNCTION(                                                                                    \
        "read_soil", "Moisture of a bed", "\"bed\":{\"type\":\"integer\"}",                                \
        "\"bed\"") "," TOOLS_FUNCTION("set_valve", "Water a bed for some seconds",                         \
                                      "\"bed\":{\"type\":\"integer\"},\"seconds\":{\"type\":\"integer\"}", \
                                      "\"bed\",\"seconds\"") "," TOOLS_FUNCTION("read_clock",              \
                                                                                "Seconds since 1970", "",  \
                                                                                "") "]"

/* Run the tool that a call names, as a span of its own below `agent`. Writes its result, JSON, to out; a tool
 * that fails says so there, for the model to read. */
void tools_run(uspan_tracer_t *t, uspan_t agent, const char *id, const char *name, const char *arguments,
               char *out, size_t size);

#endif
