/* virtio_rng.h: entropy from virtio-rng. */
#ifndef RISCV32_VIRT_VIRTIO_RNG_H
#define RISCV32_VIRT_VIRTIO_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Find and start the device. Returns false: there is none. Context: start-up. */
bool rng_start(void);
/* Fill out[len], len at most RNG_BYTES. Returns false: not that many there yet, none written; or no device.
 * Context: one task. Never waits. */
bool rng_read(uint8_t *out, size_t len);
#define RNG_BYTES 256u

#endif
