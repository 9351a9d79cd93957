#!/usr/bin/python3
"""size.py: `make size`. Flash, RAM and stack of uspan on the host and on Cortex-M3, measured by linking it as firmware does.

Invariant: core's flash is counted in a usual program, usual.c in this folder. It records W1 through the plain API, sends to the
HTTPS collector that the build names, polls, flushes, shuts down and reads the accounts. It has config.h's defaults without
optional modules. Unused sections are dropped. The program itself, its port and libc are not counted. The cost with run-time
settings, and that of all public functions together, are printed too, and all of them with -flto. The proxy's flash is what the
same program needs more with a compile-time USPAN_PROXY, in every file of core.
The exit status is 0 only if every budget holds or its figure is below the ceiling of its miss. With --check,
tests/size/README.md must agree too.
Usage: size.py [--write | --check]   writes build/size.json; --write the page too, --check compares it"""
import json
import re
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "build")]
import boards  # noqa: E402
import ceilings  # noqa: E402
import pages  # noqa: E402
import pico_images  # noqa: E402
import ports  # noqa: E402
from callgraph import Graph, plain  # noqa: E402
from sources import (BUILD, CORTEX_M3, INCLUDES, NANOPB_OPTIONS, ROOT, WARNINGS, compile_all, core_sources,  # noqa: E402
                     genai_sources, is_ours, label, proto_sources, public_functions, run)

OUT = ROOT / "build/size"
# The headers of the figure "every public function called". genai, messages and readers are counted separately.
PLAIN_HEADERS = ("uspan.h", "context.h", "export.h", "read.h", "port_none.h", "genai.h", "inspect.h")
SECTIONS = ["-Os", "-w", "-ffunction-sections", "-fdata-sections", "-fcallgraph-info=su"]
BUDGETS = {"core_proto_flash_bytes": 17408, "core_proto_lto_flash_bytes": 16384, "genai_flash_bytes": 9216,
           "genai_lto_flash_bytes": 9216, "wire_all_flash_bytes": 17408, "wire_dialect_flash_bytes": 1536,
           "wire_tokenizer_flash_bytes": 3072, "mcp_flash_bytes": 2560, "gzip_flash_bytes": 1536,
           "keep_flash_bytes": 2560, "spool_flash_bytes": 2048, "proxy_flash_bytes": 1024, "proxy_user_flash_bytes": 1024,
           "ram_per_w1_span_bytes": 1262, "core_stack_bytes": 640, "wire_stack_bytes": 1024}
GOALS = {"core_proto_flash_bytes": 14336, "core_proto_lto_flash_bytes": 12288, "genai_flash_bytes": 6144,
         "genai_lto_flash_bytes": 6144, "wire_all_flash_bytes": 13312, "wire_dialect_flash_bytes": 1024,
         "wire_tokenizer_flash_bytes": 2048, "mcp_flash_bytes": 1536, "gzip_flash_bytes": 1024,
         "keep_flash_bytes": 2560, "spool_flash_bytes": 2048, "ram_per_w1_span_bytes": 1000,
         "core_stack_bytes": 512, "wire_stack_bytes": 768}
# Ceilings of the budgets that are missed today (ceilings.py). Values are only lowered.
CEILINGS = {"core_proto_flash_bytes": 21070, "core_proto_lto_flash_bytes": 19972, "wire_all_flash_bytes": 25860,
            "mcp_flash_bytes": 3090, "keep_flash_bytes": 4945, "spool_flash_bytes": 5375,
            "core_stack_bytes": 788, "wire_stack_bytes": 1640}
TOLERANCE, TOLERANCE_BYTES = 0.01, 16  # between the page and a run: a compiler's next patch moves some bytes
# The core that the budget is for: without optional modules. Each is then added alone to measure its cost.
BARE = {"USPAN_STUDIO": 0, "USPAN_HTTP_DATE": 0, "USPAN_TRACESTATE_BYTES": 0, "USPAN_RUNTIME_SETTINGS": 0,
        "USPAN_HTTP_PROXY": 0}
