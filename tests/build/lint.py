#!/usr/bin/python3
"""lint.py: checks the rules of this tree that no compiler checks.

Invariant: every file is checked that git tracks, or that it could track because it is not ignored. Each fault is one line:
file:line: what, cure."""
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import pages  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TOP = {"core", "proto", "port", "boards", "tests", "examples", "LICENSE", "CHANGELOG.md", "README.md", "Makefile",
       "CMakeLists.txt", "conanfile.py", "library.json", "library.properties"}
LINES_MAX = 600
SHIPPED_LINES_MAX = 500  # of a file in core, port, boards or examples
# Files that are longer, up to LINES_MAX. No file is added to this list, and each is meant to leave it.
LONGER = set()
PICTURE_MAX = 200_000
TOP |= {"idf_component.yml", "zephyr"}  # where SDKs look for them
WIDTH_MAX, WIDTH_MAX_ELSE = 110, 130  # C that ships; scripts, and tests with their tables
# Allowed includes: a folder, and the folders that its #include "..." may refer to.
MAY_INCLUDE = {
    "core/include/uspan": ["core/include/uspan"],
    "core/trace": ["core/trace", "core/include/uspan"],
    "core/json": ["core/json", "core/trace", "core/include/uspan"],
    "core/genai": ["core/genai", "core/json", "core/trace", "core/include/uspan"],
    "core/wire": ["core/wire", "core/genai", "core/json", "core/trace", "core/include/uspan"],
    "core/export": ["core/export", "core/trace", "core/include/uspan", "proto/gen", "nanopb"],
    "examples": ["examples", "core/include/uspan", "port/public"],
}
OPEN_TO_PORTS = {"core/include/uspan", "port/public", "examples/backends", "examples/edge_agent", "boards/common"}
STANDARD = {"core": {"assert.h", "limits.h", "stdbool.h", "stddef.h", "stdint.h", "string.h"}}
BANNED = re.compile(r"\b(malloc|calloc|realloc|free|alloca|strdup|v?s?n?printf|fprintf|puts|putchar|fopen|sscanf|strto[a-z]+|"
                    r"ato[ifl]|setlocale|is(alpha|digit|space|alnum|xdigit|print)|to(lower|upper)|setjmp|longjmp|"
                    r"system|getenv)\s*\(")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X{3}|HA" r"CK)\b")
CODE = (".c", ".h")
WORDS_MAX = 30  # of a sentence in a page
README_LINES_MAX, README_BYTES_MAX = 250, 14 * 1024
PORT_README_LINES_MAX, PORT_README_WORDS_MAX = 90, 800  # a page
# Words that readers outside the project do not understand, and the words to use instead.
PUZZLES = {r"dear": "expensive", r"kin": "similar ones", r"mended": "fixed", r"for ever": "until ..., without end",
           r"as ever": "as usual", r"so many": "the number", r"whoever": "the caller, the server ...",
           r"nobody": "no task, no caller ...", r"goes on": "continues",
           r"(?:is|are|was|were|be|been) told": "is given, is logged"}
# Diagnosis texts that contain such a word.
QUOTED = re.compile(r"`[^`]*`|“[^”]*”")


def tracked():
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(path for path in (ROOT / line for line in out.stdout.splitlines()) if path.is_file())


def without_comments(text):
    """The text with comments and strings replaced by spaces. Lines keep their numbers."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def lead(path, name):
    """The folder of the file that an #include "name" in path refers to. None if no file of this tree has that name."""
    if re.fullmatch(r"pb(_\w+)?\.h", name):
        return "nanopb"
    for base in (path.parent, ROOT / "core/include", ROOT / "core", ROOT / "proto/gen", ROOT / "boards/common"):
        target = (base / name).resolve()
        if target.is_file():
            return str(target.parent.relative_to(ROOT))
    for target in ROOT.glob(f"port/*/{name}"):
        return "port/public" if name.startswith("uspan_") else str(target.parent.relative_to(ROOT))
    return None


