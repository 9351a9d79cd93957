/* virtio_net.h: sends and receives Ethernet frames over virtio-net. */
#ifndef RISCV32_VIRT_VIRTIO_NET_H
#define RISCV32_VIRT_VIRTIO_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_FRAME_BYTES 1514u /* header and payload, no CRC */

/* Find and start the device, and write its address to mac[6]. Returns false if there is none. Context:
 * start-up. */
bool net_start(uint8_t *mac);
/* The following functions are called in the main loop. */
/* Returns true if there is a link. set_link of QEMU's monitor can change it. */
bool net_has_cable(void);
/* Returns a buffer for one frame of NET_FRAME_BYTES, or NULL if all are still being sent. */
uint8_t *net_send_buffer(void);
/* Send the first `len` bytes of the buffer that net_send_buffer() returned. */
void net_send(size_t len);
/* Returns the oldest frame that arrived, with its length in *len, or NULL. It is valid until
 * net_recv_done(). */
const uint8_t *net_recv(size_t *len);
/* Give the frame that net_recv() returned back to the device. */
void net_recv_done(void);
/* Sleep until a frame arrives or `ms` milliseconds have passed. May return early. */
void net_sleep_ms(uint32_t ms);

#endif
