#!/usr/bin/python3
"""board.py: `make bench BOARD=mps2_an386`. What spans and connections cost on a Cortex-M4, in instructions that QEMU counts.

Invariant: QEMU counts the instructions, so a busy host does not change a figure. Recording and encoding are measured twice and
must be equal. The exit status is 0 only if every budget holds or its figure is below the ceiling of its miss. With --check,
tests/bench/README.md must show these figures too.
Usage: board.py mps2_an386 [--write | --check]   adds to build/bench.json; --write README's tables too, --check compares them"""
import json
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/build", "tests/support", "tests/support/peers")]
import ceilings  # noqa: E402
import firmware  # noqa: E402
import pages  # noqa: E402
import qemu  # noqa: E402
from receiver import Receiver  # noqa: E402
from sources import INCLUDES, NANOPB_OPTIONS, WARNINGS, compile_all, core_sources, genai_sources, proto_sources, run  # noqa: E402
from streams import server_context  # noqa: E402

BOARD = "mps2_an386"
OUT = ROOT / "build/bench" / BOARD
PROGRAMS = ROOT / "tests/bench/board"
COMPILER = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb"]
OPTIONS = ["-Os", "-DNDEBUG", "-ffunction-sections", "-fdata-sections"]
BOARD_INCLUDES = [f"-I{ROOT / folder}" for folder in
                  ("tests/bench", "tests/bench/board", "boards/common", "boards/common/cortex_m", "boards/mps2_an385")]
BOARD_SOURCES = [ROOT / "boards/mps2_an385/board.c", ROOT / "boards/common/console.c", ROOT / "boards/common/semihost.c",
                 *sorted(ROOT.glob("boards/common/cortex_m/*.c"))]
LOCKS = {"inline": ['-DUSPAN_LOCK_HEADER="lock_inline.h"', f"-I{ROOT / 'boards/common/cortex_m'}"], "port": []}
COUNTED = {"calls": ["-icount", "shift=8"], "connect": ["-icount", "shift=3"]}  # as in meter.h and connect.c
TOLERANCE = 0.1  # between README and a run

