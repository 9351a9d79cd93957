/* first_chunk.c: records the arrival time of the first chunk of an answer. Later calls are ignored. */
#include "genai/typed.h"

#if USPAN_PROFILE_LANGFUSE
/* Write the last two digits of n. Returns the position after them. */
static char *put_two(char *out, unsigned n)
{
    *out++ = (char)('0' + n / 10u % 10u);
    *out++ = (char)('0' + n % 10u);
    return out;
}

/* Write a time in the form "2025-11-28T00:38:52.733Z". The date is computed as in Howard Hinnant's
 * civil_from_days, for years from 1970. */
static void put_time(char out[25], uint64_t unix_ns)
{
    uint64_t ms = unix_ns / 1000000u;
    uint32_t second = (uint32_t)(ms / 1000u % 86400u);
    uint32_t day = (uint32_t)(ms / 86400000u) + 719468u; /* days since 1 March of year 0 */
    uint32_t era = day / 146097u, of_era = day % 146097u;
    uint32_t year = (of_era - of_era / 1460u + of_era / 36524u - of_era / 146096u) / 365u;
    uint32_t of_year = of_era - (365u * year + year / 4u - year / 100u);
    uint32_t from_march = (5u * of_year + 2u) / 153u;
    uint32_t month = from_march < 10u ? from_march + 3u : from_march - 9u;
    year += era * 400u + (month <= 2u);
    char *at = put_two(put_two(out, year / 100u), year);
    *at++ = '-';
    at = put_two(at, month);
    *at++ = '-';
    at = put_two(at, of_year - (153u * from_march + 2u) / 5u + 1u);
    *at++ = 'T';
    at = put_two(at, second / 3600u);
    *at++ = ':';
    at = put_two(at, second / 60u % 60u);
    *at++ = ':';
    at = put_two(at, second % 60u);
    *at++ = '.';
    *at++ = (char)('0' + ms % 1000u / 100u);
    at = put_two(at, (unsigned)(ms % 100u));
    *at++ = 'Z';
    *at = '\0';
}
#endif

static void tell_profiles(uspan_tracer_t *t, uspan_t s, uint64_t at_ns, uint64_t waited_ns)
{
#if USPAN_PROFILE_ALIYUN
    (void)uspan_set_int(t, s, &uspan_key_aliyun_first_token, (int64_t)waited_ns);
#endif
#if USPAN_PROFILE_LANGFUSE
    uint64_t unix_ns;
    if (uspan_unix_now(t, &unix_ns) == USPAN_OK) {
        char text[25];
        put_time(text, unix_ns - (uspan_now(t) - at_ns));
        (void)uspan_set_str(t, s, &uspan_key_langfuse_first_token, text);
    }
#endif
    (void)t, (void)s, (void)at_ns, (void)waited_ns;
}

uspan_err_t uspan_first_chunk_at(uspan_tracer_t *t, uspan_t s, uint64_t at_ns)
{
    const uspan_key_t *key = &uspan_key_response_time_to_first_chunk;
    if (t == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    if (at_ns == 0u) {
        at_ns = uspan_now(t);
    }
    uspan_err_t err;
    uint64_t start_ns = 0;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_find_recording(&t->trace, s, &err);
    bool first = slot != NULL && uspan_entry_find(slot, key) == NULL;
    if (first) {
        start_ns = slot->start_ns;
    }
    uspan_unlock(t, state);
    if (!first) {
        return err;
    }
    uint64_t waited_ns = at_ns > start_ns ? at_ns - start_ns : 0u;
    tell_profiles(t, s, at_ns, waited_ns);
    err = uspan_set_bool(t, s, &uspan_key_request_stream, true);
    return uspan_worse_result(err, uspan_set_double(t, s, key, (double)waited_ns / 1e9)); /* seconds */
}

uspan_err_t uspan_first_chunk(uspan_tracer_t *t, uspan_t s)
{
    return uspan_first_chunk_at(t, s, 0u);
}
