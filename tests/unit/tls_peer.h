/* tls_peer.h: helpers of test_tls_*.c: temporary certificates, OpenSSL and GnuTLS servers as peers, and a
 * transport that passes bytes on as networks do. Include it in one file of a test program, after
 * _GNU_SOURCE. */
#ifndef TLS_PEER_H
#define TLS_PEER_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "cmocka_all.h"
#include "uspan_mbedtls.h"
#include "uspan_posix.h"

#define PATIENCE_S 60 /* a test counts as hung after this time, even on a busy machine */
#define MAY_BE_UNUSED __attribute__((unused))
#if MBEDTLS_VERSION_MAJOR < 3
#define LAST_VERSION USPAN_TLS_1_2
#else
#define LAST_VERSION USPAN_TLS_1_3
#endif

/* Priorities for start_gnutls(), by version, starting with USPAN_TLS_1_2. */
static MAY_BE_UNUSED const char *const gnutls_versions[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                                             "NORMAL:-VERS-ALL:+VERS-TLS1.3" };

/* ---- certificates -------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/uspan-tls-XXXXXX";

static const char make_certificates[] =
    "set -e\n"
    "exec >make.log 2>&1\n"
    "cat > c <<'C'\n"
    "[ca]\ndefault_ca=d\n"
    "[d]\ndatabase=index\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nrand_serial=yes\nunique_subject=no\n"
    "default_crl_days=30\ndefault_days=10\n"
    "[p]\ncommonName=supplied\n"
    "[req]\ndistinguished_name=dn\n[dn]\n"
    "[ca_ext]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n"
    "[server]\nsubjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n"
    "[elsewhere]\nsubjectAltName=DNS:other.test\n"
    "[client]\nsubjectAltName=DNS:localhost\nextendedKeyUsage=clientAuth\n"
    "C\n"
    ": > index\n"
    "key() { openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }\n"
    "root() { key $1; openssl req -x509 -new -config c -extensions ca_ext -key $1.key -subj \"/CN=$1\" -days "
    "30 "
    "-out $1.pem; }\n"
    "# sign NAME EXTENSIONS CA KEY ...\n"
    "sign() { n=$1; e=$2; a=$3; k=$4; shift 4; openssl req -new -config c -key $k.key -subj /CN=$n -out "
    "$n.csr; "
    "openssl ca -batch -notext -config c -cert $a.pem -keyfile $a.key -in $n.csr -out $n.pem -extensions $e "
    "\"$@\"; }\n"
    "root ca; root rogue; key inter; key server; key client\n"
    "sign inter ca_ext ca inter\n"
    "sign server server inter server\n"
    "cat server.pem inter.pem > chain.pem\n"
    "sign elsewhere elsewhere ca server\n"
    "sign expired server ca server -startdate 20200101000000Z -enddate 20210101000000Z\n"
    "sign future server ca server -startdate 20990101000000Z -enddate 20991231000000Z\n"
    "sign usage client ca server\n"
    "sign revoked server ca server\n"
    "sign client client ca client\n"
    "openssl ca -config c -cert ca.pem -keyfile ca.key -revoke revoked.pem\n"
    "openssl ca -config c -cert ca.pem -keyfile ca.key -gencrl -out crl.pem\n"
    "openssl x509 -in ca.pem -outform DER -out ca.der\n"
    "openssl x509 -in client.pem -outform DER -out client.der\n"
    "openssl pkcs8 -topk8 -nocrypt -in client.key -outform DER -out client.key.der\n"
    "cat rogue.pem ca.pem > bundle.pem\n"
    "echo rubbish > rubbish.pem\n";

/* Make the test's folder the working directory, so that files need no path. */
static MAY_BE_UNUSED int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL || chdir(folder) != 0 || system(make_certificates) != 0) {
        (void)system("cat make.log >&2");
        return -1;
    }
    return 0;
}

static MAY_BE_UNUSED int remove_folder(void **state)
{
    char command[64];
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static MAY_BE_UNUSED size_t read_file(const char *name, void *out, size_t cap)
{
    int fd = open(name, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t len = read(fd, out, cap);
    assert_true(len >= 0 && (size_t)len < cap);
    (void)close(fd);
    return (size_t)len;
}

static MAY_BE_UNUSED bool file_says(const char *name, const char *words)
{
    static char text[65536];
    text[read_file(name, text, sizeof(text) - 1u)] = 0;
    return strstr(text, words) != NULL;
}

/* ---- peers --------------------------------------------------------------------------------------------- */

typedef struct peer {
    pid_t pid;
    uint16_t port;
} peer_t;

static peer_t server;

static MAY_BE_UNUSED void pause_ms(long ms)
{
    struct timespec t = { .tv_nsec = ms * 1000000 };
    (void)nanosleep(&t, NULL);
}

/* Run a command. Its output goes to server.log. It ends with the test. */
static pid_t run(char *const argv[])
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        int log = open("server.log", O_WRONLY | O_CREAT | O_TRUNC, 0600), null = open("/dev/null", O_RDONLY);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) {
            _exit(126);
        }
        (void)execvp(argv[0], argv);
        _exit(127);
    }
    assert_true(pid > 0);
    return pid;
}

