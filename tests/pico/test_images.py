#!/usr/bin/python3
"""test_images.py: builds both images, minimal and edge, for pico and pico2 with Debian's packages only. The Wi-Fi and FreeRTOS
variants are compiled with declared headers. The output of image.py is checked.

Invariant: a variant that is only compiled has all of uspan's warnings. If it fails, the failure shows the compiler's messages.
uspan-needs: only cross"""
import json
import os
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/support", "tests/support/peers", "tests/net", "port/pico")]
import image  # noqa: E402
import pico  # noqa: E402
from runner import run  # noqa: E402

WARNINGS = ["-Wall", "-Wextra", "-Wundef", "-Wshadow", "-Wvla", "-Wmissing-prototypes", "-Wstrict-prototypes", "-Werror"]
SDK = ROOT / "port/deps/src/pico-sdk/src/rp2_common"
RADIO = [f"-I{ROOT / 'tests/pico/declared'}",
         *[f"-isystem{SDK / part / 'include'}" for part in ("pico_cyw43_arch", "pico_async_context")],
         "-DLIB_PICO_CYW43_ARCH=1", "-DCYW43_LWIP=1", "-DNET_WIFI=1"]
# lwIP with a task of its own: NO_SYS 0. This header is included first and replaces the example's lwipopts.h.
THREADED = [f"-isystem{ROOT / 'port/deps/src/lwip/contrib/ports/freertos/include'}",
            "-include", ROOT / "tests/pico/freertos/lwipopts.h", "-include", ROOT / "tests/pico/freertos/no_sys.h"]
ARCHES = {"poll": ["-DPICO_CYW43_ARCH_POLL=1"], "threadsafe_background": ["-DPICO_CYW43_ARCH_THREADSAFE_BACKGROUND=1"],
          "freertos": ["-DPICO_CYW43_ARCH_FREERTOS=1", "-DLIB_FREERTOS_KERNEL=1", *THREADED]}
# Of a Wi-Fi variant: source, functions that its object calls in each arch library, and those of one of them only.
CALLS = {"port/pico/lwip_lock.c": ({"cyw43_thread_enter", "cyw43_thread_exit"}, {}),
         "port/pico/port.c": (set(), {"freertos": {"xTaskGetCurrentTaskHandle"}}),
         "port/pico/example/net_wifi.c": ({"cyw43_arch_init", "cyw43_arch_wifi_connect_async"}, {"poll": {"cyw43_arch_poll"}})}
PAGE = (ROOT / "port/pico/README.md").read_text(encoding="utf-8")
BOARDS = {"pico": image.RP2040, "pico2": image.RP2350_ARM}
CLOCKS = {"pico": "rtc_get_datetime", "pico2": "powman_timer_get_ms"}  # what aon_timer reads
IMAGES = ("minimal", "edge")
PORT = ("port/pico/port.c", "port/pico/lwip_lock.c", "port/lwip/tcp.c", "port/lwip/sntp.c", "port/pico/example/main.c",
        "port/pico/example/psa_random.c")
EDGE = ("port/pico/example/edge_board.c", "boards/common/edge.c", "boards/common/port.c", "examples/edge_agent/http.c")


def blocks_of(uf2):
    for at in range(0, len(uf2), 512):
        yield struct.unpack_from("<8I", uf2, at), uf2[at + 32:at + 288], struct.unpack_from("<I", uf2, at + 508)[0]


