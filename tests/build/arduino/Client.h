/* Client.h: Arduino's interface. */
#pragma once
#include <cstddef>
#include <cstdint>
class Client {
public:
    virtual int connect(const char *host, uint16_t port) = 0;
    virtual size_t write(const uint8_t *buf, size_t size) = 0;
    virtual int available() = 0;
    virtual int read(uint8_t *buf, size_t size) = 0;
    virtual void stop() = 0;
    virtual uint8_t connected() = 0;
};