static MAY_BE_UNUSED void stop_server(void)
{
    if (server.pid > 0) {
        (void)kill(server.pid, SIGKILL);
        (void)waitpid(server.pid, NULL, 0);
        server.pid = 0;
    }
}

/* Returns true if the log contains the text, or false if the server has ended. */
static bool wait_for(const char *words)
{
    for (long i = 0; i < PATIENCE_S * 200; i++) {
        if (access("server.log", R_OK) == 0 && file_says("server.log", words)) {
            return true;
        }
        if (waitpid(server.pid, NULL, WNOHANG) == server.pid) {
            server.pid = 0;
            return false;
        }
        pause_ms(5);
    }
    return false;
}

/* Returns the number after this text. Waits until its line is complete. */
static MAY_BE_UNUSED uint16_t said_port(const char *words)
{
    static char text[4096];
    unsigned port = 0;
    do {
        text[read_file("server.log", text, sizeof(text) - 1u)] = 0;
    } while (strchr(strstr(text, words), '\n') == NULL);
    assert_int_equal(sscanf(strstr(text, words) + strlen(words), "%u", &port), 1);
    return (uint16_t)port;
}

/* Start openssl s_server on a free loopback port, with further arguments in `more`. It answers a request
 * with a page about the TLS session. */
static MAY_BE_UNUSED void start_openssl(const char *cert, const char *const more[])
{
    char *argv[24] = { (char[]){ "openssl" },     (char[]){ "s_server" }, (char[]){ "-accept" },
                       (char[]){ "127.0.0.1:0" }, (char[]){ "-www" },     (char[]){ "-cert" },
                       (char *)(uintptr_t)cert,   (char[]){ "-key" },     (char[]){ "server.key" },
                       (char[]){ "-cert_chain" }, (char[]){ "inter.pem" } };
    for (size_t i = 0; more != NULL && more[i] != NULL; i++) {
        argv[11 + i] = (char *)(uintptr_t)more[i];
    }
    (void)unlink("server.log");
    server.pid = run(argv);
    assert_true(wait_for("ACCEPT 127.0.0.1:"));
    server.port = said_port("ACCEPT 127.0.0.1:");
}

static MAY_BE_UNUSED uint16_t listen_on_loopback(int *fd)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(*fd >= 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(*fd, 8), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&at, &len), 0);
    return ntohs(at.sin_port);
}

/* Start a GnuTLS server. kind: echo, mute, or page. */
static MAY_BE_UNUSED void start_gnutls(const char *kind, const char *priority)
{
    char *const argv[] = { (char[]){ "/usr/bin/python3" },
                           (char[]){ "-B" },
                           (char[]){ USPAN_PEERS_DIR "/gnutls_serve.py" },
                           (char *)(uintptr_t)kind,
                           (char *)(uintptr_t)priority,
                           (char[]){ "chain.pem" },
                           (char[]){ "server.key" },
                           NULL };
    (void)unlink("server.log");
    server.pid = run(argv);
    assert_true(wait_for("listening"));
    server.port = said_port("listening ");
}

/* ---- a network between TLS and TCP --------------------------------------------------------------------- */

typedef struct shim {
    uspan_transport_t under;
    size_t most;   /* largest number of bytes in a call. 0: no limit */
    bool hesitant; /* every second call would block */
    bool narrow;   /* only `room` more bytes can be sent at present */
    size_t room;
    unsigned calls;   /* calls that moved bytes */
    unsigned fail_at; /* call n of these fails, and so do later calls. 0: none */
    bool send_dead;   /* sending fails, but bytes that arrived can still be read */
    unsigned asked, opened, closed;
    bool has_failed; /* of the last open() */
} shim_t;

static shim_t shim;

static bool shim_fails(shim_t *s)
{
    s->calls++;
    return s->fail_at != 0u && s->calls >= s->fail_at;
}

static bool shim_hesitates(shim_t *s)
{
    s->asked++;
    return s->hesitant && s->asked % 2u != 0u;
}

static uspan_err_t shim_open(void *ctx, const uspan_peer_t *peer)
{
    shim_t *s = ctx;
    s->has_failed = peer->has_failed;
    uspan_err_t err = s->under.open(s->under.ctx, peer);
    s->opened++;
    return err == USPAN_OK && shim_fails(s) ? USPAN_ERR_IO : err;
}

static int32_t shim_send(void *ctx, const uint8_t *buf, size_t len)
{
    shim_t *s = ctx;
    int32_t moved = 0;
    if (s->send_dead) {
        return USPAN_ERR_IO;
    }
    size_t most = s->most != 0u && s->most < len ? s->most : len;
    most = s->narrow && s->room < most ? s->room : most;
    if (!shim_hesitates(s) && most > 0u) {
        moved = s->under.send(s->under.ctx, buf, most);
    }
    s->room -= s->narrow && moved > 0 ? (size_t)moved : 0u;
    return moved != 0 && shim_fails(s) ? USPAN_ERR_IO : moved;
}

