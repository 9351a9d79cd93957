/* test_tls_servers.c: ordinary servers with special requirements. These are RSA in TLS 1.2, another version
 * than last time, an address or a dotted name in the endpoint, a client certificate, and new keys within a
 * connection. */
#define _GNU_SOURCE
#include "tls_peer.h"

#ifndef MBEDTLS_PRIVATE
#define MBEDTLS_PRIVATE(member) member
#endif

/* In addition to those of tls_peer.h: RSA keys, an address as the name, a name that ends with a dot. */
static const char make_more[] =
    "set -e\n"
    "exec >more.log 2>&1\n"
    "cat >> c <<'C'\n"
    "[address]\nsubjectAltName=IP:127.0.0.1,IP:0:0:0:0:0:0:0:1\nextendedKeyUsage=serverAuth\n"
    "[other_address]\nsubjectAltName=IP:127.0.0.2\nextendedKeyUsage=serverAuth\n"
    "C\n"
    "sign() { n=$1; e=$2; a=$3; k=$4; shift 4; openssl req -new -config c -key $k.key -subj /CN=$n -out "
    "$n.csr; "
    "openssl ca -batch -notext -config c -cert $a.pem -keyfile $a.key -in $n.csr -out $n.pem -extensions $e "
    "\"$@\"; }\n"
    "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key\n"
    "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:4096 -out rsa4096.key\n"
    "openssl ecparam -name secp384r1 -genkey -noout -out p384.key\n"
    "openssl genpkey -algorithm ed25519 -out ed25519.key\n"
    "sign rsa server ca rsa\n"
    "sign rsa4096 server ca rsa4096\n"
    "sign p384 server ca p384\n"
    "sign address address ca server\n"
    "sign other_address other_address ca server\n"
    "openssl req -x509 -new -config c -extensions ca_ext -key ed25519.key -subj /CN=ed -days 30 -out "
    "ed25519.pem\n"
    "openssl x509 -in ed25519.pem -outform DER -out ed25519.der\n";

static int make_all(void **state)
{
    if (make_folder(state) != 0 || system(make_more) != 0) {
        (void)system("cat more.log >&2");
        return -1;
    }
    return 0;
}

#define HAS_1_3 (MBEDTLS_VERSION_MAJOR >= 3)

/* A server with this certificate and its key, and more arguments. */
static void start_with(const char *cert, const char *key, const char *const more[])
{
    const char *all[12] = { "-key", key };
    size_t n = 2;
    for (size_t i = 0; more != NULL && more[i] != NULL; i++) {
        all[n++] = more[i];
    }
    start_openssl(cert, all);
}

static void why_is(uspan_err_t expected, uspan_err_t err, const char *words)
{
    const char *why = transport.last_error_text(transport.ctx);
    if (err != expected || strstr(why, words) == NULL) {
        fail_msg("%d and not %d: \"%s\" and not \"%s\" (mbedTLS %d)", err, expected, why, words,
                 uspan_tls_error(&tls));
    }
}

/* ---- RSA and TLS 1.2 ------------------------------------------------------------------------------------ */

static void test_rsa_servers_of_each_version_are_reached(void **state)
{
    (void)state;
    static const char *const versions[][2] = { { "-tls1_2", NULL }, { "-tls1_3", NULL }, { NULL } };
    static const char *const keys[][2] = { { "rsa.pem", "rsa.key" },
                                           { "rsa4096.pem", "rsa4096.key" },
                                           { "p384.pem", "p384.key" },
                                           { "server.pem", "server.key" } };
    for (size_t v = 0; v < COUNT(versions); v++) {
        if (v == 1u && !HAS_1_3) {
            continue;
        }
        for (size_t k = 0; k < COUNT(keys); k++) {
            start_with(keys[k][0], keys[k][1], versions[v]);
            init_client();
            visit();
            assert_non_null(strstr(page, v == 0u || !HAS_1_3 ? "New, TLSv1.2" : "New, TLSv1.3"));
            assert_int_equal(shim.closed, 1); /* at the first attempt */
            uspan_tls_free(&tls);
            stop_server();
            shim.closed = 0;
        }
    }
}

