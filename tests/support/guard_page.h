/* guard_page.h: inputs that end where memory ends, so that a read of one byte beyond them crashes. */
#ifndef USPAN_TESTS_GUARD_PAGE_H
#define USPAN_TESTS_GUARD_PAGE_H

#include <stddef.h>

#define GUARD_SLOTS 4u
#define GUARD_BYTES 65536u /* a multiple of every page size in use */

/* Copy up to GUARD_BYTES to the end of a slot. They stay valid until the slot's next use. */
void *guard_put(unsigned slot, const void *data, size_t len);
/* A text with its closing 0. */
char *guard_text(unsigned slot, const char *text);

#endif
