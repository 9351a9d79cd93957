"""test_mbedtls_versions.py: the TLS port compiles against each mbedTLS series that its page names. It compiles with clang and
for a Cortex-M3 too. uspan-needs: only cross"""
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

DEPS = sources.ROOT / "port/deps/src"
SERIES = {"mbedtls": r"^3\.6\.", "mbedtls2": r"^2\.28\."}
# Options that a build may set in mbedTLS in addition to its defaults, and the static buffer as its heap.
CONFIGURATIONS = {"defaults": [], "restartable": ["-DUSPAN_TLS_RESTARTABLE=1", "-DMBEDTLS_ECP_RESTARTABLE"],
                  "static heap": ["-DMBEDTLS_PLATFORM_MEMORY", "-DMBEDTLS_MEMORY_BUFFER_ALLOC_C"]}


class Versions(unittest.TestCase):
    def test_the_sources_are_of_the_promised_series(self):
        for name, series in SERIES.items():
            text = (DEPS / name / "include/mbedtls" / ("build_info.h" if name == "mbedtls" else "version.h")).read_text()
            self.assertRegex(re.search(r'MBEDTLS_VERSION_STRING\s+"([^"]+)"', text).group(1), series)

    def test_each_series_compiles_the_port_without_a_warning(self):
        port = sorted(sources.ROOT.glob("port/mbedtls/*.c"))
        self.assertTrue(port)
        for name in SERIES:
            for words, options in CONFIGURATIONS.items():
                for compiler in ("gcc", "clang"):
                    with self.subTest(series=name, options=words, compiler=compiler):
                        out = sources.BUILD / "build_tests" / f"{name}_{words}_{compiler}".replace(" ", "_")
                        sources.compile_all(port, out, [compiler], ["-O1", *options, f"-isystem{DEPS / name / 'include'}"])

    def test_the_port_compiles_for_cortex_m3(self):
        port = [path for path in sorted(sources.ROOT.glob("port/mbedtls/*.c")) if "fopen" not in path.read_text()]
        self.assertGreater(len(port), 3)
        out = sources.BUILD / "build_tests/tls_cortex"
        sources.compile_all(port, out, sources.CORTEX_M3, ["-Os", f"-isystem{DEPS / 'mbedtls/include'}"])


if __name__ == "__main__":
    unittest.main()
