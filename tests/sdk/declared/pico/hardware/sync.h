/* sync.h: the hardware spin locks of the Pico SDK (2.2) that port/pico uses: declared. In the SDK most are inline. */
#ifndef HARDWARE_SYNC_H
#define HARDWARE_SYNC_H

#include <stdbool.h>
#include <stdint.h>

typedef unsigned int uint;
typedef volatile uint32_t spin_lock_t;

int spin_lock_claim_unused(bool required);
spin_lock_t *spin_lock_init(uint lock_num);
uint32_t spin_lock_blocking(spin_lock_t *lock);
void spin_unlock(spin_lock_t *lock, uint32_t saved_irq);

#endif
