/* phoenix.h: Arize Phoenix on a host of yours. Set PHOENIX_API_KEY if authentication is on. The URL must then
 * be https. */
#ifndef USPAN_BACKEND_PHOENIX_H
#define USPAN_BACKEND_PHOENIX_H

#ifndef PHOENIX_URL
#error "PHOENIX_URL: the base, such as http://192.168.1.20:6006"
#endif

#define USPAN_ENDPOINT PHOENIX_URL "/v1/traces"
#ifdef PHOENIX_API_KEY
#define USPAN_HEADERS "Authorization=Bearer%20" PHOENIX_API_KEY
#endif
#define USPAN_PROFILE_PHOENIX 1

#endif
