/* reboot.h: the part of Zephyr's header of that name (3.7) that boards/README.md uses, as declared there. */
#ifndef TEST_ZEPHYR_REBOOT_H
#define TEST_ZEPHYR_REBOOT_H

#define SYS_REBOOT_WARM 0
#define SYS_REBOOT_COLD 1

__attribute__((noreturn)) void sys_reboot(int type);

#endif
