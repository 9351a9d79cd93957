#!/usr/bin/python3
"""test_dump.py: a firmware without special preparation stops in the middle of its turn, and a program of the host crashes.
Their spans are read from their memory.

Invariant: the result from a gdb stub equals the result from an image of RAM."""
import io
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from contextlib import redirect_stdout
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "support"), str(Path(__file__).resolve().parents[1] / "support/peers")]
import firmware  # noqa: E402
import protos  # noqa: E402
import qemu  # noqa: E402
import dead_memory  # noqa: E402
import uspan_dump  # noqa: E402

RAM, RAM_BYTES = 0x20000000, 0x40000
ROOT = firmware.ROOT
PROGRAM = r"""
#include <stdlib.h>
#include "uspan/uspan.h"
static uspan_tracer_t tracer;
static uint32_t lock(void *c) { return 0; }
static void unlock(void *c, uint32_t s) { }
static uint64_t mono_ns(void *c) { static uint64_t n = 1000; return n += 1000000; }
static uspan_err_t unix_ns(void *c, uint64_t *out) { return USPAN_ERR_AGAIN; }
static uspan_err_t random_bytes(void *c, uint8_t *out, size_t n) { memset(out, 7, n); return USPAN_OK; }
static uintptr_t task(void *c) { return 1; }
static void log_line(void *c, uspan_level_t l, const char *t) { }
static const uspan_port_t port = { USPAN_PORT_ABI, NULL, lock, unlock, mono_ns, unix_ns, random_bytes, task, log_line };
int main(void)
{
    if (uspan_init(&tracer, &port) != USPAN_OK) return 1;
    uspan_t turn = uspan_start(&tracer, USPAN_ROOT, "turn");
    uspan_t tool = uspan_start(&tracer, turn, "tool");
    uspan_set_int(&tracer, tool, USPAN_KEY("bed"), 3);
    uspan_set_str(&tracer, tool, USPAN_KEY("note"), "a text that is long enough for two of the blocks of the text pool, I hope");
    uspan_event(&tracer, tool, "valve opens");
    abort();
}
"""

