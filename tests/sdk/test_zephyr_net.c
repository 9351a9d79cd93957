/* test_zephyr_net.c: port/zephyr/net.c over sockets of a script: the addresses of a name in turn, the TLS
 * options before connect(), results of send and recv, and that each socket is closed. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include <zephyr/net/socket.h>
#include <zephyr/net/tls_credentials.h>
#include "uspan_zephyr.h"

#define FD 3 /* of the first socket, the others follow */

static struct script {
    unsigned addresses;       /* of the name; 0: it is not found */
    const char *answers;      /* of each address to connect(): '+' or '-' */
    int connect_error, error; /* errno of connect(), and of send and recv */
    int refused_option;       /* option that zsock_setsockopt() refuses */
    bool no_socket;
    ssize_t moved; /* by send and recv */
    char done[128];
    int last_fd;
    unsigned open, lists;
} script;
static struct zsock_addrinfo list[4];
static uspan_zephyr_net_t net;
static uspan_transport_t transport;

static void add(const char *format, int number)
{
    size_t at = strlen(script.done);
    (void)snprintf(script.done + at, sizeof script.done - at, format, number);
}

/* ---- Zephyr's sockets ---------------------------------------------------------------------------------- */

int zsock_getaddrinfo(const char *host, const char *service, const struct zsock_addrinfo *hints,
                      struct zsock_addrinfo **res)
{
    assert_string_equal(host, "collector.test");
    assert_string_equal(service, "4318");
    assert_int_equal(hints->ai_socktype, SOCK_STREAM);
    for (unsigned i = 0; i < script.addresses; i++) {
        list[i] = (struct zsock_addrinfo){ .ai_family = (int)i,
                                           .ai_next = i + 1u < script.addresses ? &list[i + 1u] : NULL };
    }
    *res = script.addresses > 0u ? list : NULL;
    script.lists += script.addresses > 0u;
    return script.addresses > 0u ? 0 : -2;
}

void zsock_freeaddrinfo(struct zsock_addrinfo *ai)
{
    assert_ptr_equal(ai, list);
    script.lists--;
}

int zsock_socket(int family, int type, int proto)
{
    assert_int_equal(type, SOCK_STREAM);
    add(proto == IPPROTO_TLS_1_2 ? "tls%d " : "tcp%d ", family);
    script.open += !script.no_socket;
    script.last_fd = FD + family;
    return script.no_socket ? -1 : script.last_fd;
}

int zsock_setsockopt(int sock, int level, int optname, const void *optval, socklen_t optlen)
{
    assert_int_equal(sock, script.last_fd);
    assert_int_equal(level, SOL_TLS);
    if (optname == TLS_HOSTNAME) {
        assert_string_equal(optval, "collector.test");
        assert_int_equal(optlen, sizeof "collector.test");
    } else {
        assert_int_equal(*(const int *)optval, optname == TLS_PEER_VERIFY ? TLS_PEER_VERIFY_REQUIRED : 7);
        assert_int_equal(optlen, sizeof(int));
    }
    add("option%d ", optname);
    return optname == script.refused_option ? -1 : 0;
}

int zsock_connect(int sock, const struct sockaddr *addr, socklen_t addrlen)
{
    (void)addr, (void)addrlen;
    bool works = script.answers[sock - FD] == '+';
    errno = script.connect_error;
    add(works ? "on%d " : "off%d ", sock - FD);
    return works ? 0 : -1;
}

int zsock_close(int sock)
{
    assert_true(sock >= FD);
    script.open--;
    return 0;
}

static ssize_t moved(int sock, int flags)
{
    assert_int_equal(sock, script.last_fd);
    assert_int_equal(flags, ZSOCK_MSG_DONTWAIT);
    errno = script.error;
    return script.moved;
}

ssize_t zsock_send(int sock, const void *buf, size_t len, int flags)
{
    (void)buf, (void)len;
    return moved(sock, flags);
}

ssize_t zsock_recv(int sock, void *buf, size_t max_len, int flags)
{
    (void)buf, (void)max_len;
    return moved(sock, flags);
}

/* ---- tests --------------------------------------------------------------------------------------------- */

static void begin(bool is_secure)
{
    static const int tags[] = { 7 };
    script = (struct script){ .addresses = 3, .answers = "+++", .connect_error = ECONNREFUSED };
    uspan_zephyr_net_init(&net, is_secure ? tags : NULL, is_secure ? 1u : 0u, &transport);
    assert_int_equal(transport.flags, is_secure ? USPAN_TRANSPORT_SECURE : 0u);
}

static uspan_err_t open_after(bool has_failed)
{
    const uspan_peer_t peer = { .host = "collector.test", .port = 4318, .has_failed = has_failed };
    transport.close(transport.ctx); /* as uspan after each connection that ended */
    script.done[0] = '\0';
    uspan_err_t err = transport.open(transport.ctx, &peer);
    assert_int_equal(script.open, err == USPAN_OK);
    assert_int_equal(script.lists, 0);
    return err;
}

