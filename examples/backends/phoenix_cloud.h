/* phoenix_cloud.h: Arize Phoenix, hosted. PHOENIX_SPACE: the name in the page's address; without it the
 * older address and its header. */
#ifndef USPAN_BACKEND_PHOENIX_CLOUD_H
#define USPAN_BACKEND_PHOENIX_CLOUD_H

#ifndef PHOENIX_API_KEY
#error "PHOENIX_API_KEY: a key of the account's settings page"
#endif

#ifdef PHOENIX_SPACE
#define USPAN_ENDPOINT "https://app.phoenix.arize.com/s/" PHOENIX_SPACE "/v1/traces"
#define USPAN_HEADERS "Authorization=Bearer%20" PHOENIX_API_KEY
#else
#define USPAN_ENDPOINT "https://app.phoenix.arize.com/v1/traces"
#define USPAN_HEADERS "api_key=" PHOENIX_API_KEY
#endif
#define USPAN_PROFILE_PHOENIX 1

#endif
