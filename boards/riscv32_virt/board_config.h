/* board_config.h: properties of QEMU's riscv32 virt that common/ needs. */
#ifndef USPAN_BOARD_CONFIG_H
#define USPAN_BOARD_CONFIG_H

#define BOARD_NAME "riscv32_virt"
#define BOARD_SNTP 0          /* its RTC has the time */
#define BOARD_SPOOL_STORAGE 1 /* pflash.c */

#endif
