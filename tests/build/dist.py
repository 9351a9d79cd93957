#!/usr/bin/python3
"""dist.py: make dist: writes a source archive, and a library for Arduino's IDE, which compiles the files below src/.

Invariant: both hold files of this tree only, and the same bytes each time. nanopb is in neither of them. It is declared in
port/deps/pins, library.json, library.properties and conanfile.py."""
import gzip
import io
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Source of each file of the library for Arduino: the folder of this tree, and its name below src/.
ARDUINO = (("core/include/uspan", "uspan"), ("core/trace", "trace"), ("core/export", "export"), ("core/json", "json"),
           ("core/genai", "genai"), ("core/wire", "wire"), ("proto/gen", ""), ("port/arduino", ""))
# Headers of the sources that port/arduino/esp32_*.c include. The sources are in folders beside src/.
ARDUINO_PUBLIC = ("port/espidf/uspan_espidf.h", "port/freertos/uspan_freertos.h", "port/posix/uspan_posix.h",
                  "port/flash/uspan_spool_esp.h")
ARDUINO_TOP = ("library.properties", "LICENSE", "README.md", "CHANGELOG.md")
ARDUINO_EXAMPLES = ("examples/arduino_agent/arduino_agent.ino", "examples/arduino_esp32/arduino_esp32.ino")


def version():
    return re.search(r'^#define USPAN_VERSION "(.*)"', (ROOT / "core/include/uspan/uspan.h").read_text(), re.M)[1]


def tracked():
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(line for line in out.stdout.splitlines() if (ROOT / line).is_file())


def write_tar(target):
    head = f"uspan-{version()}/"
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name in tracked():
            entry = tarfile.TarInfo(head + name)
            data = (ROOT / name).read_bytes()
            entry.size, entry.mode = len(data), 0o755 if (ROOT / name).stat().st_mode & 0o100 else 0o644
            archive.addfile(entry, io.BytesIO(data))
    target.write_bytes(gzip.compress(raw.getvalue(), mtime=0))


def arduino_files():
    """{name in the library: path}"""
    found = {name: ROOT / name for name in ARDUINO_TOP + ARDUINO_EXAMPLES}
    for folder, below in ARDUINO:
        for path in sorted((ROOT / folder).glob("*.[ch]")):
            found["/".join(part for part in ("src", below, path.name) if part)] = path
    for path in sorted((ROOT / "port/arduino").glob("esp32_*.c")):
        for folder, name in re.findall(r'"\.\./(\w+)/(\w+\.c)"', path.read_text()):
            found.update(needed_beside(folder, name))
    for name in ARDUINO_PUBLIC:
        found[f"src/{Path(name).name}"] = ROOT / name
    return found


def needed_beside(folder, name):
    """{name in the library: path} of a source beside src/, and of the private headers that it includes."""
    path = ROOT / "port" / folder / name
    found = {f"{folder}/{name}": path}
    for header in re.findall(r'^#include "(\w+\.h)"', path.read_text(), re.M):
        if (path.parent / header).exists() and f"port/{folder}/{header}" not in ARDUINO_PUBLIC:
            found.update(needed_beside(folder, header))
    return found


def write_arduino(target):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in arduino_files().items():
            archive.writestr(zipfile.ZipInfo(f"uspan/{name}"), path.read_bytes(), zipfile.ZIP_DEFLATED)


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    archives = folder / f"uspan-{version()}.tar.gz", folder / f"uspan-{version()}-arduino.zip"
    write_tar(archives[0])
    write_arduino(archives[1])
    return archives


if __name__ == "__main__":
    for one in write(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "build/dist"):
        print(one)