RECORD_PEERS, ENCODE_PEERS = "ctraces 8,859; oteltracing-c 6,232", "ctraces 46,960; oteltracing-c 30,413"
# key: (label, peers, budget, goal). None: there is none. The budget of recording is for the lock compiled in, as on the host.
ROWS = {
    "record_w1_instructions": ("record W1, lock inline (`USPAN_LOCK_HEADER`)", RECORD_PEERS, 4000, 3000),
    "record_w1_port_lock_instructions": ("record W1, lock through the port, as by default", "", 3600, 3000),
    "record_w1_all_instructions": ("record W1 by `uspan_set_all()`, lock inline", "", None, None),
    "record_w1_typed_instructions": ("record W1 by typed calls, begin and end, lock inline", "", 5200, 4000),
    "record_w2_instructions": ("record W2", "", None, None),
    "encode_w1_instructions": ("encode W1 in a batch of 64, sizing included, reads of 1,400 bytes", ENCODE_PEERS, 4900, 4500),
    "memcpy_w1_instructions": ("memcpy of as many bytes", "", None, None),
    "poll_idle_instructions": ("`uspan_poll()` with nothing to do", "", None, None),
    "poll_longest_instructions": ("the longest `uspan_poll()` until a batch of 64 W1 is delivered over HTTP", "", 60000, 40000),
    "poll_locked_instructions": ("the longest that those polls kept interrupts out, lock through the port", "", None, None),
}
# Ceilings of the budgets that are missed today (ceilings.py). Values are only lowered.
CEILINGS = {}
CALLS = {
    "start": "uspan_start()", "end": "uspan_end()", "set_int": "uspan_set_int()", "set_double": "uspan_set_double()",
    "set_bool": "uspan_set_bool()", "set_str": "uspan_set_str()", "set_static": "uspan_set_static()",
    "set_bytes": "uspan_set_bytes()", "set_ints": "uspan_set_ints()", "set_doubles": "uspan_set_doubles()",
    "set_bools": "uspan_set_bools()", "set_strs": "uspan_set_strs()", "append_str": "uspan_append_str()",
    "append_bytes": "uspan_append_bytes()", "event": "uspan_event_n()", "add_link": "uspan_add_link()",
    "set_status": "uspan_set_status()", "set_name": "uspan_set_name()", "record_error": "uspan_record_error_data()",
    "set_all": "uspan_set_all()", "chat_begin": "uspan_chat_begin_with()", "chat_end": "uspan_chat_end()",
    "enter_and_leave": "uspan_enter(), uspan_leave()", "context_of": "uspan_context_of()",
}
SCENES = {
    "usual": "always the same", "full": "table full, a new key",
    "replace": "table full, its last value, of 4,096 bytes, replaced",
    "replace_wide": "4,096 bytes of two-byte characters replace a value", "replace_broken": "4,096 broken bytes replace a value",
    "replace_mixed": "4,096 bytes, every other one broken, replace a value",
    "full_mixed": "4,096 bytes, every other one broken; table full", "dry": "text pool dry", "dry_long": "text pool dry",
    "texts": "every field or entry, texts of 256 bytes", "limited": "4,096 bytes of two-byte characters, value limit 1,000",
    "plain": "longest text", "broken": "a broken byte near the end", "mixed": "texts of 4,096 bytes, every other one broken",
    "pool_full": "no slot free", "remote": "remote parent with 512 bytes of tracestate",
    "queued": "tables full, every text cut amid a character",
    "given_back": "tables full, no destination: all of it is freed",
    "amid": "4,096 bytes, every other one broken, after half a character",
    "amid_plain": "4,096 bytes after half a character", "amid_wide": "4,096 bytes of two-byte characters after half a one",
}
SCENES_OF = {("set_strs", "replace"): "2,048 empty texts", ("set_strs", "full"): "2,048 empty texts"}
ALIKE = "alike"  # a separate scene: keys that no real program uses
PHASES = {"full": "new connection, full handshake", "resumed": "new connection, resumed with a ticket", "kept": "kept connection"}
SHOWN = {"tls_1_3_psk_ke": ("resumed",), "restartable": ("full", "resumed"), "lm3s6965evb_restartable": ("full", "resumed")}
# name: (label, board, cmake's settings, versions of TLS that the server supports)
RESTARTABLE = ["-DUSPAN_TLS_RESTARTABLE=ON"]
BUILDS = {
    "tls_1_2": ("TLS 1.2", BOARD, [], ("1.2", "1.2")),
    "tls_1_3": ("TLS 1.3", BOARD, [], ("1.3", "1.3")),
    "tls_1_3_psk_ke": ("TLS 1.3, `USPAN_TLS_PSK_KE`", BOARD, ["-DUSPAN_TLS_PSK_KE=16"], ("1.3", "1.3")),
    "restartable": ("TLS 1.2, `USPAN_TLS_RESTARTABLE`", BOARD, RESTARTABLE, ("1.2", "1.3")),
    "lm3s6965evb": ("Cortex-M3 with small tables (lm3s6965evb), TLS 1.2", "lm3s6965evb", [], ("1.2", "1.3")),
    "lm3s6965evb_restartable": ("the same, `USPAN_TLS_RESTARTABLE`", "lm3s6965evb", RESTARTABLE, ("1.2", "1.3")),
}
# Budgets in instructions: of uspan and lwIP for a request over that connection, with connecting. STEP_BUDGETS: of the longest
# single uspan_poll().
CONNECTION_BUDGETS = {("tls_1_2", "resumed"): 10**6, ("tls_1_2", "kept"): 10**6, ("tls_1_3", "kept"): 10**6,
                      ("tls_1_3_psk_ke", "resumed"): 10**6,
                      ("lm3s6965evb", "resumed"): 10**6, ("lm3s6965evb", "kept"): 10**6}
CONNECTION_BUDGETS |= {(name, "quiet"): 15_000 for name in BUILDS}  # of a second, which has 125 million
WIRE_BUDGET = 40  # instructions for a byte of a streamed answer. The figure must be lower
STEP_BUDGETS = {"restartable": 2_500_000, "lm3s6965evb_restartable": 3_000_000}


# ---- recording and encoding

def build_calls(lock):
    """The firmware of tests/bench/board with one of LOCKS. The core's options are those in calls.c's first lines."""
    head = re.search(r"uspan-config: ([^*]+)", (PROGRAMS / "calls.c").read_text()).group(1)
    options = [*OPTIONS, *[f"-D{one}" for one in head.split()], *LOCKS[lock]]
    folder = OUT / lock
    objects = compile_all(core_sources() + genai_sources() + proto_sources(), folder, COMPILER, options)
    mine = []
    for source in [PROGRAMS / name for name in ("calls.c", "rig.c", "scenes.c", "scenes_many.c")]:
        mine.append(folder / f"{source.stem}.o")
        run([*COMPILER, "-std=c11", *WARNINGS, *options, *INCLUDES, *NANOPB_OPTIONS, *BOARD_INCLUDES, "-c", source,
             "-o", mine[-1]])
    elf = folder / "calls.elf"
    run([*COMPILER, "-std=gnu11", "-w", *options, *INCLUDES, *BOARD_INCLUDES, *BOARD_SOURCES, *mine, *objects.values(), "-o", elf,
         "--specs=nano.specs", "-nostartfiles", "-T", ROOT / "boards" / BOARD / "link.ld", f"-L{ROOT / 'boards/common/cortex_m'}",
         "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments"])
    return firmware.Firmware(BOARD, elf, None)


