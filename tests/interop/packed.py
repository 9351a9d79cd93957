"""packed.py: a store takes bodies that firmware in QEMU has compressed with gzip.

Invariant: a relay between both reads each request's head. So a store that refuses gzip, and gets the spans without it, fails."""
import re
import socket
import threading

import firmware
import qemu
from tools import LIMIT_S, unequal

BOARD, PROJECT, SPANS = "mps2_an385", "packed", 6  # the agent's trace, and its project in Phoenix
SETTINGS = ("-DUSPAN_GZIP=1", "-DUSPAN_COMPRESS=1", f"-DUSPAN_RESOURCE=openinference.project.name={PROJECT}")
HEAD = re.compile(rb"POST \S+ HTTP/1\.1\r\n(?:[^\r\n]+\r\n)+\r\n")


class Relay:
    """Passes on the bytes of TCP connections in both directions. sent, answered: the bytes of all connections."""

    def __init__(self, to):
        self.to, self.sent, self.answered = to, bytearray(), bytearray()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                device = self.listener.accept()[0]
            except OSError:
                return
            store = socket.create_connection(("127.0.0.1", self.to), LIMIT_S)
            for source, target, kept in ((device, store, self.sent), (store, device, self.answered)):
                threading.Thread(target=self.pump, args=(source, target, kept), daemon=True).start()

    @staticmethod
    def pump(source, target, kept):
        try:
            while some := source.recv(65536):
                kept += some
                target.sendall(some)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def check(tally, name, port, stored):
    """port: of the store's receiver of OTLP over HTTP. stored(count): its spans of the firmware, once there are `count`."""
    built = firmware.build(BOARD, *SETTINGS)
    with Relay(port) as relay:
        done = qemu.run(built, {"endpoint": f"http://{qemu.LOOPBACK}:{relay.port}/v1/traces"}, deadline_s=LIMIT_S)
        heads = HEAD.findall(bytes(relay.sent))
        packed = [b"\r\ncontent-encoding: gzip\r\n" in head.lower() for head in heads]
        tally.check(f"bodies that {BOARD}'s firmware compressed are stored", unequal("exit status", done.status, 0)
                    + unequal("compressed, each request", (len(heads) > 0, all(packed)), (True, True))
                    + unequal("refusals", re.findall(rb"HTTP/1\.1 4(?:00|15)[^\r]*", bytes(relay.answered)), [])
                    + unequal("spans", len(stored(SPANS)), SPANS) + ([done.text] if done.status != 0 else []), name, "tree")
