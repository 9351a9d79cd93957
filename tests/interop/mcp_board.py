"""mcp_board.py: the MCP device as firmware in QEMU, for SDKs that start their server as a command.
  mcp_board.py SOCKET   that command: it copies bytes between its own stdin and stdout and the board's serial line

Invariant: spans leave over the board's network, none over the serial line. The machine runs longer than the command, so its
last spans are sent."""
import contextlib
import os
import socket
import sys
import tempfile
import threading
from pathlib import Path

BOARD, SERVICE = "mps2_an385", "uspan-demo"  # the service name of every firmware that tests build
PIECE = 4096


@contextlib.contextmanager
def command(endpoint):
    """The command whose server is the board. endpoint: where its spans are sent, on the host's loopback."""
    import firmware
    import qemu
    from tools import OUT, child
    built = firmware.build(BOARD, image="firmware_mcp")
    settings = {"endpoint": endpoint.replace("127.0.0.1", qemu.LOOPBACK).replace("localhost", qemu.LOOPBACK)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mcp"
        line = ["-chardev", f"socket,id=mcp,path={path},server=on,wait=off", "-serial", "chardev:mcp"]
        with child(qemu.command(built, settings, folder, more=line), OUT / "mcp_board.log"):
            yield [sys.executable, "-B", __file__, path]


def copy(read, write):
    while piece := read():
        write(piece)


def main(path):
    with socket.socket(socket.AF_UNIX) as line:
        while line.connect_ex(path) != 0:  # the machine is still starting
            threading.Event().wait(0.05)

        def to_stdout(piece):
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
        threading.Thread(target=copy, args=(lambda: line.recv(PIECE), to_stdout), daemon=True).start()
        copy(lambda: os.read(0, PIECE), line.sendall)


if __name__ == "__main__":
    main(sys.argv[1])
