#!/usr/bin/python3
"""hostile.py: an HTTP(S) receiver that misbehaves on command, and knows which spans it took all the same.

Invariant: each request takes the next entry of `requests`, each connection the next of `connections`.
A script is a list of request entries, or {"requests": [...], "connections": [...], "default": entry}.
An entry is a name of rows.py, or an object: "row" (the row that it changes), "times" (number of uses), and the keys of
REQUEST_KEYS or CONNECTION_KEYS. README.md in this folder explains them."""
import argparse
import json
import sys
import threading
import time
from collections import Counter
from email.utils import formatdate

import check
import protos
import rows
from command import attend_commands
from receiver import tls_options
from server import REASONS, Server
from spans import keys_of, parse
from streams import server_context

REQUEST_KEYS = {"status", "reason", "version", "headers", "type", "body", "body_hex", "body_size", "partial",
                "rpc", "framing", "chunk", "chunk_ext", "trailers", "before", "date", "retry_after",
                "delay_ms", "drip", "cut_request", "cut_answer", "how", "early", "silent", "close_unasked", "after",
                "after_ms", "raw", "raw_hex", "header_bytes", "endless", "store"}
CONNECTION_KEYS = {"fault", "cert", "algorithm", "tls_min", "tls_max", "client", "tickets", "raw_in",
                   "raw_out", "how", "raw_drip"}
ENDLESS = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n" * 64),
    "interim": (b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 64),
    "body": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1024),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 200),
    "chunk_ext": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 1024),
}
ENDLESS_MAX = 16 << 20  # bytes after which even an endless response ends


def expand(entries, table, allowed):
    """Entries as complete behaviours. A key that does not exist is a mistake of the test."""
    for entry in entries:
        entry = {"row": entry} if isinstance(entry, str) else dict(entry)
        times, name = entry.pop("times", 1), entry.pop("row", None)
        behaviour = {**(table[name][0] if name else {}), **entry}
        unknown = set(behaviour) - allowed
        if unknown:
            raise ValueError(f"hostile.py: unknown keys {sorted(unknown)}")
        yield from [{**behaviour, "name": name or ""}] * times


def http_date(unix_s, form):
    """Unix seconds in one of the three forms of RFC 9110 section 5.6.7."""
    if form == "imf":
        return formatdate(unix_s, usegmt=True)
    at = time.gmtime(unix_s)
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    day, month = days[at.tm_wday], months[at.tm_mon - 1]
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
    if form == "rfc850":
        return f"{day}, {at.tm_mday:02}-{month}-{at.tm_year % 100:02} {clock} GMT"
    if form == "asctime":
        return f"{day[:3]} {month} {at.tm_mday:2} {clock} {at.tm_year}"
    raise ValueError(f"hostile.py: no date form {form}")


def pairs(headers):
    return list(headers.items()) if isinstance(headers, dict) else [tuple(pair) for pair in headers]