def run_calls(built):
    """{(group, name): (first, second)}: the figures that the firmware prints."""
    done = qemu.run(built, more=COUNTED["calls"])
    if done.status != 0 or not done.text.endswith("done\n"):
        raise RuntimeError(f"{built.elf} did not come to its end:\n{done.text}")
    return {(group, name): (int(first), int(second))
            for group, name, first, second in re.findall(r"^(\w+) (\w+) (\d+) (\d+)$", done.text, re.M)}


def calls_of(told):
    """{call: usual cost, worst cost, its scene, the longest time with interrupts disabled}."""
    found = {}
    for call in CALLS:
        costs = {scene: costs for (group, scene), costs in told.items() if group == call}
        scenes = [scene for scene in costs if scene != ALIKE]
        worst = max(scenes, key=lambda scene: costs[scene][0])
        found[call] = {"usual": costs["usual"][0], "worst": costs[worst][0], "worst_in": worst,
                       "locked": max(costs[scene][1] for scene in scenes)}
    return found


def measure_calls():
    with ThreadPoolExecutor(2) as pool:
        built = dict(zip(LOCKS, pool.map(build_calls, LOCKS)))
        runs = list(pool.map(run_calls, [built["inline"], built["inline"], built["port"]]))
    if runs[0] != runs[1]:
        raise RuntimeError("two runs differ: " + ", ".join(f"{key} {runs[0][key]} {runs[1].get(key)}" for key in runs[0]
                                                           if runs[0][key] != runs[1].get(key)))
    inline, port = runs[0], runs[2]
    of_port = {"record_w1_port_lock_instructions": port["work", "record_w1"][0],
               "poll_locked_instructions": port["work", "poll_longest"][1]}
    found = {key: of_port.get(key) or inline["work", key.removesuffix("_instructions")][0] for key in ROWS}
    found["wire_w1_bytes"] = inline["work", "wire_w1"][0]
    found["alike_instructions"] = port["set_int", ALIKE][0]
    found["wire_instructions_per_byte"] = {name: round(cost / size, 1) for (group, name), (cost, size) in inline.items()
                                           if group == "wire"}
    found["calls"] = calls_of(port)  # only the port's lock can be measured
    return found


# ---- connections

def measure_connection(name):
    """{phase: instructions of uspan, of lwIP, of the longest poll} of one of BUILDS."""
    _, board, settings, (least, most) = BUILDS[name]
    built = firmware.build(board, *settings, image="firmware_connect")
    with Receiver(server_context(minimum=least, maximum=most, psk_ke=name == "tls_1_3_psk_ke")) as receiver:
        done = qemu.run(built, {"endpoint": f"https://{qemu.LOOPBACK}:{receiver.port}/v1/traces", "unix_s": int(time.time())},
                        more=COUNTED["connect"])
        seen = [(c.tls_version, c.reused) for c in receiver.connections]
    version = "TLSv1.3" if least == "1.3" else "TLSv1.2"
    if done.status != 0 or seen != [(version, False), (version, True)]:
        raise RuntimeError(f"{name}: status {done.status}, connections {seen}\n{done.text}")
    return {phase: {"uspan": int(uspan), "stack": int(stack), "longest_poll": int(longest)} for phase, uspan, stack, longest in
            re.findall(r"^(\w+) uspan (\d+) stack (\d+) longest (\d+)", done.text, re.M)}


def measure():
    found = measure_calls()
    found["connection"] = {name: measure_connection(name) for name in BUILDS}
    found["compiler"] = run([*COMPILER, "--version"]).splitlines()[0]
    return found


# ---- output

def verdict(figure, budget, goal):
    words = [f"**{round(figure - budget, 1):,} over the budget**"] if budget is not None and figure > budget else []
    if goal is not None:
        words.append("goal met" if figure <= goal else f"{round(figure - goal, 1):,} above the goal")
    return "; ".join(words)


def thousands(number):
    return f"{round(number / 1000):,} k" if number < 10**6 else f"{number / 10**6:.1f} M"


