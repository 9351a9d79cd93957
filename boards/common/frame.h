/* frame.h: frames between lwIP's buffers and a controller's FIFO of 32-bit words. With ETH_PAD_SIZE 2 a
 * buffer begins with two bytes that are no frame, so that what follows the Ethernet header is aligned. */
#ifndef USPAN_BOARDS_FRAME_H
#define USPAN_BOARDS_FRAME_H

#include <lwip/netif.h>
#include <lwip/pbuf.h>

/* Write a frame with its pad, rounded up to whole words. */
void frame_write(const struct pbuf *frame, volatile uint32_t *fifo);
/* Read a frame of `bytes`, pad included, and hand it to the interface; where there is no buffer it is read
 * and dropped: TCP will send it again. first: its first word where that was read already, else NULL. */
void frame_read(struct netif *netif, volatile const uint32_t *fifo, const uint32_t *first, uint32_t bytes);

#endif