KEPT = PROGRAM[:PROGRAM.index("int main")].replace("#include \"uspan/uspan.h\"", """#include \"uspan/keep.h\"
#include \"uspan/export.h\"
extern char __executable_start, edata;""").replace("static uspan_tracer_t", "static USPAN_KEPT uspan_tracer_t") + r"""
static void boot(const char *version)
{
    const uspan_keep_options_t options = { USPAN_RESET_SOFTWARE, (const uint8_t *)"one image", 9u,
                                           { { &__executable_start, &edata } } };
    const uspan_resource_t resource = { .service_name = "pump", .service_version = version };
    if (uspan_keep_mount(&tracer, &port, &options, NULL) != USPAN_OK) exit(1);
    if (uspan_set_resource(&tracer, &resource) != USPAN_OK) exit(1);
}
int main(void)
{
    boot("1.0");
    (void)uspan_start(&tracer, USPAN_ROOT, "before");
    boot("2.0");
    (void)uspan_start(&tracer, USPAN_ROOT, "after");
    abort();
}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def dump(*words):
    out = io.StringIO()
    with redirect_stdout(out):
        status = uspan_dump.main([str(word) for word in words])
    return status, out.getvalue()


class Stub(unittest.TestCase):
    def test_a_stop_that_is_told_at_any_moment_moves_no_page(self):
        for before in (True, False):  # before or after the response
            with self.subTest(before=before), socket.create_server(("127.0.0.1", 0)) as server:
                def serve():
                    peer, _ = server.accept()
                    with peer:
                        got, told = b"", False
                        while piece := peer.recv(100):
                            got += piece
                            while found := re.search(rb"\$m(\w+),400#..", got):
                                got = got[found.end():]
                                answer = b"$" + b"%02x" % (int(found.group(1), 16) // 1024) * 1024 + b"#00"
                                stop = [] if told else [b"$T05#b9"]
                                told = True
                                for packet in [*stop, answer] if before else [answer, *stop]:
                                    peer.sendall(b"+" + packet)
                                    time.sleep(0.05)  # each packet is sent separately

                thread = threading.Thread(target=serve)
                thread.start()
                stub = dead_memory.Stub(*server.getsockname())
                read = [stub.read(page * 1024, 1) for page in range(3)]
                stub.socket.close()
                thread.join()
                self.assertEqual(read, [b"\0", b"\1", b"\2"])


class Dump(unittest.TestCase):
    def test_a_board_that_stopped_in_its_turn(self):
        built = firmware.build("mps2_an385")
        port, seen = free_port(), {}
        with tempfile.TemporaryDirectory() as folder:
            image, otlp = Path(folder) / "ram.bin", Path(folder) / "spans.pb"

            def stop(text):
                if "user:" in text and not seen:
                    time.sleep(0.3)
                    began = time.monotonic()
                    seen["stub"] = dump(built.elf, f"127.0.0.1:{port}", "--otlp", otlp)
                    seen["seconds"] = time.monotonic() - began
                    seen["otlp"] = otlp.read_bytes()
                    stub = dead_memory.Stub("127.0.0.1", port)
                    image.write_bytes(b"".join(stub.read(RAM + at, 1024) for at in range(0, RAM_BYTES, 1024)))
                    seen["image"] = dump(built.elf, f"{image}@{RAM:#x}", "--otlp", otlp)
                    seen["same"] = otlp.read_bytes() == seen["otlp"]

            qemu.run(built, {"endpoint": f"http://{qemu.LOOPBACK}:9/v1/traces"}, until="user:", watch=stop,
                     more=["-gdb", f"tcp:127.0.0.1:{port}"])
        self.assertEqual(seen["stub"][0], 0, seen["stub"][1])
        self.assertEqual(seen["image"][0], 0, seen["image"][1])
        self.assertTrue(seen["same"])
        self.assertLess(seen["seconds"], 30)  # 3 s on an idle machine
        spans = [span for given in protos.ExportRequest.FromString(seen["otlp"]).resource_spans
                 for scoped in given.scope_spans for span in scoped.spans]
        agents = [span for span in spans if span.name.startswith("invoke_agent")]
        self.assertEqual(len(agents), 1)
        attributes = {pair.key: pair.value for pair in agents[0].attributes}
        self.assertTrue(attributes["uspan.open"].bool_value)
        self.assertEqual(attributes["gen_ai.agent.name"].string_value, "gardener")
        self.assertIn("invoke_agent gardener", seen["image"][1])
        self.assertIn("16 spans of 24 attributes", seen["image"][1])

    def test_each_board_within_three_seconds(self):
        self.assertIn("set(board_lto ON)", (ROOT / "boards/lm3s6965evb/board.cmake").read_text())  # so LTO is included
        for board in firmware.boards():
            with self.subTest(board=board):
                built, port, seen = firmware.build(board), free_port(), {}

                def stop(text):
                    if "user:" in text and not seen:
                        time.sleep(0.3)
                        began, worked = time.monotonic(), time.process_time()
                        seen["status"], seen["text"] = dump(built.elf, f"127.0.0.1:{port}")
                        seen["seconds"], seen["cpu"] = time.monotonic() - began, time.process_time() - worked

                qemu.run(built, {"endpoint": f"http://{qemu.LOOPBACK}:9/v1/traces"}, until="user:", watch=stop,
                         more=["-gdb", f"tcp:127.0.0.1:{port}"])
                self.assertEqual(seen["status"], 0, seen["text"])
                self.assertIn("invoke_agent gardener", seen["text"])
                self.assertRegex(seen["text"], r"\nstarted \d+, open [1-9]")
                self.assertLess(seen["cpu"], 1)  # of 3 s; the rest is the stub's
                self.assertLess(seen["seconds"], 30)  # 3 s on an idle machine

    def die(self, folder, text, *options):
        """(program, core file) of a program of the host that ends by abort()."""
        source, program, core = Path(folder) / "dead.c", Path(folder) / "dead", Path(folder) / "core"
        source.write_text(text)
        nanopb = ROOT / "port/deps/src/nanopb"
        sources = [source, *ROOT.glob("core/trace/*.c"), *ROOT.glob("core/export/*.c"), *ROOT.glob("proto/gen/*.c"),
                   *[nanopb / f"pb_{name}.c" for name in ("common", "decode", "encode")]]
        subprocess.run(["gcc", "-std=gnu11", "-g", "-w", *options, *[f"-I{path}" for path in (
            ROOT / "core/include", ROOT / "core", ROOT / "proto/gen", nanopb)], *sources, "-o", program], check=True)
        subprocess.run(["gdb", "-batch", "-ex", "run", "-ex", f"generate-core-file {core}", program], check=True,
                       capture_output=True)
        return program, core

    def test_spans_of_an_earlier_boot_have_its_resource(self):
        with tempfile.TemporaryDirectory() as folder:
            otlp = Path(folder) / "spans.pb"
            status, text = dump(*self.die(folder, KEPT, "-DUSPAN_KEEP=1"), "--otlp", otlp)
            self.assertEqual(status, 0, text)
            found = {}
            for given in protos.ExportRequest.FromString(otlp.read_bytes()).resource_spans:
                resource = {pair.key: pair.value.string_value for pair in given.resource.attributes}
                for span in given.scope_spans[0].spans:
                    found[span.name] = (resource.get("service.name"), resource.get("service.version"))
        self.assertEqual(found, {"before": ("pump", "1.0"), "after": ("pump", "2.0")})

    def test_a_core_file_of_a_host_s_program_and_gdb_s_command(self):
        with tempfile.TemporaryDirectory() as folder:
            program, core = self.die(folder, PROGRAM)
            done = subprocess.run(["gdb", "-batch", "-x", ROOT / "tests/support/uspan_gdb.py", "-ex", "uspan spans", program,
                                   core], capture_output=True, text=True, check=True)
            self.assertRegex(done.stdout, r"open +[0-9a-f]{16} tool")
            self.assertIn("note = a text that is long enough for two of the blocks", done.stdout)
            status, text = dump(program, core, "--otlp", Path(folder) / "spans.pb")
            self.assertEqual(status, 0, text)
            self.assertIn("valve opens", text)
            self.assertIn("2 spans", text)

    def test_what_cannot_be_read_is_said(self):
        built = firmware.build("mps2_an385")
        with tempfile.NamedTemporaryFile() as empty:
            self.assertEqual(dump(built.elf, f"{empty.name}@0x20000000")[0], 1)
        self.assertEqual(dump(built.elf, "no such file")[0], 1)


if __name__ == "__main__":
    unittest.main()
