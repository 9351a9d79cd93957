/* uspan_arduino.h: uspan in an Arduino sketch (C++11): a port, and a transport over any Client, such as
 * WiFiClientSecure or EthernetClient. Include it in one file of the sketch. The shortest use is
 * examples/arduino_agent. On ESP32 the port is that of port/espidf, and with Arduino core 3 the library also
 * has its transport over esp-tls and its exporter task: examples/arduino_esp32.
 * Invariant: of a Client only connect(), write(), read(), available(), connected() and stop() are used. */
#ifndef USPAN_ARDUINO_H
#define USPAN_ARDUINO_H

#include <Arduino.h>
#include <Client.h>

#include "uspan/port_none.h"
#include "uspan/uspan.h"

#ifdef ESP_PLATFORM
#include "uspan_espidf.h"
#include "uspan_freertos.h"
#elif !defined(ARDUINO_ARCH_RP2040) && !defined(__arm__) && !defined(USPAN_ARDUINO_LOCK)
#error "USPAN_ARDUINO_LOCK() and USPAN_ARDUINO_UNLOCK(state) are not known for this core; define them before"
#endif

/* ---- the port ------------------------------------------------------------------------------------------ */

static inline void uspan_arduino_log(void *, uspan_level_t level, const char *text)
{
    if (level <= USPAN_LEVEL_INFO) {
        Serial.println(text);
    }
}

#ifdef ESP_PLATFORM

static inline uspan_err_t uspan_arduino_random(void *ctx, uint8_t *out, size_t len)
{
    return uspan_espidf_port()->random(ctx, out, len);
}

#else

/* Lock out interrupts. */
static inline uint32_t uspan_arduino_lock(void *ctx);
static inline void uspan_arduino_unlock(void *ctx, uint32_t state);

#if defined(USPAN_ARDUINO_LOCK)
static inline uint32_t uspan_arduino_lock(void *)
{
    return USPAN_ARDUINO_LOCK();
}
static inline void uspan_arduino_unlock(void *, uint32_t state)
{
    USPAN_ARDUINO_UNLOCK(state);
    (void)state;
}
#else /* a Cortex-M with one core that runs the sketch */
static inline uint32_t uspan_arduino_lock(void *)
{
    uint32_t state;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(state)::"memory");
    return state;
}
static inline void uspan_arduino_unlock(void *, uint32_t state)
{
    __asm__ volatile("msr primask, %0" ::"r"(state) : "memory");
}
#endif

/* micros() has 32 bits and wraps every 71 minutes. Without a call of uspan for so long, a wrap is lost. */
static inline uint64_t uspan_arduino_mono_ns(void *)
{
    static uint32_t last, turns;
    uint32_t state = uspan_arduino_lock(NULL);
    uint32_t now = (uint32_t)micros();
    turns += now < last;
    last = now;
    uint64_t us = (uint64_t)turns << 32 | now;
    uspan_arduino_unlock(NULL, state);
    return us * 1000u;
}

static inline uintptr_t uspan_arduino_task(void *)
{
    return 1u;
}
#endif

/* Returns the port of the platform. Log lines go to Serial. On ESP32 the rest is uspan_espidf_port(). On
 * other cores Unix time comes from the collector's Date header or from uspan_set_unix_time().
 *   random   as in uspan_port_t, from a hardware generator. On ESP32 pass uspan_arduino_random
 * Context: setup(). */
static inline const uspan_port_t *uspan_arduino_port(uspan_err_t (*random)(void *ctx, uint8_t *out,
                                                                           size_t len))
{
    static uspan_port_t port;
#ifdef ESP_PLATFORM
    port = *uspan_espidf_port();
#else
    port.abi = USPAN_PORT_ABI;
    port.lock = uspan_arduino_lock;
    port.unlock = uspan_arduino_unlock;
    port.mono_ns = uspan_arduino_mono_ns;
    port.unix_ns = uspan_none_unix_ns;
    port.task = uspan_arduino_task;
#endif
    port.random = random;
    port.log = uspan_arduino_log;
    return &port;
}

/* ---- the transport ------------------------------------------------------------------------------------- */

/* One connection. Fields are private. */
typedef struct uspan_arduino_client {
    Client *client;
    const char *why;
    bool is_open;
} uspan_arduino_client_t;

static inline uspan_err_t uspan_arduino_open(void *ctx, const uspan_peer_t *peer)
{
    uspan_arduino_client_t *c = (uspan_arduino_client_t *)ctx;
    if (!c->is_open && c->client->connect(peer->host, peer->port) != 1) {
        c->why = "connection failed";
        return USPAN_ERR_IO;
    }
    c->is_open = true;
    return USPAN_OK;
}

static inline int32_t uspan_arduino_send(void *ctx, const uint8_t *buf, size_t len)
{
    uspan_arduino_client_t *c = (uspan_arduino_client_t *)ctx;
    size_t sent = c->client->write(buf, len);
    if (sent == 0u && !c->client->connected()) {
        c->why = "connection reset by peer";
        return USPAN_ERR_IO;
    }
    return (int32_t)sent;
}

static inline int32_t uspan_arduino_recv(void *ctx, uint8_t *buf, size_t len)
{
    uspan_arduino_client_t *c = (uspan_arduino_client_t *)ctx;
    if (c->client->available() <= 0) {
        if (c->client->connected()) {
            return 0;
        }
        c->why = "closed by peer";
        return USPAN_ERR_CLOSED;
    }
    int got = c->client->read(buf, len);
    return got > 0 ? (int32_t)got : 0;
}

static inline void uspan_arduino_close(void *ctx)
{
    uspan_arduino_client_t *c = (uspan_arduino_client_t *)ctx;
    if (c->is_open) {
        c->client->stop();
    }
    c->is_open = false;
}

static inline const char *uspan_arduino_why(void *ctx)
{
    return ((uspan_arduino_client_t *)ctx)->why;
}

/* Initialise *c with client, and write a transport over it to *out. All three must outlive the tracer.
 *   is_secure  set it only if the client encrypts and verifies the server's chain and name. WiFiClientSecure
 *              does so with setCACert(), and never with setInsecure(). If true, uspan sends secret headers
 * connect() and write() of Arduino block, so uspan_poll() blocks too, up to the time-outs of the client. The
 * client chooses the address if a name has several.
 * Context: setup(). */
static inline void uspan_arduino_client_init(uspan_arduino_client_t *c, Client *client, bool is_secure,
                                             uspan_transport_t *out)
{
    c->client = client;
    c->why = "";
    c->is_open = false;
    out->abi = USPAN_TRANSPORT_ABI;
    out->flags = is_secure ? USPAN_TRANSPORT_SECURE : 0u;
    out->ctx = c;
    out->open = uspan_arduino_open;
    out->send = uspan_arduino_send;
    out->recv = uspan_arduino_recv;
    out->close = uspan_arduino_close;
    out->last_error_text = uspan_arduino_why;
}

#endif
