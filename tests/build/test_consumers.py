"""test_consumers.py: an application builds with uspan as a subdirectory, as an installed package, and for a bare Cortex-M3."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

# The application sees the library's own settings, or uspan_init() refuses it.
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
SETTINGS = ["-DUSPAN_SPANS_MAX=7", "-DCMAKE_BUILD_TYPE=Release"]


class Consumers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "main.c").write_text(MAIN)

    def build(self, project, libraries, *options):
        """Configure, build and run an application; returns its exit status."""
        (self.folder / "CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.20)\nproject(app LANGUAGES C)\n{project}\nadd_executable(app main.c)\n"
            f"target_link_libraries(app PRIVATE {libraries})\n")
        sources.run(["cmake", "-S", self.folder, "-B", self.folder / "b", *options])
        sources.run(["cmake", "--build", self.folder / "b", "-j", "2"])
        return subprocess.run([self.folder / "b/app"]).returncode

    def test_as_a_subdirectory(self):
        status = self.build(f"add_subdirectory({sources.ROOT} uspan)", "uspan::genai uspan::port_posix", "-DUSPAN_TLS=OFF",
                            *SETTINGS)
        self.assertEqual(status, 0)
        # None of uspan's tests or examples is part of another's build.
        self.assertFalse(list((self.folder / "b").rglob("test_*")))

    def test_as_an_installed_package_with_tls(self):
        mine, prefix = self.folder / "uspan", self.folder / "prefix"
        sources.run(["cmake", "-S", sources.ROOT, "-B", mine, "-DUSPAN_TESTS=OFF", "-DUSPAN_EXAMPLES=OFF", *SETTINGS])
        sources.run(["cmake", "--build", mine, "-j", "2"])
        sources.run(["cmake", "--install", mine, "--prefix", prefix])
        status = self.build("find_package(uspan REQUIRED)", "uspan::genai uspan::port_posix uspan::mbedtls",
                            f"-DCMAKE_PREFIX_PATH={prefix}")
        self.assertEqual(status, 0)

    def test_the_libraries_compile_for_cortex_m3_with_its_toolchain_file(self):
        sources.run(["cmake", "-S", sources.ROOT, "-B", self.folder / "m3", "-DUSPAN_TESTS=OFF", "-DUSPAN_EXAMPLES=OFF",
                     "-DUSPAN_TLS=OFF",
                     f"-DCMAKE_TOOLCHAIN_FILE={sources.ROOT / 'port/cmake/cortex-m3.cmake'}", "-DCMAKE_BUILD_TYPE=MinSizeRel"])
        sources.run(["cmake", "--build", self.folder / "m3", "-j", "2"])
        members = sources.run(["ar", "t", self.folder / "m3/libuspan_core.a"]).split()
        for member in ("span.c.obj", "otlp.c.obj", "pb_encode.c.obj"):
            self.assertIn(member, members)

    def test_a_folder_without_nanopb_is_refused_by_name(self):
        with self.assertRaisesRegex(RuntimeError, r"USPAN_NANOPB_DIR:\s+there\s+is\s+no\s+pb_encode\.c"):
            sources.run(["cmake", "-S", sources.ROOT, "-B", self.folder / "x", f"-DUSPAN_NANOPB_DIR={self.folder}"])


if __name__ == "__main__":
    unittest.main()
