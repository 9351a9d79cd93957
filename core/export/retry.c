/* retry.c: decides what a response means, and how long to wait. Invariant: every wait is at least 1 ms and at
 * most 1.2 times the maximum that applies. wait_ms 0 means that nothing has failed yet. */
#include "export/retry.h"

#define HOUR_MS 3600000u
#define HOUR_S 3600u
#define REST_FIRST_MS 60000u

USPAN_STATIC_ASSERT(USPAN_RETRY_MAX_MS <= 0x7FFFFFFF, "USPAN_RETRY_MAX_MS: room for jitter in 32 bits");

uspan_action_t uspan_action_for(unsigned status)
{
    static const struct {
        uint8_t above_400, action;
    } rows[] = {
        { 1, USPAN_ACTION_RENEW },   { 3, USPAN_ACTION_RENEW },   { 4, USPAN_ACTION_CONFIG },
        { 5, USPAN_ACTION_CONFIG },  { 11, USPAN_ACTION_CONFIG }, { 13, USPAN_ACTION_SPLIT },
        { 15, USPAN_ACTION_CONFIG }, { 22, USPAN_ACTION_CONFIG }, { 29, USPAN_ACTION_RETRY },
        { 102, USPAN_ACTION_RETRY }, { 103, USPAN_ACTION_RETRY }, { 104, USPAN_ACTION_RETRY },
    };
    if (status - 200u < 100u) {
        return USPAN_ACTION_DELIVERED;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (status - 400u == rows[i].above_400) {
            return (uspan_action_t)rows[i].action;
        }
    }
    return USPAN_ACTION_REFUSED;
}

uint32_t uspan_backoff(uspan_backoff_t *b, bool rest, uint32_t random, uint32_t floor_ms)
{
    const uint32_t max_ms = rest ? HOUR_MS : USPAN_RETRY_MAX_MS;
    const uint32_t first_ms = rest ? REST_FIRST_MS : USPAN_RETRY_FIRST_MS;
    uint32_t wait_ms = b->wait_ms < first_ms ? first_ms : b->wait_ms;
    wait_ms = wait_ms < max_ms ? wait_ms : max_ms;
    b->wait_ms = wait_ms * 2u; /* limited to the maximum when it is used */
    /* A narrower range would bring devices that failed at the same moment back at the same moment. */
    uint32_t low = wait_ms - wait_ms / 5u * 3u, high = wait_ms;
    low = low < floor_ms ? floor_ms : low;
    high = high < floor_ms + floor_ms / 5u ? floor_ms + floor_ms / 5u : high;
    return low + (uint32_t)(((uint64_t)random * (high - low + 1u)) >> 32);
}

uint32_t uspan_retry_after_ms(const uspan_answer_t *a, uint64_t now_s)
{
    uint32_t after_s = a->retry_after_s;
#if USPAN_HTTP_DATE
    if (after_s == UINT32_MAX && now_s != 0u && a->retry_at_unix > now_s) {
        uint64_t ahead_s = a->retry_at_unix - now_s;
        after_s = ahead_s < HOUR_S ? (uint32_t)ahead_s : HOUR_S;
    }
#else
    (void)now_s;
#endif
    if (after_s == UINT32_MAX) {
        return 0u;
    }
    return after_s < HOUR_S ? after_s * 1000u : HOUR_MS;
}
