/* phoenix_cloud_api_key.h: Arize Phoenix, hosted, for accounts from before spaces: their address and
 * header. */
#ifndef USPAN_BACKEND_PHOENIX_CLOUD_API_KEY_H
#define USPAN_BACKEND_PHOENIX_CLOUD_API_KEY_H

#ifndef PHOENIX_API_KEY
#error "PHOENIX_API_KEY: a key of the account's settings page"
#endif

#define USPAN_ENDPOINT "https://app.phoenix.arize.com/v1/traces"
#define USPAN_HEADERS "api_key=" PHOENIX_API_KEY
#define USPAN_PROFILE_PHOENIX 1

#endif
