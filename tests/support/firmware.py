#!/usr/bin/python3
"""firmware.py: builds the boards' firmware, with the tests' certificate authority compiled in.

Invariant: only one build runs at a time in a folder. A build that fails raises an exception with the compiler's messages.
Usage: firmware.py [BOARD ...]   without a board: every board. CMAKE_ARGS in the environment: further arguments of cmake"""
import fcntl
import os
import re
import shlex
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
import certs  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
# The default collector of a firmware: the host's loopback, as QEMU's guest sees it.
ENDPOINT = "https://10.0.2.2:4318/v1/traces"
Firmware = namedtuple("Firmware", "board elf map")


def boards():
    return sorted(path.parent.name for path in ROOT.glob("boards/*/board.cmake"))


def build_dir():
    """build/firmware, or the folder that USPAN_FIRMWARE_DIR names."""
    return Path(os.environ.get("USPAN_FIRMWARE_DIR", ROOT / "build/firmware"))


def step(command, log):
    with open(log, "a", encoding="utf-8") as out:
        done = subprocess.run([str(part) for part in command], stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        words = log.read_text(encoding="utf-8", errors="replace").splitlines()
        wrong = [line for line in words if any(sign in line for sign in ("rror:", "warning:", "undefined", "ld:", "CMake Error"))]
        raise RuntimeError("\n".join([*(wrong or words)[-40:], f"firmware: the build failed; its output is in {log}"]))


def build(board, *settings, image="firmware"):
    """Build the firmware of a board if it is not up to date. settings: cmake's -D arguments, built in a folder of their own.
    image: a target of boards/CMakeLists.txt."""
    if board not in boards():
        raise ValueError(f"unknown board {board}; cure: use one of {', '.join(boards())}; make demo knows pico too, "
                         "make firmware pico, pico2, pico_w and pico2_w")
    settings = [*shlex.split(os.environ.get("CMAKE_ARGS", "")), *settings]
    name = "-".join([board, *[re.sub(r"[^\w.=-]", "_", part).strip("-") for part in settings]])
    folder = build_dir() / name
    folder.mkdir(parents=True, exist_ok=True)
    with open(build_dir() / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        log = folder / "build.log"
        log.write_text("")
        given = {part.split("=")[0].removeprefix("-D").split(":")[0] for part in settings}
        own = {"USPAN_CA_FILE": certs.get().ca_der, "USPAN_ENDPOINT": ENDPOINT, "USPAN_SERVICE_NAME": "uspan-demo",
               "USPAN_RESOURCE": "deployment.environment.name=demo"}
        if "USPAN_STUDIO_URL" in given:
            del own["USPAN_ENDPOINT"]  # its traces then go to Studio
        step(["cmake", "-S", ROOT / "boards", "-B", folder, f"-DBOARD={board}",
              *[f"-D{key}={value}" for key, value in own.items() if key not in given], *settings], log)
        step(["cmake", "--build", folder, "--target", image, "-j", os.environ.get("JOBS", "2")], log)
    return Firmware(board, folder / f"{image}.elf", folder / f"{image}.map")


if __name__ == "__main__":
    for wanted in sys.argv[1:] or boards():
        try:
            print(build(wanted).elf)
        except (RuntimeError, ValueError) as error:
            sys.exit(f"firmware: {error}")
