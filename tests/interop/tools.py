"""tools.py: code that the parts of the interop run share: paths, child processes that end, and the count of passed checks.

Invariant: a child started by child() has ended when its block is left, even after an exception."""
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "interop"
HOST = OUT / "host"  # this run's own build of uspan
sys.path[:0] = [str(ROOT / "tests" / "support" / "peers"), str(ROOT / "tests" / "support")]

STRICT = "Strict receiver (the official protobuf classes; TLS by OpenSSL and GnuTLS)"
LIMIT_S = 120  # longest wait for anything, reached only after a failure


class Tally:
    """The results. cells: {(backend, feature): word} for the table."""

    def __init__(self):
        self.passed, self.failed, self.cells = 0, 0, {}

    def check(self, name, faults=(), backend=None, feature=None):
        """Count one check. faults: texts, none if it passed."""
        faults = list(faults)
        self.passed += not faults
        self.failed += bool(faults)
        if backend:
            self.mark(backend, feature, not faults)
        print(f"  {'FAILED' if faults else 'ok    '} {name}", flush=True)
        for fault in faults[:8]:
            print(f"         {fault}")
        if len(faults) > 8:
            print(f"         and {len(faults) - 8} more")
        return not faults

    def mark(self, backend, feature, held):
        """A feature has "yes" only if every check of it passed."""
        self.cells[backend, feature] = "yes" if held and self.cells.get((backend, feature)) != "no" else "no"

    def not_offered(self, backend, *features):
        for feature in features:
            self.cells[backend, feature] = "not offered"


def unequal(what, got, wanted):
    return [] if got == wanted else [f"{what}: {got!r}, not {wanted!r}"]


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def clean_environment(**more):
    """The environment without variables that would configure an exporter or a proxy."""
    kept = {key: value for key, value in os.environ.items()
            if not key.startswith(("OTEL_", "USPAN_", "PHOENIX_", "PYTHONPATH")) and not key.lower().endswith("_proxy")}
    return {**kept, **more}


@contextlib.contextmanager
def child(command, log=None, ended_by=(signal.SIGTERM, signal.SIGKILL), **options):
    """A process with its own group, ended by these signals. log: file for its output. Without one, its output is a pipe."""
    with contextlib.ExitStack() as stack:
        if log:
            Path(log).parent.mkdir(parents=True, exist_ok=True)
            options |= {"stdout": stack.enter_context(open(log, "wb")), "stderr": subprocess.STDOUT}
        options.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen([str(word) for word in command], start_new_session=True, **options)
        try:
            yield process
        finally:
            for number in ended_by:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(20)
                    break
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()


def until(condition, process=None, limit_s=LIMIT_S):
    """The result of condition() once it is true. None if the limit passed or the process ended first."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        if process is not None and process.poll() is not None:
            return None
        time.sleep(0.05)
    return None


def tail(path, lines=15):
    text = Path(path).read_text(errors="replace") if Path(path).exists() else ""
    return [f"| {line}" for line in text.splitlines()[-lines:]]
