/* test_tls_bytes.c: TLS 1.2 and 1.3 with OpenSSL and GnuTLS as peers. All bytes arrive over any network.
 * Every fault ends with an error text and without a leak. Sessions are tested in test_tls_sessions.c. */
#define _GNU_SOURCE
#include "tls_peer.h"

#ifndef MBEDTLS_PRIVATE
#define MBEDTLS_PRIVATE(member) member
#endif

#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && MBEDTLS_VERSION_MAJOR >= 3
/* Receive until mbedTLS has noticed a ticket. It reads the ticket in the next call, which may be a write. */
static void notice_a_ticket(void)
{
    for (long i = 0; tls.ssl.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_HANDSHAKE_OVER; i++) {
        uint8_t byte;
        assert_true(i < PATIENCE_S * 1000);
        assert_int_equal(transport.recv(transport.ctx, &byte, 1), 0);
        pause_ms(1);
    }
}

static void test_a_ticket_that_comes_before_a_request_does_not_break_it(void **state)
{
    (void)state;
    options.min_version = USPAN_TLS_1_3;
    start_openssl("server.pem", NULL);
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_OK);
    notice_a_ticket();
    (void)get_page();
    assert_non_null(strstr(page, "New, TLSv1.3"));
    assert_int_equal(tls.sessions[0].port, server.port);
    transport.close(transport.ctx);
}

static void test_a_ticket_that_comes_within_a_record_does_not_send_it_twice(void **state)
{
    (void)state;
    static const char line[] = "each of these bytes once, please; ";
    char back[2 * sizeof(line)] = "";
    size_t got = 0;
    start_gnutls("echo", gnutls_versions[1]);
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_OK);
    shim.narrow = true;
    shim.room = 20; /* less than the record */
    assert_int_equal(transport.send(transport.ctx, (const uint8_t *)line, sizeof(line)), 0);
    notice_a_ticket();
    shim.narrow = false;
    assert_int_equal(transport.send(transport.ctx, (const uint8_t *)line, sizeof(line)), sizeof(line));
    assert_int_equal(send_fully("*"), 1);
    for (long i = 0; got < sizeof(line) + 1u; i++) {
        int32_t moved = transport.recv(transport.ctx, (uint8_t *)back + got, sizeof(back) - got);
        assert_true(moved >= 0 && i < PATIENCE_S * 1000);
        got += (size_t)moved;
        pause_ms(1);
    }
    assert_memory_equal(back, line, sizeof(line));
    assert_int_equal(back[sizeof(line)], '*');
    assert_int_equal(got, sizeof(line) + 1u);
}
#endif

#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && MBEDTLS_VERSION_MAJOR >= 3
/* The ClientHello that a server would read. Returns its length. */
static size_t catch_hello(uint8_t *out, size_t cap)
{
    int fd;
    const uspan_peer_t peer = { .host = "localhost", .port = listen_on_loopback(&fd) };
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    int accepted = -1;
    for (long i = 0; accepted < 0; i++) {
        assert_true(i < PATIENCE_S * 1000);
        assert_int_equal(transport.open(transport.ctx, &peer), USPAN_ERR_AGAIN);
        accepted = accept(fd, NULL, NULL);
        pause_ms(1);
    }
    for (long i = 0; i < 10; i++) { /* the hello is one write, done already or in one of these calls */
        assert_int_equal(transport.open(transport.ctx, &peer), USPAN_ERR_AGAIN);
    }
    ssize_t len = recv(accepted, out, cap, 0);
    assert_true(len > 0 && (size_t)len < cap);
    transport.close(transport.ctx);
    (void)close(accepted);
    (void)close(fd);
    return (size_t)len;
}

static void test_tickets_are_good_for_a_new_key_exchange_only_unless_built_otherwise(void **state)
{
    (void)state;
    /* psk_key_exchange_modes (45): only psk_dhe_ke (1), RFC 8446 §4.2.9 */
    static const uint8_t modes[] = { 0, 45, 0, 2, 1, 1 };
    uint8_t hello[4096];
    init_client();
    size_t len = catch_hello(hello, sizeof(hello));
    assert_non_null(memmem(hello, len, modes, sizeof(modes)));
}
#endif

