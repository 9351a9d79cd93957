/* semihost.h: what a debugger or emulator can do for a firmware (Arm, "Semihosting for AArch32 and AArch64").
 * Without one, every call says that it cannot. */
#ifndef USPAN_SEMIHOST_H
#define USPAN_SEMIHOST_H

#include <stddef.h>
#include <stdint.h>
#include "uspan/err.h"

/* The trap itself, of the processor's folder. Returns the host's result; -1 where there is no host. */
int32_t semihost_call(uint32_t operation, const void *argument);

/* The host's generator. Not for a product: there, the chip's own generator stands in its place. */
uspan_err_t semihost_random(uint8_t *out, size_t len);
/* The value of "name=value" on the command line that the host gives, or NULL. */
const char *semihost_option(const char *name);
/* Asks the host to end the program; returns where there is none. */
void semihost_exit(int status);

#endif
