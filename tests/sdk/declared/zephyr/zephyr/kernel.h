/* kernel.h: what port/zephyr uses of Zephyr's kernel (3.7 to 4), declared to be compiled against. Written from
 * its documentation, as are the files beside it. Nothing implements them. */
#ifndef DECLARED_ZEPHYR_KERNEL_H
#define DECLARED_ZEPHYR_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#define CONFIG_SETTINGS 1

struct k_spinlock {
    uintptr_t locked;
};
typedef struct {
    int key;
} k_spinlock_key_t;
k_spinlock_key_t k_spin_lock(struct k_spinlock *lock);
void k_spin_unlock(struct k_spinlock *lock, k_spinlock_key_t key);

int64_t k_uptime_ticks(void);
uint64_t k_ticks_to_ns_floor64(uint64_t ticks);
int32_t k_msleep(int32_t ms);

typedef struct {
    int64_t ticks;
} k_timeout_t;
k_timeout_t declared_ms(int64_t ms);
#define K_MSEC(ms) declared_ms((int64_t)(ms))
#define K_NO_WAIT declared_ms(0)
#define K_PRIO_PREEMPT(n) (n)

struct k_thread {
    void *base;
};
typedef struct k_thread *k_tid_t;
typedef struct z_thread_stack_element {
    char byte;
} k_thread_stack_t;
typedef void (*k_thread_entry_t)(void *p1, void *p2, void *p3);
#define K_THREAD_STACK_DEFINE(name, size) k_thread_stack_t name[size]
#define K_THREAD_STACK_SIZEOF(name) sizeof(name)
k_tid_t k_current_get(void);
k_tid_t k_thread_create(struct k_thread *thread, k_thread_stack_t *stack, size_t size, k_thread_entry_t entry,
                        void *p1, void *p2, void *p3, int priority, uint32_t options, k_timeout_t delay);
int k_thread_join(struct k_thread *thread, k_timeout_t timeout);

struct k_sem {
    unsigned int count, limit;
};
#define K_SEM_DEFINE(name, initial, most) struct k_sem name = { (initial), (most) }
void k_sem_give(struct k_sem *sem);
int k_sem_take(struct k_sem *sem, k_timeout_t timeout);

#endif
