/* test_collector.c: uspan accepts all settings of a collector or none. No secret appears in the log, in a
 * diagnosis or in memory that does not need it. */
#include <stdio.h>
#include <stdlib.h>
#include "delivery.h"

#define URL "http://collector:4318/v1/traces"
#define SECURE_URL "https://collector:4318/v1/traces"

/* A secure transport: the fake transport with the flag. */
static const uspan_transport_t *secure(world_t *w)
{
    w->transport.flags = USPAN_TRANSPORT_SECURE;
    return &w->transport;
}

static uspan_err_t export_to(world_t *w, const char *endpoint, const char *headers)
{
    const uspan_collector_t c = { .endpoint = endpoint, .headers = headers };
    return uspan_export_to(&w->tracer, 0u, &w->transport, &c);
}

static void test_init_refuses_what_is_not_whole(void **state)
{
    world_t *w = *state;
    uspan_port_t port = w->port;
    assert_int_equal(uspan_init(NULL, &port), USPAN_ERR_ARG);
    assert_int_equal(uspan_init(&w->tracer, NULL), USPAN_ERR_ARG);
    static uspan_tracer_t other;
    unsigned lines = w->log_lines;
    for (size_t wrong = 0; wrong < 3u; wrong++) {
        memset(&other, 0x5A, sizeof other);
        uspan_err_t err = uspan_init_sized(&other, &port, sizeof other - (wrong == 0u) + (wrong == 1u),
                                           USPAN_CONFIG_ID + (wrong == 2u));
        assert_int_equal(err, USPAN_ERR_ARG);
        assert_non_null(strstr(w->log, "build library and program with equal USPAN_* options"));
        assert_int_equal(w->log_lines, lines + wrong + 1u);
        for (size_t i = 0; i < sizeof other; i++) {
            assert_int_equal(((const uint8_t *)&other)[i], 0x5A);
        }
    }
    for (unsigned i = 0; i < 8u; i++) {
        port = w->port;
        switch (i) {
        case 0:
            port.abi++;
            break;
        case 1:
            port.lock = NULL;
            break;
        case 2:
            port.unlock = NULL;
            break;
        case 3:
            port.mono_ns = NULL;
            break;
        case 4:
            port.unix_ns = NULL;
            break;
        case 5:
            port.random = NULL;
            break;
        case 6:
            port.task = NULL;
            break;
        default:
            port.log = NULL;
            break;
        }
        assert_int_equal(uspan_init(&w->tracer, &port), USPAN_ERR_ARG);
    }
}

