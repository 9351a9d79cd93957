/* semihost_arm.c: the semihosting trap of a Cortex-M. Without a debugger it causes a hard fault, which
 * startup.c handles. */
#include "semihost.h"

int32_t semihost_call(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}
