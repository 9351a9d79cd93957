/* frame.c: moves frames to and from a FIFO of words. The Ethernet drivers call it.
 * Invariant: each call moves exactly the words of one frame, even if the frame is dropped. */
#include "frame.h"

#include <string.h>

void frame_write(const struct pbuf *frame, volatile uint32_t *fifo)
{
    uint32_t word = 0;
    unsigned filled = 0;
    for (const struct pbuf *p = frame; p != NULL; p = p->next) {
        const uint8_t *bytes = p->payload;
        unsigned i = 0;
        while (i < p->len) {
            if (filled == 0u && p->len - i >= 4u) {
                memcpy(&word, bytes + i, 4u);
                i += 4u;
                filled = 4u;
            } else {
                word |= (uint32_t)bytes[i++] << (8u * filled++);
            }
            if (filled == 4u) {
                *fifo = word;
                word = 0;
                filled = 0;
            }
        }
    }
    if (filled > 0u) {
        *fifo = word;
    }
}

void frame_read(struct netif *netif, volatile const uint32_t *fifo, const uint32_t *first, uint32_t bytes)
{
    struct pbuf *frame = pbuf_alloc(PBUF_RAW, (u16_t)bytes, PBUF_POOL);
    struct pbuf *p = frame;
    unsigned at = 0;
    for (uint32_t i = 0; i < bytes; i += 4u) {
        uint32_t word = i == 0u && first != NULL ? *first : *fifo;
        if (p == NULL) {
            continue;
        }
        /* Buffers hold complete words. The last buffer has room for the unused bytes of its last word. */
        memcpy((uint8_t *)p->payload + at, &word, 4u);
        at += 4u;
        if (at >= p->len) {
            p = p->next;
            at = 0;
        }
    }
    if (frame != NULL && netif->input(frame, netif) != ERR_OK) {
        pbuf_free(frame);
    }
}
