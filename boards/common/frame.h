/* frame.h: moves frames between lwIP's buffers and a controller's FIFO of 32-bit words. With ETH_PAD_SIZE 2 a
 * buffer begins with two pad bytes, so that the data after the Ethernet header is aligned. */
#ifndef USPAN_BOARDS_FRAME_H
#define USPAN_BOARDS_FRAME_H

#include <lwip/netif.h>
#include <lwip/pbuf.h>

/* Write a frame with its pad, rounded up to complete words. */
void frame_write(const struct pbuf *frame, volatile uint32_t *fifo);
/* Read a frame and pass it to the interface. If there is no free buffer, the frame is read and dropped, and
 * TCP sends it again.
 *   first   the first word if it was read already, otherwise NULL
 *   bytes   length with the pad */
void frame_read(struct netif *netif, volatile const uint32_t *fifo, const uint32_t *first, uint32_t bytes);

#endif
