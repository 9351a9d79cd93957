"""gnutls.py: the server side of TLS by GnuTLS instead of OpenSSL, through ctypes, for the receivers.

Invariant: an exception in a callback is never lost. The call that caused the callback raises it.
Give GnuTlsContext to Receiver or any other Server in place of an ssl.SSLContext. Needs libgnutls.so.30."""
import ctypes

import certs
from streams import Broken, Cut

SERVER = 1
CRD_CERTIFICATE = 1
X509_FMT_DER, X509_FMT_PEM = 0, 1
COMMON_NAME = b"2.5.4.3"
CERT_IGNORE, CERT_REQUEST, CERT_REQUIRE = 0, 1, 2
E_AGAIN, E_INTERRUPTED, E_PREMATURE_TERMINATION = -28, -52, -110
SHUT_WR = 1
NAME_DNS = 1

PULL = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
TIMEOUT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint)


class Datum(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_uint)]


def load():
    try:
        library = ctypes.CDLL("libgnutls.so.30")
    except OSError as error:
        raise SystemExit("gnutls.py: no libgnutls.so.30; apt-get install gnutls-bin") from error
    for name in ("strerror", "protocol_get_name", "ciphersuite_get"):
        getattr(library, f"gnutls_{name}").restype = ctypes.c_char_p
    library.gnutls_certificate_get_peers.restype = ctypes.POINTER(Datum)
    for name in ("record_send", "record_recv"):
        function = getattr(library, f"gnutls_{name}")
        function.restype, function.argtypes = ctypes.c_ssize_t, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    return library


class GnuTlsContext:
    """kind, algorithm: of certs.py. priority: a priority string of GnuTLS, as "NORMAL:-VERS-ALL:+VERS-TLS1.2".
    client: none, optional or required certificate. files: (chain, key) in place of certs.py's. Sessions are resumed by
    tickets."""

    def __init__(self, kind="good", algorithm="ec", priority="NORMAL", client="none", files=None):
        cert = None if files else certs.get(kind, algorithm)
        chain, key = files or (cert.pem, cert.key)
        self.library, self.priority = load(), priority.encode()
        self.client = {"none": CERT_IGNORE, "optional": CERT_REQUEST, "required": CERT_REQUIRE}[client]
        self.credentials, self.tickets = ctypes.c_void_p(), Datum()
        self.must(self.library.gnutls_certificate_allocate_credentials(ctypes.byref(self.credentials)))
        self.must(self.library.gnutls_certificate_set_x509_key_file(
            self.credentials, str(chain).encode(), str(key).encode(), X509_FMT_PEM))
        if self.client != CERT_IGNORE:
            self.must(self.library.gnutls_certificate_set_x509_trust_file(
                self.credentials, str(cert.ca_pem).encode(), X509_FMT_PEM))
        self.must(self.library.gnutls_session_ticket_key_generate(ctypes.byref(self.tickets)))

    def must(self, code):
        if code < 0:
            raise Broken(f"GnuTLS: {self.library.gnutls_strerror(code).decode()}")
        return code

    def wrap_stream(self, under):
        return GnuTls(under, self)


class GnuTls:
    """A stream like streams.Tls."""

    def __init__(self, under, context):
        self.under, self.context, self.library = under, context, context.library
        self.session, self.raised = ctypes.c_void_p(), None
        must, library = context.must, self.library
        must(library.gnutls_init(ctypes.byref(self.session), SERVER))
        must(library.gnutls_priority_set_direct(self.session, context.priority, None))
        must(library.gnutls_credentials_set(self.session, CRD_CERTIFICATE, context.credentials))
        must(library.gnutls_session_ticket_enable_server(self.session, ctypes.byref(context.tickets)))
        library.gnutls_certificate_server_set_request(self.session, context.client)
        if context.client == CERT_REQUIRE:
            library.gnutls_session_set_verify_cert(self.session, None, 0)
        # The callbacks must exist as long as the session, because GnuTLS keeps only their addresses.
        self.callbacks = PULL(self.pull), PULL(self.push), TIMEOUT(lambda _pointer, _ms: 1)
        library.gnutls_transport_set_pull_function(self.session, self.callbacks[0])
        library.gnutls_transport_set_push_function(self.session, self.callbacks[1])
        library.gnutls_transport_set_pull_timeout_function(self.session, self.callbacks[2])

    def pull(self, _pointer, buffer, count):
        try:
            data = self.under.recv(count)
        except (Broken, Cut) as error:
            self.raised = error
            return -1
        ctypes.memmove(buffer, data, len(data))
        return len(data)

    def push(self, _pointer, buffer, count):
        try:
            self.under.send(ctypes.string_at(buffer, count))
        except (Broken, Cut) as error:
            self.raised = error
            return -1
        return count

    def run(self, call, *args):
        while True:
            code = call(self.session, *args)
            raised, self.raised = self.raised, None
            if raised:
                raise raised
            if code not in (E_AGAIN, E_INTERRUPTED):
                return code

    def handshake(self):
        self.context.must(self.run(self.library.gnutls_handshake))

    def describe(self):
        """(version, cipher, resumed, server name, client subject)"""
        library, session = self.library, self.session
        version = library.gnutls_protocol_get_name(library.gnutls_protocol_get_version(session)).decode()
        name, size, kind = ctypes.create_string_buffer(256), ctypes.c_size_t(256), ctypes.c_uint()
        found = library.gnutls_server_name_get(session, name, ctypes.byref(size), ctypes.byref(kind), 0)
        return (version.replace("TLS", "TLSv"), library.gnutls_ciphersuite_get(session).decode(),
                bool(library.gnutls_session_is_resumed(session)),
                name.value.decode() if found == 0 and kind.value == NAME_DNS else None, self.client())

    def client(self):
        """The common name of the client's certificate. None if the client sent none."""
        library, count, cert = self.library, ctypes.c_uint(), ctypes.c_void_p()
        chain = library.gnutls_certificate_get_peers(self.session, ctypes.byref(count))
        if not chain:
            return None
        self.context.must(library.gnutls_x509_crt_init(ctypes.byref(cert)))
        try:
            name, size = ctypes.create_string_buffer(256), ctypes.c_size_t(256)
            self.context.must(library.gnutls_x509_crt_import(cert, chain, X509_FMT_DER))
            self.context.must(library.gnutls_x509_crt_get_dn_by_oid(cert, COMMON_NAME, 0, 0, name, ctypes.byref(size)))
            return name.value.decode()
        finally:
            library.gnutls_x509_crt_deinit(cert)

    def recv(self, count):
        buffer = ctypes.create_string_buffer(count)
        got = self.run(self.library.gnutls_record_recv, buffer, count)
        if got == E_PREMATURE_TERMINATION:
            return b""
        return buffer.raw[:self.context.must(got)]

    def send(self, data):
        while data:
            sent = self.context.must(self.run(self.library.gnutls_record_send, data, len(data)))
            data = data[sent:]

    def update_keys(self, record=b"x"):
        """KeyUpdate of TLS 1.3. The peer receives it before the next record."""
        self.context.must(self.run(self.library.gnutls_session_key_update, 0))
        self.send(record)

    def end(self, how="close"):
        if how in ("close", "drain"):
            try:
                self.run(self.library.gnutls_bye, SHUT_WR)
            except (Broken, Cut):
                pass
        self.under.end(how)
        session, self.session = self.session, None
        if session:
            self.library.gnutls_deinit(session)
