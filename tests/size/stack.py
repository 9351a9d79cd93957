#!/usr/bin/python3
"""stack.py: computes a bound of each public call's stack on Cortex-M3, from the call graph of a linked image.

Invariant: no call is left out. Frame sizes come from gcc (-fstack-usage), and for libc and libgcc from the pushes in their
code. Calls are read from the disassembly. A tail call adds nothing to its caller, whose frame is gone by then. A call through
a pointer is resolved by the tables below. A call that is in none of them is a fault, and so is a target that no source defines.
Functions that the application supplies (port, transport, storage, hooks) count as zero: their stack is added. The exit status
is 0 only if every call is below its budget, or below the ceiling of its miss. With --check the page must agree too.
Usage: stack.py [--write | --check]   --write writes the table of tests/size/README.md, --check compares it"""
import re
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "build")]
import ceilings  # noqa: E402
import pages  # noqa: E402
from sources import (CORTEX_M3, ROOT, compile_all, core_sources, genai_sources, proto_sources, public_headers,  # noqa: E402
                     run)

OUT = ROOT / "build/stack"
OPTIONS = ["-Os", "-w", "-ffunction-sections", "-fdata-sections", "-fstack-usage", "-g1"]
# Two programs, as Studio and kept memory exclude one another. If a call is in both, the larger figure counts.
PROGRAMS = {"all": {"USPAN_STUDIO": 1, "USPAN_HTTP_PROXY": 1, "USPAN_GZIP": 1, "USPAN_SPOOL": 1, "USPAN_DESTINATIONS_MAX": 2},
            "keep": {"USPAN_KEEP": 1}}

# Targets of calls through pointers, by the pointer's name at the place of the call. If files differ, the key is file and name.
# Empty: the application supplies the function. So it does for port, transport, storage and hooks that are not named here.
POINTERS = {name: [] for name in (
    "lock", "unlock", "mono_ns", "unix_ns", "random", "task", "log", "read", "program", "erase", "sync", "ask", "renew",
    "is_direct", "write", "fn", "fill", "set", "step", "end", "begin", "post.c:last_error_text", "diagnose.c:open", "poll.c:open",
    "processor.c:redact",
    *[f"proxy.c:{name}" for name in ("open", "send", "recv", "close", "last_error_text")])}
POINTERS |= {
    "open": ["open_proxy", "open_post"], "send": ["send_proxy", "send_post"], "recv": ["recv_proxy", "recv_post"],
    "close": ["close_proxy", "close_post"], "last_error_text": ["why_proxy", "why_post"], "authorize": ["authorize"],
    "span": ["print_span", "capture_span"], "hook": ["look_for_children"],
    "find": ["uspan_current"], "redact": ["processor.c:redact"], "limit_chars": ["uspan_utf8_limit"],
    "run_processors": ["run_processors"], "before_end": ["tell_health"], "count_failure": ["count_failure"],
    "finish_texts": ["finish_texts"], "drop_waiting": ["drop_waiting"], "free_items": ["free_items"],
    "make": ["uspan_entry_build", "uspan_entry_build_text"], "feed_sink": ["feed_sink"], "keep_resource": ["uspan_keep_resource"],
    "next_listed": ["next_listed"],
    "percent_byte": ["uspan_percent_byte"], "put": ["put_items"], "put_elements": ["otlp_events.c:put_elements"],
    "size_elements": ["size_elements"], "next_attr": ["otlp_events.c:next_attr"],
    "spool_log.c:source": ["read_encoding", "copy_source"],
    "gzip.c:source": ["read_otlp"], "extra": ["name_openai", "name_tools", "set_trace"],
    "wire.c:begin": ["uspan_chat_begin", "uspan_embeddings_begin"], "next_value": ["uspan_item_next", "uspan_hold_next"],
    "end_unit": ["uspan_wire_end_choice", "wire_anthropic.c:end_event", "wire_responses.c:end_event"],
}
# Pointers whose targets depend on the caller: for calls that begin in functions of that file.
BOUND = {"wire.c": {"sink": ["uspan_wire_on_value"]}, "wire_tools.c": {"sink": ["wire_tools.c:take"]},
         "studio_message.c": {"sink": ["ignore"]}, "mcp_message.c": {"sink": ["mcp_message.c:take"]},
         "json_write_raw.c": {"take": ["append_as_string"]}}
