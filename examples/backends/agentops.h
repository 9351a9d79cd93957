/* agentops.h: AgentOps. Its bearer token is requested with an API key, and expires. uspan_collector_t.renew
 * provides it. */
#ifndef USPAN_BACKEND_AGENTOPS_H
#define USPAN_BACKEND_AGENTOPS_H

#define USPAN_ENDPOINT "https://otlp.agentops.ai/v1/traces"
#define USPAN_HEADERS_BYTES 1024 /* a signed token is long */

#endif
