/* semihost.h: services of a debugger or emulator for the firmware (Arm, "Semihosting for AArch32 and
 * AArch64"). Without a host every call fails. */
#ifndef USPAN_SEMIHOST_H
#define USPAN_SEMIHOST_H

#include <stddef.h>
#include <stdint.h>
#include "uspan/err.h"

/* Execute the trap. The processor's folder implements it. Returns the host's result, or -1 without a host. */
int32_t semihost_call(uint32_t operation, const void *argument);

/* Get random bytes of the host's generator. A product must use the generator of its chip instead. */
uspan_err_t semihost_random(uint8_t *out, size_t len);
/* Returns the value of "name=value" in the host's command line, or NULL. */
const char *semihost_option(const char *name);
/* Ask the host to end the program. Returns only without a host. */
void semihost_exit(int status);

#endif
