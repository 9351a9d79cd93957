# lm3s6965evb: Luminary's (TI's) EK-LM3S6965 evaluation board: Cortex-M3 with Ethernet, 256 KB flash, 64 KB RAM.
set(toolchain ../port/cmake/cortex-m3.cmake)
set(board_sources lm3s6965evb/board.c lm3s6965evb/ethernet.c lm3s6965evb/no_sign.c common/frame.c common/semihost.c
                  common/cortex_m/clock.c common/cortex_m/semihost_arm.c common/cortex_m/startup.c)
set(board_includes common/cortex_m)
set(board_options --specs=nano.specs)
set(board_lto ON) # a tenth less flash
set(board_small ON)
