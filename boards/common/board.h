/* board.h: the functions that a board implements, and those that all boards share.
 * Invariant: no file in common/ names a board. The folder of the board or common/cortex_m defines the first
 * part, and other files in common/ define the second. */
#ifndef USPAN_BOARD_H
#define USPAN_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "uspan/err.h"

struct netif;

/* ---- functions of a board ------------------------------------------------------------------------------ */

/* Start clocks, timer and console. Context: main(), first call. */
void board_init(void);
/* Write one byte to the console. Waits for room. */
void board_putc(char c);
/* Returns nanoseconds since the start. Never steps back. Context: any, also an ISR. */
uint64_t board_mono_ns(void);
/* Keep out every ISR. Returns the argument for board_unlock(). uspan does not nest it. Context: any. */
uint32_t board_lock(void);
void board_unlock(uint32_t state);
/* Get len random bytes, or return USPAN_ERR_AGAIN. Keys are made of them, so they must come from a hardware
 * generator, never from a counter, a clock or a serial number. */
uspan_err_t board_random(uint8_t *out, size_t len);
/* Get Unix time in nanoseconds if the board has it (an RTC). Otherwise return USPAN_ERR_AGAIN. */
uspan_err_t board_unix_ns(uint64_t *out);
/* Start the Ethernet controller, and set hwaddr and linkoutput. common/ip.c sets the other fields. The type
 * is that of an init function of lwIP's netif_add(). Returns: err_t, 0 if done. */
signed char board_netif_init(struct netif *netif);
/* Pass every frame that has arrived to netif->input. Returns true if there is a link. Context: main loop. */
bool board_netif_poll(struct netif *netif);
/* Sleep until an interrupt or a waiting frame, at most ms milliseconds. May return early. Context: main
 * loop. */
void board_wait(uint32_t ms);
/* Returns the value of a setting given at run time as "name=value" (to an emulator, by a bootloader), or
 * NULL. The text is static. */
const char *board_option(const char *name);
/* Start the second serial line. Only boards whose board.cmake sets board_serial have it. Context: main
 * loop. */
void board_serial_start(void);
/* Read one byte that has arrived. Returns false if there is none. */
bool board_serial_read(uint8_t *out);
/* Send bytes. Waits for room. */
void board_serial_write(const uint8_t *data, size_t len);
struct uspan_spool_storage;
/* Returns the flash for a spool, which is static. Only boards with BOARD_SPOOL_STORAGE 1 have it. */
const struct uspan_spool_storage *board_spool_storage(void);
/* End the firmware, and pass the status to the emulator or debugger. 0: success. Never returns. */
__attribute__((noreturn)) void board_exit(int status);

/* The linker script defines these symbols. Start-up code fills the stack with BOARD_STACK_PAINT before
 * main(). The stack grows from high to low. */
#define BOARD_STACK_PAINT 0xA5A5A5A5u
extern uint32_t board_stack_low[], board_stack_high[];
extern const uint8_t board_flash_bytes[], board_ram_bytes[]; /* the addresses are the sizes */

/* ---- functions that boards share ----------------------------------------------------------------------- */

/* console.c: text and numbers without stdio. */
void put_text(const char *text);
void put_number(uint32_t n);
void put_line(const char *text);        /* and a newline */
uint32_t number_of(const char *digits); /* reads up to the first byte that is no digit */
/* Print why, and end the firmware. For errors after which it cannot continue. Context: any. */
__attribute__((noreturn)) void board_stop(const char *why);

/* ip.c: lwIP without an RTOS, with an address by DHCP. */
void ip_start(void);
/* Process frames and timers once. Returns milliseconds until the next timer. */
uint32_t ip_poll(void);
bool ip_is_up(void); /* true: the board has an address */

/* report.c: prints the peak use of memory in lines "name bytes" or "name most of size". */
void report_memory(const char *name, uint32_t most, uint32_t size);
void report_board(void);

#endif
