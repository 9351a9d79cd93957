"""server.py: a threaded HTTP/1.1 server on a free loopback port. It checks requests strictly (RFC 9112).

Invariant: stop() returns with every thread joined and every socket closed."""
import re
import socket
import ssl
import threading
from email.utils import formatdate

from streams import Broken, Cut, Faulty, Sock, Tls

HEAD_MAX = 64 * 1024
TLS_HANDSHAKE = b"\x16\x03"  # the first bytes of a record
TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
TARGET = re.compile(rb"/[!-~]*")
REASONS = {100: "Continue", 102: "Processing", 103: "Early Hints", 200: "OK", 201: "Created",
           202: "Accepted", 204: "No Content", 301: "Moved Permanently", 302: "Found",
           307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
           401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
           408: "Request Timeout", 411: "Length Required", 413: "Content Too Large",
           415: "Unsupported Media Type", 422: "Unprocessable Content", 429: "Too Many Requests",
           500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
           503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
           507: "Insufficient Storage"}


class Request:
    """One request of a client. fields: (name, value) as sent. headers: lower-case name to value. faults: texts, the HTTP rules
    that it broke. connection: the number of its connection. status: of the response, 0 if there is none."""

    def __init__(self, head, connection, number):
        self.head, self.connection, self.number = head, connection, number
        self.body, self.status, self.faults, self.fields = b"", 0, [], []
        lines = head[:-4].split(b"\r\n")
        parts = lines[0].split(b" ")
        if len(parts) != 3 or parts[2] != b"HTTP/1.1" or not TARGET.fullmatch(parts[1]):
            self.faults.append(f"request line {lines[0]!r}")
        self.method, self.target = (part.decode("latin-1") for part in (parts + [b"", b""])[:2])
        for line in lines[1:]:
            name, colon, value = line.partition(b":")
            if not colon or not TOKEN.fullmatch(name) or re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", value):
                self.faults.append(f"header line {line!r}")
            self.fields.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
        self.headers = {name.lower(): value for name, value in self.fields}
        for single in ("host", "content-length", "content-type"):
            count = sum(name.lower() == single for name, _ in self.fields)
            if count > 1 or (count == 0 and single == "host"):
                self.faults.append(f"{single} {count} times")
        if "transfer-encoding" in self.headers:
            self.faults.append("transfer-encoding where a length is known")
        length = self.headers.get("content-length", "0")
        if not re.fullmatch(r"0|[1-9][0-9]{0,9}", length):
            self.faults.append(f"content-length {length!r}")
            length = "0"
        self.length = int(length)

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def wants_close(self):
        return "close" in self.headers.get("connection", "").lower()


class Connection:
    """One accepted connection. stream: the application's bytes. raw, app: the Faulty below and above TLS."""

    def __init__(self, number, sock):
        self.number, self.sock = number, sock
        self.raw = Faulty(Sock(sock))
        self.app = self.raw
        self.buffer = b""
        self.requests = 0
        self.tls_version = self.cipher = self.server_name = self.client_subject = self.error = None
        self.reused = False  # a TLS session was resumed
        self.cut = False     # ended on purpose

    def start_tls(self, context):
        """context: an ssl.SSLContext, or one of gnutls.py."""
        tls = Tls(self.raw, context) if isinstance(context, ssl.SSLContext) else context.wrap_stream(self.raw)
        tls.handshake()
        self.app = Faulty(tls)
        self.tls_version, self.cipher, self.reused, self.server_name, self.client_subject = tls.describe()

    def more(self):
        data = self.app.recv(65536)
        self.buffer += data
        return len(data) > 0

    def take(self, count):
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def read_head(self):
        """The next request without its body. None if the peer closed the connection between two requests."""
        while b"\r\n\r\n" not in self.buffer:
            if self.buffer[:2] == TLS_HANDSHAKE:
                raise Broken("a TLS handshake on a port of plain HTTP")  # do not wait: the client waits for a response
            if len(self.buffer) > HEAD_MAX:
                raise Broken("request head above 64 KiB")
            if not self.more():
                if self.buffer:
                    raise Broken(f"ended inside a request head, after {len(self.buffer)} bytes")
                return None
        request = Request(self.take(self.buffer.index(b"\r\n\r\n") + 4), self.number, self.requests)
        self.requests += 1
        return request

    def read_body(self, request, count=None):
        """Read up to `count` bytes of the body (default: all of it)."""
        want = request.length if count is None else min(count, request.length)
        pieces, got = [request.body], len(request.body)
        while got < want:
            if not self.buffer and not self.more():
                raise Broken(f"ended inside a request body, after {got} of {request.length} bytes")
            pieces.append(self.take(want - got))
            got += len(pieces[-1])
        request.body = b"".join(pieces)

    def read_request(self):
        request = self.read_head()
        if request is not None:
            self.read_body(request)
        return request


def answer_bytes(status, body=b"", content_type="application/x-protobuf", headers=(), reason=None, date=None):
    """A complete response with Content-Length. date: text of the Date header. None: the present time. "": no such header.
    content_type None: no such header."""
    fields = [("Date", formatdate(usegmt=True) if date is None else date)] if date != "" else []
    if content_type and status not in (204, 304) and status >= 200:
        fields.append(("Content-Type", content_type))
    if status != 204 and status >= 200:
        fields.append(("Content-Length", str(len(body))))
    fields += list(headers)
    lines = [f"HTTP/1.1 {status} {reason or REASONS.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class Server:
    """Base of the peers. A subclass defines talk(connection). `with Peer() as p:` starts and stops it."""

    def __init__(self, tls=None, port=0, host="127.0.0.1"):
        self.tls = tls  # an ssl.SSLContext or a gnutls.GnuTlsContext, or None for plain HTTP
        self.lock = threading.Condition()
        self.connections = []
        self.threads = []
        self.stopping = False
        self.listener = socket.create_server((host, port), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.failure = None  # an exception that is a bug of this peer

    def url(self, path="/v1/traces", host="localhost"):
        return f"http{'s' if self.tls else ''}://{host}:{self.port}{path}"

    def start(self):
        self.spawn(self.accept)
        return self

    def spawn(self, call, *args):
        thread = threading.Thread(target=call, args=args, daemon=True)
        with self.lock:
            self.threads.append(thread)
        thread.start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                connection = Connection(len(self.connections), sock)
                self.connections.append(connection)
                self.lock.notify_all()
            self.spawn(self.attend, connection)

    def attend(self, connection):
        how = "close"
        try:
            self.prepare(connection)
            how = self.talk(connection) or "close"
        except Cut:
            connection.cut = True
            return
        except Broken as error:
            connection.error = str(error)
        except ssl.SSLError as error:
            connection.error = f"TLS: {error.reason or error}"
        except Exception as error:  # a bug in a peer must fail the test that uses it
            if not self.stopping:
                self.failure = error
                connection.error = repr(error)
                raise
        finally:
            with self.lock:
                self.lock.notify_all()
        connection.app.end(how)

    def prepare(self, connection):
        if self.tls:
            connection.start_tls(self.tls)

    def talk(self, connection):
        raise NotImplementedError

    def wait(self, condition, timeout_s=10.0):
        """Wait until condition() is true. Checks again at each request and each end of a connection."""
        with self.lock:
            return self.lock.wait_for(condition, timeout_s)

    def stop(self):
        self.stopping = True
        for sock in [self.listener] + [connection.sock for connection in self.connections]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(10)
        self.listener.close()
        for connection in self.connections:
            connection.sock.close()
        if self.failure:
            raise self.failure

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
