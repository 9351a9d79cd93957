"""test_symbols.py: symbols that core and proto need from outside: no heap, no stdio. No function is recursive, and every
promised function is defined.

Invariant: the same rules apply to the objects of the host and to those of a Cortex-M3. uspan-needs: cross"""
import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "size")]
import sources  # noqa: E402
from callgraph import Graph, plain  # noqa: E402

OUT = sources.BUILD / "build_tests"
# All functions that core and proto may use of libc. The compiler's own helpers (64-bit and floating arithmetic) are added.
ALLOWED = {"memcpy", "memmove", "memset", "memcmp", "memchr", "strlen", "strcmp", "strncmp", "strchr", "strcspn"}
HELPERS = ("__aeabi_", "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail", "__ubsan", "__asan")
HEAP = {"malloc", "calloc", "realloc", "free", "aligned_alloc", "posix_memalign", "strdup", "strndup"}
EVERYTHING = ["USPAN_STUDIO=1", "USPAN_DESTINATIONS_MAX=2", "USPAN_HTTP_PROXY=1", 'USPAN_STUDIO_URL="http://host:3000"',
              'USPAN_ENDPOINT="https://collector.example:4318/v1/traces"']
OPTIONS = ["-Os", "-ffunction-sections", "-fcallgraph-info=su", *[f"-D{one}" for one in EVERYTHING]]


def reachable_graph(objects):
    """The call graph of our functions and of the nanopb functions that they reach. They do not reach its generated-message
    codec."""
    graph = Graph()
    for source, target in objects.items():
        graph.read(target.with_suffix(".ci"), source)
    ours = [title for title, source in graph.files.items() if sources.is_ours(source)]
    return graph, graph.reachable(ours)


class Symbols(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        every = sources.core_sources() + sources.genai_sources() + sources.proto_sources()
        cls.built = []
        if sources.NATIVE:
            cls.built.append((sources.compile_all(every, OUT / "host", ["gcc"], OPTIONS), "nm"))
        if sources.CROSS:
            cls.built.append((sources.compile_all(every, OUT / "cortex", sources.CORTEX_M3, OPTIONS), "arm-none-eabi-nm"))

    def test_core_and_proto_take_nothing_from_libc_but_string_functions(self):
        for objects, nm in self.built:
            _, undefined = sources.symbols(objects, nm)
            self.assertGreater(len(undefined), 0)
            strangers = {name: users for name, users in undefined.items()
                         if name not in ALLOWED and not name.startswith(HELPERS)}
            self.assertEqual(strangers, {})

    def test_the_tls_port_never_calls_the_heap(self):
        tls = sorted(sources.ROOT.glob("port/mbedtls/*.c"))
        include = sources.ROOT / "port/deps/src/mbedtls/include"
        for compiler, nm in ([(["gcc"], "nm")] if sources.NATIVE else []) + (
                [(sources.CORTEX_M3, "arm-none-eabi-nm")] if sources.CROSS else []):
            objects = sources.compile_all([path for path in tls if nm == "nm" or "fopen" not in path.read_text()],
                                          OUT / f"tls_{nm}", compiler, [*OPTIONS, f"-isystem{include}"])
            _, undefined = sources.symbols(objects, nm)
            self.assertGreater(len(undefined), 10)
            self.assertEqual(HEAP & set(undefined), set())

    def test_no_function_of_ours_recurses_or_has_a_frame_of_unknown_size(self):
        for objects, _ in self.built:
            graph, reached = reachable_graph(objects)
            self.assertGreater(len(reached), 100)
            self.assertGreater(sum(graph.frames.values()), 1000)  # frames were read
            self.assertGreater(sum(len(callees) for callees in graph.calls.values()), 100)
            loops = [[plain(title) for title in loop] for loop in graph.cycles() if set(loop) & reached]
            self.assertEqual(loops, [])
            self.assertEqual({plain(title) for title in graph.dynamic & reached}, set())

    def test_every_public_function_is_defined(self):
        promised = sources.public_functions(*EVERYTHING)
        self.assertGreater(len(promised), 60)
        for objects, nm in self.built:
            defined, _ = sources.symbols(objects, nm)
            missing = {name: header for name, header in promised.items() if name not in defined}
            self.assertEqual(missing, {})

    def test_every_global_symbol_has_the_prefix(self):
        count = 0
        for objects, nm in self.built:
            ours = {source: target for source, target in objects.items() if source.parent != sources.NANOPB}
            for source, target in ours.items():
                for line in sources.run([nm, "-g", "--defined-only", target]).splitlines():
                    self.assertTrue(line.split()[-1].startswith("uspan_"), f"{source}: {line}")
                    count += 1
        self.assertGreater(count, 100)


if __name__ == "__main__":
    unittest.main()
