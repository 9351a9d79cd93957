"""streams.py: byte streams in layers like uspan's transports (socket, TLS, a fault at a chosen byte).

Invariant: a stream that fails on purpose raises Cut after the peer's end of the socket is closed."""
import socket
import ssl
import struct
import time

import certs

VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2,
            "1.3": ssl.TLSVersion.TLSv1_3}


class Cut(Exception):
    """The connection was ended on purpose."""


class Broken(Exception):
    """The peer broke a rule of HTTP or TLS, or closed the connection too early."""


class Idle(Broken):
    """No bytes arrived within the socket's time limit."""


class Sock:
    """A connected TCP socket."""

    def __init__(self, sock):
        self.sock = sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def recv(self, count):
        try:
            return self.sock.recv(count)
        except TimeoutError as error:
            raise Idle("nothing received in time") from error
        except (ConnectionError, OSError) as error:
            raise Broken(f"receive: {error}") from error

    def send(self, data):
        try:
            self.sock.sendall(data)
        except (ConnectionError, OSError) as error:
            raise Broken(f"send: {error}") from error

    def end(self, how="close"):
        """close and truncate: FIN. reset: RST. drain: FIN, then read what the peer still sends. Otherwise an RST could overtake
        the last response."""
        try:
            if how == "reset":
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                self.sock.shutdown(socket.SHUT_WR)
                while how == "drain" and self.sock.recv(65536):
                    pass
        except OSError:
            pass
        self.sock.close()


class Faulty:
    """A layer over another stream. It ends at the cut_in-th byte received or the cut_out-th byte sent, or sends slowly."""

    def __init__(self, under):
        self.under = under
        self.bytes_in = self.bytes_out = 0
        self.arm()

    def arm(self, cut_in=None, cut_out=None, how="reset", drip=None):
        """Start to count now. drip: (bytes, seconds) of each piece sent."""
        self.cut_in, self.cut_out, self.how, self.drip = cut_in, cut_out, how, drip
        self.check()

    def check(self):
        if self.cut_in == 0 or self.cut_out == 0:
            self.end(self.how)
            raise Cut(self.how)

    def recv(self, count):
        data = self.under.recv(count if self.cut_in is None else min(count, self.cut_in))
        self.bytes_in += len(data)
        if self.cut_in is not None:
            self.cut_in -= len(data)
            self.check()
        return data

    def send(self, data):
        if self.cut_out is not None:
            data = data[:self.cut_out]
        step, pause = self.drip or (len(data), 0)
        for at in range(0, len(data), max(step, 1)):
            self.under.send(data[at:at + step])
            time.sleep(pause)
        self.bytes_out += len(data)
        if self.cut_out is not None:
            self.cut_out -= len(data)
            self.check()

    def end(self, how="close"):
        self.under.end(how)


class Tls:
    """The server side of TLS over another stream. Raises ssl.SSLError if the handshake fails."""

    def __init__(self, under, context):
        self.under = under
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.ssl = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def flush(self):
        if self.outgoing.pending:
            self.under.send(self.outgoing.read())

    def run(self, call, *args):
        while True:
            try:
                result = call(*args)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                data = self.under.recv(65536)
                if data:
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()
            except ssl.SSLError:
                try:
                    self.flush()  # the alert
                except (Broken, Cut):
                    pass
                raise

    def handshake(self):
        self.run(self.ssl.do_handshake)

    def describe(self):
        """(version, cipher, resumed, server name, client subject)"""
        peer = self.ssl.getpeercert()
        subject = dict(pair[0] for pair in peer["subject"])["commonName"] if peer else None
        return (self.ssl.version(), self.ssl.cipher()[0], bool(self.ssl.session_reused),
                getattr(self.ssl, "uspan_server_name", None), subject)

    def recv(self, count):
        try:
            return self.run(self.ssl.read, count)
        except ssl.SSLZeroReturnError:
            return b""
        except ssl.SSLEOFError:
            return b""  # the peer closed without close_notify, as many small clients do
        except ssl.SSLError as error:
            raise Broken(f"TLS: {error.reason or error}") from error

    def send(self, data):
        if not data:
            return
        try:
            self.run(self.ssl.write, data)
        except ssl.SSLError as error:
            raise Broken(f"TLS: {error.reason or error}") from error

    def end(self, how="close"):
        """truncate: no close_notify before the FIN."""
        if how in ("close", "drain"):
            try:
                self.ssl.unwrap()
            except (ssl.SSLError, OSError, ValueError):
                pass
            try:
                self.flush()
            except (Broken, Cut):
                pass
        self.under.end(how)


ALLOW_NO_DHE_KEX = 1 << 10  # OpenSSL's SSL_OP_ALLOW_NO_DHE_KEX, which Python's ssl does not name


def note_server_name(tls, name, _context):
    tls.uspan_server_name = name


def server_context(kind="good", algorithm="ec", minimum="1.2", maximum="1.3", client="none", tickets=True,
                   ciphers=None, psk_ke=False):
    """An ssl.SSLContext. kind: certificate of certs.KINDS. client: none, optional or required certificate. psk_ke: tickets of
    TLS 1.3 may be used without a key exchange."""
    cert = certs.get(kind, algorithm)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if minimum < "1.2":
        context.set_ciphers("ALL:@SECLEVEL=0")  # OpenSSL 3 allows TLS 1.0 and 1.1 only at this level
    elif ciphers:
        context.set_ciphers(ciphers)
    context.minimum_version, context.maximum_version = VERSIONS[minimum], VERSIONS[maximum]
    context.load_cert_chain(cert.pem, cert.key)
    if not tickets:
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
    if psk_ke:
        context.options |= ALLOW_NO_DHE_KEX
    if client != "none":
        context.load_verify_locations(cert.ca_pem)
        context.verify_mode = ssl.CERT_REQUIRED if client == "required" else ssl.CERT_OPTIONAL
    context.sni_callback = note_server_name
    return context
