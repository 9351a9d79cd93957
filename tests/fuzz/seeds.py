#!/usr/bin/python3
"""seeds.py: writes the golden traffic of tests/wire/golden as inputs of fuzz_wire_<dialect> and fuzz_json_read. Fuzzing then
starts with the traffic of vendors. Usage: seeds.py folder: writes folder/<target>/<seed>

Invariant: the target expands a seed by its own list of words. The result is the URL's index, a byte of options, and a golden
body."""
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parent / "wire/golden"
STRING = r'"(?:[^"\\]|\\.)*"'
BODIES_MAX = int(re.search(r"#define BODIES_MAX (\d+)", (HERE / "wire_fuzz.h").read_text()).group(1))


def strings(text):
    return [json.loads(one) for one in re.findall(STRING, text)]


def array(source, name):
    return strings(re.search(rf"{name}\[\] = {{\n(.*?)\n}};", source, re.S).group(1))


def packed(body, words):
    """body, in which 0xFF and an index replace the longest word at each place."""
    out, at, order = bytearray(), 0, sorted(range(len(words)), key=lambda i: -len(words[i]))
    while at < len(body):
        found = next((i for i in order if body.startswith(words[i], at)), None)
        out += body[at:at + 1] if found is None else bytes((0xFF, found))
        at += 1 if found is None else len(words[found])
    return bytes(out)


def sections(path):
    return dict(re.findall(r"=== (\w+)\n(.*?)(?=\n=== |\Z)", path.read_text(), re.S))


def main(folder):
    shared = strings(re.search(r"#define WIRE_WORDS (.*?)\n\n", (HERE / "wire_fuzz.h").read_text(), re.S).group(1))
    for target in sorted(HERE.glob("fuzz_wire_*.c")):
        source = target.read_text()
        urls, words = array(source, "urls"), [word.encode() for word in array(source, "words") + shared]
        out = Path(folder) / target.stem
        out.mkdir(parents=True, exist_ok=True)
        files = sorted(GOLDEN.glob(f"{target.stem.removeprefix('fuzz_wire_')}*.txt"))
        if not files:
            raise RuntimeError(f"no golden traffic for {target.name}")
        for file in files:
            part = sections(file)
            path = re.sub(r".*/|\?.*", "", part["url"])
            url = next((i for i, one in enumerate(urls) if path in one), 0)
            head = bytes((url, 2 if part.get("status", "200") >= "400" else 0))
            for name, body in (("request", part.get("request", "") + "\0"), ("response", "\0" + part.get("response", ""))):
                (out / f"{file.stem}.{name}").write_bytes(head + packed(body.encode()[:BODIES_MAX], words))
    out = Path(folder) / "fuzz_json_read"
    out.mkdir(parents=True, exist_ok=True)
    for file in sorted(GOLDEN.glob("*.txt")):
        (out / file.stem).write_bytes(b"\1" + sections(file).get("response", "").encode())


if __name__ == "__main__":
    main(sys.argv[1])
