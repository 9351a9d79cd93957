/* virtio.h: drives devices on virtio-mmio, legacy (version 1) and modern (version 2). One descriptor is one
 * buffer. */
#ifndef RISCV32_VIRT_VIRTIO_H
#define RISCV32_VIRT_VIRTIO_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTIO_ID_NET 1u
#define VIRTIO_ID_RNG 4u
#define VIRTIO_BUFFERS 4u /* buffers in a queue, a power of two */
#define VIRTIO_ALIGN 16u  /* alignment of the used ring. A legacy device is given it, a modern one needs 4 */

typedef struct virtio_device {
    uintptr_t base;
    uint32_t source; /* its interrupt source */
    bool modern;
} virtio_device_t;

/* One queue. The device accesses the first three parts in this layout (virtio 1.1, 2.6 and 2.6.2). The other
 * fields are the driver's. */
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
    uint16_t taken; /* used entries that virtio_take() has returned */
    uint16_t number;
} virtio_queue_t;

/* Find the first device with that id, reset it and accept `features` (bits 0..31, which it must offer). A
 * modern device must also accept VERSION_1. Returns false if there is none or it refuses. Context:
 * start-up. */
bool virtio_open(virtio_device_t *device, uint32_t id, uint32_t features);
/* Set up queue `number`. Returns false if the device has no such queue, or it has too few entries. Context:
 * between virtio_open() and virtio_run(). */
bool virtio_add_queue(const virtio_device_t *device, virtio_queue_t *queue, uint16_t number);
/* Switch off interrupts for this queue. Context: between virtio_add_queue() and virtio_run(). */
void virtio_mute(virtio_queue_t *queue);
/* Let the device use its queues. Context: once, after its queues were added. */
void virtio_run(const virtio_device_t *device);
/* Give buffer `id` (0..VIRTIO_BUFFERS - 1) to the device, which must not have it already.
 *   writes   true: the device writes to it. false: the device reads it
 * Context: main loop. */
void virtio_give(const virtio_device_t *device, virtio_queue_t *queue, uint16_t id, const void *data,
                 uint32_t len, bool writes);
/* Take back a buffer that the device has finished. Returns its id, or -1 if there is none. *len: bytes that
 * the device has written. */
int virtio_take(virtio_queue_t *queue, uint32_t *len);
/* Clear the interrupt of the device. Context: main loop, before virtio_take(). */
void virtio_quiet(const virtio_device_t *device);

#endif