def table(found):
    lines = ["| instructions (Cortex-M4, -Os) | uspan | budget | goal | | peers |", "| --- | ---: | ---: | ---: | --- | --- |"]
    for key, (label, peers, budget, goal) in ROWS.items():
        limits = ["" if budget is None else ceilings.shown(budget, CEILINGS.get(key)), "" if goal is None else f"{goal:,}"]
        lines.append(f"| {label} | {found[key]:,} | {limits[0]} | {limits[1]} | {verdict(found[key], budget, goal)} | {peers} |")
    lines += ["", "| call, instructions | usual | at worst | interrupts kept out | the worst is |",
              "| --- | ---: | ---: | ---: | --- |"]
    for call, cost in found["calls"].items():
        scene = SCENES_OF.get((call, cost["worst_in"]), SCENES[cost["worst_in"]])
        lines.append(f"| `{CALLS[call]}` | {cost['usual']:,} | {cost['worst']:,} | {cost['locked']:,} | {scene} |")
    lines += ["", f"Keys are compared by a hash first. With {found['alike_instructions']:,} instructions and as long a lock a "
              "setter finds the last key of a full table, where all keys have 255 bytes, one hash, and another last byte.", "",
              "| a request with one W1, connecting included | instructions | the longest `uspan_poll()` |",
              "| --- | ---: | ---: |"]
    for name, phases in found["connection"].items():
        for phase in SHOWN.get(name, PHASES):  # only the phases that differ from the builds above it
            cost = phases[phase]
            lines.append(f"| {BUILDS[name][0]}: {PHASES[phase]} | {thousands(cost['uspan'] + cost['stack'])} "
                         f"| {thousands(cost['longest_poll'])} |")
    costs = ", ".join(f"{name} {cost}{' (missed)' if cost >= WIRE_BUDGET else ''}"
                      for name, cost in found["wire_instructions_per_byte"].items())
    return "\n".join([*lines, "", f"Instructions for a byte of a streamed answer, by wire.h, budget below {WIRE_BUDGET}: "
                      f"{costs}. Compiler: {found['compiler']}."])


def number_of(cell):
    """A cell's figure. None if it has none."""
    found = re.fullmatch(r"([\d,.]+) ?([kM]?)", cell.strip())
    return float(found.group(1).replace(",", "")) * {"": 1, "k": 10**3, "M": 10**6}[found.group(2)] if found else None


def cells(text):
    """{first cell of a row: its figures} of every row."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {first: [number_of(cell) for cell in rest if number_of(cell) is not None] for first, *rest in rows}


def page_faults(found, write):
    page = pages.name("board-cost")
    new = table(found)
    if write:
        pages.put("board-cost", new)
        return []
    old = pages.shown("board-cost")
    cure = f"cure: tests/bench/board.py {BOARD} --write, and commit the page"
    shown, measured = cells(old), cells(new)
    if list(shown) != list(measured):
        return [f"{page}: the tables of the board are not in this script's form; {cure}"]
    return [f"{page} says {shown[row]} for {row}, this run {measured[row]}; {cure}" for row in measured
            if len(shown[row]) != len(measured[row]) or
            any(abs(one - other) > TOLERANCE * max(one, other) for one, other in zip(shown[row], measured[row]))]


def budget_faults(found):
    """(faults, notes) of every budget that is missed."""
    figures = [(key, found[key], budget) for key, (_, _, budget, _) in ROWS.items() if budget is not None]
    for (name, phase), budget in CONNECTION_BUDGETS.items():
        cost = found["connection"][name][phase]
        figures.append((f"{name}, {phase}, instructions", cost["uspan"] + cost["stack"], budget))
    for name, budget in STEP_BUDGETS.items():
        longest = max(cost["longest_poll"] for cost in found["connection"][name].values())
        figures.append((f"{name}, the longest uspan_poll(), instructions", longest, budget))
    for name, cost in found["wire_instructions_per_byte"].items():  # to a tenth
        figures.append((f"{name}, instructions for a byte", cost, WIRE_BUDGET - 0.1))
    return ceilings.judge_all((name, figure, budget, CEILINGS.get(name)) for name, figure, budget in figures)


def main(arguments):
    if arguments[:1] != [BOARD] or arguments[1:] not in ([], ["--write"], ["--check"]):
        print(__doc__.rsplit("\n", 1)[-1], file=sys.stderr)
        return 2
    found = measure()
    path = ROOT / "build/bench.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**known, BOARD: found}, indent=1) + "\n")
    print(table(found))
    faults, notes = budget_faults(found)
    for note in notes:
        print(f"bench: {note}")
    if arguments[1:]:
        faults += page_faults(found, arguments[1:] == ["--write"])
    for fault in faults:
        print(f"bench: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