#if HAS_1_3
static const char *const strict_1_2[] = { "-tls1_2", "-serverpref", NULL };
static const char *const only_pss[] = { "-tls1_2", "-sigalgs", "RSA-PSS+SHA256", NULL };

/* The server prefers the signature that mbedTLS 3.6.6 rejects. A second hello does not offer it. */
static void test_a_server_that_prefers_pss_in_1_2_is_reached_at_the_second_hello_and_remembered(void **state)
{
    (void)state;
    start_with("rsa.pem", "rsa.key", strict_1_2);
    init_client();
    visit();
    assert_non_null(strstr(page, "New, TLSv1.2"));
    unsigned closed = shim.closed;
    assert_in_range(closed, 1, 2); /* 1: an mbedTLS without this fault */
    uspan_tls_session_t *slot = &tls.sessions[0];
    assert_int_equal(slot->no_pss, closed == 2u);
    for (unsigned i = 0; i < 3u; i++) { /* with and without a session */
        visit();
        assert_int_equal(shim.closed, closed + i + 1u);
        if (i == 1u) {
            slot->port = 0;
        }
    }
}

/* The transport below must not go on to another address of the name for a second hello. */
static void test_a_second_hello_goes_to_the_same_address(void **state)
{
    (void)state;
    start_with("rsa.pem", "rsa.key", strict_1_2);
    init_client();
    const uspan_peer_t after_failure = { .host = "localhost", .port = server.port, .has_failed = true };
    uspan_err_t err;
    while ((err = transport.open(transport.ctx, &after_failure)) == USPAN_ERR_AGAIN) {
    }
    assert_int_equal(err, USPAN_OK);
    assert_int_equal(shim.has_failed, shim.closed == 0u);
}

/* A server of 1.3 at the same address needs the signature again. */
static void test_a_server_that_moves_to_1_3_is_reached_although_it_is_remembered(void **state)
{
    (void)state;
    static const char *const only_1_3[] = { "-tls1_3", NULL };
    start_with("rsa.pem", "rsa.key", strict_1_2);
    init_client();
    visit();
    stop_server();
    start_with("rsa.pem", "rsa.key", only_1_3);
    tls.sessions[0].peer_port = server.port;
    tls.sessions[0].port = tls.sessions[0].port != 0u ? server.port : 0u;
    visit();
    assert_non_null(strstr(page, "TLSv1.3"));
    assert_false(tls.sessions[0].no_pss);
    visit();
}

/* If nothing helps, the connection ends after one more hello, with an error text. */
static void test_a_server_that_signs_with_pss_only_in_1_2_ends_in_words(void **state)
{
    (void)state;
    start_with("rsa.pem", "rsa.key", only_pss);
    init_client();
    uspan_err_t err = open_fully("localhost");
    if (err != USPAN_OK) {
        why_is(USPAN_ERR_IO, err, "handshake failure");
        assert_in_range(shim.closed, 1, 2);
    }
}

/* ---- another version than last time --------------------------------------------------------------------- */

static void test_a_session_of_a_version_that_the_server_gave_up_costs_one_more_hello(void **state)
{
    (void)state;
    static const char *const versions[][2] = { { "-tls1_2", NULL }, { "-tls1_3", NULL } };
    for (size_t first = 0; first < 2u; first++) {
        start_openssl("server.pem", versions[first]);
        init_client();
        visit();
        assert_int_not_equal(tls.sessions[0].port, 0);
        stop_server();
        start_openssl("server.pem", versions[1u - first]);
        tls.sessions[0].port = tls.sessions[0].peer_port = server.port;
        shim.closed = 0;
        visit();
        assert_non_null(strstr(page, first == 0u ? "New, TLSv1.3" : "New, TLSv1.2"));
        assert_int_equal(shim.closed, 2);
        visit(); /* and a session of the new version exists */
        assert_non_null(strstr(page, "Reused, "));
        assert_int_equal(shim.closed, 3);
        uspan_tls_free(&tls);
        stop_server();
    }
}

