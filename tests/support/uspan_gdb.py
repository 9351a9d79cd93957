"""uspan_gdb.py: the gdb command `uspan spans [TRACER]`: shows the spans in a stopped program or a core file.

Invariant: it only reads memory, and needs only gdb's own Python. TRACER is an expression. Without one it is `tracer`.
Usage: gdb -x tests/support/uspan_gdb.py firmware.elf, then `uspan spans`"""
import gdb

STATES = {1: "open", 2: "ending", 3: "ended"}
NUMBERS = {1: "i", 2: "d", 3: "i"}  # USPAN_STORE_INT, DOUBLE, BOOL
STATIC, INLINE, TEXT = 4, 6, 7
STATUSES = ["", "ok", "ERROR"]


def text(pointer, length):
    return bytes(gdb.selected_inferior().read_memory(int(pointer), int(length))).decode("utf-8", "replace")


def chain(tracer, block, length):
    size, got = tracer["blocks"][0].type.sizeof, b""
    while len(got) < length:
        got += bytes(gdb.selected_inferior().read_memory(int(tracer["blocks"][block].address), size))
        block = int(tracer["block_next"][block])
    return got[:length].decode("utf-8", "replace")


def value(tracer, entry):
    store, length, held = int(entry["store"]), int(entry["len"]), entry["v"]
    if store in NUMBERS:
        return str(held[NUMBERS[store]])
    if store == STATIC:
        return text(held["text"], length)
    if store == INLINE:
        return text(held["inline_text"].address, length)
    return chain(tracer, int(held["chain"]["head"]), length) if store == TEXT and length else f"({length} bytes)"


def lines(tracer):
    slots = tracer["slots"]
    first, last = slots.type.range()
    for i in range(first, last + 1):
        slot = slots[i]
        state = STATES.get(int(slot["state"]))
        if state is None or not int(slot["flags"]) & 1:
            continue
        ids = "".join(f"{int(slot['span_id'][n]):02x}" for n in range(8))
        yield f"{state:6} {ids} {text(slot['name'].address, slot['name_len'])} {STATUSES[int(slot['status']) % 3]}"
        for n in range(int(slot["attr_count"])):
            entry = slot["attrs"][n]
            if int(entry["store"]) != 0:
                yield f"       {text(entry['key']['text'], entry['key']['len'])} = {value(tracer, entry)}"


class Uspan(gdb.Command):
    """uspan spans [TRACER]: the spans that a tracer holds, open ones too."""

    def __init__(self):
        super().__init__("uspan", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        words = argument.split(None, 1)
        if words[:1] != ["spans"]:
            raise gdb.GdbError("usage: uspan spans [TRACER]")
        tracer = gdb.parse_and_eval(words[1] if len(words) > 1 else "tracer")
        if tracer.type.code == gdb.TYPE_CODE_PTR:
            tracer = tracer.dereference()
        print("\n".join(lines(tracer)) or "no spans")


Uspan()
