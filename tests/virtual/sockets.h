/* sockets.h: checks if the kernel still carries bytes between two ends of a loopback connection. */
#ifndef USPAN_TEST_SOCKETS_H
#define USPAN_TEST_SOCKETS_H

#include <stdbool.h>

bool sockets_busy(const int *a, unsigned a_count, const int *b, unsigned b_count);

#endif
