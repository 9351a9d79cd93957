#!/usr/bin/python3
"""test_packages.py: the archives of make dist have the required content, and PlatformIO and Arduino find a library in them.

Invariant: sources and folders are read from the manifests, as those tools read them. The tools themselves are not needed."""
import fnmatch
import http.server
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tarfile
import threading
import unittest
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import dist  # noqa: E402
import sources  # noqa: E402

sys.path.insert(0, str(sources.ROOT / "tests/support/peers"))
import certs  # noqa: E402

OUT = sources.BUILD / "build_tests/packages"
STUBS = Path(__file__).resolve().parent / "arduino"
FAKES = sources.ROOT / "tests/sdk"
DECLARED = FAKES / "declared/espidf"
LWIP, MBEDTLS = (Path(os.environ.get(f"USPAN_{name.upper()}_DIR") or sources.ROOT / "port/deps/src" / name) / folder
                 for name, folder in (("lwip", ""), ("mbedtls", "include")))
QUICK = ["-O0", "-DUSPAN_BATCH_AGE_MS=100", *(f"-DUSPAN_WIRE_{one}=0" for one in
                  ("OPENAI_CHAT", "OPENAI_RESPONSES", "ANTHROPIC", "DASHSCOPE", "GEMINI", "OLLAMA"))]
CPP = ["g++", "-std=gnu++11", "-Wall", "-Wextra", "-Werror", *QUICK]


def platformio_sources(tree, manifest):
    """The files that PlatformIO compiles: its source filter, in order, over srcDir."""
    chosen = set()
    every = [path.relative_to(tree / manifest["build"]["srcDir"]) for path in sorted(tree.rglob("*.[ch]*")) if path.is_file()]
    for rule in manifest["build"]["srcFilter"]:
        sign, pattern = re.fullmatch(r"([+-])<(.*)>", rule).groups()
        hit = {path for path in every if pattern == "*" or len(path.parts) == pattern.count("/") + 1 and
               fnmatch.fnmatch(str(path), pattern)}
        chosen = chosen | hit if sign == "+" else chosen - hit
    return sorted(tree / path for path in chosen if path.suffix in (".c", ".cpp"))