def include_faults(path, relative, text):
    rule = next((folder for folder in MAY_INCLUDE if relative.startswith(folder + "/")), None)
    if rule is None and not relative.startswith(("port/", "boards/")):
        return
    own = relative.split("/")[:2]
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', line)
        if not match:
            continue
        ours, standard = match.groups()
        if standard:
            allowed = STANDARD.get(relative.split("/")[0])
            if allowed is not None and standard not in allowed:
                yield number, f"<{standard}> is not for {rule}"
            continue
        folder = lead(path, ours)
        if ours.endswith(".c") and rule is None:  # compiles another port's source, and does not use what is private there
            if not all(line.strip() == "" or line.startswith("#") for line in without_comments(text).splitlines()):
                yield number, f'"{ours}" is a source; a file that includes one holds nothing else'
        elif rule is None:  # a port or a board: itself, core's public headers, other ports' public headers
            if folder and folder.split("/")[:2] != own and folder not in OPEN_TO_PORTS:
                if not (folder.startswith("port/") and Path(ours).name.startswith("uspan_")):
                    yield number, f'"{ours}" is in {folder}; a port or board may include itself and public headers'
        elif folder and folder not in MAY_INCLUDE[rule] and not (rule == "examples" and folder.startswith("examples")):
            yield number, f'"{ours}" is in {folder}; {rule} may include {", ".join(MAY_INCLUDE[rule])}'


def code_faults(path, relative, text):
    yield from include_faults(path, relative, text)
    bare = without_comments(text)
    if re.match(r"(core|port/mbedtls|examples)/", relative) and not relative.startswith("examples/"):
        for number, line in enumerate(bare.splitlines(), 1):
            for match in BANNED.finditer(line):
                if match.group(0).strip() == match.group(0) and not re.search(r"[.>]\s*$", line[:match.start()]):
                    yield number, f"{match.group(1)}() is not for firmware: no heap, no stdio, no locale"
    if relative.split("/")[0] in ("core", "port", "boards", "examples"):
        for number, line in enumerate(text.splitlines(), 1):
            if not line.replace("\u00a7", "").isascii():
                yield number, "not ASCII (the section sign in a comment aside)"
        if not re.match(rf"/\* {re.escape(path.name)}:", text) and "cmake" not in relative:
            yield 1, f'begins with "/* {path.name}: " and its one invariant'
    if re.search(r"\bgoto\b", bare):
        yield 1, "goto"


def heading_anchor(line):
    return re.sub(r"[^\w\- ]", "", line.lstrip("# ").strip().lower()).replace(" ", "-")


def anchors_of(text):
    bare = re.sub(r"```.*?```", "", text, flags=re.S)
    return {heading_anchor(line) for line in bare.splitlines() if line.startswith("#")}


def link_faults(path, text):
    """Links of a Markdown file to files that do not exist in this tree."""
    bare = re.sub(r"```.*?```", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S)
    for number, line in enumerate(bare.splitlines(), 1):
        for link in re.findall(r"\]\(([^)\s]+)\)", line):
            if re.match(r"[a-z]+:", link):
                continue
            target, _, anchor = link.partition("#")
            to = path.parent / target if target else path
            if not to.exists():
                yield number, f"links to {target}, which is not here"
            elif anchor and to.suffix == ".md" and anchor not in anchors_of(to.read_text(encoding="utf-8")):
                yield number, f"links to {target}#{anchor}, which no heading makes"
        for named in re.findall(r"`((?:core|proto|port|boards|tests|examples)/[\w./-]*\w)`", line):
            if not (ROOT / named).exists() and not re.search(r"gen|src", named):
                yield number, f"names {named}, which is not here"


def prose_faults(text):
    """The faults of a page against the rules for plain language, as far as a program can find them."""
    for sentence in pages.sentences(text):
        if len(sentence.split()) > WORDS_MAX:
            yield 1, f"a sentence of {len(sentence.split())} words, not {WORDS_MAX}; cure: two sentences: {sentence[:60]}..."
        if ";" in sentence:
            yield 1, f"a semicolon in prose; cure: two sentences, or a list: {sentence[:60]}..."
    for number, line in enumerate(text.splitlines(), 1):
        for word, instead in PUZZLES.items():
            if re.search(rf"\b{word}\b", QUOTED.sub("", line)):
                yield number, f'"{word}" puzzles a stranger; cure: {instead}'


