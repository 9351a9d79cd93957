#!/usr/bin/python3
"""boards.py: flash and RAM of the boards' firmware by module, and the largest use in a run in QEMU.

Invariant: the linker refuses a firmware over its limit. size.py --check fails if one is over its budget, or over the ceiling of
a budget that is missed today.
Usage: boards.py [BOARD ...]   builds and prints `make firmware`'s tables; none given: every board"""
import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/support", "tests/support/peers", "tests/build")]
import ceilings  # noqa: E402
import firmware  # noqa: E402
import qemu  # noqa: E402
from receiver import Receiver  # noqa: E402
from sources import run  # noqa: E402
from streams import server_context  # noqa: E402

# The size of the board's partition. A larger firmware is not accepted.
LIMITS = {"lm3s6965evb": {"flash_bytes": 112 * 1024, "ram_bytes": 44 * 1024}}
BUDGETS = {"lm3s6965evb": {"flash_bytes": 106496, "ram_bytes": 40960}}
GOALS = {"lm3s6965evb": {"flash_bytes": 92160, "ram_bytes": 34816}}
# Ceilings of budgets that are missed today, as in size.py.
CEILINGS = {"lm3s6965evb": {"flash_bytes": 110094}}
PEAKS = ("stack_peak_bytes", "tls_heap_peak_bytes")
MODULES = [("core/trace", "uspan core: recording"), ("core/export", "uspan core: export"),
           ("core/(json|genai|wire)", "uspan genai"),
           ("proto/gen|/nanopb/", "nanopb and OTLP's tables"), ("port/(mbedtls|lwip)/[^/]*$", "uspan's ports"),
           ("/mbedtls/(library|include)/", "mbedTLS"), ("/lwip/src/", "lwIP"), ("/examples/", "agent"),
           (r"/boards/|firmware\w*\.dir/", "board")]
TOOLCHAIN, NAMELESS = "C library, compiler", "texts, tables, padding"
PREFIX = {"arm": "arm-none-eabi-", "riscv": "riscv64-unknown-elf-"}


def prefix_of(elf):
    machine = elf.read_bytes()[18]  # e_machine's low byte
    return PREFIX["arm" if machine == 40 else "riscv"]


def sections(elf):
    """{section: bytes} of the sections that use flash or RAM."""
    lines = run([f"{prefix_of(elf)}size", "-A", elf]).splitlines()
    return {name: int(size) for name, size in re.findall(r"^(\.(?:text|data|bss|stack))\s+(\d+)", "\n".join(lines), re.M)}


def totals(elf):
    size = sections(elf)
    return {"flash_bytes": size[".text"] + size[".data"], "ram_bytes": size[".data"] + size[".bss"] + size[".stack"]}


def module_of(path):
    if path is None:
        return NAMELESS
    return next((name for pattern, name in MODULES if re.search(pattern, path)), TOOLCHAIN)


def homes(elf):
    """{symbol: object} of data, which has no source line: the object in which the compiler put it, before the linker
    optimised."""
    found, path = {}, None  # of two symbols with one name, the larger one
    for line in run([f"{prefix_of(elf)}readelf", "-sW", *sorted(elf.parent.rglob("*.obj"))]).splitlines():
        if line.startswith("File: "):
            path = line[6:]
        elif " OBJECT " in line and " UND " not in line:
            size, symbol = int(line.split()[2], 0), line.split()[-1]
            found[symbol] = max((size, path), found.get(symbol, (0, "")))
    return {symbol: path for symbol, (_, path) in found.items()}


def modules(elf):
    """{module: [flash, RAM]}. A function belongs to the file of its own line, even if the linker optimised. Inlined code counts
    for the function that contains it."""
    found, whole, home = Counter(), totals(elf), homes(elf)
    for line in run([f"{prefix_of(elf)}nm", "-S", "-l", elf]).splitlines():
        match = re.match(r"\w+ (\w+) (\w) (\S+)(?:\t(.*):\d+)?$", line)
        if not match:
            continue
        size, kind, symbol, path = match.groups()
        name = module_of(path or home.get(re.sub(r"\.(lto_priv|constprop|isra|part)\.\d+", "", symbol)))
        for part, kinds in (("flash", "tTrRdDwW"), ("ram", "bBdD")):
            if kind in kinds:
                found[name, part] += int(size, 16)
    table = {name: [found[name, "flash"], found[name, "ram"]] for name, _ in found}
    table.setdefault(NAMELESS, [0, 0])
    table["stack"] = [0, sections(elf)[".stack"]]
    for place, part in enumerate(("flash_bytes", "ram_bytes")):
        table[NAMELESS][place] += whole[part] - sum(row[place] for row in table.values())
    return table


