/* studio.h: AgentScope Studio: the run is registered, spans carry its id, and Studio's run page shows both
 * input and output. */
#ifndef USPAN_BACKEND_STUDIO_H
#define USPAN_BACKEND_STUDIO_H

#ifndef STUDIO_URL
#error "STUDIO_URL: the base of Studio, such as http://192.168.1.20:3000"
#endif

#define USPAN_STUDIO 1
#define USPAN_STUDIO_URL STUDIO_URL
#define USPAN_PROFILE_AGENTSCOPE 1

#endif
