/* meter.h: counts instructions with a timer. QEMU's -icount shift=8 makes one instruction 256 ns of the
 * machine's time, and CMSDK timer 0 of an MPS2 board counts 40 ns. Invariant: a difference of two readings
 * identifies one number of instructions, because one instruction is 6.4 counts. */
#ifndef USPAN_BENCH_METER_H
#define USPAN_BENCH_METER_H

#include "cortex_m.h"

#define METER_TIMER 0x40000000u
#define METER_CTRL (METER_TIMER + 0x0u)
#define METER_VALUE (METER_TIMER + 0x4u)
#define METER_RELOAD (METER_TIMER + 0x8u)
#define METER_NS 40u
#define METER_INSTRUCTION_NS 256u

static inline void meter_start(void)
{
    REG32(METER_RELOAD) = 0xFFFFFFFFu;
    REG32(METER_VALUE) = 0xFFFFFFFFu;
    REG32(METER_CTRL) = 1u;
}

/* Counts down, at most 2^32 / 6.4 instructions from one reading to the next. */
static inline uint32_t meter_read(void)
{
    __asm__ volatile("" ::: "memory");
    uint32_t value = REG32(METER_VALUE);
    __asm__ volatile("" ::: "memory");
    return value;
}

/* Instructions between two readings, including those of the second reading. */
static inline uint32_t meter_between(uint32_t before, uint32_t after)
{
    return (uint32_t)(((uint64_t)(before - after) * METER_NS + METER_INSTRUCTION_NS / 2u) / METER_INSTRUCTION_NS);
}

#endif
