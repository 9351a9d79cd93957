/* test_espidf.c: port/espidf over the declared ESP-IDF. It tests https by esp-tls against OpenSSL's server,
 * trusted and untrusted peers, partial writes, and calls that must be repeated. It also tests esp_http_client
 * by a script, NVS, and the exporter from start to stop. */
#define _GNU_SOURCE
#include <pthread.h>
#include "../unit/tls_peer.h"
#include "esp_crt_bundle.h"
#include "esp_http_client.h"
#include "fake_espidf.h"
#include "fake_freertos.h"
#include "uspan_espidf.h"
#include "freertos/FreeRTOS.h" /* before task.h */
#include "freertos/task.h"

/* ---- esp-tls ------------------------------------------------------------------------------------------- */

static uspan_espidf_tls_t esp;
static const uspan_espidf_tls_options_t by_bundle = { .bundle = esp_crt_bundle_attach };

static int reset(void **state)
{
    (void)state;
    memset(&fake_espidf, 0, sizeof fake_espidf);
    fake_espidf.bundle = "ca.pem";
    return uspan_espidf_tls_init(&esp, &by_bundle, &transport) == USPAN_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    transport.close(transport.ctx);
    stop_server();
    return fake_espidf.live == 0u && fake_espidf.open_handles == 0u ? 0 : -1;
}

static uspan_err_t connect_after(bool has_failed, const char *host)
{
    const uspan_peer_t peer = { .host = host, .port = server.port, .has_failed = has_failed };
    uspan_err_t err = USPAN_ERR_AGAIN;
    for (unsigned n = 0; err == USPAN_ERR_AGAIN; n++) {
        assert_true(n < 60000u);
        err = transport.open(transport.ctx, &peer);
        pause_ms(err == USPAN_ERR_AGAIN ? 1 : 0);
    }
    return err;
}

#define connect_to(host) connect_after(false, host)

/* A page of the server. Returns its bytes. */
static size_t read_page(void)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    uint8_t buf[97];
    size_t sent = 0, got = 0;
    while (sent < sizeof request - 1u) {
        int32_t n =
            transport.send(transport.ctx, (const uint8_t *)request + sent, sizeof request - 1u - sent);
        assert_true(n >= 0);
        sent += (size_t)n;
    }
    for (;;) {
        int32_t n = transport.recv(transport.ctx, buf, sizeof buf);
        if (n == USPAN_ERR_CLOSED) {
            return got;
        }
        assert_true(n >= 0);
        got += (size_t)n;
        pause_ms(n == 0 ? 1 : 0);
    }
}

static void test_pages_come_whole_in_any_pieces(void **state)
{
    (void)state;
    size_t whole = 0;
    start_openssl("server.pem", NULL);
    for (unsigned way = 0; way < 4u; way++) {
        fake_espidf.most = way % 2u != 0u ? 1u : 0u;
        fake_espidf.hesitant = way / 2u != 0u;
        assert_int_equal(connect_to("localhost"), USPAN_OK);
        assert_int_equal(connect_to("localhost"), USPAN_OK); /* any number of times */
        size_t got = read_page();
        assert_true(got > 1000u);
        whole = whole == 0u ? got : whole;
        assert_true(got + 100u > whole && got < whole + 100u); /* the page has session numbers */
        transport.close(transport.ctx);
        transport.close(transport.ctx);
        assert_int_equal(fake_espidf.live, 0);
    }
    assert_int_equal(fake_espidf.attached, 4);
    assert_int_equal(transport.flags, USPAN_TRANSPORT_SECURE);
}

static void test_whom_it_trusts_and_whom_not(void **state)
{
    (void)state;
    static const struct {
        const char *cert, *bundle, *why;
        uspan_err_t err;
    } rows[] = {
        { "server.pem", "ca.pem", "", USPAN_OK },
        { "server.pem", "bundle.pem", "", USPAN_OK },
        { "server.pem", "rogue.pem", "certificate not signed by a trusted CA", USPAN_ERR_TRUST },
        { "elsewhere.pem", "ca.pem", "certificate is for a different host name", USPAN_ERR_TRUST },
        { "expired.pem", "ca.pem", "certificate expired, or this clock is wrong", USPAN_ERR_TRUST },
        { "future.pem", "ca.pem", "certificate not yet valid, or this clock is wrong", USPAN_ERR_TRUST },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start_openssl(rows[i].cert, NULL);
        fake_espidf.bundle = rows[i].bundle;
        uspan_err_t err = connect_to("localhost");
        if (err != rows[i].err || strcmp(transport.last_error_text(transport.ctx), rows[i].why) != 0) {
            fail_msg("row %zu: %d \"%s\"", i, (int)err, transport.last_error_text(transport.ctx));
        }
        if (err != USPAN_OK) {
            assert_int_equal(fake_espidf.live, 0); /* nothing was sent to it, and all memory is freed */
            assert_int_equal(transport.send(transport.ctx, (const uint8_t *)"x", 1), USPAN_ERR_IO);
        }
        transport.close(transport.ctx);
        stop_server();
    }
}

