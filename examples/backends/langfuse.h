/* langfuse.h: Langfuse on a host of yours, 3.22 or later. */
#ifndef USPAN_BACKEND_LANGFUSE_H
#define USPAN_BACKEND_LANGFUSE_H

#ifndef LANGFUSE_URL
#error "LANGFUSE_URL: the base, such as https://langfuse.example"
#endif
#ifndef LANGFUSE_PUBLIC_KEY
#error "LANGFUSE_PUBLIC_KEY: of the project's settings, pk-lf-..."
#endif
#ifndef LANGFUSE_SECRET_KEY
#error "LANGFUSE_SECRET_KEY: of the project's settings, sk-lf-..."
#endif

#define USPAN_ENDPOINT LANGFUSE_URL "/api/public/otel/v1/traces"
#define USPAN_HEADERS "x-langfuse-ingestion-version=4"
#define USPAN_BASIC_USER LANGFUSE_PUBLIC_KEY
#define USPAN_BASIC_PASS LANGFUSE_SECRET_KEY
#define USPAN_PROFILE_LANGFUSE 1

#endif
