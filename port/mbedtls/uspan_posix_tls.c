/* uspan_posix_tls.c: joins port/posix and port/mbedtls, the only file that needs both. Empty on systems other
 * than POSIX. Invariant: if pool[i].used is set, its tls is initialised. */
#define _GNU_SOURCE
#define USPAN_INTERNAL /* config.h */
#include "uspan_posix_tls.h"

#if defined(__unix__)

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

typedef struct client {
    atomic_bool used;
    uspan_tls_t tls;
    uspan_tls_blob_t anchors;
    uspan_transport_t transport;
} client_t;

static client_t pool[USPAN_POSIX_TRACERS_MAX];

static const char *find_bundle(void)
{
    static const char *const files[] = {
#ifdef USPAN_CA_FILE
        USPAN_CA_FILE,
#endif
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Arch, Gentoo */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
        "/etc/ssl/ca-bundle.pem",             /* SUSE */
        "/etc/ssl/cert.pem",                  /* Alpine, the BSDs */
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (access(files[i], R_OK) == 0) {
            return files[i];
        }
    }
    return files[0]; /* last_error_text() reports that it cannot be read */
}

/* Returns NULL if a file begins like DER or has the beginning of a PEM block. Otherwise it returns a static
 * text that says what is wrong. */
static const char *find_fault(const char *file)
{
    static const char mark[] = "-----BEGIN ";
    const size_t mark_len = sizeof(mark) - 1u;
    char bytes[512];
    size_t kept = 0;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return strerror(errno);
    }
    ssize_t got = read(fd, bytes, sizeof(bytes));
    bool has_content = got > 0 && bytes[0] == 0x30; /* ASN.1 SEQUENCE */
    while (!has_content && got > 0) {
        size_t len = kept + (size_t)got;
        has_content = memmem(bytes, len, mark, mark_len) != NULL;
        kept = len < mark_len ? len : mark_len - 1u; /* it may be the beginning of the mark */
        memmove(bytes, bytes + len - kept, kept);
        got = read(fd, bytes + kept, sizeof(bytes) - kept);
    }
    (void)close(fd);
    return has_content ? NULL : "it has neither PEM nor DER";
}

/* Log why a file of certificates or keys cannot be used. The transport then fails without its name. */
static void check_file(const uspan_port_t *port, const char *file)
{
    const char *fault = file != NULL ? find_fault(file) : NULL;
    if (fault != NULL) {
        const char *const parts[] = { "TLS: cannot read ", file, ": ", fault };
        char text[256] = "";
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
            (void)strncat(text, parts[i], sizeof(text) - 1u - strlen(text));
        }
        port->log(port->ctx, USPAN_LEVEL_ERROR, text);
    }
}

static client_t *take(void)
{
    for (size_t i = 0; i < USPAN_POSIX_TRACERS_MAX; i++) {
        if (!atomic_exchange(&pool[i].used, true)) {
            return &pool[i];
        }
    }
    return NULL;
}

static const uspan_transport_t *make(const uspan_transport_t *under, const uspan_posix_certs_t *certs)
{
    client_t *c = take();
    if (c == NULL) {
        return NULL;
    }
    c->anchors = (uspan_tls_blob_t){ .file = certs->ca_file != NULL ? certs->ca_file : find_bundle() };
    const uspan_tls_options_t options = {
        .port = uspan_posix_port(),
        .anchors = &c->anchors,
        .anchor_count = 1,
        .cert = { .file = certs->cert_file },
        .key = { .file = certs->key_file },
    };
    check_file(options.port, c->anchors.file);
    check_file(options.port, certs->cert_file);
    check_file(options.port, certs->key_file);
    if (uspan_tls_init(&c->tls, under, &options, &c->transport) != USPAN_OK) {
        c->used = false;
        return NULL;
    }
    return &c->transport;
}

uspan_tls_t *uspan_posix_tls_of(const uspan_transport_t *transport)
{
    for (size_t i = 0; i < USPAN_POSIX_TRACERS_MAX; i++) {
        if (transport == &pool[i].transport) {
            return &pool[i].tls;
        }
    }
    return NULL;
}

static void release(const uspan_transport_t *transport)
{
    for (size_t i = 0; i < USPAN_POSIX_TRACERS_MAX; i++) {
        if (transport == &pool[i].transport && pool[i].used) {
            uspan_tls_free(&pool[i].tls);
            pool[i].used = false;
        }
    }
}

const uspan_posix_secure_t uspan_posix_mbedtls = { make, release };

#endif