/* The same with a server that sends nothing and closes. */
static void test_a_server_that_no_session_suits_ends_after_one_more_hello(void **state)
{
    (void)state;
    int fd = -1;
    start_openssl("server.pem", NULL);
    init_client();
    visit();
    stop_server();
    server.port = listen_on_loopback(&fd);
    assert_true(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
    tls.sessions[0].port = tls.sessions[0].peer_port = server.port;
    const uspan_peer_t peer = { .host = "localhost", .port = server.port };
    uspan_err_t err = USPAN_ERR_AGAIN;
    unsigned taken = 0;
    for (long i = 0; err == USPAN_ERR_AGAIN; i++) {
        char hello[4096];
        int at = accept(fd, NULL, NULL);
        err = transport.open(transport.ctx, &peer);
        assert_true(i < PATIENCE_S * 1000);
        if (at >= 0) {
            taken++;
            while (recv(at, hello, sizeof(hello), MSG_DONTWAIT) <= 0) {
                (void)transport.open(transport.ctx, &peer);
                pause_ms(1);
            }
            (void)close(at);
        }
        pause_ms(1);
    }
    (void)close(fd);
    assert_int_equal(err, USPAN_ERR_IO);
    assert_int_equal(taken, 2);
    assert_int_equal(tls.sessions[0].port, 0);
}
#endif

/* ---- the name in the certificate ----------------------------------------------------------------------- */

static void test_an_address_is_checked_and_not_sent_as_a_name(void **state)
{
    (void)state;
    for (size_t version = 0; version <= (size_t)HAS_1_3; version++) {
        static const char *const hosts[] = { "127.0.0.1", "localhost", "localhost." };
        static const char *const names[] = { "name None", "name localhost\n", "name localhost\n" };
        for (size_t i = 0; i < COUNT(hosts); i++) {
            (void)system(i == 0u ? "cp address.pem chain.pem" : "cat server.pem inter.pem > chain.pem");
            start_gnutls("page", gnutls_versions[version]);
            init_client();
            for (unsigned again = 0; again < 2u; again++) { /* the second time with a session */
                why_is(USPAN_OK, open_as(hosts[i]), "");
                (void)get_page();
                transport.close(transport.ctx);
            }
            assert_true(wait_for(names[i]));
            uspan_tls_free(&tls);
            stop_server();
        }
    }
    assert_int_equal(system("cat server.pem inter.pem > chain.pem"), 0);
}

static void test_an_address_that_the_certificate_lacks_is_refused(void **state)
{
    (void)state;
    static const char *const certs[] = { "server.pem", "other_address.pem" };
    for (size_t i = 0; i < COUNT(certs); i++) {
        for (int version = USPAN_TLS_1_2; version <= (HAS_1_3 ? USPAN_TLS_1_3 : USPAN_TLS_1_2); version++) {
            options.min_version = options.max_version = version;
            start_openssl(certs[i], NULL);
            init_client();
            why_is(USPAN_ERR_TRUST, open_fully("127.0.0.1"), "different host name");
            uspan_tls_free(&tls);
            stop_server();
        }
    }
}

#if HAS_1_3
static void test_an_address_of_ipv6_is_an_address_too(void **state)
{
    (void)state;
    /* Loopback of IPv4 under another name: the text is what is checked. */
    start_openssl("address.pem", NULL);
    init_client();
    why_is(USPAN_OK, open_as("::1"), "");
    transport.close(transport.ctx);
    why_is(USPAN_ERR_TRUST, open_as("::2"), "different host name");
}
#endif

/* ---- a client certificate ------------------------------------------------------------------------------ */

static const char asks[] = "the server asks for a client certificate";

/* The error text when a connection ends to a server that requires a certificate. Either side may notice it
 * first. */
static void test_a_server_that_asks_for_a_certificate_is_named_however_it_hangs_up(void **state)
{
    (void)state;
    static const char *const insisting[] = {
        "-Verify", "2", "-verify_return_error", "-CAfile", "ca.pem", NULL
    };
    for (int version = USPAN_TLS_1_2; version <= (HAS_1_3 ? USPAN_TLS_1_3 : USPAN_TLS_1_2); version++) {
        for (unsigned lost = 0; lost < 2u; lost++) {
            options.min_version = options.max_version = version;
            start_openssl("server.pem", insisting);
            init_client();
            uspan_err_t err = USPAN_OK;
            const uspan_peer_t peer = { .host = "localhost", .port = server.port };
            for (long i = 0; (err = transport.open(transport.ctx, &peer)) == USPAN_ERR_AGAIN; i++) {
                shim.fail_at = lost != 0u && tls.asked && shim.fail_at == 0u ? shim.calls + 1u : shim.fail_at;
                assert_true(i < PATIENCE_S * 1000);
                pause_ms(1);
            }
            shim.fail_at = lost != 0u && shim.fail_at == 0u ? shim.calls + 1u : shim.fail_at;
            err = err == USPAN_OK ? (uspan_err_t)get_page() : err;
            why_is(lost != 0u ? USPAN_ERR_IO : USPAN_ERR_CONFIG, err, asks);
            uspan_tls_free(&tls);
            stop_server();
            shim.fail_at = shim.calls = 0;
        }
    }
}

/* If a server only asks for a certificate and the connection breaks later, the text does not blame the
 * certificate. */
static void test_a_server_that_does_without_is_not_blamed(void **state)
{
    (void)state;
    static const char *const wishing[] = { "-verify", "2", "-CAfile", "ca.pem", NULL };
    start_openssl("server.pem", wishing);
    init_client();
    visit();
    assert_null(strstr(transport.last_error_text(transport.ctx), asks));
}

/* ---- new keys ------------------------------------------------------------------------------------------- */

#if HAS_1_3
static void test_an_answer_before_new_keys_is_read_and_the_rest_is_named(void **state)
{
    (void)state;
    start_gnutls("renew", "NORMAL:-VERS-ALL:+VERS-TLS1.3");
    init_client();
    for (unsigned turn = 0; turn < 2u; turn++) {
        assert_int_equal(open_fully("localhost"), USPAN_OK);
        assert_true(get_page() < 0);
        assert_non_null(strstr(page, "200 OK"));
        assert_non_null(strstr(transport.last_error_text(transport.ctx), "KeyUpdate"));
        transport.close(transport.ctx); /* and the next connection works like the first */
    }
}

/* In 1.3 each response would be lost this way, and each batch sent without end. The second connection uses
 * 1.2. */
static void test_a_server_that_changes_keys_before_its_answer_is_asked_in_1_2(void **state)
{
    (void)state;
    start_gnutls("rekey", "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2");
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_OK);
    assert_true(get_page() < 0);
    assert_string_equal(page, "");
    assert_non_null(strstr(transport.last_error_text(transport.ctx), "KeyUpdate"));
    transport.close(transport.ctx);
    assert_true(tls.sessions[0].no_1_3);
    for (unsigned turn = 0; turn < 2u; turn++) {
        visit();
        assert_non_null(strstr(page, "1.2"));
    }
    stop_server(); /* a server without 1.2 at the same address: 1.3 again, immediately */
    start_gnutls("page", "NORMAL:-VERS-ALL:+VERS-TLS1.3");
    tls.sessions[0].peer_port = server.port;
    tls.sessions[0].port = 0;
    visit();
    assert_non_null(strstr(page, "TLSv1.3"));
    assert_false(tls.sessions[0].no_1_3);
}

