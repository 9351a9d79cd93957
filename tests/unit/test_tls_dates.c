/* test_tls_dates.c: dates of certificates and revocation lists are compared with the time that uspan knows.
 * That is the floor until the time is known, and then the true time, also for a connection or session from
 * before. */
#define _GNU_SOURCE
#include "tls_peer.h"
#include "uspan/port_none.h"

#define Y2099 4073000000ull /* in January 2099 */
#define DAY_S 86400ull

/* In addition to those of tls_peer.h: an anchor and a leaf for a hundred years, a leaf of 2099, an expired
 * intermediate. */
static const char make_more[] =
    "set -e\n"
    "exec >more.log 2>&1\n"
    "key() { openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }\n"
    "sign() { n=$1; e=$2; a=$3; k=$4; shift 4; openssl req -new -config c -key $k.key -subj /CN=$n -out $n.csr; "
    "openssl ca -batch -notext -config c -cert $a.pem -keyfile $a.key -in $n.csr -out $n.pem -extensions $e \"$@\"; }\n"
    "key long; openssl req -x509 -new -config c -extensions ca_ext -key long.key -subj /CN=long -days 36000 -out long.pem\n"
    "key past; openssl req -new -config c -key past.key -subj /CN=past -out past.csr\n"
    "openssl ca -batch -notext -selfsign -config c -keyfile past.key -in past.csr -out past.pem -extensions ca_ext "
    "-startdate 20200101000000Z -enddate 20210101000000Z\n"
    "sign lasting server long server -days 27000\n"
    "sign later server long server -startdate 20990101000000Z -enddate 20991231000000Z\n"
    "sign of_past server past server\n"
    "cp inter.key oldinter.key\n"
    "sign oldinter ca_ext long oldinter -startdate 20200101000000Z -enddate 20210101000000Z\n"
    "sign under server oldinter server\n"
    "openssl ca -config c -cert long.pem -keyfile long.key -gencrl -crldays 30 -out long.crl\n";

static int make_all(void **state)
{
    if (make_folder(state) != 0 || system(make_more) != 0) {
        (void)system("cat more.log >&2");
        return -1;
    }
    return 0;
}

static uspan_port_t port;
static const char *const *more; /* arguments of the server */
static uint64_t unix_s; /* 0: unknown */

static uspan_err_t told_time(void *ctx, uint64_t *out)
{
    (void)ctx;
    if (unix_s == 0u) {
        return USPAN_ERR_AGAIN;
    }
    *out = unix_s * 1000000000u;
    return USPAN_OK;
}

static int make_dated_client(void **state)
{
    int failed = make_client(state);
    port = *uspan_posix_port();
    port.unix_ns = told_time;
    options.port = &port;
    anchor.file = "long.pem";
    unix_s = 0;
    more = NULL;
    return failed;
}

static uint64_t real_s(void)
{
    return (uint64_t)time(NULL);
}

static const char expired[] = "certificate expired, or this clock is wrong";
static const char future[] = "certificate not yet valid, or this clock is wrong";

/* The result of a first handshake, "" for success, in both versions of TLS. */
static void assert_said(const char *cert, uint64_t at_s, const char *why)
{
    unix_s = at_s;
    for (int version = USPAN_TLS_1_2; version <= (MBEDTLS_VERSION_MAJOR < 3 ? USPAN_TLS_1_2 : USPAN_TLS_1_3); version++) {
        options.min_version = options.max_version = version;
        start_openssl(cert, more);
        init_client();
        assert_int_equal(open_fully("localhost"), why[0] == 0 ? USPAN_OK : USPAN_ERR_TRUST);
        assert_string_equal(transport.last_error_text(transport.ctx), why);
        uspan_tls_free(&tls);
        stop_server();
    }
    options.min_version = options.max_version = 0;
}

static void test_without_a_time_what_expired_before_the_build_is_refused(void **state)
{
    (void)state;
    assert_said("lasting.pem", 0, "");
    anchor.file = "ca.pem";
    assert_said("expired.pem", 0, expired);
    assert_said("server.pem", 0, "");
}

static void test_without_a_time_beginnings_are_not_looked_at(void **state)
{
    (void)state;
    assert_said("later.pem", 0, "");
}

static void test_a_clock_before_the_build_is_no_clock(void **state)
{
    (void)state;
    anchor.file = "ca.pem";
    assert_said("expired.pem", 1590000000u, expired); /* it was valid in May 2020 */
    assert_said("server.pem", 1590000000u, "");
}

static void test_a_known_time_is_the_judge_and_not_the_hosts(void **state)
{
    (void)state;
    assert_said("lasting.pem", real_s(), "");
    assert_said("later.pem", real_s(), future);
    assert_said("later.pem", Y2099, "");
    assert_said("later.pem", Y2099 + 366u * DAY_S, expired);
    assert_said("later.pem", 16000000000u, expired); /* in the year 2477 */
    anchor.file = "ca.pem";
    assert_said("server.pem", Y2099, expired);
}

