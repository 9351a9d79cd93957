/* virtio_rng.c: gets entropy from virtio-rng (virtio 1.1, 5.4).
 * Invariant: each buffer belongs to the device, or is the current one. Bytes [at, end) of the current buffer
 * are unused. Used bytes are overwritten with 0. */
#include "virtio_rng.h"

#include "virtio.h"

#include <string.h>

#define BUFFER_BYTES 64u
#define NO_BUFFER (-1)

static virtio_device_t device;
static virtio_queue_t queue;
static uint8_t buffers[VIRTIO_BUFFERS][BUFFER_BYTES];
static int current = NO_BUFFER;
static uint32_t at, end;
static bool running;

static void give(int id)
{
    virtio_give(&device, &queue, (uint16_t)id, buffers[id], BUFFER_BYTES, true);
}

bool rng_start(void)
{
    running = virtio_open(&device, VIRTIO_ID_RNG, 0u) && virtio_add_queue(&device, &queue, 0u);
    if (running) {
        virtio_run(&device);
        for (int id = 0; id < (int)VIRTIO_BUFFERS; id++) {
            give(id);
        }
    }
    return running;
}

/* Make the next filled buffer the current one. Returns false if the device has all buffers. */
static bool next_buffer(void)
{
    if (current != NO_BUFFER) {
        give(current);
    }
    at = 0;
    end = 0;
    current = virtio_take(&queue, &end);
    end = end < BUFFER_BYTES ? end : BUFFER_BYTES;
    return current != NO_BUFFER;
}

bool rng_read(uint8_t *out, size_t len)
{
    for (size_t done = 0; done < len;) {
        if (at == end && (!running || !next_buffer())) {
            memset(out, 0, done); /* what is not given must not be known */
            return false;
        }
        size_t n = len - done < end - at ? len - done : end - at;
        memcpy(out + done, &buffers[current][at], n);
        memset(&buffers[current][at], 0, n);
        at += (uint32_t)n;
        done += n;
    }
    return true;
}
