#!/usr/bin/python3
"""espidf.py: `make interop PARTS=espidf`: builds port/espidf as a component of a real ESP-IDF for its linux target, and runs
it.

Invariant: without IDF_PATH it prints "not run", and does not pass. A server that is not the collector is refused with a
message, and gets no span. IDF_PYTHON names a Python with ESP-IDF's packages, if it is not the one in the path."""
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/support", "tests/support/peers")]
import certs  # noqa: E402
from receiver import Receiver  # noqa: E402
from streams import server_context  # noqa: E402

OUT = ROOT / "build/espidf_linux"
DEADLINE_S = 120
# Certificate of the server, CA of the client, text that the log must contain. If the text is empty, all spans must arrive.
PEERS = (("good", "ca", None), ("expired", "ca", "certificate expired"), ("not_yet", "ca", "not yet valid"),
         ("wrong_host", "ca", "for a different host name"), ("good", "other_ca", "not signed by a trusted CA"))


def build():
    python = os.environ.get("IDF_PYTHON") or shutil.which("python3")
    component = OUT / "component/uspan"
    component.parent.mkdir(parents=True, exist_ok=True)
    if not component.is_symlink():
        component.symlink_to(ROOT)
    environment = {**os.environ, "USPAN_COMPONENT_DIR": str(component), "IDF_TARGET": "linux", "IDF_COMPONENT_MANAGER": "0",
                   "PATH": f"{Path(python).parent}:{os.environ['PATH']}"}
    folder = OUT / "build"
    for command in (["cmake", "-G", "Ninja", "-S", ROOT / "tests/sdk/espidf_linux", "-B", folder, "-DIDF_TARGET=linux",
                     f"-DSDKCONFIG={OUT / 'sdkconfig'}", "-DPYTHON_DEPS_CHECKED=1", f"-DPYTHON={python}"],
                    ["ninja", "-C", folder]):
        print("espidf:", " ".join(str(word) for word in command[:3]), "...", flush=True)
        done = subprocess.run([str(word) for word in command], env=environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if done.returncode:
            sys.exit(f"espidf: the build failed:\n{done.stdout[-4000:]}")
    return folder / "espidf_linux.elf"


def run(program, **environment):
    done = subprocess.run([program], env={**os.environ, **environment}, cwd=OUT, timeout=DEADLINE_S, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout


def delivers(program, tls):
    with Receiver(server_context() if tls else None) as receiver:
        environment = {"CA": str(certs.get().ca_pem)} if tls else {}
        text = run(program, ENDPOINT=receiver.url(), **environment)
        return "recorded 100 spans, start 0, stop 0" in text and receiver.span_count == 100 and not receiver.refused


def refuses(program, name, ca, words):
    made = Path(certs.get().ca_pem).parent
    with Receiver(server_context(name)) as receiver:
        text = run(program, ENDPOINT=receiver.url(), CA=str(made / f"{ca}.pem"))
        return bool(re.search(rf"uspan: .*{words}", text)) and receiver.span_count == 0


def main():
    if not os.environ.get("IDF_PATH"):
        print("espidf: not run: IDF_PATH names no ESP-IDF with its submodules")
        return 1
    threading.excepthook = lambda _: None  # a refused handshake ends a thread of the receiver
    program = build()
    results = {"HTTP": delivers(program, False)}
    for name, ca, words in PEERS:
        results[f"HTTPS, server {name}, trusting {ca}"] = refuses(program, name, ca, words) if words else delivers(program, True)
    for name, right in results.items():
        print(f"espidf, linux target, {name}: {'as it should' if right else 'WRONG'}")
    print(f"{sum(results.values())} passed, {len(results) - sum(results.values())} failed")
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
