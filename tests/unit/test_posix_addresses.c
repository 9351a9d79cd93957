/* test_posix_addresses.c: the TCP transport looks up a name, tries every address of it, and passes over those
 * that are of no use. */
#include "posix_tcp.h"

static void test_a_name_is_looked_up(void **state)
{
    (void)state;
    int listener;
    uint16_t port = listen_on_loopback(&listener, 4);
    assert_int_equal(open_fully("localhost", port), USPAN_OK);
    (void)close(listener);
}

static void test_every_address_of_a_name_is_tried(void **state)
{
    (void)state;
    int listener;
    uint16_t port = listen_on_loopback(&listener, 4); /* on 127.0.0.1 only: ::1 refuses */
    assert_int_equal(open_fully("two.test", port), USPAN_OK);
    assert_int_equal(tcp.address_count, 2);
    assert_int_equal(tcp.address_at, 1);
    (void)close(listener);
}

static void say_a_byte(int listening)
{
    uint8_t byte = 'x';
    int peer_fd = accept(listening, NULL, NULL);
    assert_int_equal(write(peer_fd, &byte, 1u), 1);
    assert_int_equal(recv_fully(&byte, 1u), 1);
    (void)close(peer_fd);
}

static void test_an_address_that_accepts_and_says_nothing_is_passed_over(void **state)
{
    (void)state;
    int listening, silent = socket(AF_INET6, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    six.sin6_port = htons(listen_on_loopback(&listening, 8));
    bool has_six = setsockopt(silent, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0 &&
                   bind(silent, (struct sockaddr *)&six, sizeof six) == 0 && listen(silent, 8) == 0;
    for (unsigned turn = 0; has_six && turn < 6u; turn++) {
        assert_int_equal(open_fully("two.test", ntohs(six.sin6_port)), USPAN_OK);
        assert_int_equal(tcp.turn, turn > 0u); /* ::1 once, then 127.0.0.1, which stays selected */
        if (turn > 0u) {
            say_a_byte(listening);
        }
        transport.close(transport.ctx);
    }
    (void)close(silent), (void)close(listening);
}

/* An address may answer and yet be of no use, for example if TLS fails there. Only the core knows that. */
static void test_after_a_failed_exchange_another_address_is_used(void **state)
{
    (void)state;
    int listening, six_fd = socket(AF_INET6, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    six.sin6_port = htons(listen_on_loopback(&listening, 8));
    bool has_six = setsockopt(six_fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0 &&
                   bind(six_fd, (struct sockaddr *)&six, sizeof six) == 0 && listen(six_fd, 8) == 0;
    static const struct {
        bool has_failed, is_silent;
        uint8_t turn; /* even: ::1, odd: 127.0.0.1 */
    } rows[] = {
        { false, false, 0 }, { true, false, 1 }, { false, false, 1 }, { true, true, 2 }, { true, false, 3 }
    };
    for (size_t i = 0; has_six && i < sizeof rows / sizeof rows[0]; i++) {
        const uspan_peer_t peer = { .host = "two.test",
                                    .port = ntohs(six.sin6_port),
                                    .has_failed = rows[i].has_failed };
        uspan_err_t err;
        while ((err = transport.open(transport.ctx, &peer)) == USPAN_ERR_AGAIN) {
            pause_ms(1);
        }
        assert_int_equal(err, USPAN_OK);
        assert_int_equal(tcp.turn, rows[i].turn);
        if (!rows[i].is_silent) {
            say_a_byte(rows[i].turn % 2u == 0u ? six_fd : listening);
        }
        transport.close(transport.ctx);
    }
    (void)close(six_fd), (void)close(listening);
}

static void test_more_addresses_than_there_is_room_for_are_tried_in_turns(void **state)
{
    (void)state;
    int listening;
    uint16_t port = listen_on_loopback(&listening, 4);
    const uspan_peer_t peer = { .host = "many.test", .port = port };
    unsigned connects = 0;
    uspan_err_t err;
    do {
        while ((err = transport.open(transport.ctx, &peer)) == USPAN_ERR_AGAIN) {
            pause_ms(1);
        }
        if (err == USPAN_OK) { /* an address that does not answer counts as dead */
            say_a_byte(listening);
        }
        transport.close(transport.ctx);
        assert_true(++connects <= (MANY + USPAN_POSIX_ADDRESSES_MAX - 1u) / USPAN_POSIX_ADDRESSES_MAX);
    } while (err != USPAN_OK);
    assert_true(connects > 1u);
    while ((err = transport.open(transport.ctx, &peer)) ==
           USPAN_ERR_AGAIN) { /* the address that works is the first now */
        pause_ms(1);
    }
    assert_int_equal(err, USPAN_OK);
    assert_int_equal(tcp.address_at, 0);
    transport.close(transport.ctx);
    (void)close(listening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_name_is_looked_up),
        TEST(test_every_address_of_a_name_is_tried),
        TEST(test_after_a_failed_exchange_another_address_is_used),
        TEST(test_more_addresses_than_there_is_room_for_are_tried_in_turns),
        TEST(test_an_address_that_accepts_and_says_nothing_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
