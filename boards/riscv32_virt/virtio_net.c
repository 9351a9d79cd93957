/* virtio_net.c: sends and receives Ethernet frames over virtio-net (virtio 1.1, 5.1), without offloads.
 * Invariant: each receive buffer belongs to the device, or is the one that net_recv() returned. A send buffer
 * is free exactly if its bit in send_free is set. */
#include "virtio_net.h"

#include "mmio.h"
#include "plic.h"
#include "timer.h"
#include "virtio.h"

#define FEATURE_MAC 0x20u
#define FEATURE_STATUS 0x10000u
#define CONFIG_MAC 0x100u
#define CONFIG_STATUS 0x106u
#define STATUS_LINK_UP 1u
#define HEADER_LEGACY 10u /* bytes. All are 0 when sending: no offload */
#define HEADER_MODERN 12u
#define BUFFER_BYTES (HEADER_MODERN + NET_FRAME_BYTES)
#define NO_BUFFER (-1)

enum { RECV = 0, SEND = 1 };

static virtio_device_t device;
static virtio_queue_t recv_queue, send_queue;
static uint8_t recv_buffers[VIRTIO_BUFFERS][BUFFER_BYTES], send_buffers[VIRTIO_BUFFERS][BUFFER_BYTES];
static uint32_t header_len;
static unsigned send_free = (1u << VIRTIO_BUFFERS) - 1u;
static int filling = NO_BUFFER, reading = NO_BUFFER;

static void give_recv(int id)
{
    virtio_give(&device, &recv_queue, (uint16_t)id, recv_buffers[id], BUFFER_BYTES, true);
}

bool net_start(uint8_t *mac)
{
    if (!virtio_open(&device, VIRTIO_ID_NET, FEATURE_MAC | FEATURE_STATUS) ||
        !virtio_add_queue(&device, &recv_queue, RECV) || !virtio_add_queue(&device, &send_queue, SEND)) {
        return false;
    }
    virtio_mute(&send_queue); /* net_send_buffer() finds the frames that were sent */
    header_len = device.modern ? HEADER_MODERN : HEADER_LEGACY;
    for (size_t i = 0; i < 6u; i++) {
        mac[i] = *(volatile uint8_t *)(device.base + CONFIG_MAC + i);
    }
    virtio_run(&device);
    for (int i = 0; i < (int)VIRTIO_BUFFERS; i++) {
        give_recv(i);
    }
    plic_enable(device.source);
    return true;
}

bool net_has_cable(void)
{
    return (*(volatile uint16_t *)(device.base + CONFIG_STATUS) & STATUS_LINK_UP) != 0u;
}

uint8_t *net_send_buffer(void)
{
    uint32_t len;
    for (int id = virtio_take(&send_queue, &len); id >= 0; id = virtio_take(&send_queue, &len)) {
        send_free |= 1u << id;
    }
    for (filling = 0; filling < (int)VIRTIO_BUFFERS; filling++) {
        if ((send_free >> filling & 1u) != 0u) {
            return send_buffers[filling] + header_len;
        }
    }
    filling = NO_BUFFER;
    return NULL;
}

void net_send(size_t len)
{
    send_free &= ~(1u << filling);
    virtio_give(&device, &send_queue, (uint16_t)filling, send_buffers[filling], header_len + (uint32_t)len,
                false);
    filling = NO_BUFFER;
}

const uint8_t *net_recv(size_t *len)
{
    uint32_t bytes;
    reading = virtio_take(&recv_queue, &bytes);
    if (reading < 0) {
        return NULL;
    }
    if (bytes < header_len || bytes > BUFFER_BYTES) { /* a length that the device must not write */
        bytes = header_len;
    }
    *len = bytes - header_len;
    return recv_buffers[reading] + header_len;
}

void net_recv_done(void)
{
    give_recv(reading);
    reading = NO_BUFFER;
}

void net_sleep_ms(uint32_t ms)
{
    uint32_t seen = recv_queue.taken;
    virtio_quiet(&device);
    plic_drain();
    if (seen == recv_queue.used.index) { /* else a frame has arrived, and its interrupt was cleared */
        timer_sleep_ms(ms);
    }
}