GZIP = "compressed bodies (`USPAN_GZIP 1`)"
KEEP, SPOOL = "memory kept over a reset (`USPAN_KEEP 1`)", "spans in flash (`USPAN_SPOOL 1`)"
OPTIONS = {"settings at run time (`USPAN_RUNTIME_SETTINGS 1`)": {"USPAN_RUNTIME_SETTINGS": 1},
           "HTTP dates (`USPAN_HTTP_DATE 1`)": {"USPAN_HTTP_DATE": 1},
           "tracestate (`USPAN_TRACESTATE_BYTES 512`)": {"USPAN_TRACESTATE_BYTES": 512},
           "HTTP proxies, also at run time (`USPAN_HTTP_PROXY 1`)": {"USPAN_HTTP_PROXY": 1},
           GZIP: {"USPAN_GZIP": 1},
           KEEP: {"USPAN_KEEP": 1},
           SPOOL: {"USPAN_SPOOL": 1},
           "Studio runs (`USPAN_STUDIO 1`)": {"USPAN_STUDIO": 1, "USPAN_STUDIO_URL": '"http://host:3000"'}}
LESS = {"words of `uspan_diagnose()` and the log (`USPAN_MESSAGE_TEXTS 1`, counted in core)": {"USPAN_MESSAGE_TEXTS": 0},
        "content capture (`USPAN_CONTENT 1`, counted in core)": {"USPAN_CONTENT": 0}}
# Modules that are optional because the linker leaves out functions that are not called.
CALLED = {"baggage": r"uspan_baggage_", "reading spans back (read.h)": r"uspan_(read|find)",
          "console destination": r"uspan_console_", "capture destination (host tests)": r"uspan_captured?_"}
PROXY = {"USPAN_HTTP_PROXY": 1, "USPAN_PROXY": '"http://proxy:3128"'}
PROXY_USER = {**PROXY, "USPAN_PROXY": '"http://user:pw@proxy:3128"'}
ENDPOINT = {"USPAN_ENDPOINT": '"https://collector.example:4318/v1/traces"', "USPAN_SERVICE_NAME": '"sensor"'}


def defines(settings):
    return [f"-D{name}={value}" for name, value in settings.items()]


def in_module(name):
    return next((module for module, pattern in CALLED.items() if re.match(pattern, name)), None)


def calling(folder, names):
    """The object of a program that refers to these functions."""
    lines = [f"extern void {name}(void);" for name in names]
    lines += ["void (*const volatile table[])(void) = {", *[f"    {name}," for name in names], "};",
              "int main(void) { for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) { table[i](); } return 0; }"]
    (folder / "main.c").write_text("\n".join(lines) + "\n")
    run([*CORTEX_M3, "-std=c11", "-w", "-Os", "-c", folder / "main.c", "-o", folder / "main.o"])
    return folder / "main.o"


def usual(folder, settings):
    """The object of usual.c. It is never an LTO object: code that is inlined into it would not be counted."""
    run([*CORTEX_M3, "-std=c11", *WARNINGS, "-Os", *INCLUDES, *defines(settings), "-c", ROOT / "tests/size/usual.c", "-o",
         folder / "usual.o"])
    return folder / "usual.o"


def linked(folder, objects, main, options=("-Os",)):
    """Bytes of flash of each source in a Cortex-M3 program whose own object is main. With LTO there is one sum and no
    sources."""
    image, map_file = folder / "main.elf", folder / "main.map"
    run([*CORTEX_M3, *options, main, *objects.values(), "-o", image, "--specs=nosys.specs", "-nostartfiles",
         "-Wl,--gc-sections", "-Wl,-e,main", f"-Wl,-Map={map_file}", "-Wl,--no-warn-rwx-segments"])
    by_object = {str(target): label(source) for source, target in objects.items()}
    sizes = {"toolchain": 0}
    text = map_file.read_text().split("Linker script and memory map", 1)[1]
    # One input section: name, address, size, file. A long name is on a line of its own.
    for section, size, path in re.findall(r"^ (\.[\w.$]+)\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+)$", text, re.M):
        if re.match(r"\.(text|rodata|data|ARM\.exidx|ARM\.extab)", section) and path != str(main):
            # toolchain: libc's and libgcc's memcpy, 64-bit division
            name = by_object.get(path, "lto" if ".ltrans" in path else "toolchain")
            sizes[name] = sizes.get(name, 0) + int(size, 16)
    if len(sizes) < 2:  # without our sources, every budget would hold
        raise RuntimeError(f"{map_file}: no section of a source was found; cure: the expression that reads the linker's map")
    return sizes


