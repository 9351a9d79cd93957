/* core.h: the part of Memfault's header of that name (firmware SDK 1.x) that boards/README.md uses, as
 * declared there. */
#ifndef TEST_MEMFAULT_CORE_H
#define TEST_MEMFAULT_CORE_H

__attribute__((noreturn)) void memfault_platform_reboot(void);

#endif
