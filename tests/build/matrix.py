"""matrix.py: writes the table of ports in port/README.md from port/matrix.txt.

matrix.py --write writes the table. matrix.py --results FILES reads outputs of ctest. It fails unless the tests of each cell
that says CI ran there and passed, and .ci/run calls it. test_matrix.py checks that the table equals this file, and that each
command names tests that exist."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "port/README.md"
BEGIN, END = "<!-- matrix:begin -->\n", "<!-- matrix:end -->\n"
COLUMNS = {
    "packages": "builds from packages",
    "fetched SDK": "builds with a fetched SDK",
    "emulator HTTP": "ran in an emulator, HTTP",
    "emulator HTTPS": "ran in an emulator, HTTPS",
    "host port": "ran on the RTOS's host port",
    "declared": "compiled against declared interfaces",
}


def cells():
    """(row, column, how, command) of each line."""
    for number, line in enumerate((ROOT / "port/matrix.txt").read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#") or line.strip() == "":
            continue
        parts = [part.strip() for part in line.split(" | ")]
        if len(parts) != 4 or parts[1] not in COLUMNS:
            raise ValueError(f"port/matrix.txt:{number}: not row | column | how | command")
        yield tuple(parts)


def table():
    rows = {}
    for row, column, how, _ in cells():
        rows.setdefault(row, {})[column] = how
    lines = ["| | " + " | ".join(COLUMNS.values()) + " | hardware |", "| --- |" + " --- |" * (len(COLUMNS) + 1)]
    lines += [f"| {row} | " + " | ".join(of.get(column, "no") for column in COLUMNS) + " | none |" for row, of in rows.items()]
    return "\n".join(lines) + "\n"


def page_with_table(text):
    head, rest = text.split(BEGIN)
    return head + BEGIN + table() + END + rest.split(END)[1]


def results(texts):
    """One line for each cell that says CI: whether its tests passed in these outputs of ctest."""
    ended = {}
    for text in texts:
        for name, how in re.findall(r"Test\s+#\d+: (\S+) \.+\s*(\S.*?)\s+[\d.]+ sec", text):
            ended[name] = ended.get(name, True) and how == "Passed"
    for row, column, how, command in cells():
        if how.startswith("CI"):
            pattern = command.removeprefix("ctest -R ")
            passed = [ended[name] for name in ended if re.search(pattern, name)]
            how = "NOT RUN" if not passed else "passed" if all(passed) else "FAILED"
            yield f"{how}: {row}, {COLUMNS[column]}: {command}"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page_with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    elif sys.argv[1:2] == ["--results"] and len(sys.argv) > 2:
        lines = list(results(Path(file).read_text(encoding="utf-8") for file in sys.argv[2:]))
        print("\n".join(lines))
        sys.exit(not all(line.startswith("passed") for line in lines))
    else:
        print(table(), end="")