def all_functions(settings, genai=False, called=()):
    more = [header for option, header in (("USPAN_KEEP", "keep.h"), ("USPAN_KEEP", "keep_types.h"), ("USPAN_SPOOL", "spool.h"))
            if settings.get(option)]
    functions = public_functions(*[one[2:] for one in defines(settings)], headers=(*PLAIN_HEADERS, *more))
    return [function for function, header in sorted(functions.items())
            if (genai or header != "genai.h") and header != "inspect.h" and
            (in_module(function) is None or in_module(function) in called)]


def firmware(name, settings, genai=False, called=()):
    """Flash by source of one configuration on Cortex-M3, with every public function."""
    folder = OUT / name
    settings = {**BARE, **ENDPOINT, **settings}
    sources = core_sources() + proto_sources() + (genai_sources() if genai else [])
    objects = compile_all(sources, folder, CORTEX_M3, SECTIONS + defines(settings))
    return linked(folder, objects, calling(folder, all_functions(settings, genai, called))), folder, objects


def core_figures(objects):
    """Flash by source of the usual program. Also the sums: with all functions, and both with LTO."""
    def built(name, options, more=None):
        settings = {**BARE, **ENDPOINT, **(more or {})}
        return compile_all(core_sources() + proto_sources(), OUT / name, CORTEX_M3, [*options, "-w", "-ffunction-sections",
                           "-fdata-sections", *defines(settings)]), usual(OUT / name, settings)

    folder, lto, changing = OUT / "lto", ["-Os", "-flto"], {"USPAN_RUNTIME_SETTINGS": 1}
    by_lto, program = built("lto", lto)
    everything = calling(folder, all_functions({**BARE, **ENDPOINT}))
    by_source = linked(folder, objects, program)
    return by_source, {"core_proto_flash_bytes": total(by_source),
                       "core_proto_lto_flash_bytes": total(linked(folder, by_lto, program, lto)),
                       "core_proto_runtime_settings_flash_bytes": total(linked(
                           folder, *built("changing", ["-Os"], changing))),
                       "proxy_flash_bytes": total(linked(folder, *built("proxy", ["-Os"], PROXY))) - total(by_source),
                       "proxy_user_flash_bytes": total(linked(folder, *built("proxy", ["-Os"], PROXY_USER))) - total(by_source),
                       "core_proto_all_functions_flash_bytes": total(linked(folder, objects, everything)),
                       "core_proto_all_functions_lto_flash_bytes": total(linked(folder, by_lto, everything, lto))}


TOKENIZER = ["core/json/json_read.c", "core/json/json_path.c", "core/json/json_number.c", "core/wire/sse.c"]


def genai_figures(objects, folder, with_genai):
    """Flash of modules above the typed spans: readers of LLM traffic by their parts, and all functions of message.h and
    inspect.h."""
    typed, settings = all_functions({**BARE, **ENDPOINT}, genai=True), {**BARE, **ENDPOINT}
    more = {header: re.findall(r"^(?!static|typedef)\w[\w *]*\b(uspan_\w+)\(", (ROOT / "core/include/uspan" / header).read_text(),
                               re.M) for header in ("wire.h", "mcp.h", "message.h", "inspect.h")}
    for header, names in more.items():
        if len(names) < 4:
            raise RuntimeError(f"size.py finds {len(names)} functions in {header}; cure: the expression that reads it")
    messages = linked(folder, objects, calling(folder, typed + more["message.h"]))
    wire = linked(folder, objects, calling(folder, typed + more["message.h"] + more["wire.h"]))
    mcp = linked(folder, objects, calling(folder, typed + more["message.h"] + more["wire.h"] + more["mcp.h"]))
    dialects = {source.stem.removeprefix("wire_"): wire[label(source)] for source in genai_sources()
                if re.search(r"^const uspan_wire_dialect_t", source.read_text(), re.M)}
    lto = ["-Os", "-flto"]
    by_lto = compile_all(core_sources() + genai_sources() + proto_sources(), OUT / "genai_lto", CORTEX_M3,
                         [*lto, "-w", "-ffunction-sections", "-fdata-sections", *defines(settings)])
    without, with_wire = (total(linked(OUT / "genai_lto", by_lto, calling(OUT / "genai_lto", names), lto))
                          for names in (typed + more["message.h"], typed + more["message.h"] + more["wire.h"]))
    of_core, of_typed = (total(linked(OUT / "genai_lto", by_lto, calling(OUT / "genai_lto", names), lto))
                         for names in (all_functions(settings), typed))
    tokenizer = sum(wire[name] - messages.get(name, 0) for name in TOKENIZER)
    return {"genai_lto_flash_bytes": of_typed - of_core, "wire_dialect_flash_bytes": max(dialects.values()),
            "wire_dialects_flash_bytes": dialects, "wire_tokenizer_flash_bytes": tokenizer,
            "wire_shared_flash_bytes": total(wire) - total(messages) - tokenizer - sum(dialects.values()),
            "wire_all_flash_bytes": total(wire) - total(messages), "wire_all_lto_flash_bytes": with_wire - without,
            "mcp_flash_bytes": total(mcp) - total(wire), "message_flash_bytes": total(messages) - total(with_genai),
            "inspect_flash_bytes": total(linked(folder, objects, calling(folder, typed + more["inspect.h"]))) - total(with_genai)}


