/* test_tls_memory.c: each allocation of mbedTLS fails, alone or with all later ones. The connection then ends
 * in an error or continues, nothing leaks, and the next connection works. Without MBEDTLS_PLATFORM_MEMORY
 * allocations cannot be made to fail, and the test checks only for leaks. */
#define _GNU_SOURCE
#include "tls_peer.h"

#include <mbedtls/platform.h>

static unsigned long made, fail_at;
static bool for_ever;
static long living;

static bool allocation_fails(void)
{
    made++;
    return fail_at != 0u && (for_ever ? made >= fail_at : made == fail_at);
}

static void *count_calloc(size_t n, size_t size)
{
    void *p = allocation_fails() ? NULL : calloc(n, size);
    living += p != NULL;
    return p;
}

static void count_free(void *p)
{
    living -= p != NULL;
    free(p);
}

static int watch_memory(void **state)
{
#if defined(MBEDTLS_PLATFORM_MEMORY)
    if (mbedtls_platform_set_calloc_free(count_calloc, count_free) != 0) {
        return -1;
    }
#else
    (void)count_calloc;
    (void)count_free;
#endif
    return make_folder(state);
}

/* One connection and the page that it receives. Returns true if an allocation was made to fail. */
static bool connect_once(unsigned long n, bool lasting, bool fresh)
{
    long before = living;
    if (fresh) {
        init_client();
    }
    made = 0;
    fail_at = n;
    for_ever = lasting;
    uspan_err_t err = open_fully("localhost");
    if (err == USPAN_OK) {
        int32_t end = get_page();
        assert_true(end < 0 && end != USPAN_ERR_ARG);
    } else {
        assert_true(err == USPAN_ERR_IO || err == USPAN_ERR_CONFIG || err == USPAN_ERR_TRUST);
        assert_string_not_equal(transport.last_error_text(transport.ctx), "");
    }
    transport.close(transport.ctx);
    bool fired = n != 0u && made >= n;
    fail_at = 0;
    if (fresh) {
        uspan_tls_free(&tls);
        assert_true(n == 0u || living == before); /* at first, PSA allocates memory that it keeps */
    }
    return fired;
}

static void sweep(bool lasting)
{
#if MBEDTLS_VERSION_MAJOR < 3
    const int last = USPAN_TLS_1_2;
#else
    const int last = USPAN_TLS_1_3;
#endif
    for (int version = USPAN_TLS_1_2; version <= last; version++) {
        options.min_version = options.max_version = version;
        options.cert.file = "client.pem";
        options.key.file = "client.key";
        start_openssl("server.pem", NULL);
        (void)connect_once(0u, false, true);
        (void)connect_once(0u, false, true);
        unsigned long n = 1;
        while (connect_once(n, lasting, true)) {
            n += 1u + n / 20u; /* all of the first ones, then fewer and fewer */
        }
#if defined(MBEDTLS_PLATFORM_MEMORY)
        assert_true(n > 100u);
#endif
        stop_server();
    }
}

static void test_one_failing_allocation_is_survived(void **state)
{
    (void)state;
    sweep(false);
}

static void test_memory_that_stays_used_up_is_survived(void **state)
{
    (void)state;
    sweep(true);
}

static void test_a_client_that_ran_out_of_memory_works_when_there_is_some(void **state)
{
    (void)state;
    start_openssl("server.pem", NULL);
    init_client();
    for (unsigned long n = 1; connect_once(n, true, false); n += 1u + n / 4u) {
        visit();
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_client, end_client)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_failing_allocation_is_survived),
        TEST(test_memory_that_stays_used_up_is_survived),
        TEST(test_a_client_that_ran_out_of_memory_works_when_there_is_some),
    };
    return cmocka_run_group_tests(tests, watch_memory, remove_folder);
}