# The same for calls that begin in a function.
BOUND_IN = {"uspan_attr_build_text": {"make": ["uspan_entry_build_text"]}, "set_array": {"make": ["uspan_entry_build"]},
            "set_one": {"make": ["uspan_entry_build"]}}
BOUND_NAMES = {name for names in BOUND.values() for name in names}

# Groups of calls with a common budget. ISR: the recording calls that an interrupt handler makes.
GROUPS = {"record": ("uspan.h", "context.h", "genai.h", "message.h", "pairs.h", "workflow.h", "scope.h", "usage.h", "inspect.h"),
          "export": ("export.h", "spool.h", "keep.h", "keep_types.h", "post.h", "read.h", "port_none.h"),
          "wire": ("wire.h", "mcp.h", "json_reader.h")}
ISR = ("uspan_start_n", "uspan_start_bare", "uspan_end", "uspan_end_at", "uspan_set_int", "uspan_set_bool", "uspan_set_double",
       "uspan_set_str_n", "uspan_set_static_n", "uspan_event_n", "uspan_set_status", "uspan_now", "uspan_context_of")
BUDGETS = {"record": 512, "isr": 192, "export": 512, "wire": 768, "kept record": 512, "kept isr": 192}
# Ceilings of the budgets that are missed today (ceilings.py). Values are only lowered.
CEILINGS = {"record": 1148, "isr": 404, "export": 1357, "wire": 2045, "kept record": 1502, "kept isr": 1050}
TOLERANCE, TOLERANCE_BYTES = 0.01, 16


class Image:
    """A linked program: its functions, their frames and their calls."""

    def __init__(self, name, settings):
        defines = [f"-D{key}={value}" for key, value in settings.items()]
        self.headers = {}
        for header in public_headers():
            text = (ROOT / "core/include/uspan" / header).read_text()
            for name in re.findall(r"^(?!static|typedef)\w[\w *]*\b(uspan_\w+)\(", text, re.M):
                self.headers.setdefault(name, header)
        objects = compile_all(core_sources() + genai_sources() + proto_sources(), OUT / name, CORTEX_M3, OPTIONS + defines)
        self.frames, self.dynamic = {}, set()
        for source, target in objects.items():
            for line in target.with_suffix(".su").read_text().splitlines():
                place, size, kind = line.rsplit("\t", 2)
                key = Path(place.split(":")[0]).name, base(place.rsplit(":", 1)[-1])
                self.frames[key] = max(int(size), self.frames.get(key, 0))
                if kind == "dynamic":
                    self.dynamic.add(key[1])
        self.calls, self.tails, self.names, self.files = {}, {}, {}, {}
        self.public = self.link(OUT / name, objects)
        self.disassemble(OUT / name / "main.elf")

    def link(self, folder, objects):
        defined = set(re.findall(r" T (uspan_\w+)", run(["arm-none-eabi-nm", *objects.values()])))
        names = sorted(set(self.headers) & defined)
        lines = [f"extern void {name}(void);" for name in names]
        lines += ["void (*const volatile table[])(void) = {", *[f"    {name}," for name in names], "};",
                  "int main(void) { for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) { table[i](); } return 0; }"]
        (folder / "main.c").write_text("\n".join(lines) + "\n")
        run([*CORTEX_M3, "-std=c11", "-w", "-Os", "-c", folder / "main.c", "-o", folder / "main.o"])
        run([*CORTEX_M3, "-Os", folder / "main.o", *objects.values(), "-o", folder / "main.elf", "--specs=nosys.specs",
             "-nostartfiles", "-Wl,--gc-sections", "-Wl,-e,main", "-Wl,--no-warn-rwx-segments"])
        return names

    def disassemble(self, image):
        """Functions are distinguished by address, because static functions of two files may have the same name."""
        function, place, own, self.addresses = None, None, {}, {}
        for line in run(["arm-none-eabi-objdump", "-d", "-l", "--no-show-raw-insn", image]).splitlines():
            head = re.match(r"([0-9a-f]+) <([^>]+)>:", line)
            source = re.match(r"(/.*):(\d+)( \(discriminator \d+\))?$", line)
            word = re.match(r" +[0-9a-f]+:\t(\S+)\s*(.*)", line)
            if head:
                function, place = int(head.group(1), 16), None
                self.names[function] = head.group(2)
                self.addresses.setdefault(head.group(2), []).append(function)
                self.calls[function], self.tails[function] = set(), set()
                own[function] = 0
            elif source:
                place = (source.group(1), int(source.group(2)))
                self.files.setdefault(function, Path(source.group(1)).name)
            elif word and function is not None:
                self.look_at(function, place, *word.groups())
                own[function] += pushed(*word.groups())
        self.bytes = {function: self.frames.get((self.files.get(function), base(self.names[function])), pushed_)
                      for function, pushed_ in own.items()}

    def look_at(self, function, place, op, rest):
        target = re.match(r"(?:\w+, )?([0-9a-f]+) <([^>+]+)>$", rest)
        is_call = op.startswith(("bl", "blx")) and not re.match(r"bl[est]", op)
        found = self.calls[function] if is_call or (target and ".cold" in target.group(2)) else self.tails[function]
        if target and op.startswith(("b", "cb")) and int(target.group(1), 16) != function:
            found.add(int(target.group(1), 16))
        elif op == "blx" or (op == "bx" and not rest.startswith("lr")):
            found |= {("pointer", member) for member in members(place, self.names[function])}