def total(sizes):
    return sum(size for name, size in sizes.items() if name != "toolchain")


def plain_sizes(objects, tool):
    """{source: (text, data, bss)} of the objects before linking."""
    found = {}
    for source, target in objects.items():
        numbers = run([tool, target]).splitlines()[1].split()
        found[label(source)] = dict(zip(("text", "data", "bss"), map(int, numbers[:3])))
    return found


def stacks(folder, objects):
    """{source: (bytes, function)}: the deepest chain of direct calls that starts in each source."""
    graph = Graph()
    for source, target in objects.items():
        graph.read(target.with_suffix(".ci"), label(source))
    known, deepest = {}, {}
    if len(graph.frames) < 100 or not any(graph.frames.values()):
        raise RuntimeError("size.py finds no stack frames; cure: callgraph.py reads what gcc writes beside the objects")
    for title, source in graph.files.items():
        bytes_ = graph.depth(title, known)
        if bytes_ > deepest.get(source, (-1, ""))[0]:
            deepest[source] = (bytes_, plain(title))
    return deepest


def constant(expression, settings):
    """A constant of the headers on Cortex-M3: the size of an array."""
    folder = OUT / "constant"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "c.c").write_text(f'#include "uspan/uspan.h"\nchar probe[{expression}];\n')
    run([*CORTEX_M3, "-std=c11", "-Os", "-fno-common", *INCLUDES, *defines({**BARE, **settings}), "-c", "c.c", "-o", "c.o"],
        cwd=folder)
    return int(run(["arm-none-eabi-nm", "-S", folder / "c.o"]).split()[1], 16)


def w1_blocks(settings):
    """Text blocks that W1 uses, measured on the host: the number of blocks does not depend on the machine."""
    folder = OUT / "w1"
    objects = compile_all(core_sources() + genai_sources() + proto_sources(), folder, ["gcc"],
                          ["-O1"] + defines({**BARE, **settings}))
    program = folder / "w1_blocks"
    run(["gcc", "-std=c11", "-O1", *INCLUDES, *NANOPB_OPTIONS, *defines({**BARE, **settings}), f"-I{ROOT / 'tests/bench'}",
         ROOT / "tests/size/w1_blocks.c", *objects.values(), "-o", program])
    return int(run([program]))


