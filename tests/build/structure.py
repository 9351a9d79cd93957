#!/usr/bin/python3
"""structure.py: checks the order of the files of core and port: no file uses one that depends on it.

A module is x.c with x.h. It uses another module if it includes its header, or if its object refers to a symbol that the other's
object defines. The symbol is a function that is called, or one whose address is taken. What an inline function of a private
header uses counts for the header's module. Public headers are the interface. What their inline functions use counts for the
file that calls those.
Invariant: without the uses in structure_known.txt there is no cycle. Each of these uses must still be necessary for that, so
entries are only removed. The exit status is 0 if both hold.
  --graph   print every use"""
import functools
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

ROOT = sources.ROOT
KNOWN = Path(__file__).with_name("structure_known.txt")
OUT = sources.work_folder("structure")
SOURCES = ("core/*/*.c", "port/posix/*.c", "port/mbedtls/*.c", "port/lwip/*.c")
HEADERS = ("core/*/*.h", "core/include/uspan/*.h", "port/posix/*.h", "port/mbedtls/*.h", "port/lwip/*.h")
COMMON = ["USPAN_DESTINATIONS_MAX=2", 'USPAN_ENDPOINT="https://collector.example:4318/v1/traces"']
# Options that exclude each other: each set of them, and a text that only the sources concerned contain.
OPTION_SETS = {"studio": ["", "USPAN_STUDIO=1", 'USPAN_STUDIO_URL="http://host:3000"'],
               "keep": ["USPAN_KEEP", "USPAN_KEEP=1"]}
DEPS = ROOT / "port/deps/src"
# Functions are not inlined: the uses of an inlined function would count for its caller.
OPTIONS = ["-O0", "-fno-inline", "-fcallgraph-info", "-Dalways_inline=unused", "-w", "-D_GNU_SOURCE",
           *[f"-D{one}" for one in COMMON], f"-isystem{DEPS}/mbedtls/include", f"-isystem{DEPS}/lwip/src/include",
           f"-I{ROOT}/tests/virtual/lwip", f"-I{ROOT}/port/posix", f"-I{ROOT}/port/mbedtls", f"-I{ROOT}/port/lwip"]


def module(path):
    path = Path(path)
    return str(path.relative_to(ROOT).with_suffix("")).replace("core/include/", "")


def is_public(path):
    return "core/include" in str(path) or path.name.startswith("uspan_")


def files(patterns):
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def included():
    """{(module, module): header} of every #include "..." of a file of this tree."""
    found = {}
    for path in files(SOURCES + HEADERS):
        for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(encoding="utf-8"), flags=re.M):
            for base in (path.parent, ROOT / "core/include", ROOT / "core", ROOT / "port/posix"):
                target = (base / name).resolve()
                if target.is_file() and target.is_relative_to(ROOT / "core") or target.is_relative_to(ROOT / "port"):
                    if target.is_file() and module(target) != module(path):
                        found.setdefault((module(path), module(target)), f'includes "{name}"')
                    if target.is_file():
                        break
    return found


def used_by_headers(callgraph):
    """{symbol: header} of symbols that only inline functions of headers use in this object. A symbol with another use is not in
    it."""
    text = callgraph.read_text()
    place = {title: label.split("\\n")[1].rsplit(":", 2)[0] for title, label in
             re.findall(r'node: \{ title: "([^"]*)" label: "([^"]*)"', text) if label.count("\\n") >= 1}
    users = {}
    for caller, callee in re.findall(r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"', text):
        users.setdefault(callee, set()).add(place.get(caller, ""))
    return {symbol: sorted(where)[0] for symbol, where in users.items() if all(one.endswith(".h") for one in where)}


@functools.lru_cache(maxsize=1)
def used():
    """{(module, module): symbols}, by the symbols of the objects."""
    home, wanted = {}, []
    for label, (text, *defines) in OPTION_SETS.items():
        chosen = [path for path in files(SOURCES) if text in path.read_text(encoding="utf-8")]
        objects = sources.compile_all(chosen, OUT / label, ["gcc"], OPTIONS + [f"-D{one}" for one in defines])
        for source, target in objects.items():
            by_header = used_by_headers(target.with_suffix(".ci"))
            for line in sources.run(["nm", target]).splitlines():
                kind, name = line.split()[-2:]
                if kind == "U":
                    header = by_header.get(name)
                    header = (OUT / label / header).resolve() if header else None
                    wanted.append((module(header) if header and not is_public(header) else module(source), name))
                elif kind.isupper():
                    home.setdefault(name, module(source))
    found = {}
    for user, name in wanted:
        if name in home and home[name] != user:
            found.setdefault((user, home[name]), set()).add(name)
    return {edge: f"uses {', '.join(sorted(names)[:3])}{' ...' if len(names) > 3 else ''}" for edge, names in found.items()}


def cycles(edges):
    """Strongly connected parts of more than one module (Kosaraju, without recursion)."""
    forward, backward = {}, {}
    for a, b in edges:
        forward.setdefault(a, set()).add(b)
        backward.setdefault(b, set()).add(a)
    order, seen = [], set()
    for root in sorted({node for edge in edges for node in edge}):
        work = [(root, iter(sorted(forward.get(root, ()))))] if root not in seen else []
        seen.add(root)
        while work:
            node, rest = work[-1]
            following = next((one for one in rest if one not in seen), None)
            if following is None:
                order.append(node)
                work.pop()
            else:
                seen.add(following)
                work.append((following, iter(sorted(forward.get(following, ())))))
    parts, done = [], set()
    for root in reversed(order):
        part, work = [], [root] if root not in done else []
        done.add(root)
        while work:
            node = work.pop()
            part.append(node)
            new = backward.get(node, set()) - done
            done |= new
            work += new
        if len(part) > 1:
            parts.append(sorted(part))
    return parts


def known():
    lines = KNOWN.read_text(encoding="utf-8").splitlines() if KNOWN.exists() else []
    return [tuple(line.split(" -> ")) for line in lines if line and not line.startswith("#")]


def main():
    edges = included()
    for edge, what in used().items():
        edges[edge] = f"{edges[edge]}, {what}" if edge in edges else what
    if "--graph" in sys.argv:
        for (a, b), what in sorted(edges.items()):
            print(f"{a} -> {b}: {what}")
    faults = 0
    kept = {edge: what for edge, what in edges.items() if edge not in known()}
    for part in cycles(kept):
        print(f"a cycle of {len(part)} modules: {', '.join(part)}")
        for (a, b), what in sorted(kept.items()):
            if a in part and b in part:
                print(f"    {a} -> {b}: {what}")
        faults += 1
    for edge in known():
        if edge not in edges or (not faults and not cycles({**kept, edge: ""})):
            print(f"{KNOWN.name}: {edge[0]} -> {edge[1]} closes no cycle any more: remove the line")
            faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