/* From openssl x509 -checkend and date(1): the last and the first second of later.pem. */
static void test_the_bounds_belong_to_it(void **state)
{
    (void)state;
    assert_said("later.pem", 4070908800u, "");
    assert_said("later.pem", 4070908799u, future);
    assert_said("later.pem", 4102358400u, "");
    assert_said("later.pem", 4102358401u, expired);
}

static void test_every_certificate_of_the_chain_counts(void **state)
{
    (void)state;
    static const char *const old_one[] = { "-cert_chain", "oldinter.pem", NULL };
    more = old_one;
    assert_said("under.pem", 0, expired);
    assert_said("under.pem", real_s(), expired);
    more = NULL;
    anchor.file = "past.pem";
    assert_said("of_past.pem", 0, expired);
}

static void test_a_revocation_list_must_be_of_its_time(void **state)
{
    (void)state;
    options.revoked.file = "long.crl";
    assert_said("lasting.pem", 0, "");
    assert_said("lasting.pem", real_s(), "");
    assert_said("lasting.pem", real_s() + 31u * DAY_S, "revocation list expired");
}

/* A connection that is open before the time becomes known. */
static void connect_and_learn(uint64_t at_s)
{
    unix_s = 0;
    start_openssl("lasting.pem", NULL);
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_OK);
    assert_int_equal(send_fully("GET / "), 6); /* still unknown */
    unix_s = at_s;
}

static void test_an_open_connection_is_checked_once_the_time_is_known(void **state)
{
    (void)state;
    connect_and_learn(Y2099 + 20u * 365u * DAY_S);
    assert_int_equal(transport.send(transport.ctx, (const uint8_t *)"x", 1), USPAN_ERR_TRUST);
    assert_string_equal(transport.last_error_text(transport.ctx), expired);
    uint8_t byte;
    assert_int_equal(transport.recv(transport.ctx, &byte, 1), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), expired);
    transport.close(transport.ctx);
    assert_int_equal(open_fully("localhost"), USPAN_ERR_TRUST);
}

static void test_an_open_connection_that_is_right_goes_on_and_is_asked_no_more(void **state)
{
    (void)state;
    connect_and_learn(real_s());
    assert_int_equal(send_fully("HTTP"), 4);
    unix_s = Y2099 + 20u * 365u * DAY_S; /* a connection may stay open after its certificate expired */
    assert_int_equal(send_fully("/1.0\r\n\r\n"), 8);
    assert_true(tls.dates_settled);
}

/* Until the ticket has come, which TLS 1.3 sends with the page. */
static void test_a_session_is_not_resumed_beyond_its_certificates(void **state)
{
    (void)state;
    static const char *const old_tls[] = { "-tls1_2", NULL };
    for (unsigned round = 0; round < 2u; round++) {
        start_openssl("lasting.pem", round == 0u ? old_tls : NULL);
        unix_s = real_s();
        init_client();
        visit();
        assert_int_not_equal(tls.sessions[0].port, 0);
        visit();
        assert_non_null(strstr(page, "Reused")); /* so it can be resumed */
        assert_false(tls.chain_seen);
        assert_true(tls.dates.until_s > real_s() + 1000u * DAY_S && tls.dates.until_s != UINT32_MAX);
        unix_s = Y2099 + 20u * 365u * DAY_S;
        assert_int_equal(open_fully("localhost"), USPAN_ERR_TRUST);
        assert_string_equal(transport.last_error_text(transport.ctx), expired);
        transport.close(transport.ctx);
        uspan_tls_free(&tls);
        stop_server();
    }
}

static void test_the_time_may_be_a_tracers(void **state)
{
    (void)state;
    static uspan_tracer_t tracer;
    port.log = uspan_none_log;
    assert_int_equal(uspan_init(&tracer, &port), USPAN_OK);
    options.tracer = &tracer;
    assert_said("later.pem", 0, "");
    uspan_set_unix_time(&tracer, real_s() * 1000000000u);
    assert_said("later.pem", 0, future); /* the port itself still knows no time */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dated_client, end_client)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_without_a_time_what_expired_before_the_build_is_refused),
        TEST(test_without_a_time_beginnings_are_not_looked_at),
        TEST(test_a_clock_before_the_build_is_no_clock),
        TEST(test_a_known_time_is_the_judge_and_not_the_hosts),
        TEST(test_the_bounds_belong_to_it),
        TEST(test_every_certificate_of_the_chain_counts),
        TEST(test_a_revocation_list_must_be_of_its_time),
        TEST(test_an_open_connection_is_checked_once_the_time_is_known),
        TEST(test_an_open_connection_that_is_right_goes_on_and_is_asked_no_more),
        TEST(test_a_session_is_not_resumed_beyond_its_certificates),
        TEST(test_the_time_may_be_a_tracers),
    };
    return cmocka_run_group_tests(tests, make_all, remove_folder);
}