static void test_export_to_refuses_arguments_out_of_contract(void **state)
{
    world_t *w = *state;
    const uspan_collector_t c = { .endpoint = URL };
    uspan_transport_t t = w->transport;
    assert_int_equal(uspan_export_to(NULL, 0u, &t, &c), USPAN_ERR_ARG);
    assert_int_equal(uspan_export_to(&w->tracer, USPAN_DESTINATIONS_MAX, &t, &c), USPAN_ERR_ARG);
    assert_int_equal(uspan_export_to(&w->tracer, 0u, NULL, &c), USPAN_ERR_ARG);
    for (unsigned i = 0; i < 6u; i++) {
        t = w->transport;
        switch (i) {
        case 0:
            t.abi++;
            break;
        case 1:
            t.open = NULL;
            break;
        case 2:
            t.send = NULL;
            break;
        case 3:
            t.recv = NULL;
            break;
        case 4:
            t.close = NULL;
            break;
        default:
            t.last_error_text = NULL;
            break;
        }
        assert_int_equal(uspan_export_to(&w->tracer, 0u, &t, &c), USPAN_ERR_ARG);
    }
    static const uspan_sink_t no_sink;
    assert_int_equal(uspan_export_to_sink(&w->tracer, 0u, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_export_to_sink(&w->tracer, 0u, &no_sink), USPAN_ERR_ARG);
    assert_int_equal(uspan_export_to_sink(&w->tracer, USPAN_DESTINATIONS_MAX, &no_sink), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_endpoint(&w->tracer, 0u, URL), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_headers(&w->tracer, 0u, "a=b"), USPAN_ERR_ARG);
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_ERR_ARG); /* already in use */
    assert_int_equal(uspan_set_endpoint(NULL, 0u, URL), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_endpoint(&w->tracer, 0u, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_endpoint(&w->tracer, USPAN_DESTINATIONS_MAX, URL), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_headers(NULL, 0u, ""), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_headers(&w->tracer, 0u, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_headers(&w->tracer, USPAN_DESTINATIONS_MAX, ""), USPAN_ERR_ARG);
}

static void test_unusable_settings_are_refused_with_the_cure(void **state)
{
    static const struct {
        const char *endpoint, *headers, *user;
        bool secure;
        const char *words;
    } rows[] = {
        { NULL, NULL, NULL, false, "no endpoint" },
        { "collector:4318", NULL, NULL, false, "must begin with https:// or http://" },
        { "http://collector:4317/v1/traces", NULL, NULL, false, "4318" },
        { "grpc://collector:4317", NULL, NULL, false, "4318" },
        { "http://", NULL, NULL, false, "no host" },
        { "http://user:pw@collector/", NULL, NULL, false, "user name" },
        { SECURE_URL, NULL, NULL, false, "https needs a TLS transport" },
        { URL, NULL, NULL, true, "a TLS transport needs https://" },
        { URL, "Authorization=Bearer%20abc", NULL, false, "secret header over plain http" },
        { URL, "x-api-key=abc", NULL, false, "secret header over plain http" },
        { URL, NULL, "user", false, "secret header over plain http" },
        { SECURE_URL, NULL, "us:er", true, "colon" },
        { SECURE_URL, "no pair", NULL, true, "key=value" },
        { SECURE_URL, "Content-Length=3", NULL, true, "uspan sets this header itself" },
        { SECURE_URL, "X-A=%zz", NULL, true, "%25" },
        { SECURE_URL, "X-A=%0d%0aHost:%20evil", NULL, true, "control character" },
    };
    world_t *w = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        world_reset(w);
        w->transport.flags = rows[i].secure ? USPAN_TRANSPORT_SECURE : 0u;
        const uspan_collector_t c = { .endpoint = rows[i].endpoint,
                                      .headers = rows[i].headers,
                                      .basic_user = rows[i].user,
                                      .basic_pass = "pw" };
        assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, rows[i].endpoint == NULL ? NULL : &c),
                         USPAN_ERR_CONFIG);
        if (strstr(w->log, rows[i].words) == NULL) {
            fail_msg("row %zu: %s", i, w->log);
        }
        record(w, "nowhere to go");
        assert_int_equal(w->tracer.trace.dropped[USPAN_DROP_NO_DESTINATION], 1);
        w->transport.flags = 0u;
        assert_int_equal(export_to(w, URL, NULL), USPAN_OK); /* the destination is still free */
        record(w, "sent");
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 1);
    }
}

static void test_the_request_head_is_exact(void **state)
{
    static const char expected[] = "POST /v1/traces?tenant=a HTTP/1.1\r\nHost: collector:4318\r\n"
                                   "Content-Type: application/x-protobuf\r\nContent-Length: ";
    static const char rest[] = "X-A: b c=d\r\nx-api-key: k,1\r\nUser-Agent: uspan/" USPAN_VERSION " (C)\r\n"
                               "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n";
    world_t *w = *state;
    const uspan_collector_t c = { .endpoint = "https://collector:4318/v1/traces?tenant=a#part",
                                  .headers = " X-A = b%20c=d ,x-api-key=k%2C1,",
                                  .basic_user = "Aladdin",
                                  .basic_pass = "open sesame" };
    assert_int_equal(uspan_export_to(&w->tracer, 0u, secure(w), &c), USPAN_OK);
    record(w, "one");
    world_drain(w);
    const char *head = (const char *)w->sent + w->requests[0].at;
    assert_memory_equal(head, expected, sizeof expected - 1u);
    char number[16];
    int n = snprintf(number, sizeof number, "%zu\r\n", w->requests[0].body_len);
    assert_memory_equal(head + sizeof expected - 1u, number, (size_t)n);
    assert_int_equal(w->requests[0].head_len, sizeof expected - 1u + (size_t)n + sizeof rest - 1u);
    assert_memory_equal(head + sizeof expected - 1u + (size_t)n, rest, sizeof rest - 1u);
    assert_string_equal(w->host, "collector");
    assert_int_equal(w->peer_port, 4318);
}

static void test_no_secret_is_ever_logged(void **state)
{
    static const char *const answers[] = { "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "nonsense\r\n\r\n",
                                           "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" };
    world_t *w = *state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        world_reset(w);
        const uspan_collector_t c = { .endpoint = SECURE_URL,
                                      .headers = "x-api-key=deep-secret",
                                      .basic_user = "user-secret",
                                      .basic_pass = "pass-secret" };
        assert_int_equal(uspan_export_to(&w->tracer, 0u, secure(w), &c), USPAN_OK);
        w->answer = answers[i];
        record(w, "one");
        uspan_flush(&w->tracer);
        (void)settle(w);
        assert_true(w->log_lines > 0u);
        assert_false(memory_has(w->log, sizeof w->log, "secret"));
        assert_false(memory_has(&w->tracer, sizeof w->tracer,
                                "deep-secret")); /* uspan wiped the head in the send buffer */
        static char words[2048];
        assert_in_range(uspan_diagnose(&w->tracer, 0u, words, sizeof words), 20, sizeof words - 1u);
        assert_false(memory_has(words, sizeof words, "secret"));
    }
}

