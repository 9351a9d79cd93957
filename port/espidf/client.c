/* client.c: an engine of post.h over esp_http_client. post.c calls begin, step and end.
 * Invariant: client is NULL outside of begin and end. Events of the client reach post.c only in a step. */
#include "uspan_espidf.h"

#include "esp_http_client.h"

#define TIMEOUT_MS 5000u
#define AT_ONCE 128 /* bytes of a response body that one step reads */

static esp_err_t take_event(esp_http_client_event_t *event)
{
    uspan_espidf_client_t *c = event->user_data;
    if (event->event_id == HTTP_EVENT_ON_HEADER && c->running != NULL) {
        uspan_post_answer_header(c->running, event->header_key, event->header_value);
    }
    return ESP_OK;
}

static uspan_err_t fail(uspan_espidf_client_t *c, const char *why)
{
    c->why = why;
    return USPAN_ERR_IO;
}

static uspan_err_t begin(void *ctx, uspan_post_t *post)
{
    uspan_espidf_client_t *c = ctx;
    const uspan_espidf_tls_options_t *o = &c->options;
    const bool secure = (c->engine.flags & USPAN_TRANSPORT_SECURE) != 0u;
    const esp_http_client_config_t config = {
        .host = post->host,
        .port = post->port,
        .path = post->path,
        .method = strcmp(post->method, "GET") == 0 ? HTTP_METHOD_GET : HTTP_METHOD_POST,
        .transport_type = secure ? HTTP_TRANSPORT_OVER_SSL : HTTP_TRANSPORT_OVER_TCP,
        .timeout_ms = (int)c->timeout_ms,
        .disable_auto_redirect = true,
        .event_handler = take_event,
        .user_data = c,
        .cert_pem = (const char *)o->ca,
        .cert_len = o->ca_bytes,
        .client_cert_pem = (const char *)o->cert,
        .client_cert_len = o->cert_bytes,
        .client_key_pem = (const char *)o->key,
        .client_key_len = o->key_bytes,
        .crt_bundle_attach = o->bundle,
    };
    c->why = "";
    c->running = NULL;
    c->has_headers = false;
    c->client = esp_http_client_init(&config);
    if (c->client == NULL) {
        return fail(c, "no memory left for esp_http_client");
    }
    const char *name, *value;
    for (size_t pos = 0; uspan_post_header(post, &pos, &name, &value);) {
        if (esp_http_client_set_header(c->client, name, value) != ESP_OK) {
            return fail(c, "no memory left for esp_http_client");
        }
    }
    if (esp_http_client_open(c->client, (int)post->body_len) != ESP_OK) {
        return fail(c, "esp_http_client does not connect: its log has the reason");
    }
    return USPAN_OK;
}

/* Read more of the response body. */
static uspan_err_t read_answer(uspan_espidf_client_t *c, uspan_post_t *post)
{
    char bytes[AT_ONCE];
    int n = esp_http_client_read(c->client, bytes, sizeof bytes);
    if (n > 0) {
        uspan_post_answer_body(post, bytes, (size_t)n);
    }
    return n > 0 || n == -ESP_ERR_HTTP_EAGAIN ? USPAN_ERR_AGAIN
                                              : USPAN_OK; /* also after an error: the status counts */
}

static uspan_err_t step(void *ctx, uspan_post_t *post)
{
    uspan_espidf_client_t *c = ctx;
    const uint8_t *bytes;
    size_t len = uspan_post_peek(post, &bytes);
    c->running = post;
    if (len > 0u) {
        int n = esp_http_client_write(c->client, (const char *)bytes, (int)len);
        if (n < 0) {
            return fail(c, "connection lost while sending");
        }
        (void)uspan_post_read(post, NULL, (size_t)n);
        return USPAN_ERR_AGAIN;
    }
    if (c->has_headers) {
        return read_answer(c, post);
    }
    int64_t length = esp_http_client_fetch_headers(c->client);
    if (length == -ESP_ERR_HTTP_EAGAIN) {
        return USPAN_ERR_AGAIN;
    }
    if (length < 0) {
        return fail(c, "connection closed before the response ended");
    }
    uspan_post_answer_status(post, (unsigned)esp_http_client_get_status_code(c->client));
    c->has_headers = true;
    return USPAN_ERR_AGAIN;
}

static void end(void *ctx)
{
    uspan_espidf_client_t *c = ctx;
    c->running = NULL;
    if (c->client != NULL) {
        (void)esp_http_client_cleanup(c->client); /* also closes the connection */
        c->client = NULL;
    }
}

static const char *why(void *ctx)
{
    const uspan_espidf_client_t *c = ctx;
    return c->why;
}

uspan_err_t uspan_espidf_client_init(uspan_espidf_client_t *c, const uspan_espidf_tls_options_t *options,
                                     char *buffer, size_t buffer_bytes, uint32_t timeout_ms,
                                     uspan_transport_t *out)
{
    if (c == NULL || out == NULL || buffer == NULL || buffer_bytes < USPAN_POST_BUFFER_MIN) {
        return USPAN_ERR_ARG;
    }
    if (options != NULL && options->bundle == NULL && options->ca == NULL) {
        return USPAN_ERR_CONFIG;
    }
    memset(c, 0, sizeof *c);
    c->why = "";
    c->timeout_ms = timeout_ms != 0u ? timeout_ms : TIMEOUT_MS;
    if (options != NULL) {
        c->options = *options;
    }
    c->engine = (uspan_post_engine_t){
        .abi = USPAN_POST_ABI,
        .flags = options != NULL ? USPAN_TRANSPORT_SECURE : 0u,
        .ctx = c,
        .begin = begin,
        .step = step,
        .end = end,
        .last_error_text = why,
    };
    return uspan_post_init(&c->post, &c->engine, buffer, buffer_bytes, out);
}
