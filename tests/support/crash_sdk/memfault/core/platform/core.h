/* core.h: what boards/README.md needs of Memfault's header of that name (firmware SDK 1.x), as declared there. */
#ifndef TEST_MEMFAULT_CORE_H
#define TEST_MEMFAULT_CORE_H

__attribute__((noreturn)) void memfault_platform_reboot(void);

#endif