static void test_the_addresses_of_a_name_take_turns(void **state)
{
    (void)state;
    static const struct {
        const char *answers;
        bool has_failed;
        const char *done;
        uspan_err_t err;
    } rows[] = {
        { "+++", false, "tcp0 on0 ", USPAN_OK },
        { "+++", false, "tcp0 on0 ", USPAN_OK },
        { "+++", true, "tcp1 on1 ", USPAN_OK },  /* the first one connects, but does not answer */
        { "+++", false, "tcp1 on1 ", USPAN_OK }, /* it answered, so it is kept */
        { "+++", true, "tcp2 on2 ", USPAN_OK },
        { "+++", true, "tcp0 on0 ", USPAN_OK },
        { "--+", false, "tcp0 off0 tcp1 off1 tcp2 on2 ", USPAN_OK },
        { "+--", false, "tcp2 off2 tcp0 on0 ", USPAN_OK },
        { "---", false, "tcp0 off0 tcp1 off1 tcp2 off2 ", USPAN_ERR_IO },
    };
    begin(false);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script.answers = rows[i].answers;
        assert_int_equal(open_after(rows[i].has_failed), rows[i].err);
        assert_string_equal(script.done, rows[i].done);
    }
    assert_string_equal(transport.last_error_text(transport.ctx), "connection refused");
    script.addresses = 1; /* the name has fewer than before */
    script.answers = "+";
    assert_int_equal(open_after(true), USPAN_OK);
    assert_string_equal(script.done, "tcp0 on0 ");
    const uspan_peer_t peer = { .host = "collector.test", .port = 4318 };
    assert_int_equal(transport.open(transport.ctx, &peer), USPAN_OK); /* it is open */
    assert_string_equal(script.done, "tcp0 on0 ");
    transport.close(transport.ctx);
    assert_int_equal(script.open, 0);
}

static void test_a_tls_socket_has_its_options_before_it_connects(void **state)
{
    (void)state;
    begin(true);
    script.addresses = 1;
    assert_int_equal(open_after(false), USPAN_OK);
    assert_string_equal(script.done, "tls0 option1 option5 option2 on0 ");
    static const int options[] = { TLS_SEC_TAG_LIST, TLS_PEER_VERIFY, TLS_HOSTNAME };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        script.refused_option = options[i];
        assert_int_equal(open_after(false), USPAN_ERR_CONFIG); /* never without them */
        assert_null(strstr(script.done, "on0"));
        assert_non_null(strstr(transport.last_error_text(transport.ctx), "TLS options refused"));
    }
    script.refused_option = 0;
    script.answers = "-";
    script.connect_error = ECONNABORTED;
    assert_int_equal(open_after(false), USPAN_ERR_IO);
    assert_non_null(strstr(transport.last_error_text(transport.ctx), "TLS handshake failed"));
}

static void test_failures_have_words(void **state)
{
    (void)state;
    begin(false);
    static const struct {
        int error;
        const char *words;
    } rows[] = { { ETIMEDOUT, "timed out" },
                 { EHOSTUNREACH, "unreachable" },
                 { ENOBUFS, "no memory" },
                 { ECONNABORTED, "connection lost" },
                 { EIO, "connection failed" } };
    script.answers = "---";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script.connect_error = rows[i].error;
        assert_int_equal(open_after(false), USPAN_ERR_IO);
        assert_non_null(strstr(transport.last_error_text(transport.ctx), rows[i].words));
    }
    script.no_socket = true;
    assert_int_equal(open_after(false), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "no free socket");
    script.addresses = 0;
    assert_int_equal(open_after(false), USPAN_ERR_IO);
    assert_non_null(strstr(transport.last_error_text(transport.ctx), "host name not found"));
}

static void test_bytes_and_the_end(void **state)
{
    (void)state;
    uint8_t byte = 0;
    begin(false);
    assert_int_equal(transport.send(transport.ctx, &byte, 1), USPAN_ERR_IO); /* not open */
    assert_int_equal(transport.recv(transport.ctx, &byte, 1), USPAN_ERR_IO);
    assert_int_equal(open_after(false), USPAN_OK);
    script.moved = 1;
    assert_int_equal(transport.send(transport.ctx, &byte, 1), 1);
    assert_int_equal(transport.recv(transport.ctx, &byte, 1), 1);
    script.moved = -1;
    script.error = EAGAIN;
    assert_int_equal(transport.send(transport.ctx, &byte, 1), 0);
    assert_int_equal(transport.recv(transport.ctx, &byte, 1), 0);
    script.error = ECONNRESET;
    assert_int_equal(transport.recv(transport.ctx, &byte, 1), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "connection reset by peer");
    script.moved = 0;
    assert_int_equal(transport.recv(transport.ctx, &byte, 1), USPAN_ERR_CLOSED);
    transport.close(transport.ctx);
    transport.close(transport.ctx);
    assert_int_equal(script.open, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_addresses_of_a_name_take_turns),
        cmocka_unit_test(test_a_tls_socket_has_its_options_before_it_connects),
        cmocka_unit_test(test_failures_have_words),
        cmocka_unit_test(test_bytes_and_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
