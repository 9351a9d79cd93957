# riscv32_virt: QEMU's `virt` machine with an RV32IMAC core, virtio and a goldfish RTC, as a chip of 256 KB flash and 128 KB RAM.
set(toolchain ../port/cmake/riscv32.cmake)
set(board_sources riscv32_virt/board.c riscv32_virt/startup.c riscv32_virt/power.c riscv32_virt/uart.c
                  riscv32_virt/timer.c riscv32_virt/plic.c riscv32_virt/rtc.c riscv32_virt/virtio.c
                  riscv32_virt/virtio_net.c riscv32_virt/virtio_rng.c riscv32_virt/pflash.c)
set(board_includes riscv32_virt)