class Answer:
    """One response, as bytes, made from a behaviour. now_s: this server's clock, Unix seconds."""

    def __init__(self, behaviour, now_s):
        self.behaviour, self.now_s = behaviour, now_s
        self.type, self.body = self.make_body()

    def make_body(self):
        b = self.behaviour
        if "partial" in b:
            response = protos.ExportResponse()
            response.partial_success.SetInParent()
            response.partial_success.rejected_spans = b["partial"]["rejected"]
            response.partial_success.error_message = b["partial"]["message"]
            return rows.PROTOBUF, response.SerializeToString()
        if "rpc" in b:
            return rows.PROTOBUF, check.rpc_status(b["rpc"]["message"], b["rpc"]["code"])
        body = bytes.fromhex(b["body_hex"]) if "body_hex" in b else b.get("body", "").encode()
        return b.get("type", rows.PROTOBUF), body + b"x" * b.get("body_size", 0)

    def date(self):
        """"date" of a behaviour: a text is used as it is, a number is seconds from now, null means no Date."""
        given = self.behaviour.get("date", 0)
        return given if given is None or isinstance(given, str) else http_date(self.now_s + given, "imf")

    def retry_after(self):
        given = self.behaviour["retry_after"]
        if isinstance(given, dict):
            return http_date(self.now_s + given["in_s"], given.get("form", "imf"))
        return given

    def fields(self):
        b, framing = self.behaviour, self.behaviour.get("framing", "length")
        if self.date() is not None:
            yield "Date", self.date()
        if self.body:
            yield "Content-Type", self.type
        if framing == "chunked":
            yield "Transfer-Encoding", "chunked"
        elif framing == "length" and b["status"] != 204:
            yield "Content-Length", len(self.body)
        if "retry_after" in b:
            yield "Retry-After", self.retry_after()
        if "header_bytes" in b:
            yield "X-Long", "h" * b["header_bytes"]
        if b.get("after") == "announce":
            yield "Connection", "close"
        yield from pairs(b.get("headers", {}))

    def head(self):
        b = self.behaviour
        reason = b.get("reason", REASONS.get(b["status"], "Odd"))
        lines = [f"{b.get('version', 'HTTP/1.1')} {b['status']} {reason}"]
        lines += [f"{name}: {value}" for name, value in self.fields()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def framed_body(self):
        b = self.behaviour
        if b.get("framing", "length") != "chunked":
            return self.body
        step, extension = b.get("chunk", 1024), b.get("chunk_ext", "")
        pieces = [self.body[at:at + step] for at in range(0, len(self.body), step)] + [b""]
        out = b""
        for piece in pieces:
            out += f"{len(piece):x}{extension}\r\n".encode() + piece + (b"\r\n" if piece else b"")
        return out + "".join(f"{n}: {v}\r\n" for n, v in pairs(b.get("trailers", {}))).encode() + b"\r\n"

    def whole(self):
        b = self.behaviour
        if "raw" in b or "raw_hex" in b:
            return bytes.fromhex(b["raw_hex"]) if "raw_hex" in b else b["raw"].encode("latin-1")
        before = "".join(f"HTTP/1.1 {s} {REASONS[s]}\r\nX-Interim: yes\r\n\r\n" for s in b.get("before", []))
        return before.encode() + self.head() + self.framed_body()


class Exchange:
    """A request and its result. verdict: accepted, rejected (some spans), refused, lost (not answered)."""

    def __init__(self, request, behaviour, keys, verdict):
        self.request, self.behaviour, self.keys, self.verdict = request, behaviour, keys, verdict

    def as_dict(self):
        return {"row": self.behaviour["name"], "status": self.behaviour.get("status", 0),
                "spans": len(self.keys),
                "verdict": self.verdict, "connection": self.request.connection, "path": self.request.target}


class Hostile(Server):
    """.exchanges          every complete request, in order (Exchange)
    .accepted, .rejected   Counter of trace id + span id (bytes): answered with 2xx, or rejected by partial_success
    .refused, .lost        Counter of the spans of complete requests that were refused, or got no response
    .invalid               faults of requests that uspan must never send: expect []
    clock: Unix seconds of this server, time.time unless a test changes it."""

    def __init__(self, script=(), tls=False, port=0, path="/v1/traces", clock=time.time, **tls_defaults):
        self.tls_defaults, self.contexts, self.path, self.clock = tls_defaults, {}, path, clock
        super().__init__(None, port)
        self.tls = self.context({}) if tls else None
        self.halt = threading.Event()
        self.load(script)

    def load(self, script):
        """Start a new script and forget what was received."""
        script = script if isinstance(script, dict) else {"requests": script}
        unknown = set(script) - {"requests", "connections", "default"}
        if unknown:
            raise ValueError(f"hostile.py: unknown keys {sorted(unknown)}")
        with self.lock:
            self.requests_left = list(expand(script.get("requests", []), rows.ROWS, REQUEST_KEYS))
            self.connections_left = list(expand(script.get("connections", []), rows.CONNECTIONS,
                                                CONNECTION_KEYS))
            self.default = next(expand([script.get("default", "ok")], rows.ROWS, REQUEST_KEYS))
            self.exchanges, self.invalid, self.first_connection = [], [], len(self.connections)
            self.accepted, self.rejected, self.refused, self.lost = Counter(), Counter(), Counter(), Counter()

    def take(self, left, otherwise):
        with self.lock:
            return left.pop(0) if left else otherwise

    def context(self, behaviour):
        """One SSLContext for each kind, so that sessions can be resumed."""
        kind = {**self.tls_defaults, **behaviour}
        wanted = (kind.get("cert", "good"), kind.get("algorithm", "ec"), kind.get("tls_min", "1.2"),
                  kind.get("tls_max", "1.3"), kind.get("client", "none"), kind.get("tickets", True))
        with self.lock:
            if wanted not in self.contexts:
                self.contexts[wanted] = server_context(*wanted)
            return self.contexts[wanted]

    def prepare(self, connection):
        b = self.take(self.connections_left, {})
        fault, how = b.get("fault"), b.get("how", "reset")
        drip = b.get("raw_drip")
        if fault in ("close", "reset"):
            connection.raw.arm(cut_in=0, how=fault)
        elif fault == "silent":
            self.hold(connection)
        elif fault is not None:
            connection.raw.recv(1)
            if fault == "plain":
                connection.raw.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            elif fault == "garbage":
                connection.raw.send(bytes(range(256)))
            elif fault not in ("hello_close", "hello_reset"):
                raise ValueError(f"hostile.py: no fault {fault}")
            connection.raw.arm(cut_in=0, how="reset" if fault == "hello_reset" else "drain")
        connection.raw.arm(b.get("raw_in"), b.get("raw_out"), how,
                           drip and (drip["bytes"], drip["ms"] / 1000))
        if self.tls:
            connection.start_tls(self.context(b))

    def hold(self, connection):
        """Send nothing until the peer ends the connection, then end too."""
        while connection.app.recv(65536):
            pass
        connection.app.arm(cut_in=0, how="close")

    def talk(self, connection):
        while True:
            connection.app.arm()
            connection.buffer += connection.app.recv(1)  # an idle connection uses no entry
            if not connection.buffer:
                return "close"
            behaviour = self.take(self.requests_left, self.default)
            if behaviour.get("close_unasked"):
                return behaviour.get("how", "close")
            how = self.exchange(connection, behaviour)
            if how:
                return how

    def exchange(self, connection, behaviour):
        """Answer one request. Returns how the connection then ends, or None if it stays open."""
        cut, how = behaviour.get("cut_request"), behaviour.get("how", "reset")
        connection.app.arm(cut_in=None if cut is None else max(cut - 1, 0), how=how)
        request = connection.read_head()
        if request is None:
            return "close"
        connection.read_body(request, behaviour.get("early"))
        connection.app.arm()
        self.account(request, behaviour)
        if behaviour.get("silent"):
            self.hold(connection)
        time.sleep(behaviour.get("delay_ms", 0) / 1000)
        drip = behaviour.get("drip")
        connection.app.arm(cut_out=behaviour.get("cut_answer"), how=how,
                           drip=drip and (drip["bytes"], drip["ms"] / 1000))
        if "endless" in behaviour:
            self.send_endless(connection, behaviour["endless"])
        else:
            connection.app.send(Answer(behaviour, self.clock()).whole())
        connection.app.arm()
        after = behaviour.get("after", "close" if behaviour.get("framing") == "close" else "keep")
        if after == "silent":
            self.hold(connection)
        self.halt.wait(behaviour.get("after_ms", 0) / 1000)
        if after == "keep":
            return "drain" if request.wants_close or len(request.body) < request.length else None
        return "close" if after == "announce" else after

    def send_endless(self, connection, what):
        start, more = ENDLESS[what]
        connection.app.send(start)
        for _ in range(ENDLESS_MAX // len(more)):
            if self.stopping:
                break
            connection.app.send(more)

    def account(self, request, behaviour):
        """Record the content of a request before its response is sent. If it is answered early (`early`), it has no content."""
        raw_says = 200 if behaviour.get("raw", "").startswith("HTTP/1.1 200") else 0
        keys, status = [], behaviour.get("status", raw_says)
        with self.lock:
            self.invalid += request.faults
            whole = len(request.body) == request.length
            if whole and request.method == "POST" and request.path == self.path:
                try:
                    keys = keys_of(check.decode(request.body))
                except check.Refused as refusal:
                    self.invalid.append(str(refusal))
                    message = parse(request.body)
                    keys = keys_of(message) if message else []
            stored = behaviour.get("store", 200 <= status < 300)
            left_out = behaviour.get("partial", {}).get("rejected", 0)
            if behaviour["name"] == "partial_and_unknown":
                left_out = 1
            keep = len(keys) - min(max(left_out, 0), len(keys))
            if stored:
                self.accepted.update(keys[:keep])
                self.rejected.update(keys[keep:])
                verdict = "accepted" if keep == len(keys) else "rejected"
            else:
                (self.refused if status else self.lost).update(keys)
                verdict = "refused" if status else "lost"
            self.exchanges.append(Exchange(request, behaviour, keys, verdict))
            request.status = status
            self.lock.notify_all()

    def duplicates(self):
        return [key.hex() for key, count in self.accepted.items() if count > 1]

    def wait_spans(self, count, timeout_s=10.0):
        return self.wait(lambda: len(self.accepted) >= count, timeout_s)

    def wait_exchanges(self, count, timeout_s=10.0):
        return self.wait(lambda: len(self.exchanges) >= count, timeout_s)

    def dump(self, path):
        with open(path, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(exchange.as_dict()) + "\n" for exchange in self.exchanges)

    def summary(self):
        with self.lock:
            opened = self.connections[self.first_connection:]
            return {"connections": len(opened), "requests": len(self.exchanges),
                    "accepted": sum(self.accepted.values()), "distinct": len(self.accepted),
                    "twice": len(self.duplicates()), "rejected": len(self.rejected),
                    "refused": len(self.refused), "lost": len(self.lost),
                    "ever": len(self.accepted | self.rejected | self.refused | self.lost),
                    "invalid": self.invalid,
                    "script_left": len(self.requests_left) + len(self.connections_left),
                    "cuts": sum(c.cut for c in opened),
                    "errors": [c.error for c in opened if c.error], "resumed": sum(c.reused for c in opened),
                    "exchanges": [exchange.as_dict() for exchange in self.exchanges]}

    def stop(self):
        self.halt.set()
        super().stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    tls_options(parser)
    parser.add_argument("script", nargs="?", help="JSON file; more by the command `script JSON`")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file")
    parser.add_argument("--path", default="/v1/traces")
    parser.add_argument("--rows", action="store_true", help="print the table: {name: [behaviour, action]}")
    options = parser.parse_args()
    if options.rows:
        print(json.dumps({"requests": rows.ROWS, "connections": rows.CONNECTIONS}, indent=1))
        return
    script = []
    if options.script:
        with open(options.script, encoding="utf-8") as source:
            script = json.load(source)
    with Hostile(script, options.tls, options.port, options.path, cert=options.cert,
                 algorithm=options.algorithm,
                 tls_min=options.tls_min, tls_max=options.tls_max, client=options.client) as hostile:
        attend_commands(hostile, options.port_file)


if __name__ == "__main__":
    sys.exit(main())
