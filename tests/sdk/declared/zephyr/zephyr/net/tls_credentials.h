/* tls_credentials.h: Zephyr's certificates by tag, declared. */
#ifndef DECLARED_ZEPHYR_TLS_CREDENTIALS_H
#define DECLARED_ZEPHYR_TLS_CREDENTIALS_H

#include <stddef.h>

typedef int sec_tag_t;
enum tls_credential_type { TLS_CREDENTIAL_NONE = 0, TLS_CREDENTIAL_CA_CERTIFICATE = 1 };
int tls_credential_add(sec_tag_t tag, enum tls_credential_type type, const void *cred, size_t credlen);

#endif
