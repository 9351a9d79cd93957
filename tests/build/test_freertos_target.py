"""test_freertos_target.py: an application that names its FreeRTOS kernel by USPAN_FREERTOS_TARGET builds with
uspan::port_freertos.

Invariant: the sources of the port and of the kernel are compiled once, in the application and not within uspan."""
import json
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

APP = sources.ROOT / "tests/sdk/freertos_app"
OUT = sources.BUILD / "build_tests/freertos_app"


def build(name, target, *options):
    """(folder, [(target, file name)]) of everything that is compiled."""
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    sources.run(["cmake", "-S", APP, "-B", folder, "-DUSPAN_TLS=OFF", "-DUSPAN_POSIX=OFF", "-DUSPAN_WERROR=ON",
                 "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
                 *options])
    sources.run(["cmake", "--build", folder, "--target", target, "-j", "2"])
    commands = json.loads((folder / "compile_commands.json").read_text(encoding="utf-8"))
    return folder, [(re.search(r"CMakeFiles/(\w+)\.dir/", one["command"])[1], str(Path(one["file"]).resolve()))
                    for one in commands]


class FreeRtosTarget(unittest.TestCase):
    def compiled_in(self, compiled, name):
        return sorted(target for target, file in compiled if file.endswith(name))

    def test_an_application_builds_and_runs_with_its_kernel(self):
        folder, compiled = build("alone", "app")
        for name in ("port/freertos/port.c", "port/freertos/exporter.c", "fake_freertos.c"):
            self.assertEqual(self.compiled_in(compiled, name), ["app", "compiled"])
        self.assertEqual(self.compiled_in(compiled, "plus_tcp.c"), [])
        self.assertEqual(subprocess.run([folder / "app"], timeout=180).returncode, 0, "a line of freertos_app/main.c")

    def test_freertos_plus_tcp_is_compiled_where_it_is_the_network(self):
        _, compiled = build("plus_tcp", "compiled", "-DUSPAN_FREERTOS_PLUS_TCP=ON")
        self.assertEqual(self.compiled_in(compiled, "port/freertos/plus_tcp.c"), ["app", "compiled"])


if __name__ == "__main__":
    unittest.main()