static void test_no_common_version_is_named(void **state)
{
    (void)state;
    static const char *const only_13[] = { "-tls1_3", NULL };
    options.max_version = USPAN_TLS_1_2;
    start_openssl("server.pem", only_13);
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_ERR_CONFIG);
    assert_string_equal(transport.last_error_text(transport.ctx), "server alert: no common TLS version");
    uspan_tls_free(&tls);
    stop_server();
    options.max_version = 0;
#if MBEDTLS_VERSION_MAJOR < 3
    options.min_version = USPAN_TLS_1_3;
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_ERR_CONFIG);
    assert_string_equal(transport.last_error_text(transport.ctx),
                        "mbedTLS was built without the TLS version asked for");
#else
    static const char *const only_12[] = { "-tls1_2", NULL };
    options.min_version = USPAN_TLS_1_3;
    start_openssl("server.pem", only_12);
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_ERR_CONFIG);
    assert_non_null(strstr(transport.last_error_text(transport.ctx), "no common TLS version"));
#endif
}

static void test_old_tls_is_never_spoken(void **state)
{
    (void)state;
    static const char *const only_11[] = { "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", NULL };
    start_openssl("server.pem", only_11);
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_ERR_CONFIG);
    assert_non_null(strstr(transport.last_error_text(transport.ctx), "no common TLS version"));
}

/* Send len bytes to an echo server and receive them, one window at a time, so that no buffer fills. */
static void echo(size_t len)
{
    static uint8_t out[150000], in[150000];
    size_t sent = 0, got = 0;
    assert_true(len <= sizeof(out));
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(i * 7u / 5u);
    }
    for (long idle = 0; got < len;) {
        size_t window = (got / 4096u + 1u) * 4096u < len ? (got / 4096u + 1u) * 4096u : len;
        int32_t moved = sent < window ? transport.send(transport.ctx, out + sent, window - sent) : 0;
        assert_true(moved >= 0);
        sent += (size_t)moved;
        int32_t back = sent == window ? transport.recv(transport.ctx, in + got, window - got) : 0;
        assert_true(back >= 0);
        got += (size_t)back;
        if (moved == 0 && back == 0 && ++idle % 8 == 0) {
            assert_true(idle < PATIENCE_S * 5000);
            pause_ms(1);
        }
    }
    assert_memory_equal(in, out, len);
}

static void test_bytes_arrive_whole_over_any_network(void **state)
{
    (void)state;
    static const struct {
        size_t most, len;
        bool hesitant;
    } networks[] = { { 0, 150000, false }, { 1000, 60000, true }, { 7, 8000, true }, { 1, 1500, true } };
    for (int version = USPAN_TLS_1_2; version <= LAST_VERSION; version++) {
        start_gnutls("echo", gnutls_versions[version - USPAN_TLS_1_2]);
        for (size_t i = 0; i < COUNT(networks); i++) {
            (void)make_client(NULL);
            shim.most = networks[i].most;
            shim.hesitant = networks[i].hesitant;
            init_client();
            assert_int_equal(open_fully("localhost"), USPAN_OK);
            echo(networks[i].len);
            uspan_tls_free(&tls);
        }
        stop_server();
    }
}

static uint64_t jumping_ns(void *ctx)
{
    static uint64_t now_ns;
    (void)ctx;
    return now_ns += 1000000000u;
}

static void test_one_open_never_does_more_than_a_step_when_time_stands_for_it(void **state)
{
    (void)state;
    uspan_peer_t to = { .host = "localhost" };
    int steps = 0, before = -1;
    start_openssl("server.pem", NULL);
    to.port = server.port;
    uspan_port_t slow = *uspan_posix_port();
    slow.mono_ns = jumping_ns; /* each reading is a second later: one step uses up the time */
    options.port = &slow;
    init_client();
    uspan_err_t err;
    do {
        err = transport.open(transport.ctx, &to);
        int now = tls.ssl.MBEDTLS_PRIVATE(state);
        steps += now != before;
        before = now;
        pause_ms(1);
    } while (err == USPAN_ERR_AGAIN);
    assert_int_equal(err, USPAN_OK);
    assert_true(steps >= 8); /* each seen alone */
}

