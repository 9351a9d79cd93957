/* retry.c: what an answer means, and how long to wait.
 * Invariant: every wait is 1 ms .. 1.2 times the longest that applies; wait_ms 0 means that nothing failed
 * yet. */
#include "retry.h"

#define HOUR_MS 3600000u
#define HOUR_S 3600u
#define REST_FIRST_MS 60000u

USPAN_STATIC_ASSERT(USPAN_RETRY_MAX_MS <= 0x7FFFFFFF, "USPAN_RETRY_MAX_MS: room for jitter in 32 bits");

uspan_action_t uspan_action_for(uint16_t status)
{
    static const struct {
        uint8_t above_400, action;
    } rows[] = {
        { 1, USPAN_ACTION_RENEW },   { 3, USPAN_ACTION_RENEW },   { 4, USPAN_ACTION_CONFIG },
        { 5, USPAN_ACTION_CONFIG },  { 11, USPAN_ACTION_CONFIG }, { 13, USPAN_ACTION_SPLIT },
        { 15, USPAN_ACTION_CONFIG }, { 22, USPAN_ACTION_CONFIG }, { 29, USPAN_ACTION_RETRY },
        { 102, USPAN_ACTION_RETRY }, { 103, USPAN_ACTION_RETRY }, { 104, USPAN_ACTION_RETRY },
    };
    if (status / 100u == 2u) {
        return USPAN_ACTION_DELIVERED;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (status == 400u + rows[i].above_400) {
            return (uspan_action_t)rows[i].action;
        }
    }
    return USPAN_ACTION_REFUSED;
}

/* One wait of first_ms, doubling to max_ms, spread by 20 % both ways but never below floor_ms. */
static uint32_t step(uspan_backoff_t *b, uint32_t first_ms, uint32_t max_ms, uint32_t random,
                     uint32_t floor_ms)
{
    uint32_t wait_ms = b->wait_ms < first_ms ? first_ms : b->wait_ms;
    if (wait_ms > max_ms) {
        wait_ms = max_ms;
    }
    b->wait_ms = wait_ms > max_ms / 2u ? max_ms : wait_ms * 2u;
    if (b->attempts < UINT16_MAX) {
        b->attempts++;
    }
    uint32_t low = wait_ms - wait_ms / 5u, high = wait_ms + wait_ms / 5u;
    if (low < floor_ms) {
        low = floor_ms;
    }
    if (high < floor_ms + floor_ms / 5u) {
        high = floor_ms + floor_ms / 5u;
    }
    return low + (uint32_t)(((uint64_t)random * (high - low + 1u)) >> 32);
}

uint32_t uspan_backoff_next(uspan_backoff_t *b, uint32_t random, uint32_t retry_after_ms)
{
    uint32_t floor_ms = retry_after_ms < HOUR_MS ? retry_after_ms : HOUR_MS;
    return step(b, USPAN_RETRY_FIRST_MS, USPAN_RETRY_MAX_MS, random, floor_ms);
}

uint32_t uspan_backoff_rest(uspan_backoff_t *b, uint32_t random)
{
    return step(b, REST_FIRST_MS, HOUR_MS, random, 0);
}

void uspan_backoff_reset(uspan_backoff_t *b)
{
    b->wait_ms = 0;
    b->attempts = 0;
}

uint32_t uspan_retry_after_ms(const uspan_answer_t *a, uint64_t now_s)
{
    uint32_t after_s = a->retry_after_s;
    if (after_s == UINT32_MAX) {
        uint64_t at_s = a->retry_at_unix;
        if (now_s == 0u || at_s <= now_s) {
            return 0;
        }
        after_s = at_s - now_s < HOUR_S ? (uint32_t)(at_s - now_s) : HOUR_S;
    }
    return after_s < HOUR_S ? after_s * 1000u : HOUR_MS;
}
