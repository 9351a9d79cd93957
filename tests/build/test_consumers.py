"""test_consumers.py: an application builds with uspan as a subdirectory, by FetchContent, as a package installed with CMake or
found by pkg-config, and for a Cortex-M3 without an operating system.

Invariant: each application is configured, built and run. uspan-needs: cross"""
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

# The application must be compiled with the library's settings, or uspan_init() refuses it.
MAIN = """
#include "uspan/genai.h"
#include "uspan_posix.h"
#if USPAN_SPANS_MAX != 7
#error "the setting of the build did not arrive"
#endif
static uspan_tracer_t tracer;
int main(void)
{
    if (uspan_init(&tracer, uspan_posix_port()) != USPAN_OK) {
        return 1;
    }
    uspan_end(&tracer, uspan_chat_begin(&tracer, USPAN_ROOT, "dashscope", "qwen-max"));
    uspan_stats_t stats;
    uspan_stats(&tracer, 0, &stats);
    return stats.started == 1u ? 0 : 2;
}
"""
MAIN_CORE = MAIN.replace("uspan/genai.h", "uspan/uspan.h").replace(
    'uspan_chat_begin(&tracer, USPAN_ROOT, "dashscope", "qwen-max")', 'uspan_start(&tracer, USPAN_ROOT, "chat")')
# The application has its own nanopb, built with streams. uspan's nanopb is built without them. Each must use its own.
MAIN_NANOPB = MAIN_CORE.replace("static uspan_tracer_t tracer;", """#include <pb_decode.h>
#include <pb_encode.h>
static uspan_tracer_t tracer;
static int written;
static bool count(pb_ostream_t *stream, const pb_byte_t *buf, size_t len)
{
    (void)stream, (void)buf;
    written += (int)len;
    return true;
}""").replace("int main(void)\n{", """int main(void)
{
    pb_ostream_t out = { &count, NULL, 8, 0, NULL };
    if (!pb_encode_varint(&out, 300) || written != 2) {
        return 3;
    }""")
# Not optimised, because these tests are about build files. Dialects that the application does not read are left out of the
# build.
SETTINGS = ["-DUSPAN_SPANS_MAX=7", "-DCMAKE_BUILD_TYPE=Plain",
            *[f"-DUSPAN_WIRE_{one}=0" for one in ("OPENAI_RESPONSES", "ANTHROPIC", "DASHSCOPE", "GEMINI", "OLLAMA")]]