def show(built):
    table, whole = modules(built.elf), totals(built.elf)
    print(f"\n{built.board:24} {'flash':>8} {'RAM':>8}   bytes, {built.elf}")
    for name, (flash, ram) in sorted(table.items(), key=lambda row: -sum(row[1])):
        print(f"  {name:22} {flash:8,} {ram:8,}")
    print(f"  {'all':22} {whole['flash_bytes']:8,} {whole['ram_bytes']:8,}")
    for title, rows in (("budget", BUDGETS), ("limit", LIMITS)):
        if built.board in rows:
            row = rows[built.board]
            missed = "   missed" if any(whole[part] > row[part] for part in row) else ""
            print(f"  {title:22} {row['flash_bytes']:8,} {row['ram_bytes']:8,}{missed}")


def tracer_bytes(elf):
    """RAM of the application's tracer."""
    sizes = re.findall(r"^\w+ (\w+) [bB] tracer(?:\.\S+)?$", run([f"{prefix_of(elf)}nm", "-S", elf]), re.M)
    return max(int(size, 16) for size in sizes)


def share(elf):
    """Flash and RAM of uspan alone: its code, nanopb's, its ports with the heap that they give mbedTLS, and the application's
    tracer. Texts are not included, because the linker merges those of all sources."""
    rows = {name: row for name, row in modules(elf).items() if re.match("uspan|nanopb", name)}
    return {"uspan_flash_bytes": sum(flash for flash, _ in rows.values()),
            "uspan_ram_bytes": sum(ram for _, ram in rows.values()) + tracer_bytes(elf)}


def measure(board):
    """Sizes of a board's firmware, and the peaks of a run that delivered the agent's trace."""
    built = firmware.build(board)
    with Receiver(server_context()) as receiver:
        done = qemu.run(built, {"endpoint": f"https://{qemu.LOOPBACK}:{receiver.port}/v1/traces"})
    if done.status != 0:
        raise RuntimeError(f"{board} did not deliver its trace:\n{done.text}")
    memory = done.memory()
    return {**totals(built.elf), **share(built.elf), **{name: memory[name][0] for name in PEAKS}}


def measure_all():
    return {board: measure(board) for board in firmware.boards() if board in qemu.MACHINES}


def faults(measured):
    """(faults, notes)."""
    figures = {(board, name): measured[board][name] for board in BUDGETS for name in BUDGETS[board]}
    over = [f"{board}: {name} is {figure:,}, over the limit of {LIMITS[board][name]:,}"
            for (board, name), figure in figures.items() if figure > LIMITS[board][name]]
    more, notes = ceilings.judge_all((f"{board}: {name}", figure, BUDGETS[board][name], CEILINGS[board].get(name))
                                     for (board, name), figure in figures.items())
    return over + more, notes


def stable(text):
    """Text without the boards' rows. The length of the test certificate in a firmware changes from month to month."""
    return "\n".join(line for line in text.splitlines() if not re.match(rf"\| ({'|'.join(firmware.boards())})\b", line))


def table(measured):
    """Lines of README's table."""
    lines = ["| firmware: the agent over verified HTTPS, with lwIP, DHCP, mbedTLS | flash | RAM | of it uspan: flash | RAM "
             "| stack, most used | mbedTLS's heap, most used |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for board, size in measured.items():
        lines.append(f"| {board} | {size['flash_bytes']:,} | {size['ram_bytes']:,} | {size['uspan_flash_bytes']:,} "
                     f"| {size['uspan_ram_bytes']:,} | {size['stack_peak_bytes']:,} | {size['tls_heap_peak_bytes']:,} |")
    for title, rows in (("limit", LIMITS), ("budget", BUDGETS), ("goal", GOALS)):
        lines += [f"| {board}: {title} | {row['flash_bytes']:,} | {row['ram_bytes']:,} | | | | |" for board, row in rows.items()]
    return lines


def main(boards):
    for board in boards or firmware.boards():
        try:
            show(firmware.build(board))
        except (RuntimeError, ValueError) as error:
            print(f"firmware: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
