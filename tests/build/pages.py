"""pages.py: knows in which page each generated table is, and reads and writes it for the scripts.

Invariant: the path of each table is a constant here and nowhere else. To move a table, change that line."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
SIZE = ROOT / "tests/size/README.md"
COST = ROOT / "tests/bench/README.md"
OPTIONS = ROOT / "core/CONFIG.md"
BUILD = ROOT / "port/BUILD.md"
INTEROP = ROOT / "tests/interop/README.md"
POSIX = ROOT / "port/posix/README.md"
# marker: the page that has it
TABLES = {"size": SIZE, "stack": SIZE, "bench": COST, "board-cost": COST, "options": OPTIONS, "presets": OPTIONS,
          "interop": INTEROP, "files": BUILD, "makefile": BUILD, "chat.c": POSIX, "firmware.c": README, "costs": README}


def name(marker):
    return str(TABLES[marker].relative_to(ROOT))


def parts(marker):
    """The text before, between and after a marker's lines. The text between begins and ends with a line break."""
    path = TABLES[marker]
    begin, end = f"<!-- {marker}:begin -->", f"<!-- {marker}:end -->"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"{name(marker)} must have {begin} ... {end} once; cure: put both lines where the table goes")
    before, rest = text.split(begin)
    old, after = rest.split(end)
    return before + begin, old, end + after


def shown(marker):
    return parts(marker)[1].strip("\n")


def put(marker, text):
    """Write the text between the marker's lines. Returns whether the page changed."""
    before, old, after = parts(marker)
    new = "\n" + text.strip("\n") + "\n"
    if old == new:
        return False
    TABLES[marker].write_text(before + new + after, encoding="utf-8")
    return True


def differs(old, new, share, least):
    """Whether two texts differ: in a word, or in a number. A number differs if its distance from the new one is more than this
    share of it, and more than the least difference that counts."""
    number = r"\d[\d,]*"
    if re.sub(number, "", old) != re.sub(number, "", new):
        return True
    pairs = zip(*([int(found.replace(",", "")) for found in re.findall(number, text)] for text in (old, new)))
    return any(abs(one - other) > max(share * other, least) for one, other in pairs)


def sentences(text):
    """The sentences of a page: of paragraphs, list items and cells. Code, links and quoted text count as one word."""
    paragraphs, current = [], ""
    for line in [*prose(text).splitlines(), ""]:
        line = line.strip()
        starts = re.match(r"(?:[-*]|\d+\.) ", line)
        if not line or starts or line.startswith(("#", "<!--", "![", "|")):
            paragraphs.append(current)
            current = ""
        if line.startswith("|"):
            paragraphs += line.strip("|").split("|")
        elif starts:
            current = line[starts.end():]
        elif line and not line.startswith(("#", "<!--", "![")):
            current += " " + line
    found = []
    for paragraph in paragraphs:
        plain = re.sub(r"\]\([^)]*\)", "]", re.sub(r"`[^`]*`|“[^”]*”", "X", paragraph))
        found += [one.strip() for one in re.split(r"(?<=[.!?])\s+(?=[A-Z\[*(\d])", plain) if one.strip()]
    return found


def prose(text):
    """A page without code blocks and without generated text."""
    text = re.sub(r"<!-- ([\w.-]+):begin -->.*?<!-- \1:end -->", "", text, flags=re.S)
    return re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