class Images(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.images = {(board, name): pico.build(board, "usb", name) for board in BOARDS for name in IMAGES}

    def commands(self, board, name="minimal"):
        """[(source, its compiler's command)] of the image."""
        entries = json.loads((self.images[board, name].folder / "compile_commands.json").read_text(encoding="utf-8"))
        ours = [entry for entry in entries if f"/{name}.dir/" in entry["command"]]
        self.assertGreater(len(ours), 100)
        return [(entry["file"], entry) for entry in ours]

    def test_a_uf2_holds_the_image_for_its_chip_and_nothing_else(self):
        for (board, name), built in self.images.items():
            with self.subTest(board=board, image=name):
                family = BOARDS[board]
                data, blocks = built.bin.read_bytes(), list(blocks_of(built.uf2.read_bytes()))
                self.assertGreater(len(data), 100_000)
                self.assertEqual(b"".join(payload for _, payload, _ in blocks)[:len(data)], data)
                for number, (head, _, end) in enumerate(blocks):
                    address = image.FLASH + 256 * number
                    self.assertEqual(head, (0x0A324655, 0x9E5D5157, 0x2000, address, 256, number, len(blocks), family))
                    self.assertEqual(end, 0x0AB16F30)

    def test_settings_are_in_a_page_of_their_own(self):
        built = self.images["pico", "minimal"]
        out = built.folder / "with_settings.uf2"
        subprocess.run([sys.executable, ROOT / "port/pico/image.py", built.elf, built.bin, out, "endpoint=http://a/", "ssid=b"],
                       check=True, stdout=subprocess.PIPE)
        page = [payload for head, payload, _ in blocks_of(out.read_bytes()) if head[3] >= image.SETTINGS]
        self.assertEqual((len(page), page[0].rstrip(b"\0")), (16, b"endpoint=http://a/\0ssid=b"))

    def test_the_build_says_what_stack_and_heap_are_sized_for(self):
        for (_, name), built in self.images.items():
            self.assertRegex(built.words, name + r": stack of core 0: 3,840 bytes for TLS 1\.2, 4,096 declared, 8,192 there")
            heap = re.search(name + r": heap: 17,408 bytes for cJSON, ([\d,]+) there", built.words)
            self.assertEqual(heap is not None, name == "edge", built.words)
            if heap:
                self.assertGreater(int(heap[1].replace(",", "")), 128 * 1024)

    def test_the_build_and_the_page_tell_uspans_share(self):
        for (board, name), built in self.images.items():
            flash, ram = (int(number.replace(",", "")) for number in re.search(
                r"uspan's own code and buffers: flash ([\d,]+) bytes, RAM ([\d,]+) bytes", built.words).groups())
            self.assertTrue(20_000 < flash < (100_000 if name == "edge" else 60_000), built.words)
            row = re.search(rf"^\| `{board}`, USB, `{name}` \| (\d+) \| (\d+) \| (\d+) / ", PAGE, re.M)
            whole = re.search(r"flash ([\d,]+) bytes, static RAM ([\d,]+) bytes", built.words).groups()
            for said, found in zip(row.groups(), [*(int(number.replace(",", "")) for number in whole), flash], strict=True):
                self.assertAlmostEqual(int(said), found / 1000, delta=1, msg=f"port/pico/README.md, {board}, {name}")
            self.assertTrue(32_768 < ram < 40_000, built.words)  # mbedTLS's heap is a buffer of the port

    def test_the_source_of_time_is_the_chips_timer(self):
        for (board, name), built in self.images.items():
            _, symbols = image.sections_and_symbols(built.elf.read_bytes())
            self.assertIn("aon_timer_get_time", symbols)
            self.assertEqual([clock for clock in CLOCKS.values() if clock in symbols], [CLOCKS[board]], name)

    def test_a_change_of_the_check_is_checked_at_once(self):
        for (_, name), built in self.images.items():
            rules = (built.folder / f"CMakeFiles/{name}.dir/build.make").read_text(encoding="utf-8")
            self.assertRegex(rules, re.compile(rf"^{name}\.elf: .*port/pico/image\.py$", re.M))

    def test_a_stack_that_is_too_short_is_told(self):
        symbols = {"__StackTop": 0x20042000, "__StackBottom": 0x20041000, "uspan_poll": 1, "mbedtls_ssl_handshake_step": 1}
        tls13 = {**symbols, "mbedtls_ssl_tls13_handshake_client_step": 1}
        core1 = {".stack1_dummy": (0x20040000, 0x800)}
        background = {**symbols, "async_context_threadsafe_background_init": 1}  # of Wi-Fi
        for sections, linked, there in (({}, symbols, True), ({}, tls13, True), (core1, symbols, True), (core1, tls13, False),
                                        ({}, background, True), (core1, background, False),
                                        ({".scratch_y": (0x20041000, 0x400)}, symbols, False)):
            _, usable, needed, what = image.stack(sections, linked)
            self.assertEqual(usable >= needed, there, (sections, what, usable, needed))

    def test_a_heap_that_is_too_small_is_told_and_leaves_no_uf2(self):
        symbols = {"__StackLimit": 0x20040000, "__end__": 0x2003D000}
        self.assertEqual(image.heap(symbols), (0x3000, 0, ""))
        there, needed, words = image.heap({**symbols, "cJSON_ParseWithLengthOpts": 1})
        self.assertLess(there, needed)
        self.assertEqual(words, "cJSON")
        built = self.images["pico", "edge"]
        data = built.elf.read_bytes()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        elf, out = folder / "full.elf", folder / "full.uf2"
        _, found = image.sections_and_symbols(data)
        end = struct.pack("<I", found["__end__"])  # of the entry in the symbol table: value, then 0 bytes of size
        elf.write_bytes(data.replace(end + bytes(4), struct.pack("<I", found["__StackLimit"] - 1024) + bytes(4)))
        out.write_bytes(b"of an earlier build")
        done = subprocess.run([sys.executable, ROOT / "port/pico/image.py", elf, built.bin, out], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("leaves malloc() 1,024 bytes of RAM, and cJSON needs 17,408", done.stderr)
        self.assertFalse(out.exists())

    maxDiff = None

    def test_nothing_is_compiled_twice(self):
        for board, name in self.images:
            counts = Counter(file for file, _ in self.commands(board, name))
            self.assertEqual([file for file, count in counts.items() if count > 1], [])

    def compile(self, board, like, source, more, name="minimal"):
        """Compile a source as another one of the image. Returns the functions that its object calls."""
        [entry] = [entry for file, entry in self.commands(board, name) if file.endswith(like)]
        words = shlex.split(entry["command"])
        at = words.index("-o")
        given = ["-DNET_USB", "-DPICO_BOARD", *[str(word).split("=")[0] for word in more if str(word).startswith("-D")]]
        words = [word for word in words[:at] if word.split("=")[0] not in given]
        with tempfile.NamedTemporaryFile(suffix=".o") as out:
            done = subprocess.run([*words, *more, *WARNINGS, "-c", "-o", out.name, ROOT / source], cwd=entry["directory"],
                                  capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), (board, source))
            called = subprocess.run(["arm-none-eabi-nm", "-u", out.name], check=True, text=True, stdout=subprocess.PIPE).stdout
        return set(called.split()) - {"U", "w"}

    def test_the_ports_own_code_has_no_warning(self):
        for board in BOARDS:
            given = ["-DNET_USB=1", f'-DPICO_BOARD="{board}"']
            for source in (*PORT[:-1], "port/pico/example/net_usb.c", "port/pico/example/usb.c", "port/pico/example/settings.c"):
                self.compile(board, source, source, given)
            self.compile(board, EDGE[0], EDGE[0], given, "edge")
            self.compile(board, "example/main.c", "port/pico/example/net_slip.c", ["-DNET_SLIP=1", f'-DPICO_BOARD="{board}"'])
            self.compile(board, "example/main.c", PORT[-1], ["-DEXAMPLE_TLS13=1", *given])

    def test_the_spools_storage_compiles_with_the_real_sdk(self):
        header = ROOT / "port/flash/uspan_spool_pico.h"
        for board in BOARDS:
            self.compile(board, "example/main.c", "port/pico/example/settings.c", [f'-DPICO_BOARD="{board}"', "-include", header])

    def test_wifi_and_freertos_compile_against_declared_headers(self):
        for board, arch in ((board, arch) for board in BOARDS for arch in ARCHES):
            for source in (*PORT[:-1], "port/pico/example/net_wifi.c"):
                with self.subTest(board=board, arch=arch, source=source):
                    like = "example/main.c" if "example" in source else source
                    called = self.compile(board, like, source, [f'-DPICO_BOARD="{board}_w"', *RADIO, *ARCHES[arch]])
                    every, special = CALLS.get(source, (set(), {}))
                    self.assertLessEqual(every | special.get(arch, set()), called)
                    for other in special:
                        self.assertTrue(other == arch or called.isdisjoint(special[other]), called)

    def test_the_edge_agent_compiles_for_wifi_against_declared_headers(self):
        for board, arch in ((board, arch) for board in BOARDS for arch in ("poll", "threadsafe_background")):
            for source in EDGE:
                with self.subTest(board=board, arch=arch, source=source):
                    called = self.compile(board, source, source, [f'-DPICO_BOARD="{board}_w"', *RADIO, *ARCHES[arch]], "edge")
                    self.assertGreater(len(called), 3)

    def test_a_wifi_board_without_its_driver_is_told(self):
        """Debian's SDK does not contain cyw43-driver."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        done = subprocess.run(["cmake", "-S", pico.SOURCES, "-B", folder, "-DPICO_BOARD=pico_w", "-DUSPAN_CA_FILE=none"],
                              capture_output=True, text=True,
                              env={name: value for name, value in os.environ.items() if name != "PICO_SDK_PATH"})
        self.assertNotEqual(done.returncode, 0)
        words = " ".join(done.stderr.split())
        self.assertIn("has no pico_cyw43_arch_lwip_poll", words)
        self.assertIn("Cure: git -C", words)


if __name__ == "__main__":
    sys.exit(run())
