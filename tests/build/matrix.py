"""matrix.py: the table of ports in port/README.md, from port/matrix.txt.

matrix.py --write writes the table. matrix.py --run runs the commands whose cell says CI, in the build folder that USPAN_BUILD_DIR
names, and tells which of them fail. test_matrix.py holds the table equal to this file, and each command to tests that exist."""
import os
import subprocess
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


def run():
    failed = 0
    for row, column, how, command in cells():
        if how.startswith("CI"):
            done = subprocess.run(command, shell=True, cwd=os.environ["USPAN_BUILD_DIR"], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
            bad = done.returncode != 0 or "No tests were found" in done.stdout
            failed += bad
            print(f"{'FAILED' if bad else 'passed'}: {row}, {COLUMNS[column]}: {command}")
    return failed


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page_with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    elif sys.argv[1:] == ["--run"]:
        sys.exit(run() != 0)
    else:
        print(table(), end="")
