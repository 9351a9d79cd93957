#!/usr/bin/python3
"""image.py: prints the sizes of an image of the Pico SDK after its link, and writes the file that its boot loader takes.

Invariant: an image whose stack or heap is too small for what is linked is an error, and no UF2 of it is left.
Usage: image.py IMAGE.elf IMAGE.bin IMAGE.uf2 [KEY=VALUE ...]   settings: example/settings.h"""
import re
import struct
import sys
from pathlib import Path

# Deepest stack of core 0 that was measured, plus a third, by the first symbol that is linked.
STACK = (("mbedtls_ssl_tls13_handshake_client_step", "TLS 1.3", 6144), ("mbedtls_ssl_handshake_step", "TLS 1.2", 3840),
         ("uspan_poll", "no TLS", 2048), ("main", "no export", 1024))
# lwIP in an interrupt of the SDK's threadsafe background takes its stack on top of these: measured, plus a third.
BACKGROUND = ("async_context_threadsafe_background_init", "lwIP in an interrupt", 960)
# What malloc() gave at most in a run, plus a third, of the libraries that call it.
HEAP = (("cJSON_ParseWithLengthOpts", "cJSON", 17408),)
RP2040, RP2350_ARM = 0xE48BFF56, 0xE48BFF59  # families of UF2
FLASH, RAM, SECTOR = 0x10000000, 0x20000000, 4096
SETTINGS = FLASH + 2 * 1024 * 1024 - SECTOR


def sections_and_symbols(elf):
    """({name: (address, size)}, {name: value}) of a little-endian ELF32."""
    table, = struct.unpack_from("<I", elf, 32)
    size, count, names_at = struct.unpack_from("<HHH", elf, 46)
    headers = [struct.unpack_from("<10I", elf, table + i * size) for i in range(count)]

    def text(of, at):
        start = headers[of][4] + at
        return elf[start:elf.index(b"\0", start)].decode()
    sections = {text(names_at, header[0]): (header[3], header[5]) for header in headers}
    symbols = {}
    for header in headers:
        if header[1] == 2:  # SHT_SYMTAB
            for at in range(header[4], header[4] + header[5], 16):
                name, value = struct.unpack_from("<II", elf, at)
                symbols[text(header[6], name)] = value
    return sections, symbols


def stack(sections, symbols):
    """(declared, usable, needed bytes, reason) of core 0's stack. SCRATCH_X, which belongs to core 1, is below SCRATCH_Y."""
    name, words, needed = next(row for row in STACK if row[0] in symbols)
    if BACKGROUND[0] in symbols:
        words, needed = f"{words}, {BACKGROUND[1]}", needed + BACKGROUND[2]
    top = symbols["__StackTop"]
    declared = top - symbols["__StackBottom"]
    below = sum(sections.get(part, (0, 0))[1] for part in (".stack1_dummy", ".scratch_x"))
    here = sections.get(".scratch_y", (0, 0))[1]
    return declared, SECTOR - here + (SECTOR if below == 0 and here == 0 else 0), needed, words


def heap(symbols):
    """(bytes there, needed bytes, reason) of malloc()'s memory: the RAM between the image's variables and the stacks."""
    _, words, needed = next((row for row in HEAP if row[0] in symbols), ("", "", 0))
    return symbols["__StackLimit"] - symbols["__end__"], needed, words


# Of the linker's map: section, address, bytes, object. uspan's own are the libraries of core and the ports' objects.
PIECE = re.compile(r"^ (\.?[\w.$*-]+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+)$", re.M)
OURS = re.compile(r"libuspan_\w+\.a|/port/(pico|lwip|mbedtls)/\w+\.c\.o")


def share(text):
    """(flash, RAM) bytes of uspan's own code, from a map's text. The tracer belongs to the application and is not included."""
    flash = ram = 0
    placed = re.sub(r"\n\s+(0x[0-9a-f]+\s+0x)", r" \1", text.partition("Linker script and memory map")[2])
    for _, address, size, where in PIECE.findall(placed):
        if OURS.search(where):
            flash += int(size, 16) if FLASH <= int(address, 16) < RAM else 0
            ram += int(size, 16) if int(address, 16) >= RAM else 0
    return flash, ram


def uf2(pieces, family):
    """The blocks of a UF2 file: 256 bytes of payload each. pieces: (address, bytes)."""
    payloads = [(address + at, data[at:at + 256].ljust(256, b"\0"))
                for address, data in pieces for at in range(0, len(data), 256)]
    for number, (address, payload) in enumerate(payloads):
        head = struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0x2000, address, 256, number, len(payloads), family)
        yield head + payload.ljust(476, b"\0") + struct.pack("<I", 0x0AB16F30)


def settings_page(words):
    page = b"".join(word.encode() + b"\0" for word in words)
    if len(page) >= SECTOR:
        sys.exit(f"image: the settings have {len(page)} bytes, more than {SECTOR - 1}; no UF2 was written; cure: shorten them")
    return page.ljust(SECTOR, b"\0")


def main(elf_file, bin_file, uf2_file, *words):
    out = Path(uf2_file)
    out.unlink(missing_ok=True)
    sections, symbols = sections_and_symbols(Path(elf_file).read_bytes())
    data = Path(bin_file).read_bytes()
    declared, usable, needed, what = stack(sections, symbols)
    told = (f"{out.stem}: flash {len(data):,} bytes, static RAM {symbols['__end__'] - RAM:,} bytes\n"
            f"{out.stem}: stack of core 0: {needed:,} bytes for {what}, {declared:,} declared, {usable:,} there\n")
    heap_there, heap_needed, heap_words = heap(symbols)
    if heap_needed > 0:
        told += f"{out.stem}: heap: {heap_needed:,} bytes for {heap_words}, {heap_there:,} there\n"
    linked = out.with_suffix(".map")
    if linked.exists():
        flash, ram = share(linked.read_text(encoding="utf-8", errors="replace"))
        told += f"{out.stem}: of these uspan's own code and buffers: flash {flash:,} bytes, RAM {ram:,} bytes\n"
    print(told, end="")
    if usable < needed:
        print("image: the stack of core 0 is too short, no UF2 was written; cure: keep SCRATCH_X and SCRATCH_Y free of data, "
              "give core 1 a stack "
              "elsewhere (multicore_launch_core1_with_stack), or link no more than TLS 1.2", file=sys.stderr)
        return 1
    if heap_there < heap_needed:
        print(f"image: {out.stem} leaves malloc() {heap_there:,} bytes of RAM, and {heap_words} needs {heap_needed:,}; no UF2 "
              "was written; cure: lower USPAN_SPANS_MAX, USPAN_BLOCKS_MAX, USPAN_TLS_HEAP_BYTES or the pools of lwipopts.h",
              file=sys.stderr)
        return 1
    if FLASH + len(data) > SETTINGS:
        print(f"image: {out.stem} is {FLASH + len(data) - SETTINGS} bytes too long: it overlaps the page of the settings at "
              f"{SETTINGS:#x}; no UF2 was written; cure: make the image smaller", file=sys.stderr)
        return 1
    pieces = [(FLASH, data), *([(SETTINGS, settings_page(words))] if words else [])]
    out.write_bytes(b"".join(uf2(pieces, RP2040 if ".boot2" in sections else RP2350_ARM)))
    out.with_suffix(".txt").write_text(told, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 3 else __doc__)
