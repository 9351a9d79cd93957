"""radio.py IMAGE.bin [KEY=VALUE ...]: runs an image for pico_w in the Python package rp2040py. The image joins its access
point.

The package's own Python (build/interop/rp2040/bin/python) runs it. UART 0 goes to standard output.
Invariant: every address that the image connects to leads to this host's loopback."""
import asyncio
import sys
from pathlib import Path

from rp2040py.device.bootrom import BOOTROM_B1
from rp2040py.external.cyw43 import Cyw43439
from rp2040py.external.cyw43.nat import TcpReflector
from rp2040py.external.device import attach_external_devices
from rp2040py.rp2040 import RP2040
from rp2040py.simulator import Simulator
from rp2040py.utils.logging import ConsoleLogger, LogLevel

SETTINGS = 2 * 1024 * 1024 - 4096


async def to_loopback(_host, port):
    return await asyncio.open_connection("127.0.0.1", port)


def console(byte):
    sys.stdout.buffer.write(bytes([byte]))
    sys.stdout.buffer.flush()


def reflect_to_loopback():
    made = TcpReflector.__init__
    TcpReflector.__init__ = lambda self, chip, queue, **more: made(self, chip, queue, **{**more, "connect_fn": to_loopback})


async def main(image, *settings):
    reflect_to_loopback()
    chip = RP2040()
    attach_external_devices(chip, Cyw43439())
    simulator = Simulator(rp2040=chip)
    simulator.bind_loop()
    chip.logger = ConsoleLogger(LogLevel.ERROR)
    chip.load_bootrom(BOOTROM_B1)
    data = Path(image).read_bytes()
    chip.flash[:len(data)] = data
    page = b"".join(f"{one}\0".encode() for one in settings) + b"\0"
    chip.flash[SETTINGS:SETTINGS + len(page)] = page
    chip.uart[0].on_byte = console
    chip.core.pc = 0x10000000
    await simulator.execute()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
