/* collector.c: implements collector.h. Invariant: a request counts once its body is complete. A body that
 * came before counts only as repeated. The device sends it again if it had no response. */
#define _GNU_SOURCE /* memmem */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_METHOD: the only way to a run that depends only on its seed */
#include "collector.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include "proto_view.h"
#include "uspan/uspan.h"
#include "cable.h"

#define REQUEST_BYTES 65536u
#define BODIES_MAX 8192u

typedef struct connection {
    int fd; /* -1: free */
    SSL *ssl;
    bool shaken;
    size_t len, answer_left;
    uint8_t in[REQUEST_BYTES];
} connection_t;

collector_t collector;
static connection_t connections[COLLECTOR_FDS];
static uint64_t bodies[BODIES_MAX]; /* their hashes */
static unsigned body_count;
static int listener = -1;
static SSL_CTX *context;
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";

static void must(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "collector: %s\n", what);
        ERR_print_errors_fp(stderr);
        abort();
    }
}

/* ---- received requests --------------------------------------------------------------------------------- */

static bool is_new(const uint8_t *body, size_t len)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ body[i]) * 0x100000001B3u;
    }
    for (unsigned i = 0; i < body_count; i++) {
        if (bodies[i] == hash) {
            return false;
        }
    }
    must(body_count < BODIES_MAX, "too many bodies");
    bodies[body_count++] = hash;
    return true;
}

static void file_span(view_t span)
{
    view_t name, id;
    char text[32] = "";
    unsigned number = SPANS_MAX;
    collector.spans++;
    if (view_get(span, 5u, 0u, &name) && name.len < sizeof text && view_get(span, 2u, 0u, &id) && id.len == 8u) {
        memcpy(text, name.at, name.len);
        (void)sscanf(text, "span %u", &number);
    }
    if (number >= SPANS_MAX) {
        collector.strange++;
    } else {
        collector.unique += collector.seen[number] == 0u;
        collector.seen[number] = 1u;
    }
}

static void file_body(const uint8_t *body, size_t len)
{
    view_t request = { body, len };
    collector.requests++;
    if (!is_new(body, len)) {
        collector.repeated++;
        return;
    }
    if (collector.bodies != NULL) {
        const uint8_t head[4] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len };
        (void)fwrite(head, 1, sizeof head, collector.bodies);
        (void)fwrite(body, 1, len, collector.bodies);
    }
    view_t block, scope_spans, span;
    must(view_get(request, 1u, 0u, &block), "a request without ResourceSpans");
    for (unsigned s = 0; view_get(block, 2u, s, &scope_spans); s++) {
        for (unsigned i = 0; view_get(scope_spans, 2u, i, &span); i++) {
            file_span(span);
        }
    }
    for (unsigned cause = 0; cause < USPAN_DROP_COUNT; cause++) {
        char key[64];
        (void)snprintf(key, sizeof key, "uspan.dropped.%s", uspan_drop_name((uspan_drop_t)cause));
        collector.dropped += view_scope_int(request, key);
    }
}

/* ---- connections --------------------------------------------------------------------------------------- */

