#!/usr/bin/python3
"""uspan_dump.py: what a board was doing when it stopped, read from its memory: its spans as the demo's waterfall, or as OTLP.

Invariant: nothing is asked of the firmware but debug information in its ELF file; memory is only read, and no loop follows it
further than its pools are large.
Usage: uspan_dump.py ELF MEMORY... [--otlp FILE|URL] [--at ADDRESS]
  MEMORY     FILE@ADDRESS  a raw image of RAM from that address on (QEMU's pmemsave, OpenOCD's dump_image, esptool's dump_mem)
             FILE          an ELF core file: of a host's program, of QEMU's dump-guest-memory, of ESP-IDF's espcoredump
             HOST:PORT     a gdb stub: QEMU's -gdb, OpenOCD, J-Link
  --otlp     write an ExportTraceServiceRequest to a file, or post it to a collector's http:// or https:// URL
  --at       where the tracer is, if no static variable is one"""
import argparse
import socket
import struct
import sys
import urllib.request
from pathlib import Path

from elftools.elf.elffile import ELFFile

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))

STATES = {1: "open", 2: "ending", 3: "ended"}
STORES = ("NONE INT DOUBLE BOOL STATIC PERCENT INLINE TEXT BYTES INTS DOUBLES BOOLS TEXTS").split()
DROPS = ("pool_full parent_dropped no_entropy stopped no_destination").split()
NONE, UNSYNCED_BASE_NS = 0xFFFF, 1_000_000_000 * 10**9
AT_ENTRY, NT_AUXV = 9, 6


class Unreadable(Exception):
    pass


# ---- memory ------------------------------------------------------------------------------------------------

class Image:
    """Raw bytes from an address on."""

    def __init__(self, data, address):
        self.data, self.address = data, address

    def read(self, address, size):
        at = address - self.address
        return self.data[at:at + size] if 0 <= at and at + size <= len(self.data) else None