def pack(tree, manifest, target):
    """The tree as `pio pkg pack` packs it, without the files and folders that match export.exclude."""
    shutil.copytree(tree, target)
    for pattern in manifest["export"]["exclude"]:
        for path in sorted(target.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        (OUT / "received").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):  # for the Unix time
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tar, cls.zip = dist.write(OUT / "archives")
        for one in ("tar", "arduino", "objects", "packed"):  # of an earlier run
            shutil.rmtree(OUT / one, ignore_errors=True)
        with tarfile.open(cls.tar) as archive:
            archive.extractall(OUT / "tar")
        with zipfile.ZipFile(cls.zip) as archive:
            archive.extractall(OUT / "arduino")
        cls.tree = OUT / f"tar/uspan-{dist.version()}"
        cls.manifest = json.loads((cls.tree / "library.json").read_text())
        cls.packed = OUT / "packed"
        pack(cls.tree, cls.manifest, cls.packed)

    def test_an_archive_is_the_tree_without_nanopb_and_the_same_each_time(self):
        names = {str(path.relative_to(self.tree)) for path in self.tree.rglob("*") if path.is_file()}
        self.assertLessEqual({"CMakeLists.txt", "core/trace/span.c", "port/deps/pins", "tests/build/dist.py"}, names)
        for folder in (self.tree, OUT / "arduino"):
            self.assertEqual([path for path in folder.rglob("pb*.c") if path.name.startswith("pb_")], [])
        again = dist.write(OUT / "again")
        for one, other in zip((self.tar, self.zip), again):
            self.assertEqual(one.read_bytes(), other.read_bytes())
        self.assertIn("nanopb", (self.tree / "port/deps/pins").read_text())
        self.assertEqual([one["name"] for one in self.manifest["dependencies"]], ["Nanopb"])

    def test_each_manifest_has_the_version_of_the_headers(self):
        self.assertEqual(self.manifest["version"], dist.version())
        properties = (self.tree / "library.properties").read_text()
        self.assertIn(f"\nversion={dist.version()}\n", properties)
        self.assertIn("\ndepends=Nanopb\n", properties)

    def test_the_conan_recipe_names_the_libraries_that_cmake_makes(self):
        # test_package_tools.py runs Conan itself.
        recipe = (self.tree / "conanfile.py").read_text()
        compile(recipe, "conanfile.py", "exec")
        self.assertIn('"nanopb/', recipe)
        named = re.findall(r'component\("(\w+)"', recipe)
        self.assertEqual(sorted(named), ["core", "genai", "mbedtls", "port_posix"])
        cmake = (self.tree / "CMakeLists.txt").read_text()
        for name in named:
            self.assertIn(f"uspan_add_library(uspan_{name} {name} ", cmake)

    def test_platformio_finds_the_sources_and_their_headers(self):
        self.assertFalse((self.packed / "tests").exists())
        found = platformio_sources(self.packed, self.manifest)
        mine = {str(path.relative_to(sources.ROOT)) for path in sources.core_sources() + sources.genai_sources() +
                sorted(sources.ROOT.glob("proto/gen/*.c")) + sorted(sources.ROOT.glob("port/arduino/*.c"))}
        self.assertEqual({str(path.relative_to(self.packed)) for path in found}, mine)
        flags = [f"-I{self.packed / flag[2:].strip()}" for flag in self.manifest["build"]["flags"]]
        self.assertTrue((self.packed / self.manifest["build"]["includeDir"] / "uspan/genai.h").exists())
        for flag in flags:
            self.assertTrue(Path(flag[2:]).is_dir(), flag)
        # All headers are there: the preprocessor finds them. The same files are compiled below.
        sources.run(["gcc", "-MM", *flags, f"-I{sources.NANOPB}", *found])
        on_esp32 = ["-DESP_PLATFORM", f"-I{DECLARED}"]
        for name in ("client", "espidf"):
            sources.run([*CPP, "-fsyntax-only", *flags, *on_esp32, f"-I{STUBS}",
                         self.packed / f"examples/platformio_agent/src/{name}.cpp"])
        for name in self.manifest["headers"]:
            self.assertTrue(any((Path(flag[2:]) / name).exists() for flag in flags), name)

    def compiled(self, files, folder, options, quiet=("-w",)):
        folder.mkdir(parents=True, exist_ok=True)

        def compile_one(file):
            target = folder / ("_".join(file.parts[-2:]) + ".o")
            sources.run(["gcc", "-std=gnu11", *quiet, *QUICK, *options, "-c", file, "-o", target])
            return target
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(compile_one, files))

    def delivers(self, program, received, server):
        """Run a sketch until the receiver has its first request."""
        (OUT / "received").unlink(missing_ok=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = subprocess.run([program], capture_output=True, text=True, timeout=180,
                              env=dict(os.environ, USPAN_TEST_PORT=str(server.server_port),
                                       USPAN_TEST_DONE=str(OUT / "received")))
        server.shutdown()
        server.server_close()
        self.assertTrue((OUT / "received").exists(), done.stdout + done.stderr)
        for text in received:
            self.assertIn(text, (OUT / "received").read_bytes())

    def test_an_arduino_library_is_compiled_by_its_layout_and_its_sketches_deliver(self):
        library = OUT / "arduino/uspan"
        found = sorted((library / "src").rglob("*.c"))
        self.assertEqual({path.name for path in found},
                         {path.name for path in platformio_sources(self.packed, self.manifest)})
        folders = [f"-I{library / 'src'}", f"-I{sources.NANOPB}"]
        of_esp32 = [file for file in found if file.name.startswith("esp32_")]
        self.assertGreater(len(of_esp32), 7)
        # Another core: the files for ESP32 are empty, and the sketch sends over a Client.
        made = self.compiled([file for file in found if file not in of_esp32] + sorted(sources.NANOPB.glob("pb_*.c")),
                             OUT / "objects", folders)
        empty = self.compiled(of_esp32, OUT / "objects_empty", folders)
        self.assertEqual(sources.run(["nm", "--defined-only", *empty]).count(" T "), 0)
        sketch = library / "examples/arduino_agent/arduino_agent.ino"
        program = OUT / "sketch"
        sketches = [*CPP, *folders, f"-I{STUBS}", "-include", "Arduino.h", "-x", "c++"]
        sources.run([*sketches, "-Duspan_arduino_random=stub_random", sketch, STUBS / "main.cpp", "-x", "none", *made, "-lm",
                     "-o", program])
        self.delivers(program, (b"gardener", b"gpt-4o", b"open_valve", b"garden.bed"),
                      http.server.HTTPServer(("127.0.0.1", 0), Receiver))
        # ESP32: the same sources as port/espidf, over the declared ESP-IDF. The Client can be used there too.
        on_esp32 = ["-DESP_PLATFORM", "-DESP32", "-D_GNU_SOURCE", f"-I{DECLARED}", "-isystem", LWIP / "src/include",
                    "-isystem", LWIP / "contrib/ports/unix/port/include", "-isystem", sources.ROOT / "tests/sockets",
                    "-isystem", MBEDTLS, "-DMBEDTLS_PLATFORM_MEMORY", "-DLWIP_TCPIP_CORE_LOCKING=0", "-DLWIP_SOCKET_POLL=1",
                    "-ffunction-sections", "-fdata-sections"]
        port = self.compiled(of_esp32, OUT / "objects_esp32", [*folders, *on_esp32], ["-Wall", "-Wextra", "-Werror"])
        fakes = self.compiled([FAKES / "fake_espidf.c", FAKES / "fake_freertos.c"], OUT / "objects_fakes",
                              [*folders, *on_esp32, f"-I{FAKES}", "-DDECLARED_ESPIDF_BUILD=1"])
        sources.run([*sketches, *on_esp32, "-fsyntax-only", sketch])
        # The user sets endpoint and CA in the sketch.
        cert = certs.get("good")
        server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert.pem, cert.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        text = (library / "examples/arduino_esp32/arduino_esp32.ino").read_text()
        changed = text.replace("collector.example:4318", f"localhost:{server.server_port}").replace(
            'ca_pem[] = ""', f"ca_pem[] = {json.dumps(Path(cert.ca_pem).read_text())}")
        self.assertEqual(len(re.findall(r"localhost:\d|BEGIN CERTIFICATE", changed)), 2)
        (OUT / "arduino_esp32.ino").write_text(changed)
        sources.run([*sketches, *on_esp32, OUT / "arduino_esp32.ino", STUBS / "main.cpp", "-x", "none", "-Wl,--gc-sections",
                     *port, *fakes, *made, sources.BUILD / "libuspan_mbedtls_source.a", "-lm", "-lpthread", "-o", program])
        self.delivers(program, (b"gardener", b"gpt-4o-mini", b"read_sensor", b"garden.moisture"), server)


if __name__ == "__main__":
    unittest.main()