static void test_an_own_ca_and_what_cannot_be_read(void **state)
{
    (void)state;
    static char pem[4096];
    start_openssl("server.pem", NULL);
    size_t len = read_file("ca.pem", pem, sizeof pem - 1u);
    uspan_espidf_tls_options_t own = { .ca = (const unsigned char *)pem, .ca_bytes = (unsigned)len + 1u };
    assert_int_equal(uspan_espidf_tls_init(&esp, &own, &transport), USPAN_OK);
    assert_int_equal(connect_to("localhost"), USPAN_OK);
    transport.close(transport.ctx);
    own.ca = (const unsigned char *)"rubbish";
    own.ca_bytes = 8;
    assert_int_equal(uspan_espidf_tls_init(&esp, &own, &transport), USPAN_OK);
    assert_int_equal(connect_to("localhost"), USPAN_ERR_CONFIG);
    assert_string_equal(transport.last_error_text(transport.ctx),
                        "own certificate, key or CA cannot be read");
    own.ca = NULL;
    assert_int_equal(uspan_espidf_tls_init(&esp, &own, &transport),
                     USPAN_ERR_CONFIG); /* would trust every peer */
    assert_int_equal(uspan_espidf_tls_init(NULL, &by_bundle, &transport), USPAN_ERR_ARG);
    assert_int_equal(uspan_espidf_tls_init(&esp, NULL, &transport), USPAN_ERR_ARG);
    assert_int_equal(uspan_espidf_tls_init(&esp, &by_bundle, NULL), USPAN_ERR_ARG);
}

static void test_failures_have_words(void **state)
{
    (void)state;
    fake_espidf.no_memory = true;
    assert_int_equal(connect_to("localhost"), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "no memory left for esp-tls");
    fake_espidf.no_memory = false;
    server.port = 1; /* no server listens there, and no test gets it as a free port */
    assert_int_equal(connect_to("127.0.0.1"), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "connection refused, or host unreachable");
    assert_int_equal(connect_to("no-such-host.invalid"), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx),
                        "host name not found, or the name server does not answer");
    start_openssl("server.pem", NULL);
    assert_int_equal(connect_to("localhost"), USPAN_OK);
    stop_server();
    uint8_t byte;
    int32_t n = 0;
    for (unsigned i = 0; i < 5000u && n == 0; i++) {
        n = transport.recv(transport.ctx, &byte, 1);
        pause_ms(1);
    }
    assert_true(n == USPAN_ERR_IO || n == USPAN_ERR_CLOSED);
    assert_int_equal(transport.recv(transport.ctx, &byte, 1) < 0, true);
}

static void test_after_a_failure_it_asks_for_the_other_family(void **state)
{
    (void)state;
    start_openssl("server.pem", NULL);
    fake_espidf.dead_four = fake_espidf.has_six = true;
    assert_int_equal(connect_to("localhost"), USPAN_ERR_IO);
    assert_int_equal(connect_after(true, "localhost"), USPAN_OK);
    transport.close(transport.ctx);
    assert_int_equal(connect_to("localhost"), USPAN_OK); /* the family that works is kept */
    transport.close(transport.ctx);
    assert_string_equal(fake_espidf.families, "466");
    fake_espidf.dead_four = fake_espidf.has_six = false; /* only IPv4 from now on */
    assert_int_equal(connect_to("localhost"), USPAN_ERR_IO);
    assert_int_equal(connect_after(true, "localhost"), USPAN_OK);
    transport.close(transport.ctx);
    assert_int_equal(connect_after(true, "localhost"), USPAN_OK); /* IPv6 fails first: in the same attempt */
    assert_string_equal(fake_espidf.families, "4666464");
}

/* ---- esp_http_client ----------------------------------------------------------------------------------- */

struct esp_http_client {
    esp_http_client_config_t config;
};
static struct script {
    struct esp_http_client client;
    bool no_client, refuses, breaks;
    int status;
    unsigned agains; /* of fetch_headers and read, each */
    char headers[512], body[65536];
    size_t body_len, answered;
    int announced;
    unsigned live;
} script;

