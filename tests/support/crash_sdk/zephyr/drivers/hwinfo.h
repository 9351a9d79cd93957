/* hwinfo.h: the part of Zephyr's header of that name (3.7) that boards/README.md uses, as declared there. */
#ifndef TEST_ZEPHYR_HWINFO_H
#define TEST_ZEPHYR_HWINFO_H

#include <stdint.h>

#define RESET_PIN (1u << 0)
#define RESET_SOFTWARE (1u << 1)
#define RESET_BROWNOUT (1u << 2)
#define RESET_POR (1u << 3)
#define RESET_WATCHDOG (1u << 4)
#define RESET_CPU_LOCKUP (1u << 8)

int hwinfo_get_reset_cause(uint32_t *cause);
int hwinfo_clear_reset_cause(void);

#endif
