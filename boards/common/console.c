/* console.c: writes text and numbers to the board's console, without stdio.
 * Invariant: only a fatal error interrupts a line, because no interrupt handler that returns writes here. */
#include "board.h"

void put_text(const char *text)
{
    for (; *text != 0; text++) {
        board_putc(*text);
    }
}

void put_line(const char *text)
{
    put_text(text);
    board_putc('\n');
}

void put_number(uint32_t n)
{
    char digits[11];
    size_t at = sizeof(digits) - 1u;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + n % 10u);
        n /= 10u;
    } while (n > 0u);
    put_text(digits + at);
}

uint32_t number_of(const char *digits)
{
    uint32_t n = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++) {
        n = n * 10u + (uint32_t)(*digits - '0');
    }
    return n;
}

void board_stop(const char *why)
{
    put_text("stopped: ");
    put_line(why);
    board_exit(2);
}
