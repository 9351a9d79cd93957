/* names.c: answers of the servers on the cable: DNS (RFC 1035) for collector.test, and SNTP (RFC 4330).
 * Invariant: an answer is the question's frame with its addresses swapped and bytes added. */
#include "names.h"
#include <string.h>
#include "cable.h"

#define ETHERNET 14u
#define UDP (ETHERNET + 20u)
#define DATA (UDP + 8u)
#define DNS_PORT 53u
#define SNTP_PORT 123u
#define SNTP_BYTES 48u
#define NTP_1970_S 2208988800u /* seconds from 1900 to 1970 */
#define ADDRESS_TYPE 1u
#define ADDRESS6_TYPE 28u

static unsigned read16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static void write16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void swap(uint8_t *a, uint8_t *b, size_t len)
{
    uint8_t kept[6];
    memcpy(kept, a, len);
    memcpy(a, b, len);
    memcpy(b, kept, len);
}

/* Send data[len] back to the sender of the frame. */
static void reply(uint8_t *frame, size_t data_len, uint64_t wait_ns)
{
    swap(frame, frame + 6, 6);
    swap(frame + ETHERNET + 12, frame + ETHERNET + 16, 4);
    swap(frame + UDP, frame + UDP + 2, 2);
    write16(frame + UDP + 4, (unsigned)(8u + data_len));
    write16(frame + UDP + 6, 0u); /* no checksum: RFC 768 allows it */
    write16(frame + ETHERNET + 2, (unsigned)(28u + data_len));
    write16(frame + ETHERNET + 10, 0u);
    unsigned sum = 0;
    for (unsigned i = 0; i < 20u; i += 2u) {
        sum += read16(frame + ETHERNET + i);
    }
    sum = (sum & 0xFFFFu) + (sum >> 16);
    write16(frame + ETHERNET + 10, ~sum & 0xFFFFu);
    uint64_t latency_ns = cable.latency_ns;
    cable.latency_ns += wait_ns;
    cable_send(frame, DATA + data_len, true);
    cable.latency_ns = latency_ns;
}

static void answer_name(uint8_t *frame, size_t len)
{
    static const uint8_t name[] = "\011collector\004test";
    static const uint8_t address[] = { 10, 0, 2, 2 };
    static const uint8_t address6[16] = { 0xFE, 0xC0, [15] = 2 };
    uint8_t *dns = frame + DATA;
    cable.asked_names++;
    uint8_t *at = memchr(dns + 12, 0, len - DATA - 12u); /* the name's end */
    if (cable.names == CABLE_SILENT || at == NULL) {
        return;
    }
    unsigned type = read16(++at);
    bool known = memcmp(dns + 12, name, sizeof name) == 0;
    write16(dns + 2, known ? 0x8180u : 0x8183u); /* answer, recursion done; 3: no such name */
    known = known && (type == ADDRESS_TYPE    ? !cable.names_v6_only
                      : type == ADDRESS6_TYPE ? !cable.names_v4_only
                                              : false);
    size_t address_len = type == ADDRESS_TYPE ? sizeof address : sizeof address6;
    write16(dns + 6, known);
    write16(dns + 8, 0u);
    write16(dns + 10, 0u);
    at += 4;
    if (known) {
        static const uint8_t head[] = { 0xC0, 12, 0, 0, 0, 1, 0, 0, 0, 60 }; /* that name; class IN; a minute */
        memcpy(at, head, sizeof head);
        write16(at + 2, type);
        write16(at + sizeof head, (unsigned)address_len);
        at += sizeof head + 2u;
        memcpy(at, type == ADDRESS_TYPE ? address : address6, address_len);
        at += address_len;
    }
    reply(frame, (size_t)(at - dns), cable.names_wait_ns);
}

static void answer_time(uint8_t *frame)
{
    uint8_t *ntp = frame + DATA;
    if (cable.sntp_unix_s == 0u) {
        return;
    }
    memcpy(ntp + 24, ntp + 40, 8); /* originate: the client's transmit time */
    ntp[0] = 4u << 3 | 4u;         /* version 4, server */
    ntp[1] = 1u;
    uint64_t seconds = cable.sntp_unix_s + NTP_1970_S;
    memset(ntp + 40, 0, 8);
    write16(ntp + 40, (unsigned)(seconds >> 16 & 0xFFFFu));
    write16(ntp + 42, (unsigned)(seconds & 0xFFFFu));
    reply(frame, SNTP_BYTES, 0u);
}

bool names_answer(const uint8_t *frame, size_t len)
{
    static uint8_t copy[1600];
    if (len < DATA || len > 512u || read16(frame + 12) != 0x0800u || frame[ETHERNET] != 0x45u ||
        frame[ETHERNET + 9] != 17u) {
        return false;
    }
    unsigned port = read16(frame + UDP + 2);
    memset(copy, 0, sizeof copy);
    memcpy(copy, frame, len);
    if (port == DNS_PORT) {
        answer_name(copy, len);
    } else if (port == SNTP_PORT) {
        answer_time(copy);
    }
    return port == DNS_PORT || port == SNTP_PORT;
}
