/* virtio_net.h: Ethernet frames over virtio-net. */
#ifndef RISCV32_VIRT_VIRTIO_NET_H
#define RISCV32_VIRT_VIRTIO_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_FRAME_BYTES 1514u /* header and payload, no CRC */

/* Find and start the device; its address to mac[6]. Returns false: there is none. Context: start-up. */
bool net_start(uint8_t *mac);
/* The cable is in: the monitor's set_link takes it out. */
bool net_has_cable(void);
/* Room for one frame of NET_FRAME_BYTES to fill and send; NULL: all buffers are still on their way; try
 * later. */
uint8_t *net_send_buffer(void);
/* Send the first `len` bytes of the buffer that net_send_buffer() gave. */
void net_send(size_t len);
/* The oldest frame that came, its bytes to *len; NULL: none. It is valid until net_recv_done(). */
const uint8_t *net_recv(size_t *len);
/* Give the frame that net_recv() returned back. Context of all from net_has_cable() on: main loop. */
void net_recv_done(void);
/* Sleep until a frame comes or `ms` have passed. May return early. Context: main loop. */
void net_sleep_ms(uint32_t ms);

#endif
