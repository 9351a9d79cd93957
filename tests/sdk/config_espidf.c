/* config_espidf.c: checks that options of menuconfig reach uspan. It is only compiled. */
#include "uspan_espidf.h"

_Static_assert(USPAN_ENABLED == 1, "menuconfig turns uspan on");
_Static_assert(USPAN_SPANS_MAX == 24, "menuconfig's number of spans");
_Static_assert(USPAN_ESPIDF_STACK_BYTES == 12288, "menuconfig's stack");
_Static_assert(sizeof USPAN_ENDPOINT > 8u, "menuconfig's endpoint");
