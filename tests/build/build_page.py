#!/usr/bin/python3
"""build_page.py: the lists of port/BUILD.md: what CMake compiles, with which folders and defines. `--write` writes them.

Invariant: the lists are read from a configured build, so they are the lists that CMake uses."""
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import pages  # noqa: E402
import sources  # noqa: E402

ROOT = pages.ROOT
OUT = sources.work_folder("build_page")
DEPS = ROOT / "port/deps/src"
LIBRARIES = {"uspan_proto": "OTLP messages, with nanopb", "uspan_core": "recording and export", "uspan_genai": "spans of agents, "
             "messages, readers of LLM traffic", "uspan_port_posix": "POSIX port", "uspan_mbedtls": "TLS with mbedTLS",
             "uspan_port_lwip": "TCP over lwIP's raw API"}
MAKEFILE = ROOT / "port/template/Makefile"


def shown_path(path):
    """A path as the page shows it: in this tree, or in a dependency. None for folders of the build."""
    path = Path(path).resolve()
    if DEPS in path.parents:
        return str(path.relative_to(DEPS))
    if path == ROOT / "tests/virtual/lwip":
        return "the folder of your lwipopts.h"
    if ROOT in path.parents and OUT not in path.parents and path != OUT:
        return str(path.relative_to(ROOT))
    return None


def libraries():
    """{library: (sources, include folders, defines)} as CMake compiles them."""
    print("build_page: configuring uspan to read what CMake compiles", file=sys.stderr)
    sources.run(["cmake", "-S", ROOT, "-B", OUT, "-DUSPAN_TESTS=OFF", "-DUSPAN_EXAMPLES=OFF", "-DCMAKE_BUILD_TYPE=Debug",
                 "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
                 f"-DUSPAN_LWIP_OPTIONS_DIR={ROOT / 'tests/virtual/lwip'}"])
    found = {name: ([], [], []) for name in LIBRARIES}
    for one in json.loads((OUT / "compile_commands.json").read_text()):
        name = re.search(r"CMakeFiles/(\w+)\.dir/", one["command"].split(" -o ")[1])[1]
        if name not in found:
            continue
        files, folders, defines = found[name]
        files.append(shown_path(one["file"]))
        for folder in re.findall(r"(?:-I|-isystem )(\S+)", one["command"]):
            shown = shown_path(folder)
            if shown and shown not in folders:
                folders.append(shown)
        for define in re.findall(r" -D(\S+)", one["command"].replace('\\"', '"')):
            if not define.startswith("USPAN_USER_CONFIG") and define not in defines:
                defines.append(define)
    for name, (files, _, _) in found.items():
        if not files:
            raise RuntimeError(f"CMake compiles nothing for {name}; cure: port/deps/fetch.sh, or the list LIBRARIES of this file")
    return found


def short(files):
    """The files, by folder. If all .c files of a folder are compiled, its entry is "*.c"."""
    by_folder = {}
    for file in sorted(files):
        by_folder.setdefault(str(Path(file).parent), []).append(file)
    for folder, mine in by_folder.items():
        every = sorted(f"{folder}/{path.name}" for path in (ROOT / folder).glob("*.c"))
        yield from [f"{folder}/*.c"] if mine == every else mine


def text():
    lines = ["| library | `.c` files | include folders (`-I`) | defines (`-D`) |", "| --- | --- | --- | --- |"]
    for name, (files, folders, defines) in libraries().items():
        cells = ["<br>".join(f"`{one}`" for one in part) for part in (short(files), folders, defines)]
        lines.append(f"| `{name}`: {LIBRARIES[name]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def makefile():
    return f"```make\n{MAKEFILE.read_text().rstrip()}\n```"


def write():
    pages.put("files", text())
    pages.put("makefile", makefile())


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: build_page.py --write   writes the lists of port/BUILD.md")
    write()