/* ---- sending fails after the response has arrived ------------------------------------------------------ */

static void test_what_has_arrived_is_read_after_sending_broke(void **state)
{
    (void)state;
    start_gnutls("page", "NORMAL");
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_OK);
    assert_true(send_fully("GET / HTTP/1.0\r\n\r\n") > 0);
    assert_true(wait_for("session"));
    shim.send_dead = true;
    for (unsigned i = 0; i < 2u; i++) {
        assert_int_equal(transport.send(transport.ctx, (const uint8_t *)"more", 4), USPAN_ERR_IO);
    }
    size_t len = 0;
    for (long i = 0; i < PATIENCE_S * 1000 && len == 0u; i++) {
        int32_t moved = transport.recv(transport.ctx, (uint8_t *)page, sizeof(page) - 1u);
        if (moved < 0) {
            fail_msg("%d: %s", moved, transport.last_error_text(transport.ctx));
        }
        len = (size_t)moved;
        pause_ms(1);
    }
    page[len] = 0;
    assert_non_null(strstr(page, "200 OK"));
}
#endif

/* ---- what this build lacks ----------------------------------------------------------------------------- */

static void test_an_anchor_that_needs_what_mbedtls_lacks_is_named(void **state)
{
    (void)state;
    static unsigned char der[2048];
    anchor = (uspan_tls_blob_t){ .data = der, .len = read_file("ed25519.der", der, sizeof(der)) };
    init_client();
    why_is(USPAN_ERR_CONFIG, open_fully("localhost"), "Ed25519");
    transport.close(transport.ctx);
    uspan_tls_free(&tls);
    anchor = (uspan_tls_blob_t){ .file = "ed25519.pem" }; /* the kind of fault, from mbedTLS's error */
    init_client();
    why_is(USPAN_ERR_CONFIG, open_fully("localhost"), "MBEDTLS_");
    transport.close(transport.ctx);
}