esp_http_client_handle_t esp_http_client_init(const esp_http_client_config_t *config)
{
    assert_true(config->disable_auto_redirect);
    assert_non_null(config->host);
    script.client.config = *config;
    script.live += !script.no_client;
    script.headers[0] = '\0';
    script.body_len = script.answered = 0;
    return script.no_client ? NULL : &script.client;
}

esp_err_t esp_http_client_set_header(esp_http_client_handle_t client, const char *key, const char *value)
{
    (void)client;
    size_t at = strlen(script.headers);
    (void)snprintf(script.headers + at, sizeof script.headers - at, "%s=%s\n", key, value);
    return ESP_OK;
}

esp_err_t esp_http_client_open(esp_http_client_handle_t client, int write_len)
{
    (void)client;
    script.announced = write_len;
    return script.refuses ? ESP_FAIL : ESP_OK;
}

int esp_http_client_write(esp_http_client_handle_t client, const char *buffer, int len)
{
    (void)client;
    int n = len > 33 ? 33 : len;
    memcpy(script.body + script.body_len, buffer, (size_t)n);
    script.body_len += (size_t)n;
    return script.breaks && script.body_len > 60u ? -1 : n;
}

int64_t esp_http_client_fetch_headers(esp_http_client_handle_t client)
{
    assert_int_equal(script.body_len, script.announced);
    if (script.agains % 3u != 0u) {
        script.agains--;
        return -ESP_ERR_HTTP_EAGAIN;
    }
    esp_http_client_event_t event = { .event_id = HTTP_EVENT_ON_HEADER,
                                      .client = client,
                                      .user_data = client->config.user_data,
                                      .header_key = (char[]){ "Retry-After" },
                                      .header_value = (char[]){ "30" } };
    assert_int_equal(client->config.event_handler(&event), ESP_OK);
    return script.status != 0 ? 4 : ESP_FAIL;
}

int esp_http_client_get_status_code(esp_http_client_handle_t client)
{
    (void)client;
    return script.status;
}

int esp_http_client_read(esp_http_client_handle_t client, char *buffer, int len)
{
    (void)client;
    if (script.agains > 0u) {
        script.agains--;
        return -ESP_ERR_HTTP_EAGAIN;
    }
    assert_true(len > 4);
    memcpy(buffer, "busy", 4);
    script.answered++;
    return script.answered == 1u ? 4 : 0;
}

esp_err_t esp_http_client_cleanup(esp_http_client_handle_t client)
{
    assert_ptr_equal(client, &script.client);
    script.live--;
    return ESP_OK;
}

static uspan_tracer_t tracer;
static uspan_espidf_client_t client;

static void begin_client(const char *endpoint, bool secure)
{
    static char buffer[1024];
    const uspan_collector_t collector = { .endpoint = endpoint, .headers = "x-tenant=a" };
    memset(&script, 0, sizeof script);
    script.status = 200;
    assert_int_equal(
        uspan_espidf_client_init(&client, secure ? &by_bundle : NULL, buffer, sizeof buffer, 0, &transport),
        USPAN_OK);
    assert_int_equal(uspan_init(&tracer, uspan_espidf_port()), USPAN_OK);
    assert_int_equal(uspan_export_to(&tracer, 0, &transport, &collector), USPAN_OK);
    (void)uspan_end(&tracer, uspan_start(&tracer, USPAN_ROOT, "one"));
    uspan_flush(&tracer);
}

/* Poll until the returned wait is long. */
static uspan_stats_t settle(void)
{
    uint32_t wait_ms = 0;
    for (unsigned n = 0; n < 10000u && wait_ms < 500u; n++) {
        (void)(uspan_poll(&tracer, &wait_ms) == USPAN_OK);
        pause_ms(wait_ms > 0u && wait_ms < 500u ? (long)wait_ms : 0);
    }
    uspan_stats_t s;
    uspan_stats(&tracer, 0, &s);
    return s;
}

