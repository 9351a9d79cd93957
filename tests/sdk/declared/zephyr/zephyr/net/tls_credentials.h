/* tls_credentials.h: Zephyr's certificates by tag, declared. */
#ifndef DECLARED_ZEPHYR_TLS_CREDENTIALS_H
#define DECLARED_ZEPHYR_TLS_CREDENTIALS_H

typedef int sec_tag_t;

#endif