/* Reset: unsent bytes are discarded, and the other end is notified. */
static void drop(connection_t *c, bool reset)
{
    const struct linger now = { .l_onoff = 1 };
    if (c->fd < 0) {
        return;
    }
    if (reset) {
        (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    SSL_free(c->ssl);
    c->ssl = NULL;
    (void)close(c->fd);
    c->fd = -1;
}

/* One complete request at the front of c->in: store it and begin the response. */
static void take_request(connection_t *c)
{
    uint8_t *end = c->len > 0u ? memmem(c->in, c->len, "\r\n\r\n", 4) : NULL;
    uint8_t *field = c->len > 0u ? memmem(c->in, c->len, "Content-Length: ", 16) : NULL;
    if (end == NULL || field == NULL || c->answer_left > 0u) {
        return;
    }
    size_t head_len = (size_t)(end - c->in) + 4u;
    size_t body_len = strtoul((const char *)field + 16, NULL, 10);
    must(head_len + body_len <= sizeof c->in, "a request too large");
    if (c->len < head_len + body_len) {
        return;
    }
    file_body(c->in + head_len, body_len);
    if (collector.dies) {
        collector.dies = false;
        collector_crash();
        return;
    }
    c->len -= head_len + body_len;
    memmove(c->in, c->in + head_len + body_len, c->len);
    c->answer_left = sizeof answer - 1u;
}

/* 0: there is nothing to do now. 1: something was done. -1: the end. */
static int serve(connection_t *c)
{
    size_t moved = 0;
    int result;
    ERR_clear_error();
    if (!c->shaken) {
        result = SSL_accept(c->ssl);
        c->shaken = result == 1;
        collector.sessions[SSL_version(c->ssl) == TLS1_3_VERSION] += c->shaken;
        collector.resumed += c->shaken && SSL_session_reused(c->ssl) == 1;
    } else if (c->answer_left > 0u) {
        result = SSL_write_ex(c->ssl, answer + sizeof answer - 1u - c->answer_left, c->answer_left, &moved);
        c->answer_left -= moved;
    } else if (c->len == sizeof c->in) {
        return -1;
    } else {
        result = SSL_read_ex(c->ssl, c->in + c->len, sizeof c->in - c->len, &moved);
        c->len += moved;
        take_request(c);
    }
    if (result == 1 || c->fd < 0) {
        return 1;
    }
    int error = SSL_get_error(c->ssl, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static bool accept_one(void)
{
    int fd = listener >= 0 ? accept(listener, NULL, NULL) : -1;
    if (fd < 0) {
        return false;
    }
    int one = 1; /* no Nagle: written bytes are sent at once, otherwise time would not wait for them */
    must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0, "fcntl");
    for (unsigned i = 0; i < COLLECTOR_FDS; i++) {
        connection_t *c = &connections[i];
        if (c->fd < 0) {
            c->fd = fd;
            c->len = c->answer_left = 0u;
            c->shaken = false;
            c->ssl = SSL_new(context);
            must(c->ssl != NULL && SSL_set_fd(c->ssl, fd) == 1, "SSL_new");
            collector.connections++;
            return true;
        }
    }
    (void)close(fd);
    return true;
}

bool collector_step(void)
{
    bool any = accept_one();
    for (unsigned i = 0; i < COLLECTOR_FDS && !collector.never_reads; i++) {
        connection_t *c = &connections[i];
        int result = c->fd >= 0 ? serve(c) : 0;
        if (result < 0) {
            drop(c, false);
        }
        any = any || result != 0;
    }
    return any;
}

unsigned collector_fds(int out[COLLECTOR_FDS])
{
    unsigned count = 0;
    for (unsigned i = 0; i < COLLECTOR_FDS; i++) {
        if (connections[i].fd >= 0) {
            out[count++] = connections[i].fd;
        }
    }
    return count;
}

/* ---- certificates and start ---------------------------------------------------------------------------- */

static int random_bytes(unsigned char *out, int len)
{
    for (int i = 0; i < len; i++) {
        out[i] = (unsigned char)(virtual_random() >> 8);
    }
    return 1;
}

static int random_status(void)
{
    return 1;
}

static const RAND_METHOD seeded = { NULL, random_bytes, NULL, NULL, random_bytes, random_status };

static void extend(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    must(extension != NULL && X509_add_ext(cert, extension, -1) == 1, "extension");
    X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key, const char *name, const X509 *issuer, EVP_PKEY *issuer_key)
{
    X509 *cert = X509_new();
    X509_NAME *subject = X509_NAME_new();
    must(cert != NULL && subject != NULL &&
             X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) == 1,
         "certificate");
    (void)X509_set_version(cert, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(cert), issuer == NULL ? 1 : 2);
    /* Fixed, because dates are not checked here, and the length of a signature would change with the time. */
    (void)ASN1_TIME_set_string(X509_getm_notBefore(cert), "20250101000000Z");
    (void)ASN1_TIME_set_string(X509_getm_notAfter(cert), "20500101000000Z");
    (void)X509_set_subject_name(cert, subject);
    (void)X509_set_issuer_name(cert, issuer == NULL ? subject : X509_get_subject_name(issuer));
    (void)X509_set_pubkey(cert, key);
    if (issuer == NULL) {
        extend(cert, NID_basic_constraints, "critical,CA:TRUE");
        extend(cert, NID_key_usage, "critical,keyCertSign");
    } else {
        extend(cert, NID_subject_alt_name, "DNS:collector.test");
    }
    must(X509_sign(cert, issuer_key, EVP_sha256()) > 0, "X509_sign");
    X509_NAME_free(subject);
    return cert;
}

void collector_return(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(collector.port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int one = 1;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    must(listener >= 0 && fcntl(listener, F_SETFL, O_NONBLOCK) == 0 &&
             setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
             bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 4) == 0 &&
             getsockname(listener, (struct sockaddr *)&at, &len) == 0,
         "no place to listen");
    collector.port = ntohs(at.sin_port);
    collector.crashed = false;
}

void collector_crash(void)
{
    for (unsigned i = 0; i < COLLECTOR_FDS; i++) {
        drop(&connections[i], true);
    }
    if (listener >= 0) {
        (void)close(listener);
    }
    listener = -1;
    collector.crashed = true;
}

void collector_start(void)
{
    memset(&collector, 0, sizeof collector);
    for (unsigned i = 0; i < COLLECTOR_FDS; i++) {
        connections[i].fd = -1;
    }
    (void)RAND_set_rand_method(&seeded);
    EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
    X509 *ca = make_certificate(ca_key, "virtual CA", NULL, ca_key);
    X509 *cert = make_certificate(key, "collector", ca, ca_key);
    unsigned char *at = collector.ca;
    must(i2d_X509(ca, NULL) < (int)sizeof collector.ca, "a large certificate");
    collector.ca_len = (size_t)i2d_X509(ca, &at);
    context = SSL_CTX_new(TLS_server_method());
    must(context != NULL && SSL_CTX_use_certificate(context, cert) == 1 &&
             SSL_CTX_use_PrivateKey(context, key) == 1,
         "SSL_CTX");
    X509_free(cert);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    collector_return();
}

void collector_speak(bool tls13)
{
    const int version = tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
    must(SSL_CTX_set_min_proto_version(context, version) == 1 && SSL_CTX_set_max_proto_version(context, version) == 1,
         "version");
}

void collector_stop(void)
{
    collector_crash();
    SSL_CTX_free(context);
    context = NULL;
}
