/* phoenix_cloud.h: Arize Phoenix, hosted. PHOENIX_SPACE is the name in the page's address. Older accounts
 * without a space use phoenix_cloud_api_key.h. */
#ifndef USPAN_BACKEND_PHOENIX_CLOUD_H
#define USPAN_BACKEND_PHOENIX_CLOUD_H

#ifndef PHOENIX_SPACE
#error "PHOENIX_SPACE: the name after /s/ in the page's address"
#endif
#ifndef PHOENIX_API_KEY
#error "PHOENIX_API_KEY: a key of the space's settings page"
#endif

#define USPAN_ENDPOINT "https://app.phoenix.arize.com/s/" PHOENIX_SPACE "/v1/traces"
#define USPAN_HEADERS "Authorization=Bearer%20" PHOENIX_API_KEY
#define USPAN_PROFILE_PHOENIX 1

#endif