class Stub:
    """Memory over the gdb remote protocol."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), 10)
        self.known = {}

    def ask(self, packet):
        self.socket.sendall(b"$%s#%02x" % (packet, sum(packet) % 256))
        got = b""
        while b"#" not in got or len(got.partition(b"#")[2]) < 2:
            piece = self.socket.recv(65536)
            if not piece:
                raise Unreadable("the gdb stub closed the connection")
            got += piece
            if got.startswith((b"+", b"-")):
                got = got[1:]
        self.socket.sendall(b"+")
        return got[got.index(b"$") + 1:got.index(b"#")]

    def read(self, address, size):
        pages = b""
        for page in range(address // 1024, (address + size - 1) // 1024 + 1):
            if page not in self.known:
                answer = self.ask(b"m%x,400" % (page * 1024))
                if answer[:1] in b"TSWX":  # why it stopped, told before it was asked
                    answer = self.ask(b"m%x,400" % (page * 1024))
                self.known[page] = bytes.fromhex(answer.decode()) if not answer.startswith(b"E") else None
            if self.known[page] is None:
                return None
            pages += self.known[page]
        return pages[address % 1024:address % 1024 + size]


class Memory:
    """All sources; what the ELF file itself holds of read-only data comes last."""

    def __init__(self, elf, sources):
        self.bias, self.images, self.layouts = 0, [], {}
        self.big = not elf.little_endian
        self.word = elf.elfclass // 8
        for source in sources:
            self.add(source, elf)
        for segment in elf.iter_segments("PT_LOAD"):
            if not segment["p_flags"] & 2:
                self.images.append(Image(segment.data(), segment["p_vaddr"] + self.bias))

    def add(self, source, elf):
        name, _, address = source.rpartition("@")
        host, _, port = source.rpartition(":")
        if name and Path(name).is_file():
            self.images.append(Image(Path(name).read_bytes(), int(address, 0)))
        elif Path(source).is_file():
            core = ELFFile(open(source, "rb"))
            self.images += [Image(segment.data(), segment["p_vaddr"]) for segment in core.iter_segments("PT_LOAD")
                            if segment["p_filesz"]]
            self.bias = self.entry_of(core, elf) if elf["e_type"] == "ET_DYN" else 0
        elif host and port.isdigit():
            self.images.append(Stub(host, int(port)))
        else:
            raise Unreadable(f"{source}: no such file; a raw image is FILE@ADDRESS, a gdb stub HOST:PORT")

    @staticmethod
    def entry_of(core, elf):
        """How far a position-independent program was moved, by AT_ENTRY of its auxiliary vector."""
        for segment in core.iter_segments("PT_NOTE"):
            for note in segment.iter_notes():
                data = note["n_descdata"] if isinstance(note["n_descdata"], bytes) else note["n_desc"]
                if note["n_type"] in (NT_AUXV, "NT_AUXV"):
                    data = data if isinstance(data, bytes) else data.encode("latin-1")
                    words = struct.unpack(f"<{len(data) // 8}Q", data[:len(data) // 8 * 8])
                    pairs = dict(zip(words[::2], words[1::2]))
                    return pairs[AT_ENTRY] - elf["e_entry"]
        raise Unreadable("the core file does not say where its program was: it has no NT_AUXV")

    def read(self, address, size):
        for image in self.images:
            data = image.read(address, size)
            if data is not None and len(data) == size:
                return data
        raise Unreadable(f"no memory at {address:#x}")

    def number(self, address, size, signed=False):
        return int.from_bytes(self.read(address, size), "big" if self.big else "little", signed=signed)

    def text(self, address, most=256):
        got = b""
        while len(got) < most:
            byte = self.read(address + len(got), 1)
            if byte == b"\0":
                break
            got += byte
        return got.decode("utf-8", "replace")


# ---- layout ------------------------------------------------------------------------------------------------

def attribute(die, name):
    """Of the DIE, or of what it stems from: LTO splits a variable in two."""
    for _ in range(4):
        if name in die.attributes:
            return die, die.attributes[name]
        for link in ("DW_AT_abstract_origin", "DW_AT_specification"):
            if link in die.attributes:
                die = die.get_DIE_from_attribute(link)
                break
        else:
            break
    return die, None


def type_of(die):
    owner, found = attribute(die, "DW_AT_type")
    return owner.get_DIE_from_attribute("DW_AT_type") if found else None


def plain(die):
    while die is not None and die.tag in ("DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type"):
        die = type_of(die)
    return die


def name_of(die):
    found = attribute(die, "DW_AT_name")[1]
    return found.value.decode() if found else ""


class Value:
    """A place in memory with a type: fields by name, elements by number."""

    def __init__(self, memory, die, address):
        self.memory, self.die, self.address = memory, plain(die), address

    def members(self):
        """{name: (offset, type)}, read once for each type."""
        key = self.die.offset
        if key not in self.memory.layouts:
            self.memory.layouts[key] = {
                name_of(member): (member.attributes["DW_AT_data_member_location"].value
                                  if "DW_AT_data_member_location" in member.attributes else 0, plain(type_of(member)))
                for member in self.die.iter_children() if member.tag == "DW_TAG_member"}
        return self.memory.layouts[key]

    def field(self, name):
        found = self.members().get(name)
        return Value(self.memory, found[1], self.address + found[0]) if found else None

    def __getattr__(self, name):
        found = self.field(name)
        if found is None:
            raise Unreadable(f"{name_of(self.die)} has no {name}: is it another version of uspan?")
        return found

    def has(self, name):
        return self.field(name) is not None

    def count(self):
        for child in self.die.iter_children():
            if "DW_AT_upper_bound" in child.attributes:
                return child.attributes["DW_AT_upper_bound"].value + 1
            if "DW_AT_count" in child.attributes:
                return child.attributes["DW_AT_count"].value
        return 0

    def __getitem__(self, n):
        element = plain(type_of(self.die))
        size = self.size_of(element)
        if n >= self.count():
            raise Unreadable("an index is beyond its pool")
        return Value(self.memory, element, self.address + n * size)

    def size_of(self, die):
        if die.tag == "DW_TAG_pointer_type":
            return self.memory.word
        if die.tag == "DW_TAG_array_type":
            inner = Value(self.memory, die, 0)
            return inner.count() * self.size_of(plain(type_of(die)))
        return die.attributes["DW_AT_byte_size"].value

    def size(self):
        return self.size_of(self.die)

    def bytes(self):
        return self.memory.read(self.address, self.size())

    def __int__(self):
        signed = "DW_AT_encoding" in self.die.attributes and self.die.attributes["DW_AT_encoding"].value in (5, 6)
        return self.memory.number(self.address, self.size(), signed)

    def deref(self):
        return Value(self.memory, type_of(self.die), int(self))


def of_symbols(elf, dwarf, memory, at):
    """The same by the symbol table, which is read fast: what is as large as a tracer. Only a unit that names one is read."""
    names = dwarf.debug_str_sec.stream.getvalue() if dwarf.debug_str_sec else b""
    place = names.find(b"\0uspan_tracer\0")
    symbols = elf.get_section_by_name(".symtab")
    if place < 0 or symbols is None:
        return []
    word = struct.pack(">I" if memory.big else "<I", place + 1)
    info = dwarf.debug_info_sec.stream.getvalue()
    for unit in dwarf.iter_CUs():
        if info.find(word, unit.cu_offset, unit.cu_offset + unit.size) < 0:
            continue
        for die in unit.get_top_DIE().iter_children():
            if die.tag == "DW_TAG_structure_type" and "DW_AT_byte_size" in die.attributes and name_of(die) == "uspan_tracer":
                size = die.attributes["DW_AT_byte_size"].value
                places = {symbol["st_value"] + memory.bias for symbol in symbols.iter_symbols()
                          if symbol["st_size"] == size and symbol["st_info"]["type"] == "STT_OBJECT"} if at is None else {at}
                return [Value(memory, die, address) for address in sorted(places)]
    return []


def tracers(elf, memory, at=None):
    """Value of each static tracer."""
    dwarf = elf.get_dwarf_info(relocate_dwarf_sections=False) if elf.has_dwarf_info() else None
    if dwarf is None:
        raise Unreadable("the ELF file has no debug information: give the one that was linked, before strip")
    known = of_symbols(elf, dwarf, memory, at)
    if known:
        return known
    found, struct_die = {}, None
    for unit in dwarf.iter_CUs():
        for die in unit.get_top_DIE().iter_children():
            if die.tag == "DW_TAG_structure_type" and name_of(die) == "uspan_tracer" and "DW_AT_byte_size" in die.attributes:
                struct_die = struct_die or die
                if at is not None:
                    return [Value(memory, struct_die, at)]
            location = die.attributes.get("DW_AT_location") if die.tag == "DW_TAG_variable" else None
            if location is None or not isinstance(location.value, list) or not location.value or location.value[0] != 3:
                continue
            kind = plain(type_of(die))
            if kind is not None and name_of(kind) == "uspan_tracer" and "DW_AT_byte_size" in kind.attributes:
                address = int.from_bytes(bytes(location.value[1:1 + memory.word]), "big" if memory.big else "little")
                found[address] = Value(memory, kind, address + memory.bias)
    if not found:
        raise Unreadable("no static variable is a uspan_tracer_t: --at ADDRESS says where it is")
    return list(found.values())


# ---- spans -------------------------------------------------------------------------------------------------

class Spans:
    """The spans of a tracer, as dictionaries."""

    def __init__(self, tracer):
        self.t, self.memory = tracer, tracer.memory
        self.block_bytes = tracer.blocks[0].size()

    def chain(self, block, length):
        got = b""
        while len(got) < length:
            got += self.t.blocks[block].bytes()
            block = int(self.t.block_next[block])
        return got[:length]

    def key(self, pointer):
        key = pointer.deref()
        return self.memory.read(int(key.text), int(key.len)).decode("utf-8", "replace")

    def value(self, store, length, v):
        """The value of an entry, or of an event's name: v is the union."""
        if store in ("INT", "BOOL"):
            number = self.memory.number(v.address, 8, True)
            return bool(number) if store == "BOOL" else number
        if store == "DOUBLE":
            return struct.unpack(">d" if self.memory.big else "<d", self.memory.read(v.address, 8))[0]
        if store == "STATIC":
            return self.memory.read(int(v.text), length).decode("utf-8", "replace")
        if store == "INLINE":
            return v.inline_text.bytes()[:length].decode("utf-8", "replace")
        data = self.chain(int(v.chain.head), length) if length else b""
        if store == "TEXT":
            return data.decode("utf-8", "replace")
        if store in ("INTS", "DOUBLES"):
            return list(struct.unpack(f"{'>' if self.memory.big else '<'}{length // 8}{'q' if store == 'INTS' else 'd'}", data))
        if store == "BOOLS":
            return [bool(byte) for byte in data]
        if store == "TEXTS":
            texts = []
            while len(data) >= 2:
                size = data[0] | data[1] << 8
                texts.append(data[2:2 + size].decode("utf-8", "replace"))
                data = data[2 + size:]
            return texts
        return data

    def entries(self, places):
        """Attributes; what was being written when the device stopped is left out."""
        for e in places:
            number = int(e.store)
            store = STORES[number] if number < len(STORES) else "NONE"
            if store == "NONE" or int(e.key) == 0:
                continue
            try:
                yield self.key(e.key), self.value(store, int(e.len), e.v)
            except Unreadable:
                yield "uspan.unreadable", f"an attribute of kind {store}"

    def item_entries(self, rec):
        per_block, at = self.t.blocks[0].entries.count(), int(rec.attrs)
        for i in range(int(rec.attr_count)):
            if i and i % per_block == 0:
                at = int(self.t.block_next[at])
            yield self.t.blocks[at].entries[i % per_block]

    def items(self, first, kind):
        seen = set()
        while first != NONE and first not in seen and len(seen) < 256:
            seen.add(first)
            rec = getattr(self.t.blocks[first], kind)
            yield rec
            first = int(rec.next)

    def unix(self, slot, mono_ns):
        epoch = self.t.trace.epochs[int(slot.epoch)]
        return (mono_ns + (int(epoch.offset_ns) if int(epoch.state) == 1 else UNSYNCED_BASE_NS)) % 2**64

    def span(self, slot):
        state = STATES[int(slot.state)]
        start, end = int(slot.start_ns), int(slot.end_ns)
        events = [{"time": self.unix(slot, int(rec.time_ns)), "mono": int(rec.time_ns),
                   "name": self.value(STORES[int(rec.name_store)], int(rec.name_len), rec.name),
                   "attributes": dict(self.entries(self.item_entries(rec)))}
                  for rec in self.items(int(slot.events), "event")]
        links = [{"trace_id": rec.trace_id.bytes(), "span_id": rec.span_id.bytes(), "flags": int(rec.flags),
                  "attributes": dict(self.entries(self.item_entries(rec)))} for rec in self.items(int(slot.links), "link")]
        name_len = int(slot.name_len)
        return {"state": state, "slot": slot, "trace_id": slot.trace_id.bytes(), "span_id": slot.span_id.bytes(),
                "parent_id": slot.parent_id.bytes().strip(b"\0") and slot.parent_id.bytes(), "start_mono": start, "end_mono": end,
                "name": slot.name.bytes()[:name_len].decode("utf-8", "replace"), "kind": int(slot.kind), "flags": int(slot.flags),
                "status": int(slot.status),
                "message": self.chain(int(slot.message), int(slot.message_len)).decode("utf-8", "replace"),
                "attributes": dict(self.entries(slot.attrs[i] for i in range(int(slot.attr_count)))),
                "events": events, "links": links,
                "dropped": [int(slot.dropped_attrs), int(slot.dropped_events), int(slot.dropped_links)]}

    def all(self):
        """(spans, what could not be read)"""
        spans, failed = [], []
        for i in range(self.t.slots.count()):
            slot = self.t.slots[i]
            if int(slot.state) not in STATES or not int(slot.flags) & 1:
                continue
            try:
                spans.append(self.span(slot))
            except (Unreadable, IndexError) as error:
                failed.append(f"slot {i}: {error}")
        last = max([at for span in spans for at in (span["start_mono"], span["end_mono"],
                                                    *[event["mono"] for event in span["events"]])], default=0)
        for span in spans:
            end = last if span["state"] == "open" else span["end_mono"]
            span["start"], span["end"] = self.unix(span["slot"], span["start_mono"]), self.unix(span["slot"], end)
            if span["state"] != "ended":
                span["attributes"]["uspan.open"] = True
        return spans, failed


