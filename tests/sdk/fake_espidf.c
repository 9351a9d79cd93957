/* fake_espidf.c: implements the declared part of ESP-IDF on the host, for tests of port/espidf. It has
 * esp-tls over mbedTLS and sockets, NVS in RAM, and the clock and random bytes of the system. */
#define _GNU_SOURCE
#include "fake_espidf.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include "esp_crt_bundle.h"
#include "esp_log.h"
#include "esp_random.h"
#include "esp_timer.h"
#include "esp_tls.h"
#include "nvs.h"

fake_espidf_t fake_espidf;

void declared_log(char level, const char *tag, const char *format, ...)
{
    size_t at = strlen(fake_espidf.log);
    va_list list;
    at += (size_t)snprintf(fake_espidf.log + at, sizeof fake_espidf.log - at, "%c (%s) ", level, tag);
    va_start(list, format);
    if (at < sizeof fake_espidf.log - 2u) {
        int len = vsnprintf(fake_espidf.log + at, sizeof fake_espidf.log - at - 1u, format, list);
        at += len > 0 ? (size_t)len : 0u;
        at = at < sizeof fake_espidf.log - 2u ? at : sizeof fake_espidf.log - 2u;
        fake_espidf.log[at] = '\n';
        fake_espidf.log[at + 1u] = '\0';
    }
    va_end(list);
}

void esp_fill_random(void *buf, size_t len)
{
    (void)(getrandom(buf, len, 0) < 0);
}

