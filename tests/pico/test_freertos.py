#!/usr/bin/python3
"""test_freertos.py: a build of the Pico SDK that has a FreeRTOS kernel gets uspan's exporting task and lwIP's sockets.

Invariant: the SDK and lwIP are the real ones. The kernel is only declared, so everything is compiled and nothing is linked.
uspan-needs: only cross"""
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/support", "tests/support/peers", "tests/net")]
import firmware  # noqa: E402
import pico  # noqa: E402
from runner import run  # noqa: E402

SOURCES = ("port/pico/port.c", "port/pico/lwip_lock.c", "port/freertos/exporter.c", "port/freertos/port.c", "port/posix/tcp.c",
           "port/posix/lookup_lwip.c", "port/lwip/tcp.c")


class FreeRtos(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pico.build_dir() / "freertos"
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "build.log"
        log.write_text("")
        firmware.step(["cmake", "-S", ROOT / "tests/pico/freertos", "-B", folder, "-DUSPAN_WERROR=ON"], log)
        firmware.step(["cmake", "--build", folder, "--target", "app", "-j", "2"], log)
        cls.objects = list(folder.rglob("app.dir/**/*.obj")) + list(folder.rglob("app.dir/**/*.o"))

    def read(self, source, *tool):
        """The output of a tool for the object of a source."""
        [built] = [path for path in self.objects if source in str(path)]
        command = [f"arm-none-eabi-{tool[0]}", *tool[1:], built]
        return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout

    def undefined(self, source):
        """Functions that the object of a source calls."""
        return self.read(source, "nm", "-u")

    def test_the_exporter_and_the_sockets_are_compiled(self):
        for source in SOURCES:
            self.assertTrue(self.undefined(source), source)
        self.assertIn("xTaskCreateStatic", self.undefined("port/freertos/exporter.c"))
        self.assertIn("lwip_connect", self.undefined("port/posix/tcp.c"))
        self.assertIn("xTaskGetCurrentTaskHandle", self.undefined("port/pico/port.c"))

    def test_without_a_radio_the_transport_takes_lwips_core_lock(self):
        calls = self.undefined("port/pico/lwip_lock.c")
        self.assertIn("pico_lwip_custom_lock_tcpip_core", calls)
        self.assertIn("pico_lwip_custom_unlock_tcpip_core", calls)

    def test_the_lock_is_claimed_before_other_constructors_record(self):
        self.assertRegex(self.read("port/pico/port.c", "readelf", "-S", "-W"), r" \.init_array\.00101 ")


if __name__ == "__main__":
    sys.exit(run())
