/* virtio_rng.h: entropy from virtio-rng. */
#ifndef RISCV32_VIRT_VIRTIO_RNG_H
#define RISCV32_VIRT_VIRTIO_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Find and start the device. Returns false: there is none. Context: start-up. */
bool rng_start(void);
/* Fill out[len]; 256 bytes are kept in store. Returns false: not that many there yet, out is zeroed; or no
 * device.
 * Context: one task. Never waits. */
bool rng_read(uint8_t *out, size_t len);

#endif