static void test_esp_http_client_takes_a_whole_post(void **state)
{
    (void)state;
    begin_client("https://collector.test/v1/traces?a=b", true);
    script.agains = 5;
    assert_int_equal(settle().delivered, 1);
    const esp_http_client_config_t *c = &script.client.config;
    assert_string_equal(script.headers,
                        "Content-Type=application/x-protobuf\nx-tenant=a\nUser-Agent=uspan/" USPAN_VERSION
                        " (C)\n");
    assert_int_equal(c->method, HTTP_METHOD_POST);
    assert_int_equal(c->transport_type, HTTP_TRANSPORT_OVER_SSL);
    assert_int_equal(c->port, 443);
    assert_true(c->crt_bundle_attach == esp_crt_bundle_attach);
    assert_int_equal(script.live, 0);
    assert_int_equal(transport.flags, USPAN_TRANSPORT_SECURE);
    begin_client("http://collector.test:4318/", false);
    assert_int_equal(settle().delivered, 1);
    assert_int_equal(script.client.config.transport_type, HTTP_TRANSPORT_OVER_TCP);
}

static void test_esp_http_clients_failures_keep_the_spans(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 5u; way++) {
        begin_client("http://collector.test/", false);
        script.no_client = way == 0u;
        script.refuses = way == 1u;
        script.breaks = way == 2u;
        script.status = way == 3u ? 0 : way == 4u ? 503 : 200;
        uspan_stats_t s = settle();
        assert_int_equal(s.delivered, 0);
        assert_int_equal(s.queued, 1);
        assert_int_equal(s.last_error, way == 4u ? USPAN_OK : USPAN_ERR_IO);
        assert_int_equal(s.last_status, way == 4u ? 503 : 0);
        assert_int_equal(script.live, 0);
        if (way == 4u) { /* Retry-After: 30 came by an event */
            uint32_t wait_ms = 0;
            (void)(uspan_poll(&tracer, &wait_ms) == USPAN_OK);
            assert_true(wait_ms > 25000u);
        }
    }
    uspan_espidf_tls_options_t nobody = { 0 };
    static char small[USPAN_POST_BUFFER_MIN];
    assert_int_equal(uspan_espidf_client_init(&client, &nobody, small, sizeof small, 0, &transport),
                     USPAN_ERR_CONFIG);
    assert_int_equal(uspan_espidf_client_init(&client, NULL, small, sizeof small - 1u, 0, &transport),
                     USPAN_ERR_ARG);
    assert_int_equal(uspan_espidf_client_init(NULL, NULL, small, sizeof small, 0, &transport), USPAN_ERR_ARG);
}

/* ---- NVS ----------------------------------------------------------------------------------------------- */

static void test_settings_live_in_nvs(void **state)
{
    (void)state;
    uspan_collector_t c = { .endpoint = "http://built.in/" };
    fake_espidf.nvs_missing = true;
    assert_int_equal(uspan_espidf_load(&c), USPAN_ERR_AGAIN);
    assert_string_equal(c.endpoint, "http://built.in/");
    fake_espidf.nvs_missing = false;
    assert_int_equal(uspan_espidf_save("https://collector.test:4318/v1/traces", "x-api-key=hunter2"),
                     USPAN_OK);
    assert_int_equal(uspan_espidf_load(&c), USPAN_OK);
    assert_string_equal(c.endpoint, "https://collector.test:4318/v1/traces");
    assert_string_equal(c.headers, "x-api-key=hunter2");
    assert_int_equal(uspan_espidf_save("grpc://h:4317", NULL), USPAN_ERR_CONFIG);
    assert_int_equal(uspan_espidf_save(NULL, "host=evil"), USPAN_ERR_CONFIG);
    char longest[USPAN_ESPIDF_NVS_HEADERS_BYTES + 1];
    memset(longest, 'x', sizeof longest - 1u);
    longest[1] = '=';
    longest[sizeof longest - 1u] = '\0';
    assert_int_equal(uspan_espidf_save(NULL, longest), USPAN_ERR_CONFIG);
    assert_string_equal(fake_espidf.endpoint, "https://collector.test:4318/v1/traces"); /* unchanged */
    assert_null(strstr(fake_espidf.log, "hunter2"));
    assert_int_equal(uspan_espidf_save("", ""), USPAN_OK);
    assert_int_equal(uspan_espidf_save("", NULL), USPAN_OK); /* it is already removed */
    assert_int_equal(uspan_espidf_load(&c), USPAN_ERR_AGAIN);
    memset(fake_espidf.endpoint, 'x', sizeof fake_espidf.endpoint - 1u);
    assert_int_equal(uspan_espidf_load(&c), USPAN_ERR_CONFIG);
    assert_non_null(strstr(fake_espidf.log, "\"endpoint\" is too long"));
    fake_espidf.nvs_error = ESP_FAIL;
    assert_int_equal(uspan_espidf_save("http://h/", NULL), USPAN_ERR_IO);
    assert_int_equal(uspan_espidf_load(&c), USPAN_ERR_CONFIG);
}