def measure():
    base, folder, objects = firmware("core", {})
    with_genai, genai_folder, genai_objects = firmware("genai", {}, genai=True)
    host = compile_all(core_sources() + genai_sources() + proto_sources(), OUT / "host", ["gcc"],
                       SECTIONS + defines({**BARE, **ENDPOINT}))
    optional = {}
    for name, settings in OPTIONS.items():
        optional[name] = total(firmware("option", settings)[0]) - total(base)
    for name, settings in LESS.items():
        optional[name] = total(base) - total(firmware("option", settings)[0])
    for module in CALLED:
        optional[module] = total(firmware("option", {}, called=(module,))[0]) - total(base)
    by_source, figures = core_figures(objects)
    parts = {part: sum(bytes_ for name, bytes_ in by_source.items() if name.startswith(part))
             for part in ("core/trace", "core/export", "proto/gen", "nanopb")}
    slot, block = constant("sizeof(uspan_slot_t)", {}), constant("sizeof(uspan_block_t) + sizeof(uint16_t)", {})
    blocks = w1_blocks({})
    deep = stacks(genai_folder, genai_objects)
    cortex, on_host = plain_sizes(genai_objects, "arm-none-eabi-size"), plain_sizes(host, "size")
    modules = {}
    for name in cortex:
        bytes_, through = deep.get(name, (0, ""))
        modules[name] = {"cortex_m3": cortex[name], "host": on_host[name], "linked_bytes": with_genai.get(name, 0),
                         "stack_bytes": bytes_, "stack_through": through}
    figures |= {f"{part}_stack_bytes": max(module["stack_bytes"] for name, module in modules.items() if re.match(folders, name))
                for part, folders in (("core", "core/(trace|export)/"), ("wire", "core/wire/"))}
    return {**figures, **genai_figures(genai_objects, genai_folder, with_genai),
            "genai_flash_bytes": total(with_genai) - total(base), "gzip_flash_bytes": optional.pop(GZIP),
            "keep_flash_bytes": optional.pop(KEEP), "spool_flash_bytes": optional.pop(SPOOL),
            "ram_per_w1_span_bytes": slot + blocks * block, "tracer_ram_bytes": constant("sizeof(uspan_tracer_t)", {}),
            "slot_bytes": slot, "w1_blocks": blocks, "block_bytes": block,
            "parts_flash_bytes": parts, "toolchain_bytes": by_source["toolchain"],
            "optional_flash_bytes": optional, "modules": modules, "boards": boards.measure_all(),
            "pico_images": pico_images.measure_all(), "ports": ports.measure_all(OUT)}


