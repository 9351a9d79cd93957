#!/usr/bin/python3
"""uspan_dump.py: what a board was doing when it stopped, read from its memory: its spans as the demo's waterfall, or as OTLP.

Invariant: the firmware needs nothing except debug information in its ELF file. Memory is only read. No loop follows it further
than the size of its pools.
Usage: uspan_dump.py ELF MEMORY... [--otlp FILE|URL] [--at ADDRESS]
  MEMORY     FILE@ADDRESS  a raw image of RAM from that address on (QEMU's pmemsave, OpenOCD's dump_image, esptool's dump_mem)
             FILE          an ELF core file: of a host's program, of QEMU's dump-guest-memory, of ESP-IDF's espcoredump
             HOST:PORT     a gdb stub: QEMU's -gdb, OpenOCD, J-Link
  --otlp     write an ExportTraceServiceRequest to a file, or post it to a collector's http:// or https:// URL
  --at       where the tracer is, if no static variable is one"""
import argparse
import struct
import sys
import urllib.request
from pathlib import Path

from elftools.elf.elffile import ELFFile

sys.path[:0] = [str(Path(__file__).resolve().parent / "peers"), str(Path(__file__).resolve().parent)]
from dead_memory import Memory, Unreadable, tracers  # noqa: E402

STATES = {1: "open", 2: "ending", 3: "ended"}
STORES = ("NONE INT DOUBLE BOOL STATIC PERCENT INLINE TEXT BYTES INTS DOUBLES BOOLS TEXTS").split()
ERRORS = ("none USPAN_ERR_ARG USPAN_ERR_FULL USPAN_ERR_STALE USPAN_ERR_AGAIN USPAN_ERR_IO USPAN_ERR_REFUSED USPAN_ERR_CLOSED "
          "USPAN_ERR_TRUST USPAN_ERR_CONFIG").split()
DROPS = ("pool_full parent_dropped no_entropy stopped no_destination").split()
NONE, UNSYNCED_BASE_NS = 0xFFFF, 1_000_000_000 * 10**9


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
        """The value of an entry, or of an event's name. v is the union."""
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
        """Attributes. An attribute that was being written when the device stopped is left out."""
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
        """(spans, texts about what could not be read)"""
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
    """The resource attributes that the program set. A list in text form is left out."""
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


def kept_resource(tracer, number):
    """The resource that USPAN_KEEP stored for spans of an earlier boot, encoded. None if it is damaged or absent."""
    if not number or not tracer.has("keep") or number > tracer.keep.resources.count():
        return None
    kept = tracer.keep.resources[number - 1]
    data, words = kept.field("bytes").bytes()[:int(kept.len)], kept.bytes()[4:]
    total = 1
    for word in struct.unpack(f"{'>' if tracer.memory.big else '<'}{len(words) // 4}I", words[:len(words) // 4 * 4]):
        total = (total ^ word) * 2654435761 % 2**32
        total ^= total >> 15
    return data if total == int(kept.sum) else None


def encode(tracer, spans):
    """A request: spans of one boot with their own resource."""
    scope, of_resource = held(1, held(1, b"uspan_dump")), {}
    for span in spans:
        number = int(tracer.trace.epochs[int(span["slot"].epoch)].resource) if tracer.has("keep") else 0
        resource = kept_resource(tracer, number)
        of_resource.setdefault(attributes(1, resource_of(tracer)) if resource is None else resource, []).append(span)
    return b"".join(held(1, held(1, resource) + held(2, scope + b"".join(held(2, encode_span(span)) for span in of_it)))
                    for resource, of_it in of_resource.items())


# ---- texts -------------------------------------------------------------------------------------------------

def error_name(code):
    """A uspan_err_t with its name in uspan/err.h."""
    return f"{code} ({ERRORS[-code]})" if 0 < -code < len(ERRORS) else "none" if code == 0 else str(code)


def accounts(tracer):
    part = tracer.trace
    lines = [f"tracer at {tracer.address:#x}, {tracer.size()} bytes: {tracer.slots.count()} spans of "
             f"{tracer.slots[0].attrs.count()} attributes, text pool {tracer.blocks.count()} blocks of "
             f"{tracer.blocks[0].size()} bytes, "
             f"{tracer.dests.count()} destination(s), {'kept over resets' if tracer.has('keep') else 'not kept over resets'}"]
    lines.append(f"started {int(part.started)}, open {int(part.open)}, ended and waiting {int(part.ended)}, "
                 f"most spans {max(int(part.slots_live), int(part.slots_high))}, "
                 f"most blocks {max(int(part.blocks_live), int(part.blocks_high))}, unsampled {int(part.unsampled)}")
    lost = {name: int(part.dropped[i]) for i, name in enumerate(DROPS) if i < part.dropped.count()}
    lost.update({name: int(getattr(part, name))
                 for name in ("attrs_dropped", "events_dropped", "links_dropped", "values_truncated", "names_truncated")})
    lines.append("lost: " + (", ".join(f"{name} {n}" for name, n in lost.items() if n) or "nothing"))
    for d in range(tracer.dests.count()):
        dest = tracer.dests[d]
        if int(dest.used):
            target = dest.target
            lines.append(f"destination {d}: requests {int(target.requests)}, retries {int(target.retries)}, "
                         f"last HTTP status {int(target.last_status)}, last error {error_name(int(target.last_error))}")
    return lines


def show(request, lines, failed):
    """Print the demo's waterfall. Like the demo, it needs Python's protobuf package."""
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
                print(f"tracer at {tracer.address:#x}: uspan_init() was not called or failed, so it has no spans")
                continue
            spans, failed = Spans(tracer).all()
            request = encode(tracer, spans)
            if given.otlp and given.otlp.startswith("http"):
                post = urllib.request.Request(given.otlp, request, {"Content-Type": "application/x-protobuf"})
                print(f"{given.otlp}: HTTP status {urllib.request.urlopen(post, timeout=30).status}")
            elif given.otlp:
                Path(given.otlp).write_bytes(request)
            show(request, accounts(tracer), failed)
    except (Unreadable, OSError, ValueError) as error:
        print(f"uspan_dump: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
