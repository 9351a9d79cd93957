/* keywordsai.h: Keywords AI, now named Respan. */
#ifndef USPAN_BACKEND_KEYWORDSAI_H
#define USPAN_BACKEND_KEYWORDSAI_H

#ifndef KEYWORDSAI_API_KEY
#error "KEYWORDSAI_API_KEY: of the settings page"
#endif

#define USPAN_ENDPOINT "https://api.respan.ai/api/v2/traces"
#define USPAN_HEADERS "Authorization=Bearer%20" KEYWORDSAI_API_KEY

#endif