static int32_t shim_recv(void *ctx, uint8_t *buf, size_t len)
{
    shim_t *s = ctx;
    int32_t moved = 0;
    if (!shim_hesitates(s)) {
        moved = s->under.recv(s->under.ctx, buf, s->most != 0u && s->most < len ? s->most : len);
    }
    return moved != 0 && shim_fails(s) ? USPAN_ERR_IO : moved;
}

static void shim_close(void *ctx)
{
    shim_t *s = ctx;
    s->closed++;
    s->under.close(s->under.ctx);
}

static const char *shim_why(void *ctx)
{
    shim_t *s = ctx;
    return s->fail_at != 0u && s->calls >= s->fail_at ? "the shim failed"
                                                      : s->under.last_error_text(s->under.ctx);
}

/* ---- a client ------------------------------------------------------------------------------------------ */

static uspan_posix_tcp_t tcp;
static uspan_transport_t network, transport;
static uspan_tls_t tls;
static uspan_tls_blob_t anchor;
static uspan_tls_options_t options;

/* Options to start from: the CA's file, any TLS version. */
static MAY_BE_UNUSED int make_client(void **state)
{
    (void)state;
    memset(&shim, 0, sizeof(shim));
    uspan_posix_tcp_init(&tcp, &shim.under);
    network = (uspan_transport_t){ .abi = USPAN_TRANSPORT_ABI,
                                   .ctx = &shim,
                                   .open = shim_open,
                                   .send = shim_send,
                                   .recv = shim_recv,
                                   .close = shim_close,
                                   .last_error_text = shim_why };
    anchor = (uspan_tls_blob_t){ .file = "ca.pem" };
    options = (uspan_tls_options_t){ .port = uspan_posix_port(), .anchors = &anchor, .anchor_count = 1 };
    return 0;
}

static MAY_BE_UNUSED int end_client(void **state)
{
    (void)state;
    uspan_tls_free(&tls);
    stop_server();
    return tcp.fd == -1 ? 0 : -1;
}

static MAY_BE_UNUSED void init_client(void)
{
    assert_int_equal(uspan_tls_init(&tls, &network, &options, &transport), USPAN_OK);
    assert_int_equal(transport.flags, USPAN_TRANSPORT_SECURE);
}

/* Call open() until it has a result. */
static MAY_BE_UNUSED uspan_err_t open_fully(const char *host)
{
    const uspan_peer_t peer = { .host = host, .port = server.port };
    uspan_err_t err;
    for (long i = 0; (err = transport.open(transport.ctx, &peer)) == USPAN_ERR_AGAIN; i++) {
        assert_true(i < PATIENCE_S * 5000);
        if (i % 8 == 7) {
            pause_ms(1);
        }
    }
    return err;
}

static MAY_BE_UNUSED int32_t send_fully(const char *text)
{
    size_t len = strlen(text);
    for (size_t at = 0; at < len;) {
        int32_t moved = transport.send(transport.ctx, (const uint8_t *)text + at, len - at);
        if (moved < 0) {
            return moved;
        }
        at += (size_t)moved;
    }
    return (int32_t)len;
}

static char page[65536];

/* Request the server's page about the TLS session into page[]. Returns the last result of recv(). */
static MAY_BE_UNUSED int32_t get_page(void)
{
    size_t len = 0;
    int32_t moved = send_fully("GET / HTTP/1.0\r\n\r\n");
    for (long i = 0; moved >= 0; i++) {
        moved = transport.recv(transport.ctx, (uint8_t *)page + len, sizeof(page) - 1u - len);
        assert_true(i < PATIENCE_S * 5000);
        if (moved == 0) {
            pause_ms(1);
        }
        len += moved > 0 ? (size_t)moved : 0u;
    }
    page[len] = 0;
    return moved;
}

/* Connect, get the page and close. */
static MAY_BE_UNUSED void visit(void)
{
    uspan_err_t err = open_fully("localhost");
    if (err != USPAN_OK) {
        print_error("why: %s (-0x%04x)\n", transport.last_error_text(transport.ctx),
                    (unsigned)-uspan_tls_error(&tls));
    }
    assert_int_equal(err, USPAN_OK);
    int32_t end = get_page();
    assert_true(end == USPAN_ERR_CLOSED || end == USPAN_ERR_IO);
    assert_true(strlen(page) > 100u);
    transport.close(transport.ctx);
}

/* Open with `host` as the name for TLS. TCP connects to the server in any case. */
static MAY_BE_UNUSED uspan_err_t open_as(const char *host)
{
    const uspan_peer_t real = { .host = "127.0.0.1", .port = server.port },
                       peer = { .host = host, .port = server.port };
    uspan_err_t err = USPAN_ERR_AGAIN;
    while (network.open(network.ctx, &real) == USPAN_ERR_AGAIN) {
        pause_ms(1);
    }
    for (long i = 0; (err = transport.open(transport.ctx, &peer)) == USPAN_ERR_AGAIN; i++) {
        assert_true(i < PATIENCE_S * 1000);
        pause_ms(1);
    }
    return err;
}

#endif
