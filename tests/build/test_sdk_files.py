"""test_sdk_files.py: the build files for ESP-IDF and Zephyr pass all sources and folders to the SDK, and each path exists.

Stubs with the names of the SDKs' functions print their arguments. uspan's own CMake build has the list of required sources."""
import os
import re
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

ROOT = sources.ROOT
TOY = """
foreach(name IN ITEMS idf_component_register target_compile_definitions zephyr_library_named zephyr_library_sources
        zephyr_library_include_directories zephyr_include_directories zephyr_compile_definitions
        zephyr_library_compile_definitions zephyr_library_link_libraries)
    cmake_language(EVAL CODE "function(${name})\\n message(NOTICE \\"${name}: \\${ARGN}\\")\\nendfunction()")
endforeach()
set(COMPONENT_LIB uspan)
include(%s)
"""
CORE = {str(path) for folder in ("trace", "export", "json", "genai", "wire") for path in (ROOT / "core" / folder).glob("*.c")}


def calls(file, *settings):
    """{function: all of its arguments} of one build file."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "toy.cmake"
        script.write_text(TOY % file)
        done = sources.run(["sh", "-c", 'exec cmake "$@" 2>&1', "sh", *[f"-D{setting}" for setting in settings], "-P", script])
    found = {}
    for name, given in re.findall(r"^(\w+): (.*)$", done, re.M):
        found.setdefault(name, []).extend(given.split(";"))
    return found


def normal(paths):
    return {os.path.normpath(path) for path in paths}


def options_of(sdk, compiled):
    """{option: its default} of the port headers, as far as compiled files use it. The component itself sets USPAN_SOCKETS_*."""
    folders = (sdk, "freertos", "posix") if sdk == "espidf" else (sdk,)
    headers = "\n".join(path.read_text(encoding="utf-8") for name in folders for path in (ROOT / "port" / name).glob("*.h"))
    files = "\n".join(path.read_text(encoding="utf-8") for path in compiled if path.suffix == ".c")
    found = re.findall(r"^#ifndef (USPAN_\w+)\n#define \1 (\d+)$", headers, re.M)
    return {name: default for name, default in found
            if re.search(rf"\b{name}\b", files) and not name.startswith("USPAN_SOCKETS_")}


def kconfig_options(path):
    """{option: its last default}"""
    text = path.read_text(encoding="utf-8")
    return {name: re.findall(r"^ +default (\S+)", words, re.M)[-1]
            for name, words in re.findall(r"^config (\w+)\n((?: .*\n)*)", text, re.M) if " default " in words}


def values(sdk, config, options):
    """{option: its value} where Kconfig has one value more than the default."""
    header = "port/zephyr/uspan_zephyr.h" if sdk == "zephyr" else "port/espidf/uspan_espidf.h"
    more = ['#include "uspan_freertos.h"', '#include "uspan_posix.h"'] if sdk == "espidf" else []
    probe = "\n".join([f'#include "{Path(header).name}"', *more, *(f'PROBE "{name}" is {name}' for name in options)])
    folders = [ROOT / "core/include", ROOT / "port/kconfig", ROOT / "examples", ROOT / "port" / sdk, ROOT / "port/freertos",
               ROOT / "port/posix", ROOT / "tests/sdk/declared" / sdk]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sdkconfig.h").write_text("")
        done = sources.run(["gcc", "-std=c11", "-E", "-P", "-xc", "-", f"-I{folder}", *[f"-I{path}" for path in folders],
                            f'-DUSPAN_USER_CONFIG="{config}"', "-DCONFIG_USPAN=1", "-DCONFIG_USPAN_ENABLED=1", "-DESP_PLATFORM=1",
                            *[f"-DCONFIG_{name}={int(default) + 1}" for name, default in options.items()]], input=probe)
    return dict(re.findall(r'^PROBE "(\w+)" is (.*)$', done, re.M))


class SdkFiles(unittest.TestCase):
    def missing(self, words):
        return [word for word in words if word.startswith("/") and not Path(word).exists()]

    def test_espidf(self):
        for target, lookup in (("esp32c3", "lookup_lwip.c"), ("linux", "lookup_wait.c")):
            found = calls(ROOT / "CMakeLists.txt", "ESP_PLATFORM=1", f"IDF_TARGET={target}")
            given = found["idf_component_register"]
            self.assertGreater(len(CORE), 50)
            self.assertEqual(self.missing(given), [])
            self.assertEqual(CORE - normal(given), set())
            for name in ("port/espidf/tls.c", "port/espidf/start.c", "port/freertos/exporter.c", "port/posix/tcp.c",
                         f"port/posix/{lookup}", "core/include", "port/espidf/Kconfig"):
                self.assertIn(str(ROOT / name), normal(given))
            defined = found["target_compile_definitions"]
            self.assertEqual("USPAN_SOCKETS_LWIP=1" in defined, target != "linux")
            self.assertIn("PB_BUFFER_ONLY=1", defined)
            self.assertIn('USPAN_USER_CONFIG="uspan_espidf_config.h"', defined)  # this header includes sdkconfig.h

    def test_espidf_without_nanopb_says_what_to_do(self):
        with self.assertRaises(RuntimeError) as caught:
            calls(ROOT / "CMakeLists.txt", "ESP_PLATFORM=1", "USPAN_NANOPB_DIR=/nowhere")
        self.assertIn("fetch.sh", str(caught.exception))

    def test_zephyr(self):
        self.assertGreater(len(CORE), 50)
        named = re.findall(r"(?:cmake: |kconfig: |- )(\S+)", (ROOT / "zephyr/module.yml").read_text(encoding="utf-8"))
        self.assertGreater(len(named), 1)
        for name in named:
            self.assertTrue((ROOT / name).exists(), name)
        for nanopb in (0, 1):
            found = calls(ROOT / "port/zephyr/CMakeLists.txt", "CONFIG_USPAN=1", f"CONFIG_NANOPB={nanopb}")
            given = found["zephyr_library_sources"]
            folders = found["zephyr_library_include_directories"] + found["zephyr_include_directories"]
            self.assertEqual(self.missing(given + folders), [])
            self.assertEqual(CORE - normal(given), set())
            self.assertEqual("zephyr_library_link_libraries" in found, nanopb == 1)
        self.assertEqual(calls(ROOT / "port/zephyr/CMakeLists.txt"), {})  # not configured: no call
        kconfig = (ROOT / "port/zephyr/Kconfig").read_text(encoding="utf-8")
        used = set(re.findall(r"CONFIG_(USPAN_ZEPHYR_\w+)", (ROOT / "port/zephyr/start.c").read_text(encoding="utf-8")))
        self.assertGreater(len(used), 2)
        self.assertEqual(used - set(re.findall(r"^config (\w+)", kconfig, re.M)), set())

    def test_options_of_the_samples_exist(self):
        known = set(re.findall(r"^(?:menu)?config (\w+)", (ROOT / "port/kconfig/Kconfig").read_text(encoding="utf-8"), re.M))
        for name in ("port/espidf/example/sdkconfig.defaults", "port/zephyr/sample/prj.conf"):
            options = re.findall(r"^CONFIG_(USPAN\w*)=", (ROOT / name).read_text(encoding="utf-8"), re.M)
            self.assertGreater(len(options), 1)
            self.assertEqual(set(options) - known, set(), name)

    def test_kconfig_has_every_option_of_the_files_that_are_compiled(self):
        espidf = calls(ROOT / "CMakeLists.txt", "ESP_PLATFORM=1", "IDF_TARGET=esp32c3")
        zephyr = calls(ROOT / "port/zephyr/CMakeLists.txt", "CONFIG_USPAN=1", "CONFIG_NANOPB=1")
        for sdk, given, defined in (("espidf", espidf["idf_component_register"], espidf["target_compile_definitions"]),
                                    ("zephyr", zephyr["zephyr_library_sources"], zephyr["zephyr_compile_definitions"])):
            [config] = [word.split("=")[1].strip('"') for word in defined if word.startswith("USPAN_USER_CONFIG=")]
            options = options_of(sdk, [Path(name) for name in normal(given) if f"{ROOT}/port/" in name])
            offered = kconfig_options(ROOT / "port" / sdk / "Kconfig")
            self.assertGreater(len(options), 2)
            for name, default in options.items():
                with self.subTest(sdk=sdk, option=name):
                    self.assertEqual(offered.get(name), default, f"cure: config {name} in port/{sdk}/Kconfig")
            seen = values(sdk, config, options)
            self.assertEqual(seen, {name: str(int(default) + 1) for name, default in options.items()}, f"port/{sdk}/{config}")


if __name__ == "__main__":
    unittest.main()