static void test_each_fault_of_the_network_ends_in_an_error_and_no_leak(void **state)
{
    (void)state;
    for (int version = USPAN_TLS_1_2; version <= LAST_VERSION; version++) {
        options.min_version = options.max_version = version;
        start_openssl("server.pem", NULL);
        init_client();
        unsigned n = 1;
        for (bool fired = true; fired; n++) {
            shim.calls = 0;
            shim.fail_at = n;
            uspan_err_t err = open_fully("localhost");
            if (err == USPAN_OK) {
                (void)get_page();
            } else {
                assert_int_equal(err, USPAN_ERR_IO);
                assert_string_equal(transport.last_error_text(transport.ctx), "the shim failed");
                assert_int_equal(tls.sessions[0].port, 0); /* so the next one is a full handshake too */
            }
            fired = shim.calls >= n;
            transport.close(transport.ctx);
            assert_int_equal(tcp.fd, -1);
            for (size_t i = 0; i < USPAN_TLS_SESSIONS && fired; i++) {
                mbedtls_ssl_session_free(&tls.sessions[i].session);
                tls.sessions[i].port = 0;
            }
            assert_true(n < 200u);
        }
        assert_true(n > 8u);
        shim.fail_at = 0;
        visit();
        uspan_tls_free(&tls);
        stop_server();
    }
}

/* A peer in this process: what it responds to a client that sends a hello. */
static void meet(const char *answer)
{
    int listener, peer;
    const uspan_peer_t to = { .host = "127.0.0.1", .port = listen_on_loopback(&listener) };
    init_client();
    server.port = to.port;
    assert_int_equal(transport.open(transport.ctx, &to), USPAN_ERR_AGAIN);
    peer = accept(listener, NULL, NULL);
    assert_true(peer >= 0);
    assert_int_equal(send(peer, answer, strlen(answer), 0), strlen(answer));
    assert_int_equal(shutdown(peer, SHUT_WR), 0);
    assert_int_equal(open_fully("127.0.0.1"), USPAN_ERR_IO);
    (void)close(peer);
    (void)close(listener);
}

static void test_a_peer_without_tls_is_an_error(void **state)
{
    (void)state;
    meet("HTTP/1.1 400 Bad Request\r\n\r\n");
    assert_string_equal(transport.last_error_text(transport.ctx),
                        "not TLS (http:// port?), or above MBEDTLS_SSL_IN_CONTENT_LEN");
}

static void test_a_peer_that_leaves_is_an_error(void **state)
{
    (void)state;
    meet("");
    assert_string_equal(transport.last_error_text(transport.ctx),
                        "peer closed the connection without close_notify");
}

static void test_a_refused_connection_is_the_lower_transports_error(void **state)
{
    (void)state;
    server.port = 1; /* no server listens there, and no test gets it as a free port */
    init_client();
    assert_int_equal(open_fully("127.0.0.1"), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "connection refused");
}

static void test_a_server_that_dies_is_no_clean_end(void **state)
{
    (void)state;
    start_gnutls("echo", gnutls_versions[0]);
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_OK);
    echo(100);
    stop_server();
    uint8_t byte;
    int32_t moved;
    for (long i = 0; (moved = transport.recv(transport.ctx, &byte, 1)) == 0; i++) {
        assert_true(i < PATIENCE_S * 1000);
        pause_ms(1);
    }
    assert_int_equal(moved, USPAN_ERR_IO);
    assert_string_not_equal(transport.last_error_text(transport.ctx), "");
    assert_int_equal(transport.recv(transport.ctx, &byte, 1), USPAN_ERR_IO);
}

static void test_close_is_always_legal_and_open_works_after_it(void **state)
{
    (void)state;
    uint8_t byte = 1;
    start_openssl("server.pem", NULL);
    init_client();
    transport.close(transport.ctx);
    transport.close(transport.ctx);
    assert_int_equal(transport.send(transport.ctx, &byte, 1), USPAN_ERR_IO);
    assert_int_equal(transport.recv(transport.ctx, &byte, 1), USPAN_ERR_IO);
    for (int i = 0; i < 3; i++) {
        const uspan_peer_t to = { .host = "localhost", .port = server.port };
        (void)transport.open(transport.ctx, &to); /* closed in the middle */
        transport.close(transport.ctx);
        visit();
        transport.close(transport.ctx);
        assert_int_equal(open_fully("localhost"), USPAN_OK);
        assert_int_equal(open_fully("localhost"), USPAN_OK);
        transport.close(transport.ctx);
    }
    uspan_tls_free(&tls);
    uspan_tls_free(&tls);
}