def table(size):
    lines = ["| figure (Cortex-M3, gcc -Os, linked, unused functions dropped) | bytes | budget | goal |",
             "| --- | ---: | ---: | ---: |"]
    names = {"core_proto_flash_bytes": "flash: core and proto with nanopb's runtime, optional modules out, in a usual program: "
                                       "records W1, the build's HTTPS collector, polls, flushes, shuts down, reads the accounts",
             "core_proto_lto_flash_bytes": "the same with -flto",
             "core_proto_runtime_settings_flash_bytes": "the same, with settings at run time (`USPAN_RUNTIME_SETTINGS 1`)",
             "core_proto_all_functions_flash_bytes": "flash: the first with every public function called",
             "core_proto_all_functions_lto_flash_bytes": "the same with -flto",
             "genai_flash_bytes": "flash: genai, all types",
             "genai_lto_flash_bytes": "the same with -flto",
             "message_flash_bytes": "flash: message.h on top, all functions",
             "wire_dialect_flash_bytes": "flash: a wire dialect: " + ", ".join(
                 f"{name} {bytes_:,}" for name, bytes_ in size["wire_dialects_flash_bytes"].items()) + "; the largest",
             "wire_tokenizer_flash_bytes": "flash: their tokenizer and SSE",
             "wire_shared_flash_bytes": "flash: what all dialects share on top of message.h; with -flto "
                                        f"all of wire.h takes {size['wire_all_lto_flash_bytes']:,}",
             "wire_all_flash_bytes": "flash: wire.h with all dialects on top of message.h",
             "mcp_flash_bytes": "flash: mcp.h, server and client, on top of wire.h",
             "gzip_flash_bytes": "flash: compressed bodies (`USPAN_GZIP 1`)",
             "keep_flash_bytes": "flash: memory kept over a reset (`USPAN_KEEP 1`), keep.h",
             "spool_flash_bytes": "flash: spans in flash (`USPAN_SPOOL 1`), spool.h, without a storage",
             "proxy_flash_bytes": "flash: a compile-time proxy (`USPAN_PROXY`, `USPAN_RUNTIME_SETTINGS 0`), on top of the first",
             "proxy_user_flash_bytes": "the same with user name and password",
             "inspect_flash_bytes": "flash: inspect.h, all functions (scope.h takes none, usage.h is counted in all types)",
             "ram_per_w1_span_bytes": "RAM: one chat span with 12 attributes (W1), at the default USPAN_ATTRS_MAX of 24",
             "core_stack_bytes": "stack: the deepest public call of core, by direct calls; without the transport's",
             "wire_stack_bytes": "stack: the deepest public call of wire.h"}
    for key, name in names.items():
        budget = ceilings.shown(BUDGETS[key], CEILINGS.get(key)) if key in BUDGETS else ""
        goal = f"{GOALS[key]:,}" if key in GOALS else ""
        lines.append(f"| {name} | {size[key]:,} | {budget} | {goal} |")
    lines.append("| RAM: `sizeof(uspan_tracer_t)` with the default config.h, optional modules out | "
                 f"{size['tracer_ram_bytes']:,} | | |")
    lines += ["", *boards.table(size["boards"])]
    lines += ["", *pico_images.table(size["pico_images"])]
    lines += ["", *ports.table(size["ports"])]
    lines += ["", "| optional module | flash on top, bytes |", "| --- | ---: |"]
    lines += [f"| {name} | {bytes_:,} |" for name, bytes_ in size["optional_flash_bytes"].items()]
    lines += ["", "| part of the usual program | flash, bytes |", "| --- | ---: |"]
    lines += [f"| {name} | {bytes_:,} |" for name, bytes_ in size["parts_flash_bytes"].items() if bytes_]
    lines += ["", "| file | code Cortex-M3 linked / whole / x86-64 whole, -Os | static RAM | deepest stack, through which call |",
              "| --- | ---: | ---: | --- |"]
    for name, module in sorted(size["modules"].items()):
        cortex, host = module["cortex_m3"], module["host"]
        if cortex["text"] + cortex["data"] + cortex["bss"] == 0:
            continue  # of a module that is left out
        deep = f"{module['stack_bytes']}, `{module['stack_through']}`" if module["stack_through"] else "–"
        lines.append(f"| {name} | {module['linked_bytes']:,} / {cortex['text'] + cortex['data']:,} / "
                     f"{host['text'] + host['data']:,} | {cortex['data'] + cortex['bss']} | {deep} |")
    return "\n".join(lines)


def costs(size):
    """README's short table."""
    board = size["boards"]
    lines = ["| program | flash, bytes | RAM, bytes |", "| --- | ---: | ---: |"]
    for name, words in (("lm3s6965evb", "a traced agent on a 64 KB Cortex-M3, with TLS 1.2 and TCP/IP"),
                        ("riscv32_virt", "the same on RISC-V, with TLS 1.3 and large buffers")):
        lines.append(f"| {name}: {words} | {board[name]['flash_bytes']:,} | {board[name]['ram_bytes']:,} |")
    return "\n".join([*lines, "| uspan alone on Cortex-M3: recording and export, 16 spans, 8 KB of text | "
                      f"{size['core_proto_flash_bytes']:,} | {size['tracer_ram_bytes']:,} |"])


def page_fault(size, write):
    """Differences between the page's table and the figures, as text. None if they agree or the table was written."""
    for marker, new in {"size": table(size), "costs": costs(size)}.items():
        if write:
            pages.put(marker, new)
        elif pages.differs(boards.stable(pages.shown(marker)), boards.stable(new), TOLERANCE, TOLERANCE_BYTES):
            return f"the table of {pages.name(marker)} differs from this build; cure: make size, and commit the page"
    return None


def main(arguments):
    size = measure()
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build/size.json").write_text(json.dumps(size, indent=1) + "\n")
    print(table(size))
    faults, notes = boards.faults(size["boards"])
    more, told = ceilings.judge_all((key, size[key], budget, CEILINGS.get(key)) for key, budget in BUDGETS.items())
    faults += more + [f"{key} is {size[key]}: nothing was counted; cure: look for a renamed folder in this script"
                      for key in BUDGETS if size[key] <= 0]
    for note in notes + told:
        print(f"size: {note}")
    if arguments:
        wrong = page_fault(size, arguments == ["--write"])
        faults += [wrong] if wrong else []
    for fault in faults:
        print(f"size: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
