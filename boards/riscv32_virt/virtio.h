/* virtio.h: devices on virtio-mmio, legacy (version 1) and modern (version 2). One descriptor is one
 * buffer. */
#ifndef RISCV32_VIRT_VIRTIO_H
#define RISCV32_VIRT_VIRTIO_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTIO_ID_NET 1u
#define VIRTIO_ID_RNG 4u
#define VIRTIO_BUFFERS 4u /* in a queue; a power of two */
#define VIRTIO_ALIGN 16u  /* of the used ring in a queue: a legacy device is told so, a modern one needs 4 */

typedef struct virtio_device {
    uintptr_t base;
    uint32_t source; /* of its interrupt */
    bool modern;
} virtio_device_t;

/* One queue, shared with the device as it lies here: its three parts (virtio 1.1, 2.6 and 2.6.2), then
 * ours. */
typedef struct virtio_queue {
    alignas(VIRTIO_ALIGN) struct {
        uint64_t address;
        uint32_t len;
        uint16_t flags, next;
    } descriptors[VIRTIO_BUFFERS];
    struct {
        uint16_t flags;
        volatile uint16_t index;
        uint16_t ring[VIRTIO_BUFFERS];
        uint16_t event;
    } available;
    alignas(VIRTIO_ALIGN) struct {
        uint16_t flags;
        volatile uint16_t index;
        struct {
            uint32_t id, len;
        } ring[VIRTIO_BUFFERS];
    } used;
    uint16_t taken; /* used entries that virtio_take() has given out */
    uint16_t number;
} virtio_queue_t;

/* Find the first device of a kind, reset it and agree on `features` (bits 0..31 that it must offer) and, with
 * a modern one, VERSION_1. Returns false: there is none, or it does not agree. Context: start-up. */
bool virtio_open(virtio_device_t *device, uint32_t id, uint32_t features);
/* Set queue `number` up. Returns false: the device has no such queue. Context: between open and run. */
bool virtio_add_queue(const virtio_device_t *device, virtio_queue_t *queue, uint16_t number);
/* No interrupts for this queue. Context: as above. */
void virtio_mute(virtio_queue_t *queue);
/* The device may use its queues. Context: once, after its queues were added. */
void virtio_run(const virtio_device_t *device);
/* Hand buffer `id` (0..VIRTIO_BUFFERS - 1), which the device does not have, over to it. The device writes to
 * it, or only reads. Context: main loop. */
void virtio_give(const virtio_device_t *device, virtio_queue_t *queue, uint16_t id, const void *data,
                 uint32_t len, bool writes);
/* A buffer that the device is done with: its id, and the bytes that were written to *len; -1: none. */
int virtio_take(virtio_queue_t *queue, uint32_t *len);
/* Take the device's interrupt back. Context: main loop, before virtio_take(). */
void virtio_quiet(const virtio_device_t *device);

#endif
