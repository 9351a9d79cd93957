/* virtio_rng.h: gets entropy from virtio-rng. */
#ifndef RISCV32_VIRT_VIRTIO_RNG_H
#define RISCV32_VIRT_VIRTIO_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Find and start the device. Returns false if there is none. Context: start-up. */
bool rng_start(void);
/* Fill out[len]. Up to 256 bytes are available at a time. Returns false if there are fewer or there is no
 * device. out is then all 0. Context: one task. Never waits. */
bool rng_read(uint8_t *out, size_t len);

#endif
