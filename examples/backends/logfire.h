/* logfire.h: Pydantic Logfire. The header has the token without "Bearer". */
#ifndef USPAN_BACKEND_LOGFIRE_H
#define USPAN_BACKEND_LOGFIRE_H

#ifndef LOGFIRE_REGION
#error "LOGFIRE_REGION: us or eu, as the token says"
#endif
#ifndef LOGFIRE_TOKEN
#error "LOGFIRE_TOKEN: a write token of the project"
#endif

#define USPAN_ENDPOINT "https://logfire-" LOGFIRE_REGION ".pydantic.dev/v1/traces"
#define USPAN_HEADERS "Authorization=" LOGFIRE_TOKEN

#endif
