"""link.py: the network cable of a machine in QEMU, controlled by the test: it loses frames, or is pulled.

Invariant: every frame that is not lost is forwarded in order. Nothing is left when the `with` block ends."""
import json
import random
import socket
import struct
import tempfile
import threading
from pathlib import Path

NETDEV = "net"  # its name in qemu.MACHINES
HEAD = struct.Struct(">I")  # QEMU's sockets put a frame's length before it
CONNECT_S = 60


class Sockets:
    """Listens on socket paths in a folder of its own. QEMU connects to them."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.listeners, self.accepted = {}, []
        return self

    def __exit__(self, *_):
        for end in [*self.listeners.values(), *self.accepted]:
            try:
                end.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in it
            except OSError:
                pass
            end.close()
        self.folder.cleanup()

    def listen(self, name):
        """The QEMU arguments that make `name` a character device of the machine."""
        path = Path(self.folder.name) / name
        self.listeners[name] = listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(CONNECT_S)
        return ["-chardev", f"socket,id={name},path={path}"]

    def accept(self, name):
        end, _ = self.listeners[name].accept()
        self.accepted.append(end)
        return end.makefile("rwb")


class Loss(Sockets):
    """Of every ten frames in either direction, `lost` do not arrive. The seed chooses them."""
    DIRECTIONS = {"up": "rx", "down": "tx"}  # from the machine and to it, by the names that QEMU uses for its netdev

    def __init__(self, lost, seed):
        self.lost_of_ten, self.seed = lost, seed
        self.frames, self.lost, self.threads = 0, 0, []

    def __enter__(self):
        super().__enter__()
        self.arguments = []
        for name, queue in self.DIRECTIONS.items():
            self.arguments += self.listen(f"{name}_in") + self.listen(f"{name}_out")
            self.arguments += ["-object", f"filter-redirector,id={name},netdev={NETDEV},queue={queue},"
                               f"outdev={name}_in,indev={name}_out"]
            self.threads.append(threading.Thread(target=self.carry, args=(name,), daemon=True))
            self.threads[-1].start()
        return self

    def __exit__(self, *error):
        super().__exit__(*error)
        for thread in self.threads:
            thread.join()

    def carry(self, name):
        chance = random.Random(f"{self.seed} {name}")
        turn = []
        try:
            source, sink = self.accept(f"{name}_in"), self.accept(f"{name}_out")
            while head := source.read(HEAD.size):
                frame = source.read(HEAD.unpack(head)[0])
                if not turn:
                    turn = [n < self.lost_of_ten for n in range(10)]
                    chance.shuffle(turn)
                self.frames += 1
                if turn.pop():
                    self.lost += 1
                else:
                    sink.write(head + frame)
                    sink.flush()
        except (OSError, ValueError):
            pass  # the machine has ended, or was never started


class Monitor(Sockets):
    """QEMU's monitor (QMP), for the machine that is run with .arguments."""

    def __enter__(self):
        super().__enter__()
        self.arguments = self.listen("monitor") + ["-mon", "chardev=monitor,mode=control"]
        self.stream = None
        return self

    def command(self, execute, **arguments):
        self.stream.write(json.dumps({"execute": execute, "arguments": arguments}).encode())
        self.stream.flush()
        while True:
            told = json.loads(self.stream.readline())
            if "error" in told:
                raise RuntimeError(f"{execute}: {told['error']}")
            if "return" in told:  # not an event
                return told["return"]

    def set_link(self, up):
        if self.stream is None:
            self.stream = self.accept("monitor")
            self.stream.readline()  # its greeting
            self.command("qmp_capabilities")
        self.command("set_link", name=NETDEV, up=up)
