/* edge_board.c: implements boards/common/board.h on the Pico SDK, so that the edge agent of the boards runs
 * on a Pico. Invariant: each function calls the SDK or the port, and this file keeps no state. */
#include "../../../boards/common/board.h"

#include <unistd.h>
#include <hardware/sync.h>
#include <pico/stdlib.h>
#include "net.h"
#include "settings.h"
#include "uspan_pico.h"

#define SLEEP_MS 5u /* USB and Wi-Fi must be polled at least this often */

int board_main(void);          /* main() of boards/common/main.c */
extern char end, __StackLimit; /* the linker script's: malloc() has the RAM between them */

void board_init(void)
{
    stdio_init_all();
}

void board_putc(char c)
{
    putchar_raw(c);
}

uint64_t board_mono_ns(void)
{
    return uspan_pico_port.mono_ns(NULL);
}

uint32_t board_lock(void)
{
    return uspan_pico_port.lock(NULL);
}

void board_unlock(uint32_t state)
{
    uspan_pico_port.unlock(NULL, state);
}

uspan_err_t board_random(uint8_t *out, size_t len)
{
    return uspan_pico_port.random(NULL, out, len);
}

uspan_err_t board_unix_ns(uint64_t *out)
{
    return uspan_pico_port.unix_ns(NULL, out);
}

void board_wait(uint32_t ms)
{
    best_effort_wfe_or_timeout(make_timeout_time_ms(ms < SLEEP_MS ? ms : SLEEP_MS));
}

const char *board_option(const char *name)
{
    return setting(name, NULL);
}

/* newlib returns no memory, so this is the most that malloc() has had. */
static void report_malloc(void)
{
    report_memory("malloc_peak_bytes", (uint32_t)((char *)sbrk(0) - &end), (uint32_t)(&__StackLimit - &end));
}

void board_exit(int status)
{
    report_malloc();
    put_text("exit ");
    put_number((uint32_t)status);
    put_text("\n");
    stdio_flush();
    for (;;) {
        __wfi();
    }
}

void ip_start(void)
{
    if (!net_start()) {
        board_stop("the network hardware does not start");
    }
}

uint32_t ip_poll(void)
{
    return net_poll();
}

bool ip_is_up(void)
{
    return net_is_up();
}

/* Fill the stack below this frame with a pattern. The report finds out how much of it was used. */
__attribute__((noinline)) static void paint(void)
{
    uint32_t *here = __builtin_frame_address(0);
    for (uint32_t *at = board_stack_low; at < here - 8; at++) {
        *at = BOARD_STACK_PAINT;
    }
}

int main(void)
{
    paint();
    board_exit(board_main());
}
