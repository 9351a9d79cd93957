"""pico_images.py: flash and RAM of the Pico's images, and uspan's share of them, for rows of tests/size/README.md.

Invariant: the figures are those of the images that pico.images, pico.edge and pico.runs build and run. The share is read from the
linker's map, as the build prints it, and has the application's tracer too."""
import re
import sys

from boards import tracer_bytes
from sources import ROOT

sys.path.insert(0, str(ROOT / "port/pico"))
import image  # noqa: E402
import pico  # noqa: E402

IMAGES = [("pico", "usb", "minimal"), ("pico", "usb", "edge"), ("pico", "slip", "minimal"), ("pico", "slip", "edge"),
          ("pico2", "usb", "minimal"), ("pico2", "usb", "edge")]
NETWORKS = {"usb": "USB", "slip": "serial line"}


def measure(board, net, name):
    built = pico.build(board, net, name)
    _, symbols = image.sections_and_symbols(built.elf.read_bytes())
    flash, ram = image.share(built.elf.with_suffix(".map").read_text(encoding="utf-8", errors="replace"))
    if flash < 10_000:  # without our sources, nothing would grow
        raise RuntimeError(f"{built.elf}: uspan's share is {flash} bytes; cure: the expressions of port/pico/image.py")
    return {"flash_bytes": built.bin.stat().st_size, "ram_bytes": symbols["__end__"] - image.RAM, "uspan_flash_bytes": flash,
            "uspan_ram_bytes": ram + tracer_bytes(built.elf)}


def measure_all():
    return {f"{board}, {NETWORKS[net]}, {name}": measure(board, net, name) for board, net, name in IMAGES}


def table(measured):
    lines = ["| image of the Pico SDK, over verified HTTPS with TLS 1.2: minimal, or edge, the greenhouse agent with cJSON "
             "| flash | static RAM | of it uspan, texts included: flash | RAM, with mbedTLS's heap and the tracer |",
             "| --- | ---: | ---: | ---: | ---: |"]
    return lines + [f"| {label} | {row['flash_bytes']:,} | {row['ram_bytes']:,} | {row['uspan_flash_bytes']:,} "
                    f"| {row['uspan_ram_bytes']:,} |" for label, row in measured.items()]
