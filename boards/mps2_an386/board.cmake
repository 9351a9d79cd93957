# mps2_an386: the MPS2 board of mps2_an385 with a Cortex-M4 (AN386). Only the core differs.
set(toolchain ../port/cmake/cortex-m4.cmake)
set(board_sources mps2_an385/board.c mps2_an385/lan9118.c common/frame.c common/semihost.c common/cortex_m/clock.c
                  common/cortex_m/semihost_arm.c common/cortex_m/startup.c)
set(board_headers mps2_an385)
set(board_includes common/cortex_m)
set(board_options --specs=nano.specs)
set(board_tls_options -O3) # this board has enough flash, and a handshake takes a fifth less
set(board_serial mps2_an385/serial.c)