class Depth:
    """The depth of calls. Each function is visited once for each set of bound pointers."""

    def __init__(self, image):
        self.image, self.known, self.path, self.faults = image, {}, [], set()

    def named(self, target):
        file, _, name = target.rpartition(":")
        found = [address for full, addresses in self.image.addresses.items() if base(full) == name for address in addresses
                 if not file or self.image.files.get(address) == file]
        return found

    def of(self, function, bound=()):
        """(bytes, path of names) of the deepest chain that begins with a function."""
        image = self.image
        name = base(image.names[function])
        more = {**BOUND.get(image.files.get(function), {}), **BOUND_IN.get(name, {})}
        bound = tuple(sorted({**dict(bound), **{key: tuple(names) for key, names in more.items()}}.items()))
        if (function, bound) in self.known:
            return self.known[function, bound]
        if function in self.path:
            self.faults.add(f"{name} may call itself: {[image.names[one] for one in self.path]}")
            return 0, ()
        self.path.append(function)
        own = image.bytes[function]
        below = max((own + bytes_, chain) for bytes_, chain in [(0, ()), *self.targets(image.calls[function], bound)])
        below = max([below, *self.targets(image.tails[function], bound)])
        self.path.pop()
        self.known[function, bound] = (below[0], (name, *below[1]))
        return self.known[function, bound]

    def targets(self, calls, bound):
        """The depth of each function that is called."""
        for call in calls:
            for target in [call] if isinstance(call, int) else self.resolve(call[1], dict(bound)):
                if target in self.image.names:
                    yield self.of(target, bound)

    def resolve(self, member, bound):
        if member not in POINTERS and member not in BOUND_NAMES:
            self.faults.add(f"a call through a pointer that this script does not know: {member}; cure: enter it in POINTERS")
            return []
        return [address for target in bound.get(member, POINTERS.get(member, ())) for address in self.named(target)]


def members(place, function):
    """The targets of a call through a pointer at a line, by the names that the line calls."""
    if place is None or ROOT not in Path(place[0]).parents:
        return [] if function == "main" else [f"{function}: a pointer that nobody knows"]
    lines, name = Path(place[0]).read_text().splitlines(), Path(place[0]).name
    for first in range(place[1] - 1, max(place[1] - 5, -1), -1):  # a call may span several lines
        words = re.findall(r"\b(\w+)\(", " ".join(lines[first:place[1]]))
        found = [key for word in words for key in (f"{name}:{word}", word) if key in POINTERS or key in BOUND_NAMES][:1]
        if found:
            return found
    return [f"{name}: {lines[place[1] - 1].strip()}"]


def pushed(op, rest):
    """Bytes of stack that one instruction uses."""
    registers = re.search(r"\{([^}]*)\}", rest)
    if registers and (op.startswith("push") or (op.startswith("stmdb") and rest.startswith("sp!"))):
        count = 0
        for part in registers.group(1).split(","):
            first, _, last = part.strip().partition("-")
            order = {"sl": 10, "fp": 11, "ip": 12, "sp": 13, "lr": 14, "pc": 15}
            number = lambda name: order.get(name, int(name[1:]) if name[1:].isdigit() else 0)  # noqa: E731
            count += number(last) - number(first) + 1 if last else 1
        return 4 * count
    if op.startswith("sub") and rest.startswith("sp"):
        size = re.search(r"#(\d+)", rest)
        return int(size.group(1)) if size else 0
    if op.startswith("str") and ", [sp, #-" in rest and rest.endswith("!"):
        return int(re.search(r"#-(\d+)\]!", rest).group(1))
    return 0