static void test_resource_attributes_are_judged(void **state)
{
    static const uspan_attr_t no_key[] = { USPAN_ATTR_INT(NULL, 1) };
    static const uspan_key_t key = USPAN_KEY_INIT("board.rev");
    static const uspan_attr_t no_text[] = { USPAN_ATTR_TEXT(&key, NULL) };
    static const uspan_attr_t bad_text[] = { USPAN_ATTR_TEXT(&key, "\xff") };
    static const uspan_attr_t bad_type[] = { { &key, (uspan_type_t)99, 0, { .i = 1 } } };
    /* The count says where a text ends. What follows is not read. */
    static const uspan_attr_t good[] = { { &key, USPAN_TYPE_TEXT, 2u, { .text = "B2\xff" } },
                                         USPAN_ATTR_INT(&key, 7) };
    const uspan_resource_t refused[] = {
        { .attributes = "a=%zz" },
        { .attributes = "a" },
        { .attributes = "a=%ff" },
        { .attributes = "=b" },
        { .service_name = "\xff" },
        { .service_version = "\xc0\x80" },
        { .instance_id = "\xed\xa0\x80" },
        { .typed = no_key, .typed_count = 1 },
        { .typed = no_text, .typed_count = 1 },
        { .typed = bad_text, .typed_count = 1 },
        { .typed = bad_type, .typed_count = 1 },
        { .attributes = "a23456789012345678901234567890123456789012345678901234567890123456789=b" },
        { .attributes = "\xff=b" },
    };
    world_t *w = *state;
    view_t block, resource = { NULL, 0 }, value, text = { NULL, 0 };
    world_reset_with_collector(w);
    assert_int_equal(uspan_set_resource(NULL, &refused[0]), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_resource(&w->tracer, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_resource(&w->tracer, &(uspan_resource_t){ .typed_count = 1 }), USPAN_ERR_ARG);
    const uspan_resource_t r = {
        .service_name = "greenhouse", .attributes = "site=north%20wing", .typed = good, .typed_count = 2
    };
    assert_int_equal(uspan_set_resource(&w->tracer, &r), USPAN_OK);
    static char large[300];
    memset(large, 'v', sizeof large - 1u);
    memcpy(large, "a=", 2);
    assert_int_equal(uspan_set_resource(&w->tracer, &(uspan_resource_t){ .attributes = large }),
                     USPAN_TRUNCATED);
    assert_int_equal(uspan_set_resource(&w->tracer, &r), USPAN_OK);
    for (size_t i = 0; i < COUNT(refused); i++) {
        world_advance_ms(w, 1000);
        assert_int_equal(uspan_set_resource(&w->tracer, &refused[i]), USPAN_ERR_CONFIG);
        assert_non_null(strstr(w->log, "resource: use key=value,..."));
        w->log_len = 0;
    }
    record(w, "one");
    world_drain(w);
    assert_true(view_get(body_of(w, 0), 1u, 0u, &block) && view_get(block, 1u, 0u, &resource));
    assert_true(view_attr(resource, 1u, "service.name", &value) && view_get(value, 1u, 0u, &text));
    assert_true(view_is(text, "greenhouse"));
    assert_true(view_attr(resource, 1u, "site", &value) && view_get(value, 1u, 0u, &text) &&
                view_is(text, "north wing"));
    assert_int_equal(
        uspan_set_resource(&w->tracer, &(uspan_resource_t){ .attributes = "x=1,service.name=from%20list" }),
        USPAN_OK);
    record(w, "two");
    world_drain(w);
    assert_true(view_get(body_of(w, 1), 1u, 0u, &block) && view_get(block, 1u, 0u, &resource));
    assert_true(view_attr(resource, 1u, "service.name", &value) && view_get(value, 1u, 0u, &text));
    assert_true(view_is(text, "from list"));
}

/* Returns the value of a resource attribute in the only request, or "" if it is not there. */
static const char *said_of(world_t *w, const char *key)
{
    static char out[512];
    view_t block, resource = { NULL, 0 }, value, text = { NULL, 0 };
    out[0] = '\0';
    if (view_get(body_of(w, 0), 1u, 0u, &block) && view_get(block, 1u, 0u, &resource) &&
        view_attr(resource, 1u, key, &value) && view_get(value, 1u, 0u, &text) && text.len < sizeof out) {
        memcpy(out, text.at, text.len);
        out[text.len] = '\0';
    }
    return out;
}

static void test_a_wrong_resource_attribute_costs_itself_only(void **state)
{
    static const char key64[] = "k234567890123456789012345678901234567890123456789012345678901234";
    static const char *const bad[] = {
        "b=%zz",
        "b",
        "=b",
        "b=%ff",
        "\xff=b",
        "__proto__=1",
        "a.constructor.b=1",
        "x.prototype=1",
        "k2345678901234567890123456789012345678901234567890123456789012345=1"
    };
    world_t *w = *state;
    assert_int_equal(strlen(key64), 64);
    for (size_t i = 0; i < COUNT(bad); i++) {
        char list[512], value[300];
        world_reset_with_collector(w);
        memset(value, 'v', sizeof value - 1u);
        value[sizeof value - 1u] = '\0';
        (void)snprintf(list, sizeof list, "a=1,%s,%s=2,c=%s", bad[i], key64, value);
        assert_int_equal(uspan_set_resource(&w->tracer, &(uspan_resource_t){ .attributes = list }),
                         USPAN_TRUNCATED);
        assert_non_null(strstr(w->log, "resource attribute ignored:"));
        assert_non_null(strstr(w->log, "c: value truncated"));
        record(w, "one");
        world_drain(w);
        assert_string_equal(said_of(w, "a"), "1");
        assert_string_equal(said_of(w, key64), "2");
        assert_int_equal(strlen(said_of(w, "c")), 255);
        assert_string_equal(said_of(w, "b"), "");
        assert_string_equal(said_of(w, "__proto__"), "");
    }
}

static void test_a_wrong_header_costs_itself_only(void **state)
{
    static const char *const bad[] = { "no pair", "Content-Length=3", "X-A=%zz", "X-A=%0d%0aHost:%20evil",
                                       "a b=1" };
    world_t *w = *state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        char list[128];
        world_reset(w);
        (void)snprintf(list, sizeof list, "X-One=1,%s,X-Two=2", bad[i]);
        assert_int_equal(export_to(w, URL, list), USPAN_OK);
        assert_non_null(strstr(w->log, "header ignored:"));
        record(w, "one");
        world_drain(w);
        assert_true(head_has(w, 0, "X-One: 1\r\n"));
        assert_true(head_has(w, 0, "X-Two: 2\r\n"));
        assert_false(head_has(w, 0, "X-A"));
        assert_false(head_has(w, 0, "evil"));
        assert_false(head_has(w, 0, "Content-Length: 3\r\n"));
    }
}