int64_t esp_timer_get_time(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- esp-tls ------------------------------------------------------------------------------------------- */

enum { BEGIN, CONNECTING, HANDSHAKE, STANDS, FAILED };

struct esp_tls_last_error {
    esp_err_t err;
    int code, flags;
};

struct esp_tls {
    int state;
    struct esp_tls_last_error error;
    mbedtls_net_context net;
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config conf;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_x509_crt ca;
};

static mbedtls_x509_crt bundle;

esp_err_t esp_crt_bundle_attach(void *conf)
{
    mbedtls_x509_crt_free(&bundle);
    mbedtls_x509_crt_init(&bundle);
    fake_espidf.attached++;
    if (mbedtls_x509_crt_parse_file(&bundle, fake_espidf.bundle) != 0) {
        return ESP_FAIL;
    }
    mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(conf, &bundle, NULL);
    return ESP_OK;
}

esp_tls_t *esp_tls_init(void)
{
    esp_tls_t *t = fake_espidf.no_memory ? NULL : calloc(1, sizeof *t);
    if (t != NULL) {
        fake_espidf.live++;
        mbedtls_net_init(&t->net);
        mbedtls_ssl_init(&t->ssl);
        mbedtls_ssl_config_init(&t->conf);
        mbedtls_entropy_init(&t->entropy);
        mbedtls_ctr_drbg_init(&t->random);
        mbedtls_x509_crt_init(&t->ca);
    }
    return t;
}

static int fail(esp_tls_t *t, esp_err_t err)
{
    t->error.err = err;
    t->state = FAILED;
    return -1;
}

static int begin_connect(esp_tls_t *t, const char *host, int port, bool is_six)
{
    size_t at = strlen(fake_espidf.families);
    fake_espidf.families[at] = at + 1u < sizeof fake_espidf.families ? (is_six ? '6' : '4') : '\0';
    if (is_six && !fake_espidf.has_six) {
        return fail(t, ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME);
    }
    if (!is_six && fake_espidf.dead_four) {
        return fail(t, ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST);
    }
    struct addrinfo *found = NULL;
    const struct addrinfo want = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
    if (getaddrinfo(host, NULL, &want, &found) != 0) {
        return fail(t, ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME);
    }
    struct sockaddr_in to;
    memcpy(&to, found->ai_addr, sizeof to);
    freeaddrinfo(found);
    to.sin_port = htons((uint16_t)port);
    t->net.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (t->net.fd < 0) {
        return fail(t, ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET);
    }
    if (connect(t->net.fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) {
        return fail(t, ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST);
    }
    t->state = CONNECTING;
    return 0;
}

static int begin_handshake(esp_tls_t *t, const char *host, const esp_tls_cfg_t *cfg)
{
    int error = 0;
    socklen_t len = sizeof error;
    struct pollfd p = { .fd = t->net.fd, .events = POLLOUT };
    if (poll(&p, 1, cfg->timeout_ms > 0 ? cfg->timeout_ms : -1) == 0) {
        return 0;
    }
    if (getsockopt(t->net.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
        return fail(t, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT); /* esp-tls reports this if refused too */
    }
    (void)mbedtls_ctr_drbg_seed(&t->random, mbedtls_entropy_func, &t->entropy, NULL, 0);
    (void)mbedtls_ssl_config_defaults(&t->conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                      MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_max_tls_version(&t->conf, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_rng(&t->conf, mbedtls_ctr_drbg_random, &t->random);
    if (cfg->crt_bundle_attach != NULL) {
        if (cfg->crt_bundle_attach(&t->conf) != ESP_OK) {
            return fail(t, ESP_FAIL);
        }
    } else if (mbedtls_x509_crt_parse(&t->ca, cfg->cacert_buf, cfg->cacert_bytes) != 0) {
        return fail(t, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED);
    } else {
        mbedtls_ssl_conf_ca_chain(&t->conf, &t->ca, NULL);
        mbedtls_ssl_conf_authmode(&t->conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    }
    if (mbedtls_ssl_setup(&t->ssl, &t->conf) != 0 || mbedtls_ssl_set_hostname(&t->ssl, host) != 0) {
        return fail(t, ESP_FAIL);
    }
    mbedtls_ssl_set_bio(&t->ssl, &t->net, mbedtls_net_send, mbedtls_net_recv, NULL);
    t->state = HANDSHAKE;
    return 0;
}

static int shake_hands(esp_tls_t *t)
{
    int ret = mbedtls_ssl_handshake(&t->ssl);
    if (ret == 0) {
        t->state = STANDS;
        return 1;
    }
    if (ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE) {
        return 0;
    }
    /* Like ESP-IDF 5.5: a failed handshake has no session, so there is no peer certificate and no flags. */
    t->error.flags =
        mbedtls_ssl_get_peer_cert(&t->ssl) != NULL ? (int)mbedtls_ssl_get_verify_result(&t->ssl) : 0;
    t->error.code = ret;
    return fail(t, ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED);
}

int esp_tls_conn_new_async(const char *host, int host_len, int port, const esp_tls_cfg_t *cfg, esp_tls_t *t)
{
    if (host_len != (int)strlen(host) || !cfg->non_block || cfg->timeout_ms <= 0) {
        abort(); /* it would block without end */
    }
    switch (t->state) {
    case BEGIN:
        return begin_connect(t, host, port, cfg->addr_family == ESP_TLS_AF_INET6);
    case CONNECTING:
        return begin_handshake(t, host, cfg);
    case HANDSHAKE:
        return shake_hands(t);
    default:
        return -1;
    }
}

static bool hesitates(void)
{
    return fake_espidf.hesitant && fake_espidf.calls++ % 2u == 0u;
}

ssize_t esp_tls_conn_write(esp_tls_t *t, const void *data, size_t len)
{
    if (hesitates()) {
        return fake_espidf.calls % 4u == 1u ? ESP_TLS_ERR_SSL_WANT_WRITE : ESP_TLS_ERR_SSL_WANT_READ;
    }
    size_t most = fake_espidf.most != 0u && fake_espidf.most < len ? fake_espidf.most : len;
    return mbedtls_ssl_write(&t->ssl, data, most);
}

ssize_t esp_tls_conn_read(esp_tls_t *t, void *data, size_t len)
{
    return hesitates() ? ESP_TLS_ERR_SSL_WANT_READ : mbedtls_ssl_read(&t->ssl, data, len);
}

int esp_tls_conn_destroy(esp_tls_t *t)
{
    mbedtls_ssl_free(&t->ssl);
    mbedtls_ssl_config_free(&t->conf);
    mbedtls_ctr_drbg_free(&t->random);
    mbedtls_entropy_free(&t->entropy);
    mbedtls_x509_crt_free(&t->ca);
    mbedtls_net_free(&t->net);
    free(t);
    fake_espidf.live--;
    return 0;
}

void *esp_tls_get_ssl_context(esp_tls_t *t)
{
    return &t->ssl;
}

esp_err_t esp_tls_get_error_handle(esp_tls_t *t, esp_tls_error_handle_t *handle)
{
    *handle = &t->error;
    return ESP_OK;
}

esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t h, int *code, int *flags)
{
    esp_err_t err = h->err;
    *code = h->code;
    *flags = h->flags;
    memset(h, 0, sizeof *h);
    return err;
}

/* ---- NVS ----------------------------------------------------------------------------------------------- */

static char *text_of(const char *key, size_t *cap)
{
    if (strcmp(key, "endpoint") == 0) {
        *cap = sizeof fake_espidf.endpoint;
        return fake_espidf.endpoint;
    }
    if (strcmp(key, "headers") != 0) {
        abort();
    }
    *cap = sizeof fake_espidf.headers;
    return fake_espidf.headers;
}

esp_err_t nvs_open(const char *name, nvs_open_mode_t mode, nvs_handle_t *out)
{
    if (strcmp(name, "uspan") != 0) {
        abort();
    }
    if (fake_espidf.nvs_missing && mode == NVS_READONLY) {
        return ESP_ERR_NVS_NOT_FOUND;
    }
    fake_espidf.open_handles++;
    *out = 7u;
    return ESP_OK;
}

esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *out, size_t *length)
{
    size_t cap;
    const char *text = text_of(key, &cap);
    (void)handle;
    if (fake_espidf.nvs_error != ESP_OK || text[0] == '\0') {
        return fake_espidf.nvs_error != ESP_OK ? fake_espidf.nvs_error : ESP_ERR_NVS_NOT_FOUND;
    }
    if (strlen(text) >= *length) {
        return ESP_ERR_NVS_INVALID_LENGTH;
    }
    *length = strlen(text) + 1u;
    memcpy(out, text, *length);
    return ESP_OK;
}

esp_err_t nvs_set_str(nvs_handle_t handle, const char *key, const char *value)
{
    size_t cap;
    char *text = text_of(key, &cap);
    (void)handle;
    (void)snprintf(text, cap, "%s", value);
    return ESP_OK;
}

esp_err_t nvs_erase_key(nvs_handle_t handle, const char *key)
{
    size_t cap;
    char *text = text_of(key, &cap);
    (void)handle;
    esp_err_t err = text[0] != '\0' ? ESP_OK : ESP_ERR_NVS_NOT_FOUND;
    text[0] = '\0';
    return err;
}

esp_err_t nvs_commit(nvs_handle_t handle)
{
    (void)handle;
    fake_espidf.commits++;
    return fake_espidf.nvs_error;
}

void nvs_close(nvs_handle_t handle)
{
    (void)handle;
    fake_espidf.open_handles--;
}