class Consumers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def configure(self, project, libraries, *options, main=MAIN, env=None):
        (self.folder / "main.c").write_text(main)
        (self.folder / "CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.20)\nproject(app LANGUAGES C)\n{project}\nadd_executable(app main.c)\n"
            f"target_link_libraries(app PRIVATE {libraries})\n")
        sources.run(["cmake", "-S", self.folder, "-B", self.folder / "b", *options], env=env)

    def build(self, *arguments, **more):
        """Configure, build and run an application. Returns its exit status."""
        self.configure(*arguments, **more)
        sources.run(["cmake", "--build", self.folder / "b", "-j", "2"])
        return subprocess.run([self.folder / "b/app"]).returncode

    if sources.NATIVE:
        def test_by_fetchcontent_only_what_is_linked_is_compiled(self):
            status = self.build("include(FetchContent)\nFetchContent_Declare(uspan URL https://not.used)\n"
                                "set(USPAN_EVENTS_MAX 3)\nFetchContent_MakeAvailable(uspan)\n"
                                "file(GLOB nanopb ${NANOPB}/pb_*.c)\nadd_library(own_nanopb STATIC ${nanopb})\n"
                                "target_include_directories(own_nanopb PUBLIC ${NANOPB})",
                                "own_nanopb uspan::core uspan::port_posix own_nanopb", f"-DNANOPB={sources.NANOPB}",
                                f"-DFETCHCONTENT_SOURCE_DIR_USPAN={sources.ROOT}", *SETTINGS, main=MAIN_NANOPB)
            self.assertEqual(status, 0)
            # None of uspan's tests or examples is part of another project's build.
            self.assertFalse(list((self.folder / "b").rglob("test_*")))
            built = {path.name for path in (self.folder / "b").rglob("*.a")}
            self.assertEqual(built, {"libuspan_core.a", "libuspan_port_posix.a", "libown_nanopb.a"})
            settings = next((self.folder / "b").rglob("uspan_settings.h")).read_text()
            self.assertIn("#define USPAN_EVENTS_MAX 3\n", settings)  # from a set() before the first configuration

        def test_a_variable_that_is_no_option_is_warned_of(self):
            warned = {}
            for name in ("USPAN_ATTR_MAX", "USPAN_ATTRS_MAX", "USPAN_ENDPOINT_2", "USPAN_LWIP_DIR"):
                done = subprocess.run(["cmake", "-S", sources.ROOT, "-B", self.folder / name, f"-D{name}=", "-DUSPAN_TESTS=OFF",
                                       "-DUSPAN_EXAMPLES=OFF", "-DUSPAN_TLS=OFF", f"-DUSPAN_NANOPB_DIR={sources.NANOPB}"],
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                warned[name] = "is no option of uspan" in done.stderr
            self.assertEqual([name for name in warned if warned[name]], ["USPAN_ATTR_MAX"])

        def tree_without_dependencies(self):
            """uspan's tree as after git clone, an apt-get that reaches no server, and a package nanopb for CMake."""
            tree = self.folder / "uspan"
            (tree / "port").mkdir(parents=True)
            for name in ("CMakeLists.txt", "core", "proto", "examples"):
                (tree / name).symlink_to(sources.ROOT / name)
            for one in (sources.ROOT / "port").iterdir():
                if one.name != "deps":
                    (tree / "port" / one.name).symlink_to(one)
            (tree / "port/deps").mkdir()
            for name in ("fetch.sh", "pins"):
                shutil.copy(sources.ROOT / "port/deps" / name, tree / "port/deps")
            stub = self.folder / "bin/apt-get"
            stub.parent.mkdir()
            stub.write_text("#!/bin/sh\nexit 1\n")
            stub.chmod(0o755)
            package = self.folder / "found/lib/cmake/nanopb"
            package.mkdir(parents=True)
            files = ";".join(str(sources.NANOPB / f"pb_{one}.c") for one in ("common", "decode", "encode"))
            (package / "nanopb-config.cmake").write_text(
                "add_library(nanopb::headers INTERFACE IMPORTED)\n"
                f'set_target_properties(nanopb::headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "{sources.NANOPB}")\n'
                "add_library(nanopb::protobuf-nanopb-static INTERFACE IMPORTED)\n"
                "set_target_properties(nanopb::protobuf-nanopb-static PROPERTIES\n"
                f'    INTERFACE_SOURCES "{files}" INTERFACE_LINK_LIBRARIES nanopb::headers)\n')
            return tree

        def test_what_is_missing_is_fetched_last_and_named(self):
            tree = self.tree_without_dependencies()
            project = f"add_subdirectory({tree} uspan)"
            path = dict(os.environ, PATH=f"{self.folder / 'bin'}:{os.environ['PATH']}")
            with self.assertRaisesRegex(RuntimeError, r"USPAN_NANOPB_DIR set to a folder with it avoids[^$]*nanopb\s+is\s+not"):
                self.build(project, "uspan::core", "-DUSPAN_TLS=OFF", env=path)
            shutil.rmtree(self.folder / "b")
            # A package that CMake finds has priority over that.
            status = self.build(project, "uspan::core uspan::port_posix", "-DUSPAN_TLS=OFF", *SETTINGS,
                                f"-DCMAKE_PREFIX_PATH={self.folder / 'found'}", main=MAIN_CORE, env=path)
            self.assertEqual(status, 0)

        def test_mbedtls_is_fetched_only_if_it_is_linked(self):
            tree = self.tree_without_dependencies()
            project = f"add_subdirectory({tree} uspan)"
            options = ["-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", f"-DCMAKE_PREFIX_PATH={self.folder / 'found'}",
                       "-DCMAKE_DISABLE_FIND_PACKAGE_MbedTLS=ON"]
            path = dict(os.environ, PATH=f"{self.folder / 'bin'}:{os.environ['PATH']}")
            path.pop("USPAN_MBEDTLS_DIR", None)
            # TLS is on by default. An application that does not link it needs neither mbedTLS nor the network.
            self.configure(project, "uspan::core uspan::port_posix", *options, env=path)
            self.assertFalse((tree / "port/deps/src").exists())
            linked = "uspan::core $<1:uspan::mbedtls>"
            with self.assertRaisesRegex(RuntimeError, r"USPAN_MBEDTLS_DIR set to a folder with it avoids[^$]*mbedtls\s+is\s+not"):
                self.configure(project, linked, *options, env=path)
            # Where fetch.sh brings it, its sources are part of the build.
            fetched = Path(os.environ.get("USPAN_MBEDTLS_DIR") or sources.ROOT / "port/deps/src/mbedtls")
            (tree / "port/deps/fetch.sh").write_text(
                f'#!/bin/sh\nmkdir -p "${{0%/*}}/src"\n[ "$1" = mbedtls ] && ln -s {fetched} "${{0%/*}}/src/mbedtls"\n')
            self.configure(project, linked, *options, env=path)
            commands = (self.folder / "b/compile_commands.json").read_text()
            for name in ("port/mbedtls/tls.c", "library/ssl_tls.c", "library/ecp.c"):
                self.assertIn(name + '"', commands)

        def test_as_an_installed_package_with_tls(self):
            mine, prefix = self.folder / "uspan", self.folder / "prefix"
            sources.run(["cmake", "-S", sources.ROOT, "-B", mine, "-DUSPAN_TESTS=OFF", "-DUSPAN_EXAMPLES=OFF", *SETTINGS])
            sources.run(["cmake", "--build", mine, "-j", "2"])
            sources.run(["cmake", "--install", mine, "--prefix", prefix])
            status = self.build("find_package(uspan REQUIRED COMPONENTS genai port_posix mbedtls "
                                "OPTIONAL_COMPONENTS port_none)\n"
                                "if(uspan_port_none_FOUND)\nmessage(FATAL_ERROR none)\nendif()",
                                "uspan::genai uspan::port_posix uspan::mbedtls", f"-DCMAKE_PREFIX_PATH={prefix}")
            self.assertEqual(status, 0)
            with self.assertRaisesRegex(RuntimeError, r"installed\s+without\s+port_lwip"):
                self.build("find_package(uspan REQUIRED COMPONENTS port_lwip)", "uspan::core", f"-DCMAKE_PREFIX_PATH={prefix}")
            ports = {path.relative_to(sources.ROOT / "port") for path in (sources.ROOT / "port").glob("*/uspan_*.h")}
            self.assertGreater(len(ports), 7)
            self.assertEqual(ports, {path.relative_to(prefix / "include/uspan_port")
                                     for path in (prefix / "include/uspan_port").rglob("*.h")})
            # The tree may be moved. Its flags then name the new folder.
            prefix.rename(self.folder / "moved")
            environment = dict(os.environ, PKG_CONFIG_PATH=str(self.folder / "moved/lib/pkgconfig"))
            ask = "pkg-config --cflags --libs uspan"
            for name, flags in (("in_shell", f"$({ask})"), ("in_make", sources.run(shlex.split(ask), env=environment).strip())):
                sources.run(["sh", "-c", f"gcc -std=c11 {self.folder}/main.c {flags} -o {self.folder}/{name}"], env=environment)
                self.assertEqual(subprocess.run([self.folder / name]).returncode, 0)

        def test_a_folder_without_nanopb_is_refused_by_name(self):
            with self.assertRaisesRegex(RuntimeError, r"USPAN_NANOPB_DIR:\s+there\s+is\s+no\s+pb_encode\.c"):
                sources.run(["cmake", "-S", sources.ROOT, "-B", self.folder / "x", f"-DUSPAN_NANOPB_DIR={self.folder}"])

    if sources.CROSS:
        def test_the_libraries_compile_for_cortex_m3_with_its_toolchain_file(self):
            sources.run(["cmake", "-S", sources.ROOT, "-B", self.folder / "m3", "-DUSPAN_TESTS=OFF", "-DUSPAN_EXAMPLES=OFF",
                         "-DUSPAN_TLS=OFF",
                         f"-DCMAKE_TOOLCHAIN_FILE={sources.ROOT / 'port/cmake/cortex-m3.cmake'}",
                         "-DCMAKE_BUILD_TYPE=MinSizeRel"])
            sources.run(["cmake", "--build", self.folder / "m3", "-j", "2"])
            members = sources.run(["ar", "t", self.folder / "m3/libuspan_core.a"]).split()
            for member in ("span.c.obj", "otlp.c.obj", "pb_encode.c.obj"):
                self.assertIn(member, members)


if __name__ == "__main__":
    unittest.main()
