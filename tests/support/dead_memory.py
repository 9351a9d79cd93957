"""dead_memory.py: reads the memory of a stopped program, and C values in it, from an image, a core file or a gdb stub.

Invariant: memory is only read. Types and addresses come from the debug information of the ELF file."""
import re
import socket
import struct
from pathlib import Path

from elftools.elf.elffile import ELFFile

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
        self.got = b""
        self.known = {}

    def packet(self):
        """The next packet of the stub."""
        while True:
            found = re.search(rb"\$([^#]*)#..", self.got, re.DOTALL)
            if found:
                self.got = self.got[found.end():]
                self.socket.sendall(b"+")
                return found.group(1)
            piece = self.socket.recv(65536)
            if not piece:
                raise Unreadable("the gdb stub closed the connection; cure: stop the target and detach other debuggers")
            self.got += piece

    def ask(self, packet):
        """The response to a packet. A stub also reports, without a request, that the target stopped. Such packets are
        skipped."""
        self.socket.sendall(b"$%s#%02x" % (packet, sum(packet) % 256))
        while True:
            answer = self.packet()
            if answer[:1] not in (b"T", b"S", b"W", b"X", b"O"):
                return answer

    def read(self, address, size):
        pages = b""
        for page in range(address // 1024, (address + size - 1) // 1024 + 1):
            if page not in self.known:
                answer = self.ask(b"m%x,400" % (page * 1024))
                self.known[page] = bytes.fromhex(answer.decode()) if not answer.startswith(b"E") else None
            if self.known[page] is None:
                return None
            pages += self.known[page]
        return pages[address % 1024:address % 1024 + size]


class Memory:
    """All sources. The read-only data of the ELF file itself is searched last."""

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
            raise Unreadable(f"{source}: no such file; cure: a raw image is FILE@ADDRESS, a gdb stub HOST:PORT")

    @staticmethod
    def entry_of(core, elf):
        """The distance by which a position-independent program was moved, from AT_ENTRY of its auxiliary vector."""
        for segment in core.iter_segments("PT_NOTE"):
            for note in segment.iter_notes():
                data = note["n_descdata"] if isinstance(note["n_descdata"], bytes) else note["n_desc"]
                if note["n_type"] in (NT_AUXV, "NT_AUXV"):
                    data = data if isinstance(data, bytes) else data.encode("latin-1")
                    words = struct.unpack(f"<{len(data) // 8}Q", data[:len(data) // 8 * 8])
                    pairs = dict(zip(words[::2], words[1::2]))
                    return pairs[AT_ENTRY] - elf["e_entry"]
        raise Unreadable("the core file has no NT_AUXV, so the address of its program is not known")

    def read(self, address, size):
        for image in self.images:
            data = image.read(address, size)
            if data is not None and len(data) == size:
                return data
        raise Unreadable(f"address {address:#x} is in none of the given images; cure: give one that contains it")

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
    """An attribute of the DIE, or of its abstract origin: LTO splits a variable in two."""
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
    """An address in memory with a type: fields by name, elements by number."""

    def __init__(self, memory, die, address):
        self.memory, self.die, self.address = memory, plain(die), address

    def members(self):
        """{name: (offset, type)}. It is read once for each type."""
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
            raise Unreadable(f"{name_of(self.die)} has no {name}: the ELF file has another version of uspan than this script")
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
            raise Unreadable("an index exceeds its pool: the memory is damaged, or of another program than the ELF file")
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
    """The static tracers by the symbol table, which is fast to read: variables as large as a tracer. Only units that name one
    are read."""
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
        raise Unreadable("the ELF file has no debug information; cure: give the one that was linked with -g, before strip")
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
        raise Unreadable("no static variable is a uspan_tracer_t; cure: give its address with --at ADDRESS")
    return list(found.values())
