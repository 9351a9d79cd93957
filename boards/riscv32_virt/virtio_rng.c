/* virtio_rng.c: entropy from virtio-rng (virtio 1.1, 5.4).
 * Invariant: pool[at .. end) came from the device and was given to nobody; what was given is wiped; the device
 * has the pool exactly while `asked`. */
#include "virtio_rng.h"

#include "virtio.h"

#include <string.h>

static virtio_device_t device;
static virtio_queue_t queue;
static uint8_t pool[RNG_BYTES];
static uint32_t at, end;
static bool running, asked;

/* What is left of the old bytes is given up: the pool is asked for whole. */
static void ask(void)
{
    at = 0;
    end = 0;
    asked = true;
    virtio_give(&device, &queue, 0u, pool, RNG_BYTES, true);
}

bool rng_start(void)
{
    running = virtio_open(&device, VIRTIO_ID_RNG, 0u) && virtio_add_queue(&device, &queue, 0u);
    if (running) {
        virtio_run(&device);
        ask();
    }
    return running;
}

bool rng_read(uint8_t *out, size_t len)
{
    uint32_t got = 0;
    if (!running || len > RNG_BYTES) {
        return false;
    }
    if (asked && virtio_take(&queue, &got) >= 0) {
        asked = false;
        end = got < RNG_BYTES ? got : RNG_BYTES;
    }
    if (!asked && end - at < len) {
        ask();
    }
    if (asked) {
        return false;
    }
    memcpy(out, pool + at, len);
    memset(pool + at, 0, len);
    at += (uint32_t)len;
    return true;
}
