"""receiving.py: runs the receiver of `make receiver` as a child process, for its tests.

Invariant: the process has ended when the block is left. Its ports are free ones."""
import contextlib
import re
import signal
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[1] / "support/receive.py"
PORTS = ("--http-port", "0", "--https-port", "0", "--page-port", "0")


class Running:
    def __init__(self, process):
        self.process, self.text = process, ""
        self.until("Ctrl-C ends it")
        self.http, self.https = (re.search(rf"over {scheme}: +(\S+)", self.text)[1] for scheme in ("HTTP", "HTTPS"))
        self.ca = re.search(r"CA file: +(\S+)", self.text)[1]
        self.page = (re.search(r"page: +(\S+)", self.text) or [None, None])[1]

    def until(self, words):
        """Read lines until one contains this text. Returns all text since then, or all output if the program ended."""
        begin = len(self.text)
        for line in self.process.stdout:
            self.text += line
            if words in line:
                break
        else:
            raise AssertionError(f"the receiver never said {words!r}:\n{self.text[begin:]}")
        return self.text[begin:]

    def stop(self):
        """Its last output and its exit status, after Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        rest = self.process.stdout.read()
        return rest, self.process.wait(20)


def command(*options):
    return [sys.executable, "-B", str(PROGRAM), *PORTS, *options]


@contextlib.contextmanager
def running(*options):
    with subprocess.Popen(command(*options), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "COLUMNS": "120"}) as process:
        try:
            yield Running(process)
        finally:
            if process.poll() is None:
                process.kill()
