#!/usr/bin/python3
"""test_toy_sdk.py: uspan within an SDK: UNIX is true while cross-compiling, INTERFACE libraries have sources, the port is the
SDK's.

Invariant: the compiled files and their flags are read from CMake's compile commands. uspan-needs: cross"""
import http.server
import json
import re
import subprocess
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

TOY = Path(__file__).resolve().parent / "toy_sdk"
DEPS = sources.ROOT / "port/deps/src"
OUT = sources.work_folder("toy_sdk")
# Warnings for uspan's own code only. The SDK's code is compiled without them.
OURS = ("-Wconversion", "-Wpedantic", "-Wundef", "-Wshadow", "-Werror")


def configure(folder, *options):
    sources.run(["cmake", "-S", TOY / "app", "-B", folder, f"-DCMAKE_TOOLCHAIN_FILE={TOY / 'toolchain.cmake'}",
                 f"-DUSPAN={sources.ROOT}", f"-DTOY_LWIP={DEPS / 'lwip'}", f"-DTOY_MBEDTLS={DEPS / 'mbedtls'}",
                 f"-DTOY_NANOPB={sources.NANOPB}", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", "-DUSPAN_WERROR=ON", *options])
    return json.loads((folder / "compile_commands.json").read_text())


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class ToySdk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = configure(OUT / "b")

    def target(self, command):
        return re.search(r"CMakeFiles/(\w+)\.dir/", command["command"].split(" -o ")[1])[1]

    if sources.NATIVE:
        def test_nothing_of_the_sdk_is_compiled_within_uspan_nor_twice_in_a_program(self):
            seen = {}
            for one in self.commands:
                file = Path(one["file"]).resolve()
                if DEPS in file.parents or sources.NANOPB in file.parents:
                    seen.setdefault(self.target(one), []).append(file)
            self.assertEqual(set(seen), {"over_lwip", "over_sockets"})
            for target, files in seen.items():
                self.assertEqual(len(files), len(set(files)), target)
            names = {file.name for file in seen["over_lwip"]}
            self.assertLessEqual({"ssl_tls.c", "tcp.c", "pb_encode.c"}, names)
            self.assertEqual({file.name for file in seen["over_sockets"]}, {"pb_common.c", "pb_decode.c", "pb_encode.c"})

        def test_no_warning_of_uspans_reaches_the_sdk(self):
            ours = 0
            for one in self.commands:
                file, words = Path(one["file"]).resolve(), one["command"].split()
                if DEPS in file.parents:
                    self.assertFalse([word for word in words if word in OURS], file)
                elif self.target(one).startswith("uspan_") and "/proto/" not in str(file):
                    ours += 1
                    self.assertIn("-Wconversion", words)
                    # Headers of the SDK are system headers. gcc prints no warnings for them.
                    self.assertNotRegex(one["command"], r"-I\S*(deps/src|toy_sdk/config)", file)
            self.assertGreater(ours, 60)

        def test_what_the_sdk_defines_reaches_uspans_files(self):
            for name in ("uspan_mbedtls", "uspan_port_lwip"):
                of_it = [one["command"] for one in self.commands if self.target(one) == name]
                self.assertGreater(len(of_it), 1, name)
                for command in of_it:
                    self.assertIn("-DTOY_SDK=1", command)
                    self.assertIn("toy_mbedtls_config.h", command)
                    self.assertIn("-fno-common", command)

        def test_without_posix_and_threads_neither_is_compiled(self):
            files = {Path(one["file"]).name for one in self.commands if self.target(one).startswith("uspan_")}
            self.assertIn("lookup_wait.c", files)
            for name in ("port.c", "start.c", "lookup.c", "forks.c", "uspan_posix_tls.c"):
                self.assertTrue(list(sources.ROOT.glob(f"port/*/{name}")), name)
                self.assertNotIn(name, files)

        def test_a_port_of_ones_own_delivers_over_the_socket_transport(self):
            # With a blocking name look-up, and with one in a thread.
            threaded = OUT / "threads"
            sources.run(["cmake", "-S", sources.ROOT, "-B", threaded, "-DUSPAN_TESTS=OFF", "-DUSPAN_EXAMPLES=OFF",
                         "-DUSPAN_TLS=OFF", "-DUSPAN_POSIX=OFF"])
            sources.run(["cmake", "--build", OUT / "b", "-j", "2", "--target", "over_sockets"])
            sources.run(["cmake", "--build", threaded, "-j", "2", "--target", "uspan_port_sockets", "uspan_core"])
            program = OUT / "over_threads"
            sources.run(["gcc", f"-I{threaded / 'settings'}", f"-I{sources.ROOT / 'core/include'}",
                         f"-I{sources.ROOT / 'port/posix'}", '-DUSPAN_USER_CONFIG="uspan_settings.h"',
                         TOY / "app/over_sockets.c", threaded / "libuspan_port_sockets.a", threaded / "libuspan_core.a",
                         "-lpthread", "-o", program])
            for one in (OUT / "b/over_sockets", program):
                server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
                server.bodies = []
                threading.Thread(target=server.serve_forever, daemon=True).start()
                done = subprocess.run([one, str(server.server_port)], capture_output=True, text=True, timeout=120)
                server.shutdown()
                server.server_close()
                self.assertEqual(done.returncode, 0, done.stdout)
                self.assertIn(b"toy", b"".join(server.bodies))
                # A port where no server listens.
                done = subprocess.run([one, "1"], capture_output=True, text=True, timeout=120)
                self.assertEqual(done.returncode, 1)
                self.assertIn("Check host, port, network: connection", done.stdout)

    if sources.CROSS:
        def test_the_whole_of_it_links(self):
            sources.run(["cmake", "--build", OUT / "b", "-j", "2"])
            self.assertEqual(subprocess.run([OUT / "b/over_lwip"]).returncode, 1)  # without anchors there is no TLS


if __name__ == "__main__":
    unittest.main()