# ---- OTLP --------------------------------------------------------------------------------------------------

def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def held(tag, data):
    return varint(tag << 3 | 2) + varint(len(data)) + data


def number(tag, n):
    return varint(tag << 3) + varint(n % 2**64) if n else b""


def any_value(value):
    if isinstance(value, bool):
        return varint(2 << 3) + varint(int(value))
    if isinstance(value, int):
        return varint(3 << 3) + varint(value % 2**64)
    if isinstance(value, float):
        return varint(4 << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, list):
        return held(5, b"".join(held(1, any_value(item)) for item in value))
    return held(7, value) if isinstance(value, bytes) else held(1, value.encode())


def attributes(tag, values):
    return b"".join(held(tag, held(1, key.encode()) + held(2, any_value(value))) for key, value in values.items())


def encode_span(span):
    out = held(1, span["trace_id"]) + held(2, span["span_id"]) + (held(4, span["parent_id"]) if span["parent_id"] else b"")
    out += held(5, span["name"].encode()) + number(6, span["kind"])
    out += varint(7 << 3 | 1) + struct.pack("<Q", span["start"]) + varint(8 << 3 | 1) + struct.pack("<Q", span["end"])
    out += attributes(9, span["attributes"]) + number(10, span["dropped"][0])
    for event in span["events"]:
        out += held(11, varint(1 << 3 | 1) + struct.pack("<Q", event["time"]) + held(2, event["name"].encode()) +
                    attributes(3, event["attributes"]))
    out += number(12, span["dropped"][1])
    for link in span["links"]:
        out += held(13, held(1, link["trace_id"]) + held(2, link["span_id"]) + attributes(4, link["attributes"]))
    out += number(14, span["dropped"][2])
    status = (held(2, span["message"].encode()) if span["message"] else b"") + number(3, span["status"])
    return out + (held(15, status) if status else b"") + varint(16 << 3 | 5) + struct.pack("<I", span["flags"])


