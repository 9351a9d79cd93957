/* cmocka_all.h: cmocka and the headers that it needs before it. */
#ifndef USPAN_TESTS_CMOCKA_ALL_H
#define USPAN_TESTS_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