def base(function):
    """The function's name in the source. Clones of the compiler have a suffix."""
    return re.sub(r"\.(isra|constprop|part|cold|lto_priv)(\.\d+)?.*", "", function)


def group_of(header):
    return next((group for group, headers in GROUPS.items() if header in headers), None)


def undefined():
    """The targets of POINTERS and BOUND that are no longer a function of their file, or of any file."""
    defined = {(path.name, name) for path in core_sources() + genai_sources() + proto_sources()
               for name in re.findall(r"^[a-zA-Z][\w *]*\b(\w+)\([^;]*$", path.read_text(encoding="utf-8"), re.M)}
    named = {target.rpartition(":")[::2] for names in (POINTERS, *BOUND.values(), *BOUND_IN.values())
             for targets in names.values() for target in targets} | {("", function) for function in BOUND_IN}
    return sorted(name for file, name in named
                  if not any(name == other and file in ("", path) for path, other in defined))


def measure():
    """({program: {call: (bytes, deepest chain, group)}}, faults)"""
    found, faults = {}, [f"no source defines {target}, a target of a call through a pointer; cure: name it as it is now"
                         for target in undefined()]
    for name, settings in PROGRAMS.items():
        image = Image(name, settings)
        depth = Depth(image)
        faults += [f"{function}: its frame is dynamic" for function in image.dynamic]
        groups = {call: group_of(image.headers[call]) for call in image.public}
        found[name] = {call: (*max(depth.of(address) for address in image.addresses[call]), group)
                       for call, group in groups.items() if group}
        faults += sorted(depth.faults)
    return found, faults


def worst(found):
    """The deepest call of each budget: {name: (bytes, call)}."""
    def deepest(program, calls):
        return max((found[program][call][0], call) for call in calls if call in found[program])

    groups = {group: [call for call in found["all"] if found["all"][call][2] == group] for group in GROUPS}
    return {**{group: deepest("all", calls) for group, calls in groups.items()}, "isr": deepest("all", ISR),
            "kept record": deepest("keep", groups["record"]), "kept isr": deepest("keep", ISR)}


WORDS = {"record": "record: uspan.h, genai.h, message.h and what belongs to them", "isr": "record in an ISR: the calls with †",
         "export": "uspan_poll() and the rest of export, without TLS", "wire": "readers of LLM traffic and MCP: wire.h, mcp.h",
         "kept record": "record with `USPAN_KEEP 1`: the first root after a mount", "kept isr": "the same in an ISR"}


def table(found):
    lines = ["| stack of public calls (Cortex-M3, gcc -Os) | bytes | budget | deepest call |", "| --- | ---: | ---: | --- |"]
    for name, (bytes_, call) in worst(found).items():
        lines.append(f"| {WORDS[name]} | {bytes_:,} | {ceilings.shown(BUDGETS[name], CEILINGS.get(name))} | `{call}` |")
    lines += ["", "| call | bytes | through |", "| --- | ---: | --- |"]
    calls = {**found["keep"], **found["all"]}
    for call, (bytes_, chain, _) in sorted(calls.items(), key=lambda one: (-one[1][0], one[0])):
        through = ", ".join([f"`{name}`" for name in chain[1:] if name.startswith("uspan_")][:3]) or "–"
        lines.append(f"| `{call}`{' †' if call in ISR else ''} | {bytes_:,} | {through} |")
    return "\n".join(lines)


def main(arguments):
    found, faults = measure()
    missing = [call for call in ISR if call not in found["all"]]
    if missing or len(found["all"]) < 200:
        print(f"stack: {len(found['all'])} calls found, not found: {missing}; cure: look for renamed calls in this script",
              file=sys.stderr)
        return 1
    text = table(found)
    print(text)
    more, notes = ceilings.judge_all((f"stack of {name}", bytes_, BUDGETS[name], CEILINGS.get(name))
                                     for name, (bytes_, _) in worst(found).items())
    faults += more
    for note in notes:
        print(f"stack: {note}")
    if arguments == ["--write"]:
        pages.put("stack", text)
    elif arguments and pages.differs(pages.shown("stack"), text, TOLERANCE, TOLERANCE_BYTES):
        faults.append(f"the table of {pages.name('stack')} differs from this build; cure: make size, and commit the page")
    for fault in faults:
        print(f"stack: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
