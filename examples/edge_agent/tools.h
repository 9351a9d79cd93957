/* tools.h: the tools of the agent in the greenhouse: read_soil, set_valve, read_clock. */
#ifndef EDGE_TOOLS_H
#define EDGE_TOOLS_H

#include "uspan/uspan.h"

/* Definitions in the format of the chat completions API. */
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

/* Run the tool that a call names, with a span below `agent`. Writes its result to out as JSON. If the tool
 * fails, out has the error, so that the model can read it. */
void tools_run(uspan_tracer_t *t, uspan_t agent, const char *id, const char *name, const char *arguments,
               char *out, size_t size);

#endif
