/* random.h: Zephyr's random bytes, declared. */
#ifndef DECLARED_ZEPHYR_RANDOM_H
#define DECLARED_ZEPHYR_RANDOM_H

#include <stddef.h>

int sys_csrand_get(void *dst, size_t len);

#endif
