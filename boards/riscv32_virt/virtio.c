/* virtio.c: drives devices on virtio-mmio, legacy and modern (virtio 1.1, 4.2.2 and 4.2.4).
 * Invariant: a buffer belongs to the device from virtio_give() until virtio_take() returns it. The available
 * index changes after its ring entry is written. A used entry is read after the used index. */
#include "virtio.h"

#include "mmio.h"

enum {
    MAGIC = 0x000,
    VERSION = 0x004,
    DEVICE_ID = 0x008,
    DEVICE_FEATURES = 0x010,
    DEVICE_FEATURES_SELECT = 0x014,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SELECT = 0x024,
    GUEST_PAGE_SIZE = 0x028, /* legacy */
    QUEUE_SELECT = 0x030,
    QUEUE_MAX = 0x034,
    QUEUE_SIZE = 0x038,
    QUEUE_ALIGN = 0x03c, /* legacy */
    QUEUE_PAGE = 0x040,  /* legacy */
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_DONE = 0x064,
    STATUS = 0x070,
    QUEUE_DESCRIPTORS = 0x080, /* each address: low half, then high half */
    QUEUE_AVAILABLE = 0x090,
    QUEUE_USED = 0x0a0
};
#define MAGIC_VALUE 0x74726976u
#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER 2u
#define STATUS_DRIVER_OK 4u
#define STATUS_FEATURES_OK 8u
#define FEATURE_VERSION_1_HIGH 1u /* bit 32 */
#define DESCRIPTOR_WRITE 2u       /* the device writes */
#define AVAILABLE_NO_INTERRUPT 1u

_Static_assert(offsetof(virtio_queue_t, available) == 16u * VIRTIO_BUFFERS, "descriptors have no padding");
_Static_assert(offsetof(virtio_queue_t, used) % VIRTIO_ALIGN == 0u &&
                   offsetof(virtio_queue_t, used) - offsetof(virtio_queue_t, available) <
                       6u + 2u * VIRTIO_BUFFERS + VIRTIO_ALIGN,
               "a legacy device finds the used ring at the next multiple of the alignment");

static uint32_t get(const virtio_device_t *device, uintptr_t reg)
{
    return mmio_read(device->base + reg);
}

static void set(const virtio_device_t *device, uintptr_t reg, uint32_t value)
{
    mmio_write(device->base + reg, value);
}

static void set_address(const virtio_device_t *device, uintptr_t reg, const volatile void *address)
{
    set(device, reg, (uint32_t)(uintptr_t)address);
    set(device, reg + 4u, 0u);
}

/* Order accesses to memory and device registers: all before this call, then all after it. */
static void barrier(void)
{
    __asm__ volatile("fence iorw, iorw" ::: "memory");
}

static bool find(virtio_device_t *device, uint32_t id)
{
    for (uint32_t i = 0; i < MMIO_VIRTIO_SLOTS; i++) {
        *device = (virtio_device_t){ .base = MMIO_VIRTIO + i * MMIO_VIRTIO_STRIDE, .source = 1u + i };
        uint32_t version = get(device, VERSION);
        device->modern = version == 2u;
        if (get(device, MAGIC) == MAGIC_VALUE && (version == 1u || version == 2u) &&
            get(device, DEVICE_ID) == id) {
            return true;
        }
    }
    return false;
}

bool virtio_open(virtio_device_t *device, uint32_t id, uint32_t features)
{
    if (!find(device, id)) {
        return false;
    }
    uint32_t status = STATUS_ACKNOWLEDGE | STATUS_DRIVER;
    set(device, STATUS, 0u); /* reset */
    set(device, STATUS, status);
    set(device, DEVICE_FEATURES_SELECT, 0u);
    if ((get(device, DEVICE_FEATURES) & features) != features) {
        return false;
    }
    set(device, DRIVER_FEATURES_SELECT, 0u);
    set(device, DRIVER_FEATURES, features);
    if (!device->modern) {
        set(device, GUEST_PAGE_SIZE, VIRTIO_ALIGN);
        return true;
    }
    set(device, DRIVER_FEATURES_SELECT, 1u);
    set(device, DRIVER_FEATURES, FEATURE_VERSION_1_HIGH);
    set(device, STATUS, status | STATUS_FEATURES_OK);
    return (get(device, STATUS) & STATUS_FEATURES_OK) != 0u;
}

bool virtio_add_queue(const virtio_device_t *device, virtio_queue_t *queue, uint16_t number)
{
    *queue = (virtio_queue_t){ .number = number };
    set(device, QUEUE_SELECT, number);
    if (get(device, QUEUE_MAX) < VIRTIO_BUFFERS) {
        return false;
    }
    set(device, QUEUE_SIZE, VIRTIO_BUFFERS);
    if (device->modern) {
        set_address(device, QUEUE_DESCRIPTORS, queue->descriptors);
        set_address(device, QUEUE_AVAILABLE, &queue->available);
        set_address(device, QUEUE_USED, &queue->used);
        set(device, QUEUE_READY, 1u);
    } else {
        set(device, QUEUE_ALIGN, VIRTIO_ALIGN);
        set(device, QUEUE_PAGE, (uint32_t)(uintptr_t)queue / VIRTIO_ALIGN);
    }
    return true;
}

void virtio_mute(virtio_queue_t *queue)
{
    queue->available.flags = AVAILABLE_NO_INTERRUPT;
}

void virtio_run(const virtio_device_t *device)
{
    barrier();
    set(device, STATUS, get(device, STATUS) | STATUS_DRIVER_OK);
}

void virtio_give(const virtio_device_t *device, virtio_queue_t *queue, uint16_t id, const void *data,
                 uint32_t len, bool writes)
{
    queue->descriptors[id].address = (uintptr_t)data;
    queue->descriptors[id].len = len;
    queue->descriptors[id].flags = writes ? DESCRIPTOR_WRITE : 0u;
    uint16_t index = queue->available.index;
    queue->available.ring[index % VIRTIO_BUFFERS] = id;
    barrier();
    queue->available.index = (uint16_t)(index + 1u);
    barrier();
    set(device, QUEUE_NOTIFY, queue->number);
}

int virtio_take(virtio_queue_t *queue, uint32_t *len)
{
    if (queue->taken == queue->used.index) {
        return -1;
    }
    barrier();
    uint32_t id = queue->used.ring[queue->taken % VIRTIO_BUFFERS].id % VIRTIO_BUFFERS;
    *len = queue->used.ring[queue->taken % VIRTIO_BUFFERS].len;
    queue->taken++;
    barrier(); /* the bytes of the buffer are also read after the index */
    return (int)id;
}

void virtio_quiet(const virtio_device_t *device)
{
    set(device, INTERRUPT_DONE, get(device, INTERRUPT_STATUS));
    barrier();
}
