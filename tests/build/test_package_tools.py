#!/usr/bin/python3
"""test_package_tools.py: Conan and PlatformIO themselves build uspan: `conan create` with its test package, `pio pkg pack`, and
`pio run` of a project with that archive.

Invariant: the tools come from Python packages of pinned versions, and read no registry of theirs. PlatformIO has no compiler for
a chip without its registry, so its platform here is the host's gcc, and the headers of ESP-IDF are declared ones.
uspan-needs: only cross"""
import json
import os
import shutil
import subprocess
import sys
import tarfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

ROOT = sources.ROOT
TOOLS = ROOT / "build/interop/packages"
OUT = sources.BUILD / "build_tests/package_tools"
LWIP = Path(os.environ.get("USPAN_LWIP_DIR") or ROOT / "port/deps/src/lwip")
MBEDTLS = Path(os.environ.get("USPAN_MBEDTLS_DIR") or ROOT / "port/deps/src/mbedtls")
MANIFEST = {"description": "the host's gcc", "version": "1.0.0"}
PLATFORM = """from SCons.Script import Default, DefaultEnvironment
env = DefaultEnvironment()
env.Replace(AR="ar", CC="gcc", CXX="g++", RANLIB="ranlib", PROGSUFFIX="")
Default(env.BuildProgram())
"""
# The functions of ESP-IDF and Arduino are declared only.
PROJECT = """[env:espidf]
platform = host
build_src_filter = +<espidf.cpp>
build_flags = -DESP_PLATFORM -D_GNU_SOURCE -DLWIP_TCPIP_CORE_LOCKING=0 -DLWIP_SOCKET_POLL=1
    {includes}
    -Wl,--unresolved-symbols=ignore-all
"""


def tool(name, *arguments, **environment):
    """What a tool printed."""
    return sources.run(["sh", "-c", 'exec "$@" 2>&1', "sh", TOOLS / "bin" / name, *arguments], cwd=OUT / "tree", env={
        **os.environ, "PLATFORMIO_CORE_DIR": str(OUT / "platformio"), "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "no",
        "CONAN_HOME": str(OUT / "conan"), "CI": "true", **environment})


def package(folder, kind, name, version, owner):
    """Mark a folder as a package that PlatformIO has installed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".piopm").write_text(json.dumps({"type": kind, "name": name, "version": version, "spec": {
        "owner": owner, "id": None, "name": name, "requirements": None, "uri": None}}))
    return folder


class PackageTools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run([ROOT / "port/deps/interop.sh", "packages"], check=True, stdin=subprocess.DEVNULL)
        shutil.rmtree(OUT, ignore_errors=True)
        sources.copy_tree(OUT / "tree")

    def test_conan_creates_the_package_and_its_test_package_runs(self):
        tool("conan", "profile", "detect")
        tool("conan", "create", ROOT / "tests/build/conan/nanopb", "-tf", "")  # beside port/deps/src
        self.assertIn("RUN: ./program", tool("conan", "create", ".", "-tf", "tests/build/conan", "--no-remote"))

    def test_platformio_packs_and_builds_the_library_and_the_sketch_for_esp32(self):
        archive = OUT / "uspan.tar.gz"
        tool("pio", "pkg", "pack", "-o", archive, ".")
        core, project = OUT / "platformio", OUT / "project"
        with tarfile.open(archive) as packed:
            packed.extractall(project / "lib/uspan")
        there = {path.name for path in (project / "lib/uspan").iterdir()}
        self.assertLessEqual({"core", "port", "proto", "examples", "library.json"}, there)
        self.assertEqual(there & {"tests", "boards", "build", ".ci"}, set())
        # Its build tool and platform, which are elsewhere from its registry.
        [scons] = TOOLS.glob("lib/python*/site-packages/SCons")
        version = tool("python", "-c", "from platformio.dependencies import get_core_dependencies as asked\n"
                       "print(asked()['tool-scons'].strip('~'))").strip()
        build_tool = package(core / "packages/tool-scons", "tool", "tool-scons", version, "platformio")
        (build_tool / "SCons").symlink_to(scons)
        (build_tool / "package.json").write_text(json.dumps({**MANIFEST, "name": "tool-scons", "version": version}))
        (build_tool / "scons.py").write_text("import sys\nimport SCons.Script\nsys.exit(SCons.Script.main())\n")
        platform = package(core / "platforms/host", "platform", "host", "1.0.0", "here")
        (platform / "builder").mkdir()
        (platform / "builder/main.py").write_text(PLATFORM)
        (platform / "platform.json").write_text(json.dumps({**MANIFEST, "name": "host", "title": "host", "frameworks": {},
                                                            "packages": {}}))
        nanopb = package(project / "lib/Nanopb", "library", "Nanopb", "0.4.9", "nanopb")
        for path in sources.NANOPB.glob("pb*.[ch]"):
            shutil.copy(path, nanopb)
        (nanopb / "library.json").write_text(json.dumps({"name": "Nanopb", "version": "0.4.9"}))
        shutil.copytree(ROOT / "examples/platformio_agent/src", project / "src")
        shutil.copytree(ROOT / "examples/arduino_esp32", OUT / "arduino_esp32")  # ../../arduino_esp32, as in examples/
        includes = (ROOT / "tests/build/arduino", ROOT / "tests/sdk/declared/espidf", ROOT / "tests/sockets",
                    LWIP / "src/include", LWIP / "contrib/ports/unix/port/include", MBEDTLS / "include")
        (project / "platformio.ini").write_text(PROJECT.format(includes="\n    ".join(f"-I{path}" for path in includes)))
        tool("pio", "run", "-d", project, "-j", "2")
        built = {path.stem for path in (project / ".pio/build").rglob("*.o")}
        self.assertLessEqual({"span", "otlp.pb", "esp32_tls", "esp32_start", "pb_encode", "espidf"}, built)
        [library] = (project / ".pio/build").rglob("libuspan.a")
        self.assertIn(" T uspan_espidf_start_sized\n", sources.run(["nm", library]))


if __name__ == "__main__":
    unittest.main()
