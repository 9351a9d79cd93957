#!/usr/bin/python3
"""pico_w.py: `make interop PARTS=pico_w`: the images for pico_w of a user's Pico SDK join an emulated access point and deliver.

Invariant: without PICO_SDK_PATH it prints "not run", and does not pass.
The radio's PIO is emulated, so the board runs a fraction as fast as the others."""
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/support", "tests/support/peers")]
import demo  # noqa: E402
import pico  # noqa: E402
import qemu  # noqa: E402
from llm import Llm  # noqa: E402
from receiver import Receiver  # noqa: E402
from streams import server_context  # noqa: E402

ACCESS_POINT = "RP2040PY-GUEST"
DEADLINE_S, TURN_DEADLINE_S = 600, 1800  # on a busy machine
DELIVERED = "delivered 3 of 3 spans"
ARCHES = ("poll", "threadsafe_background")


def run(image, receiver, tls, until, deadline_s, **settings):
    endpoint = f"{'https' if tls else 'http'}://{qemu.LOOPBACK}:{receiver.port}/v1/traces"
    command = [pico.EMULATOR / "bin/python", "-B", ROOT / "tests/support/rp2040/radio.py", image.bin, f"endpoint={endpoint}",
               f"ssid={ACCESS_POINT}", *[f"{name}={value}" for name, value in settings.items()]]
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               preexec_fn=qemu.die_with_parent)
    try:
        return qemu.read_until(process, until, deadline_s, True, None)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def deliver(image, tls, deadline_s=DEADLINE_S):
    """(whether all spans arrived, how long that took in seconds)"""
    began = time.monotonic()
    with Receiver(server_context(maximum="1.2") if tls else None) as receiver:
        text = run(image, receiver, tls, DELIVERED, deadline_s)
    return bool(re.search(DELIVERED, text)) and len(receiver.spans) == 3, time.monotonic() - began


def deliver_turn(image, tls, deadline_s=TURN_DEADLINE_S):
    """The same of the edge agent, which calls the scripted model over TLS 1.2."""
    began = time.monotonic()
    long_ms = deadline_s * 1000
    with Llm(server_context(maximum="1.2")) as llm, Receiver(server_context(maximum="1.2") if tls else None) as receiver:
        text = run(image, receiver, tls, r"exit \d+", deadline_s, llm=llm.url(host=qemu.LOOPBACK), model="qwen-max",
                   timeout_ms=long_ms, call_ms=long_ms, deadline_ms=long_ms)
    faults = demo.faults(receiver.spans, receiver.duplicates(), demo.EDGE)
    return bool(re.search("exit 0", text)) and faults == [], time.monotonic() - began


def main():
    if not os.environ.get("PICO_SDK_PATH"):
        print("pico_w: not run: PICO_SDK_PATH names no Pico SDK with its submodules (cyw43-driver)")
        return 1
    passed = failed = 0
    for arch in ARCHES:
        for image, way in (("minimal", deliver), ("edge", deliver_turn)):
            built = pico.build("pico_w", None, image, f"-DPICO_WIFI_ARCH={arch}")
            print(built.words, end="", flush=True)
            for name, tls in (("HTTP", False), ("TLS 1.2", True)):
                arrived, seconds = way(built, tls)
                print(f"\npico_w, {arch}, {image}, {name}: {'delivered' if arrived else 'NOT delivered'} after {seconds:.0f} s",
                      flush=True)
                passed, failed = passed + arrived, failed + (not arrived)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