static void test_secrets_go_over_plain_http_to_this_host_only(void **state)
{
    static const char *const here[] = { "127.0.0.1", "127.255.3.4:4318", "[::1]",
                                        "localhost", "LocalHost:81",     "localhost." };
    static const char *const elsewhere[] = {
        "127.evil.com", "127.0.0.1.evil.com", "localhost.evil.com", "128.0.0.1", "127.0.0", "1127.0.0.1",
        "[::2]",        "notlocalhost",       "127.0.0.1x"
    };
    world_t *w = *state;
    char url[80];
    for (size_t i = 0; i < COUNT(here) + COUNT(elsewhere); i++) {
        bool is_here = i < COUNT(here);
        world_reset(w);
        (void)snprintf(url, sizeof url, "http://%s/v1/traces",
                       is_here ? here[i] : elsewhere[i - COUNT(here)]);
        uspan_err_t err = export_to(w, url, "x-api-key=abc");
        if (err != (is_here ? USPAN_OK : USPAN_ERR_CONFIG)) {
            fail_msg("%s: %d", url, err);
        }
        assert_non_null(strstr(w->log, is_here ? "to this host only" : "secret header over plain http"));
        assert_null(strstr(w->log, "abc"));
    }
}

static void test_a_closing_dot_is_for_dns_only(void **state)
{
    world_t *w = *state;
    assert_int_equal(export_to(w, "http://collector.example.:4318/v1/traces", NULL), USPAN_OK);
    record(w, "one");
    world_drain(w);
    assert_true(head_has(w, 0, "Host: collector.example:4318\r\n"));
    assert_string_equal(w->tracer.dests[0].target.url.host, "collector.example.");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_init_refuses_what_is_not_whole),
        TEST(test_export_to_refuses_arguments_out_of_contract),
        TEST(test_unusable_settings_are_refused_with_the_cure),
        TEST(test_the_request_head_is_exact),
        TEST(test_no_secret_is_ever_logged),
        TEST(test_resource_attributes_are_judged),
        TEST(test_a_wrong_resource_attribute_costs_itself_only),
        TEST(test_a_wrong_header_costs_itself_only),
        TEST(test_secrets_go_over_plain_http_to_this_host_only),
        TEST(test_a_closing_dot_is_for_dns_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