static void test_a_record_under_way_is_not_given_up(void **state)
{
    (void)state;
    static uint8_t block[16000];
    start_gnutls("mute", gnutls_versions[0]);
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_OK);
    int32_t moved;
    assert_int_equal(kill(server.pid, SIGSTOP), 0); /* the peer does not read, so the buffers fill up */
    do {
        moved = transport.send(transport.ctx, block, sizeof(block));
        assert_true(moved >= 0);
    } while (moved > 0);
    assert_int_equal(transport.send(transport.ctx, block, sizeof(block) - 1u), USPAN_ERR_ARG);
    assert_int_equal(transport.send(transport.ctx, block, sizeof(block)), 0);
    static uint8_t more[sizeof(block) + 100u];
    assert_int_equal(kill(server.pid, SIGCONT), 0);
    for (long i = 0; (moved = transport.send(transport.ctx, more, sizeof(more))) == 0; i++) {
        assert_true(i < PATIENCE_S * 1000);
        pause_ms(1);
    }
    assert_int_equal(moved, sizeof(block)); /* the rest of the record in progress, and no byte more */
    transport.close(transport.ctx);         /* close() does not wait for the network either */
}

static bool has_entropy;

static uspan_err_t late_entropy(void *ctx, uint8_t *out, size_t len)
{
    assert_true(len <= 32u); /* the limit in port.h */
    return has_entropy ? uspan_posix_port()->random(ctx, out, len) : USPAN_ERR_AGAIN;
}

static void test_nothing_happens_before_there_is_entropy(void **state)
{
    (void)state;
    uspan_port_t port = *uspan_posix_port();
    const uspan_peer_t to = { .host = "localhost", .port = 1 };
    port.random = late_entropy;
    options.port = &port;
    has_entropy = false;
    start_openssl("server.pem", NULL);
    init_client();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(transport.open(transport.ctx, &to), USPAN_ERR_CONFIG);
        assert_string_equal(transport.last_error_text(transport.ctx), "no entropy: see the port's random()");
    }
    assert_int_equal(shim.opened, 0);
    transport.close(transport.ctx);
    has_entropy = true;
    visit();
}

static void test_a_long_answer_comes_in_small_records_when_asked_for(void **state)
{
    (void)state;
    options.max_version = USPAN_TLS_1_2;
    options.max_fragment = 512;
    start_openssl("server.pem", NULL);
    init_client();
#if MBEDTLS_VERSION_NUMBER < 0x03060300
    assert_int_equal(open_fully("localhost"), USPAN_ERR_CONFIG); /* the chain takes several records */
    assert_non_null(strstr(transport.last_error_text(transport.ctx), "max_fragment"));
#else
    visit();
    assert_true(strlen(page) > 2048u);
#endif
    uspan_tls_free(&tls);
    options.max_fragment = 4096;
    init_client();
    visit();
}

static void test_the_static_heap_tells_its_peak(void **state)
{
    (void)state;
    start_openssl("server.pem", NULL);
    init_client();
    visit();
#if USPAN_TLS_HEAP_BYTES > 0 && defined(MBEDTLS_MEMORY_DEBUG)
    assert_in_range(uspan_tls_heap_peak(), 4096, USPAN_TLS_HEAP_BYTES);
#else
    assert_int_equal(uspan_tls_heap_peak(), 0);
#endif
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_client, end_client)

int main(void)
{
    const struct CMUnitTest tests[] = {
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && MBEDTLS_VERSION_MAJOR >= 3
        TEST(test_a_ticket_that_comes_before_a_request_does_not_break_it),
        TEST(test_a_ticket_that_comes_within_a_record_does_not_send_it_twice),
        TEST(test_tickets_are_good_for_a_new_key_exchange_only_unless_built_otherwise),
#endif
        TEST(test_no_common_version_is_named),
        TEST(test_old_tls_is_never_spoken),
        TEST(test_bytes_arrive_whole_over_any_network),
        TEST(test_one_open_never_does_more_than_a_step_when_time_stands_for_it),
        TEST(test_each_fault_of_the_network_ends_in_an_error_and_no_leak),
        TEST(test_a_peer_without_tls_is_an_error),
        TEST(test_a_peer_that_leaves_is_an_error),
        TEST(test_a_refused_connection_is_the_lower_transports_error),
        TEST(test_a_server_that_dies_is_no_clean_end),
        TEST(test_close_is_always_legal_and_open_works_after_it),
        TEST(test_a_record_under_way_is_not_given_up),
        TEST(test_nothing_happens_before_there_is_entropy),
        TEST(test_a_long_answer_comes_in_small_records_when_asked_for),
        TEST(test_the_static_heap_tells_its_peak),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