def faults(path):
    relative = str(path.relative_to(ROOT))
    if relative.startswith("proto/gen/") or relative == "LICENSE":
        return
    if re.match(r"tests/wire/cases/\w+/re(quest|sponse)$", relative):  # bytes as a client or server sends them
        return
    if relative.split("/")[0] not in TOP and not relative.startswith("."):
        yield 1, f"the top level is closed: {', '.join(sorted(TOP))} and dotfiles"
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        if path.suffix == ".png":
            if path.stat().st_size > PICTURE_MAX:
                yield 1, f"a picture of more than {PICTURE_MAX} bytes"
        elif "fuzz" not in relative:
            yield 1, "not UTF-8 text"
        return
    lines = text.splitlines()
    if len(lines) > LINES_MAX and path.suffix not in (".md", ".sum") and path.name != "Kconfig":  # generated
        yield len(lines), f"{len(lines)} lines, more than {LINES_MAX}"
    if path.suffix in CODE and relative.split("/")[0] in ("core", "port", "boards", "examples"):
        if len(lines) > SHIPPED_LINES_MAX and relative not in LONGER:
            yield len(lines), f"{len(lines)} lines, more than {SHIPPED_LINES_MAX}: split it by what it holds"
        elif relative in LONGER and len(lines) <= SHIPPED_LINES_MAX:
            yield 1, f"{len(lines)} lines: remove it from LONGER in lint.py"
    ships = path.suffix in CODE and relative.split("/")[0] in ("core", "port", "boards", "examples")
    width = WIDTH_MAX if ships else WIDTH_MAX_ELSE
    for number, line in enumerate(lines, 1):
        if len(line) > width and path.suffix in (*CODE, ".sh", ".cmake", ".proto", ".py"):
            yield number, f"{len(line)} columns, more than {width}"
        if line.rstrip() != line and path.suffix != ".md":
            yield number, "white space at the end"
        if UNFINISHED.search(line):
            yield number, "an unfinished mark"
    if path.suffix in CODE:
        yield from code_faults(path, relative, text)
    if path.suffix == ".md":
        yield from link_faults(path, text)
        yield from prose_faults(text)
    if relative == "README.md" and (len(lines) > README_LINES_MAX or len(text.encode()) > README_BYTES_MAX):
        yield len(lines), f"more than {README_LINES_MAX} lines or {README_BYTES_MAX:,} bytes; cure: put it on a page of its own"
    is_long = len(lines) > PORT_README_LINES_MAX or len(text.split()) > PORT_README_WORDS_MAX
    if is_long and re.fullmatch(r"port/\w+/README\.md", relative):
        yield len(lines), (f"over {PORT_README_LINES_MAX} lines or {PORT_README_WORDS_MAX} words, in a port's README; cure: "
                           f"keep what a reader types and must know, and put the rest on another page")


def main():
    count = 0
    files = [str(path.relative_to(ROOT)) for path in tracked()]
    # If a rule's folder was renamed, the rule would find nothing and report nothing.
    for folder in [*MAY_INCLUDE, *STANDARD, "port/mbedtls", "boards", "tests"]:
        if not any(file.startswith(folder + "/") and file.endswith(CODE) for file in files):
            print(f"tests/build/lint.py:1: a rule is about {folder}/, which has no .c or .h file; cure: name it as it is now")
            count += 1
    for path in tracked():
        for number, words in faults(path):
            print(f"{path.relative_to(ROOT)}:{number}: {words}")
            count += 1
    for gone in sorted(name for name in LONGER if not (ROOT / name).exists()):
        print(f"tests/build/lint.py:1: {gone} is gone: remove it from LONGER")
        count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
