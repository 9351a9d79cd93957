/* board.h: what a board brings, and what the boards share.
 * Invariant: a board's folder defines every board_* function here, and nothing in common/ names a board. */
#ifndef USPAN_BOARD_H
#define USPAN_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "uspan/err.h"

struct netif;

/* ---- a board's duties ---------------------------------------------------------------------------------- */

/* Clocks, timer, console. Context: first call of main(). */
void board_init(void);
/* One byte to the console; waits for room. */
void board_putc(char c);
/* Nanoseconds since board_init(); never steps back. Context: any, ISRs too. */
uint64_t board_mono_ns(void);
/* Keep out every ISR. Returns what board_unlock() wants back. Context: any; not nested by uspan. */
uint32_t board_lock(void);
void board_unlock(uint32_t state);
/* len bytes of entropy, or USPAN_ERR_AGAIN and none. What keys are made of: a hardware generator, never a
 * counter, a clock or a serial number. */
uspan_err_t board_random(uint8_t *out, size_t len);
/* Unix time in nanoseconds where the board keeps it (an RTC), else USPAN_ERR_AGAIN. */
uspan_err_t board_unix_ns(uint64_t *out);
/* The Ethernet controller. As lwIP's netif_add() wants its init: err_t, 0 for done. Sets hwaddr and
 * linkoutput; common/ip.c does the rest. */
signed char board_netif_init(struct netif *netif);
/* Hand every frame that has arrived to netif->input, and say whether the cable is in. Context: main loop. */
bool board_netif_poll(struct netif *netif);
/* Sleep until an interrupt, a frame that waits, or for at most ms. May return early. Context: main loop. */
void board_wait(uint32_t ms);
/* A setting given at run time as "name=value" (to an emulator, by a bootloader), or NULL. Static lifetime. */
const char *board_option(const char *name);
/* A second serial line, of boards whose board.cmake sets board_serial. Context: main loop. */
void board_serial_start(void);
/* Take one byte that came in. Returns false if there is none. */
bool board_serial_read(uint8_t *out);
/* Send bytes. Waits for room. */
void board_serial_write(const uint8_t *data, size_t len);
struct uspan_spool_storage;
/* Flash for a spool, of boards with BOARD_SPOOL_STORAGE 1. Static lifetime. */
const struct uspan_spool_storage *board_spool_storage(void);
/* The end: tells whoever runs the firmware; never returns. status: 0 is success. */
__attribute__((noreturn)) void board_exit(int status);

/* What the linker script and start-up code define: the ends of the image, and the stack, painted with
 * BOARD_STACK_PAINT before main(); it grows from high to low. */
#define BOARD_STACK_PAINT 0xA5A5A5A5u
extern uint32_t board_stack_low[], board_stack_high[];
extern const uint8_t board_flash_bytes[], board_ram_bytes[]; /* the addresses are the sizes */

/* ---- what boards share --------------------------------------------------------------------------------- */

/* console.c: text and numbers without stdio. */
void put_text(const char *text);
void put_number(uint32_t n);
void put_line(const char *text);        /* and a newline */
uint32_t number_of(const char *digits); /* up to what is no digit */
/* Says why and ends the firmware: for what cannot be. Context: any. */
__attribute__((noreturn)) void board_stop(const char *why);

/* ip.c: lwIP without an RTOS, an address by DHCP. */
void ip_start(void);
/* One turn: frames, timers. Returns milliseconds until the next timer. */
uint32_t ip_poll(void);
bool ip_is_up(void); /* there is an address */

/* report.c: what memory was used, at most: one line each, "name bytes" or "name most of size". */
void report_memory(const char *name, uint32_t most, uint32_t size);
void report_board(void);

#endif
