/* report.c: prints the peak memory use of each part at the end of the firmware. build/size.json is made of
 * these lines. Invariant: reading a high-water mark does not change it. */
#include "board.h"

#include <lwip/memp.h>
#include <lwip/stats.h>
#include "uspan_mbedtls.h"

void report_memory(const char *name, uint32_t most, uint32_t size)
{
    put_text("  ");
    put_text(name);
    put_text(" ");
    put_number(most);
    if (size > 0u) {
        put_text(" of ");
        put_number(size);
    }
    put_text("\n");
}

static uint32_t stack_peak(void)
{
    const uint32_t *p = board_stack_low;
    while (p < board_stack_high && *p == BOARD_STACK_PAINT) {
        p++;
    }
    return (uint32_t)((uintptr_t)board_stack_high - (uintptr_t)p);
}

static void report_pool(const char *name, memp_t pool)
{
    report_memory(name, lwip_stats.memp[pool]->max, lwip_stats.memp[pool]->avail);
}

void report_board(void)
{
    put_line("memory, most used of what there is:");
    report_memory("flash_bytes", (uint32_t)(uintptr_t)board_flash_bytes, 0u);
    report_memory("ram_bytes", (uint32_t)(uintptr_t)board_ram_bytes, 0u);
    report_memory("stack_peak_bytes", stack_peak(),
                  (uint32_t)((uintptr_t)board_stack_high - (uintptr_t)board_stack_low));
    report_memory("tls_heap_peak_bytes", (uint32_t)uspan_tls_heap_peak(), USPAN_TLS_HEAP_BYTES);
    report_memory("lwip_heap_bytes", (uint32_t)lwip_stats.mem.max, (uint32_t)lwip_stats.mem.avail);
    report_pool("lwip_pbuf_pool", MEMP_PBUF_POOL);
    report_pool("lwip_pbuf", MEMP_PBUF);
    report_pool("lwip_tcp_pcb", MEMP_TCP_PCB);
    report_pool("lwip_tcp_seg", MEMP_TCP_SEG);
    report_pool("lwip_udp_pcb", MEMP_UDP_PCB);
    report_pool("lwip_timeout", MEMP_SYS_TIMEOUT);
}
