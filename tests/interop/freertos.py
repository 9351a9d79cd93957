#!/usr/bin/python3
"""freertos.py: `make interop PARTS=freertos`: runs programs that a user built from tests/sdk/freertos_app/delivery.c and a real
FreeRTOS kernel, against the receiver: over HTTP, over HTTPS, and with certificates that must be refused.

Invariant: a program that is not named is "not run", and a run without any program does not pass. A server that is not the
collector gets no span. FREERTOS_POSIX_PROGRAM names a program of the kernel's POSIX port, FREERTOS_MPS2_IMAGE an image for
mps2-an385, which QEMU runs. port/freertos/README.md says how they are built."""
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/support", "tests/support/peers")]
import certs  # noqa: E402
import qemu  # noqa: E402
from receiver import Receiver  # noqa: E402
from streams import server_context  # noqa: E402

DEADLINE_S = 180
SPANS_MIN = 300  # of delivery.c, without those of an ISR
LATE = ("the program takes 8 s by the kernel's ticks, which come late on a busy machine; cure: an idle task that sleeps "
        "(configUSE_IDLE_HOOK 1, posix_main.c has the hook), or fewer other programs")
ASKS_TIME = {"GET is not POST"}  # of a machine without a clock
# Certificate of the server, CA of the program, text that the log must contain. None: all spans must arrive.
PEERS = (("good", "ca", None), ("expired", "ca", "certificate expired"), ("wrong_host", "ca", "for a different host name"),
         ("good", "other", "not signed by a trusted CA"))


def output(command, **more):
    """What a program printed until its end. After DEADLINE_S it is ended, and what it had printed is followed by that."""
    try:
        printed, late = subprocess.run(command, timeout=DEADLINE_S, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, **more).stdout, ""
    except subprocess.TimeoutExpired as end:
        printed, late = end.stdout or b"", f"it did not end within {DEADLINE_S} s and was ended; {LATE}"
    return printed.decode(errors="replace") + late


def run_program(program, endpoint, ca):
    return output([program], env={**os.environ, "ENDPOINT": endpoint, **({"CA": str(ca)} if ca else {})})


def run_image(image, endpoint, ca):
    settings = {"endpoint": endpoint, **({"ca": ca.with_suffix(".der").read_bytes().hex()} if ca else {})}
    machine = qemu.MACHINES["mps2_an385"]
    command = [machine.program, *machine.arguments, *machine.nic, "-display", "none", "-monitor", "none", "-serial", "stdio",
               *machine.give(settings, None), "-kernel", str(image)]
    return output(command)


# Variable that names the program: its kind, how it is run, and the host's loopback as it sees it.
WAYS = {"FREERTOS_POSIX_PROGRAM": ("POSIX port", run_program, "localhost"),
        "FREERTOS_MPS2_IMAGE": ("mps2-an385 in QEMU", run_image, qemu.LOOPBACK)}


def delivers(run, host, program, tls):
    with Receiver(server_context() if tls else None) as receiver:
        text = run(program, receiver.url(host=host), Path(certs.get().ca_pem) if tls else None)
        found = re.search(r"recorded (\d+) spans, \d+ in an ISR, delivered \1, stop 0", text)
        if found and SPANS_MIN <= int(found[1]) == receiver.span_count and set(receiver.refused) <= ASKS_TIME:
            print(found[0])
            return True
    print(text[-1500:])
    return False


def refuses(run, host, program, kind, ca, words):
    with Receiver(server_context(kind)) as receiver:
        text = run(program, receiver.url(host=host), Path(certs.get().ca_pem).with_name(f"{ca}.pem"))
        if re.search(words, text) and receiver.span_count == 0:
            return True
    print(text[-1500:])
    return False


def main():
    threading.excepthook = lambda _: None  # a refused handshake ends a thread of the receiver
    passed = failed = 0
    for variable, (name, run, host) in WAYS.items():
        program = os.environ.get(variable)
        if not program:
            print(f"freertos, {name}: not run: set {variable}")
            continue
        results = {"HTTP": delivers(run, host, program, False)}
        for kind, ca, words in PEERS:
            results[f"HTTPS, server {kind}, trusting {ca}"] = refuses(run, host, program, kind, ca, words) if words else \
                delivers(run, host, program, True)
        for what, right in results.items():
            print(f"freertos, {name}, {what}: {'as it should' if right else 'WRONG'}")
        passed += sum(results.values())
        failed += len(results) - sum(results.values())
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