/* ---- from start to stop -------------------------------------------------------------------------------- */

static int listener;
static unsigned answered;

/* A collector that accepts one connection after the other and responds with 200 to each POST. */
static void *serve(void *unused)
{
    (void)unused;
    static char text[65536];
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        size_t len = 0;
        for (ssize_t n; (n = read(fd, text + len, sizeof text - 1u - len)) > 0;) {
            len += (size_t)n;
            text[len] = '\0';
            const char *body = strstr(text, "\r\n\r\n"), *counted = strstr(text, "Content-Length: ");
            if (body == NULL || counted == NULL ||
                (size_t)(text + len - body) < 4u + (size_t)strtoul(counted + 16, NULL, 10)) {
                continue;
            }
            static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            (void)(write(fd, ok, sizeof ok - 1u) < 0);
            answered++;
            len = 0;
        }
        (void)close(fd);
    }
}

static void test_from_start_over_sleep_to_stop(void **state)
{
    (void)state;
    pthread_t thread;
    char endpoint[64];
    uint16_t at = listen_on_loopback(&listener);
    assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u/v1/traces", (unsigned)at);
    assert_int_equal(uspan_espidf_save(endpoint, NULL), USPAN_OK);
    const uspan_resource_t resource = { .service_name = "lamp" };
    assert_int_equal(uspan_espidf_start(&tracer, &resource), USPAN_OK);
    assert_int_equal(uspan_espidf_start(&tracer, &resource), USPAN_ERR_ARG);
    (void)uspan_end(&tracer, uspan_start(&tracer, USPAN_ROOT, "before sleep"));
    assert_int_equal(uspan_espidf_sleep(&tracer, 20000), USPAN_OK);
    assert_true(answered > 0u);
    for (unsigned i = 0; i < 3u * USPAN_SPANS_MAX;
         i++) { /* more than fit in the pool: the exporter is woken in time */
        uspan_t s = uspan_start(&tracer, USPAN_ROOT, "many");
        fake_in_isr = i % 7u == 0u; /* spans may end in ISRs */
        (void)uspan_end(&tracer, s);
        fake_in_isr = false;
        pause_ms(i % 8u == 0u ? 30 : 0);
    }
    (void)uspan_start(&tracer, USPAN_ROOT, "not ended");
    assert_int_equal(uspan_espidf_sleep(NULL, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_espidf_stop(&tracer, 20000), USPAN_OK);
    uspan_stats_t s;
    uspan_stats(&tracer, 0, &s);
    assert_int_equal(s.started, 2u + 3u * USPAN_SPANS_MAX);
    /* On a busy machine the exporter may run too late for some spans. */
    assert_int_equal(s.delivered + s.dropped[USPAN_DROP_POOL_FULL], s.started);
    assert_true(s.delivered > USPAN_SPANS_MAX);
    assert_int_equal(uspan_espidf_stop(&tracer, 1), USPAN_ERR_ARG);
    /* again, without a valid setting: it records, and logs that */
    assert_int_equal(uspan_espidf_save("", NULL), USPAN_OK);
    assert_int_equal(uspan_espidf_start(&tracer, NULL), USPAN_ERR_CONFIG);
    assert_int_equal(uspan_espidf_stop(&tracer, 10), USPAN_OK);
    /* and without a task */
    fake_no_task = true;
    assert_int_equal(uspan_espidf_start(&tracer, NULL), USPAN_ERR_FULL);
    fake_no_task = false;
    (void)shutdown(listener, SHUT_RDWR);
    (void)pthread_join(thread, NULL);
    (void)close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pages_come_whole_in_any_pieces, reset, end),
        cmocka_unit_test_setup_teardown(test_whom_it_trusts_and_whom_not, reset, end),
        cmocka_unit_test_setup_teardown(test_an_own_ca_and_what_cannot_be_read, reset, end),
        cmocka_unit_test_setup_teardown(test_failures_have_words, reset, end),
        cmocka_unit_test_setup_teardown(test_after_a_failure_it_asks_for_the_other_family, reset, end),
        cmocka_unit_test_setup_teardown(test_esp_http_client_takes_a_whole_post, reset, end),
        cmocka_unit_test_setup_teardown(test_esp_http_clients_failures_keep_the_spans, reset, end),
        cmocka_unit_test_setup_teardown(test_settings_live_in_nvs, reset, end),
        cmocka_unit_test_setup_teardown(test_from_start_over_sleep_to_stop, reset, end),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