def resource_of(tracer):
    """What the program set; a list in text is left out."""
    found = {}
    given = tracer.out.resource
    for field, key in (("service_name", "service.name"), ("service_version", "service.version"),
                       ("instance_id", "service.instance.id")):
        try:
            if int(getattr(given, field)):
                found[key] = tracer.memory.text(int(getattr(given, field)))
        except Unreadable:
            pass
    return found


def encode(tracer, spans):
    scope = held(1, held(1, b"uspan_dump"))
    scoped = scope + b"".join(held(2, encode_span(span)) for span in spans)
    return held(1, held(1, attributes(1, resource_of(tracer))) + held(2, scoped))


# ---- words -------------------------------------------------------------------------------------------------

def accounts(tracer):
    part = tracer.trace
    lines = [f"tracer at {tracer.address:#x}, {tracer.size()} bytes: {tracer.slots.count()} spans of "
             f"{tracer.slots[0].attrs.count()} attributes, text pool {tracer.blocks.count()} blocks of "
             f"{tracer.blocks[0].size()} bytes, "
             f"{tracer.dests.count()} destination(s), {'kept over resets' if tracer.has('keep') else 'not kept over resets'}"]
    lines.append(f"started {int(part.started)}, open {int(part.open)}, ended and waiting {int(part.ended)}, "
                 f"most spans {int(part.slots_high)}, most blocks {int(part.blocks_high)}, unsampled {int(part.unsampled)}")
    lost = {name: int(part.dropped[i]) for i, name in enumerate(DROPS) if i < part.dropped.count()}
    lost.update({name: int(getattr(part, name))
                 for name in ("attrs_dropped", "events_dropped", "links_dropped", "values_truncated")})
    lines.append("lost: " + (", ".join(f"{name} {n}" for name, n in lost.items() if n) or "nothing"))
    for d in range(tracer.dests.count()):
        dest = tracer.dests[d]
        if int(dest.used):
            target = dest.target
            lines.append(f"destination {d}: requests {int(target.requests)}, retries {int(target.retries)}, "
                         f"last status {int(target.last_status)}, last error {int(target.last_error)}")
    return lines


