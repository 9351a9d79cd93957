/* WiFiClientSecure.h: without TLS. Every host name leads to 127.0.0.1, at the port in USPAN_TEST_PORT. */
#pragma once
#include <arpa/inet.h>
#include <cstdlib>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "Client.h"

class WiFiClientSecure : public Client {
    int fd = -1;

public:
    void setCACert(const char *) {}
    int connect(const char *, uint16_t) override
    {
        sockaddr_in to = {};
        to.sin_family = AF_INET;
        to.sin_port = htons((uint16_t)std::atoi(std::getenv("USPAN_TEST_PORT")));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        fd = ::socket(AF_INET, SOCK_STREAM, 0);
        return ::connect(fd, (const sockaddr *)&to, sizeof to) == 0;
    }
    size_t write(const uint8_t *buf, size_t size) override
    {
        return (size_t)::send(fd, buf, size < 100 ? size : 100, MSG_NOSIGNAL); // in pieces, as radios do
    }
    int available() override
    {
        int count = 0;
        ::ioctl(fd, FIONREAD, &count);
        return count;
    }
    int read(uint8_t *buf, size_t size) override { return (int)::recv(fd, buf, size, 0); }
    void stop() override { ::close(fd); }
    uint8_t connected() override
    {
        char one;
        return ::recv(fd, &one, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
    }
};
