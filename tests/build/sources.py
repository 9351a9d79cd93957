"""sources.py: lists the files that uspan consists of, and compiles and inspects them for tests.

Invariant: every list is read from the tree, so new files and functions are included."""
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("USPAN_BUILD_DIR", ROOT / "build" / "tests"))
NANOPB = Path(os.environ.get("USPAN_NANOPB_DIR") or ROOT / "port/deps/src/nanopb")
WARNINGS = ("-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wundef -Wshadow -Wvla "
            "-Wmissing-prototypes -Wstrict-prototypes -Werror").split()
# A file with the line "uspan-needs: cross" is registered twice. make test runs the part that needs only the host's gcc.
# make check runs the part that needs another compiler. Run by hand, the file does both.
NATIVE, CROSS = (os.environ.get("USPAN_WAYS", way) == way for way in ("native", "cross"))
CORTEX_M3 = ("arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb")
# nanopb as CMake builds it: the option is part of its ABI.
NANOPB_OPTIONS = ["-DPB_BUFFER_ONLY=1", "-DPB_NO_ERRMSG=1", '-DPB_SYSTEM_HEADER="uspan_pb.h"']
INCLUDES = [f"-I{ROOT / folder}" for folder in
            ("core/include", "core", "proto/gen", "proto")] + [f"-isystem{NANOPB}"]


def work_folder(name):
    """A test file's folder in the build. Its parts native and cross may run at the same time, so each has its own."""
    return BUILD / "build_tests" / (name if NATIVE else f"{name}_cross")


def found(paths, least, what):
    """The paths, sorted. Fails if there are fewer than `least`: a folder was renamed then, and the check would pass without
    files."""
    paths = sorted(paths)
    if len(paths) < least:
        raise RuntimeError(f"sources.py: {len(paths)} files of {what}; cure: name the folder as it is now")
    return paths


def core_sources():
    return found(ROOT.glob("core/trace/*.c"), 20, "core/trace") + found(ROOT.glob("core/export/*.c"), 20, "core/export")


def genai_sources(*folders):
    """core/json, core/genai and core/wire, or some of them."""
    return [path for folder in folders or ("genai", "json", "wire")
            for path in found(ROOT.glob(f"core/{folder}/*.c"), 5, f"core/{folder}")]


def proto_sources():
    runtime = [NANOPB / f"pb_{part}.c" for part in ("common", "encode", "decode")]
    return found(ROOT.glob("proto/gen/*.pb.c"), 2, "proto/gen") + runtime


def copy_tree(folder):
    """Copies the tree as git knows it, without build/. Other tests write there, and a tool that walks the tree meets files that
    come and go."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True,
                            check=True).stdout
    for name in found(filter(None, listed.split("\0")), 100, "the tree"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def is_ours(source):
    return ROOT / "core" in Path(source).parents or ROOT / "port" in Path(source).parents and NANOPB not in Path(source).parents


def label(source):
    """A source's name in tables: its path in the tree, or nanopb's file name."""
    source = Path(source)
    return f"nanopb/{source.name}" if source.parent == NANOPB else str(source.relative_to(ROOT))


def run(command, **more):
    """A command's output. If the command fails, the exception contains its messages."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(str(part) for part in command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def compile_all(sources, folder, compiler, options):
    """Compile each source to an object in folder, with the files that the compiler writes beside it. Returns {source:
    object}."""
    folder.mkdir(parents=True, exist_ok=True)

    def one(source):
        target = folder / (label(source).replace("/", "_") + ".o")
        quiet = WARNINGS if is_ours(source) else ["-w"]
        run([*compiler, "-std=c11", *quiet, *INCLUDES, *NANOPB_OPTIONS, *options, "-c", source, "-o", target], cwd=folder)
        return source, target

    with ThreadPoolExecutor(2) as pool:
        return dict(pool.map(one, sources))


def public_headers():
    """Names of the headers that an application includes. These include the private ones and those of USPAN_ENABLED 0, which are
    not listed."""
    return [path.name for path in found(ROOT.glob("core/include/uspan/*.h"), 15, "core/include/uspan")
            if not path.name.startswith("disabled") and path.name not in ("tracer.h", "config.h")]


def public_functions(*defines, headers=None):
    """{name: header} of every function that a public header declares under these defines, without inline ones."""
    functions = {}
    for header in headers or public_headers():
        path = ROOT / "core/include/uspan" / header
        text = run(["gcc", "-E", "-P", f"-I{ROOT / 'core/include'}", *[f"-D{one}" for one in defines], path])
        names = list(declared(text))
        if not names and headers:
            raise RuntimeError(f"sources.py: {header} declares no function; cure: take it out of the list")
        for name in names:
            functions.setdefault(name, header)
    return functions


def declared(text):
    depth, flat = 0, []
    for char in text:
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            flat.append(";" if depth == 0 else "")
        elif depth == 0 and char != "\n":
            flat.append(char)
        elif depth == 0:
            flat.append(" ")
    for statement in "".join(flat).split(";"):
        statement = statement.strip()
        if statement.startswith(("typedef", "static", "_Static_assert", "extern const")) or "inline" in statement:
            continue
        match = re.search(r"\b(uspan_[a-z0-9_]+)\s*\(", statement)
        if match and not statement.startswith(match.group(1)):
            yield match.group(1)


def symbols(objects, nm="nm"):
    """(defined, undefined) symbol names over all objects. Weak symbols count as defined."""
    defined, undefined = set(), {}
    for source, target in objects.items():
        for line in run([nm, target]).splitlines():
            kind, name = line.split()[-2:]
            if kind == "U":
                undefined.setdefault(name, set()).add(label(source))
            else:
                defined.add(name)
    return defined, {name: users for name, users in undefined.items() if name not in defined}