static void test_unknown_errors_come_with_their_number(void **state)
{
    (void)state;
    int fd = -1;
    server.port = listen_on_loopback(&fd);
    init_client();
    const uspan_peer_t peer = { .host = "localhost", .port = server.port };
    static const struct {
        const char *bytes;
        size_t len;
        const char *words;
    } rows[] = {
        { "\x15\x03\x03\x00\x02\x02\xC8", 7, "alert 200" }, /* an unknown alert */
        { "\x15\x03\x03\x00\x02\x02\x28", 7, "no common cipher" },
        { "\x15\x03\x03\x00\x02\x02\x2F", 7, "illegal parameter" },
        { "HTTP/1.1 400 Bad Request\r\n\r\n", 28, "not TLS (http:// port?)" },
        { "\x16\x03\x03\x00\x04\x0E\x00\x00\x00", 9, "-0x" }, /* ServerHelloDone, too early */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uspan_err_t err = USPAN_ERR_AGAIN;
        int at = -1;
        for (long n = 0; err == USPAN_ERR_AGAIN; n++) {
            err = transport.open(transport.ctx, &peer);
            assert_true(n < PATIENCE_S * 1000);
            if (at < 0) {
                (void)fcntl(fd, F_SETFL, O_NONBLOCK);
                at = accept(fd, NULL, NULL);
                if (at >= 0) {
                    assert_int_equal(send(at, rows[i].bytes, rows[i].len, 0), rows[i].len);
                }
            }
            pause_ms(1);
        }
        why_is(err, err, rows[i].words);
        transport.close(transport.ctx);
        (void)close(at);
    }
    (void)close(fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_client, end_client)

int main(void)
{
    cmocka_set_test_filter(getenv("ONLY"));
    const struct CMUnitTest tests[] = {
        TEST(test_rsa_servers_of_each_version_are_reached),
#if HAS_1_3
        TEST(test_a_server_that_prefers_pss_in_1_2_is_reached_at_the_second_hello_and_remembered),
        TEST(test_a_second_hello_goes_to_the_same_address),
        TEST(test_a_server_that_moves_to_1_3_is_reached_although_it_is_remembered),
        TEST(test_a_server_that_signs_with_pss_only_in_1_2_ends_in_words),
        TEST(test_a_session_of_a_version_that_the_server_gave_up_costs_one_more_hello),
        TEST(test_a_server_that_no_session_suits_ends_after_one_more_hello),
        TEST(test_an_address_of_ipv6_is_an_address_too),
        TEST(test_an_answer_before_new_keys_is_read_and_the_rest_is_named),
        TEST(test_a_server_that_changes_keys_before_its_answer_is_asked_in_1_2),
        TEST(test_what_has_arrived_is_read_after_sending_broke),
#endif
        TEST(test_an_address_is_checked_and_not_sent_as_a_name),
        TEST(test_an_address_that_the_certificate_lacks_is_refused),
        TEST(test_a_server_that_asks_for_a_certificate_is_named_however_it_hangs_up),
        TEST(test_a_server_that_does_without_is_not_blamed),
        TEST(test_an_anchor_that_needs_what_mbedtls_lacks_is_named),
        TEST(test_unknown_errors_come_with_their_number),
    };
    return cmocka_run_group_tests(tests, make_all, remove_folder);
}