def show(request, lines, failed):
    """The demo's waterfall; it needs Python's protobuf, as the demo does."""
    import protos
    import tree
    from spans import ReceivedSpan
    message = protos.ExportRequest.FromString(request)
    tree.show([ReceivedSpan(span, given.resource, scoped.scope) for given in message.resource_spans
               for scoped in given.scope_spans for span in scoped.spans])
    print("\n".join(["", *lines, *[f"not readable: {text}" for text in failed]]))


def main(words):
    parser = argparse.ArgumentParser(usage=__doc__.split("Usage: ")[-1])
    parser.add_argument("elf")
    parser.add_argument("memory", nargs="+")
    parser.add_argument("--otlp")
    parser.add_argument("--at", type=lambda text: int(text, 0))
    given = parser.parse_args(words)
    try:
        elf = ELFFile(open(given.elf, "rb"))
        memory = Memory(elf, given.memory)
        for tracer in tracers(elf, memory, given.at):
            if int(tracer.trace.port) == 0:
                print(f"tracer at {tracer.address:#x}: never started")
                continue
            spans, failed = Spans(tracer).all()
            request = encode(tracer, spans)
            if given.otlp and given.otlp.startswith("http"):
                post = urllib.request.Request(given.otlp, request, {"Content-Type": "application/x-protobuf"})
                print(f"{given.otlp}: {urllib.request.urlopen(post, timeout=30).status}")
            elif given.otlp:
                Path(given.otlp).write_bytes(request)
            show(request, accounts(tracer), failed)
    except (Unreadable, OSError, ValueError) as error:
        print(f"uspan_dump: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
