#!/usr/bin/python3
"""options.py: reads every option of uspan as its header describes it, and makes the tables of core/CONFIG.md. `--write` writes
them.

Invariant: the headers are the only list of options. A row's text is the comment above the option."""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import pages  # noqa: E402
import sources  # noqa: E402

CONFIG = pages.ROOT / "core/include/uspan/config.h"
PORTS = {"mbedTLS": "port/mbedtls/uspan_mbedtls.h", "lwIP": "port/lwip/uspan_lwip.h", "POSIX": "port/posix/uspan_posix.h"}
# preset: its file or its options, and the processor whose RAM is shown
PRESETS = {
    "64 KB": ("boards/lm3s6965evb/uspan_config.h", "Cortex-M3"),
    "256 KB": ({"USPAN_SPANS_MAX": 32, "USPAN_TEXT_BYTES": 32768, "USPAN_SEND_BYTES": 1400, "USPAN_TLS_HEAP_BYTES": 49152},
               "Cortex-M3"),
    "Linux": ({"USPAN_SPANS_MAX": 512, "USPAN_ATTRS_MAX": 48, "USPAN_TEXT_BYTES": 1048576, "USPAN_VALUE_MAX": 32768,
               "USPAN_SEND_BYTES": 16384, "USPAN_BATCH_SPANS_MAX": 256, "USPAN_BATCH_BYTES_MAX": 1048576,
               "USPAN_TASKS_MAX": 64, "USPAN_DESTINATIONS_MAX": 2}, "x86-64"),
}
PROCESSORS = {"Cortex-M3": (list(sources.CORTEX_M3), "arm-none-eabi-nm"), "x86-64": (["gcc"], "nm")}


def options(path=CONFIG):
    """[(names, defaults, comment)] of a header. Options that share a comment are one entry."""
    return [entry for _, entries in groups(path) for entry in entries]


def groups(path=CONFIG):
    """[(heading, [(names, defaults, comment)])] of a header, by its comments of the form /* ---- heading ---- */."""
    found, heading, comment, name, defaults = [], "", None, None, []
    text = path.read_text().split("/* ---- rules")[0]
    for token in re.finditer(r"/\*(.*?)\*/|^#(ifndef|define|endif)(?: (\w+))?(?: ([^\n]+))?$", text, re.M | re.S):
        words, directive, macro, value = token.groups()
        if words is not None and words.startswith(" ---- "):
            heading, comment = words.strip(" -"), None
        elif words is not None:
            comment = " ".join(line.strip(" *") for line in words.strip().splitlines())
        elif directive == "ifndef" and macro.startswith("USPAN_"):
            name, defaults = macro, []
        elif directive == "define" and macro == name and value is not None:
            defaults.append(value.split("/*")[0].strip())
        elif directive == "endif" and defaults:
            if not found or found[-1][0] != heading:
                found.append((heading, []))
            if comment is not None or not found[-1][1]:
                found[-1][1].append(([], [], comment or ""))
            found[-1][1][-1][0].append(name)
            found[-1][1][-1][1].append(" or ".join(defaults))
            comment, name, defaults = None, None, []
    return found


def rows(entries):
    yield "| option | default | what, unit, range | RAM |"
    yield "| --- | --- | --- | --- |"
    for names, defaults, comment in entries:
        what, _, ram = comment.partition("RAM: ")
        cells = ["<br>".join(f"`{name}`" for name in names), "<br>".join(defaults), what.strip(), ram.strip().rstrip(".")]
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def option_tables():
    lines = []
    for heading, entries in groups():
        lines += [f"### {(heading[:1].upper() + heading[1:]) or 'All of uspan'}", "", *rows(entries), ""]
    for port, path in PORTS.items():
        entries = [entry for _, found in groups(pages.ROOT / path) for entry in found]
        lines += [f"### {port}: {path}", "", *rows(entries), ""]
    return "\n".join(lines).strip()


def preset(name):
    """The text of a preset's header."""
    of, _ = PRESETS[name]
    if isinstance(of, str):
        return (pages.ROOT / of).read_text()
    return "".join(f"#define {option} {value}\n" for option, value in of.items())


def ram(name, folder):
    """sizeof(uspan_tracer_t) and the TLS heap of a preset, in bytes, as its processor's compiler has them."""
    compiler, nm = PROCESSORS[PRESETS[name][1]]
    folder.mkdir(parents=True, exist_ok=True)
    text = re.sub(r"^#define USPAN_LOCK_HEADER.*\n", "", preset(name), flags=re.M)
    (folder / "preset.h").write_text(text)
    (folder / "preset.c").write_text('#include "uspan/uspan.h"\nextern char tracer_bytes[], heap_bytes[];\n'
                                     "char tracer_bytes[sizeof(uspan_tracer_t)];\n#ifndef USPAN_TLS_HEAP_BYTES\n"
                                     "#define USPAN_TLS_HEAP_BYTES 0\n#endif\nchar heap_bytes[USPAN_TLS_HEAP_BYTES + 1];\n")
    sources.run([*compiler, "-std=c11", *sources.WARNINGS, *sources.INCLUDES, '-DUSPAN_USER_CONFIG="preset.h"', f"-I{folder}",
                 "-c", folder / "preset.c", "-o", folder / "preset.o"])
    sizes = {line.split()[-1]: int(line.split()[1], 16) for line in sources.run([nm, "-S", folder / "preset.o"]).splitlines()}
    return sizes["tracer_bytes"], sizes["heap_bytes"] - 1


def preset_lines(found):
    """The table of presets. found: {name: (tracer, heap)}."""
    lines = ["| preset | RAM of the tracer, bytes | RAM of mbedTLS's static heap, bytes | processor |",
             "| --- | ---: | ---: | --- |"]
    for name, (tracer, heap) in found.items():
        lines.append(f"| {name} | {tracer:,} | {f'{heap:,}' if heap else 'the C heap'} | {PRESETS[name][1]} |")
    for name, (of, _) in PRESETS.items():
        lines += ["", f"### {name}", "", *([f"This is `{of}`, which the board's firmware is built with.", ""]
                                           if isinstance(of, str) else []), "```c", preset(name).rstrip(), "```"]
    return "\n".join(lines)


def shown_ram(name):
    """The tracer's RAM that the page shows for a preset. 0 if the page has none."""
    row = re.search(rf"^\| {re.escape(name)} \| ([\d,]+) \|", pages.shown("presets"), re.M)
    return int(row[1].replace(",", "")) if row else 0


def is_near(one, other):
    """Whether two figures differ by less than 2 %. One more field in a struct does not make the page out of date."""
    return abs(one - other) < other / 50


def write():
    pages.put("options", option_tables())
    found = {}
    for name in PRESETS:
        tracer, heap = ram(name, sources.BUILD / "presets_ram")
        found[name] = shown_ram(name) if is_near(shown_ram(name), tracer) else tracer, heap
    pages.put("presets", preset_lines(found))


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: options.py --write   writes the tables of core/CONFIG.md")
    write()
