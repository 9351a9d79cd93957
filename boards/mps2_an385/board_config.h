/* board_config.h: properties of MPS2 (AN385, AN386) that common/ needs. */
#ifndef USPAN_BOARD_CONFIG_H
#define USPAN_BOARD_CONFIG_H

#define BOARD_NAME "mps2"
#define BOARD_ETHERNET_IRQ 13u
#define BOARD_SERIAL_IRQ 2u /* receive interrupt of UART 1 */
#define BOARD_SNTP 1
#define BOARD_TLS_BOTH 1

#endif
