"""test_symbols.py: what core and proto ask of the outside: no heap, no stdio, no recursion; and what they promise is there."""
import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "size")]
import sources  # noqa: E402
from callgraph import Graph, plain  # noqa: E402

OUT = sources.BUILD / "build_tests"
# All that core and proto may take from libc; the compiler's own helpers (64-bit and floating arithmetic) come with it.
ALLOWED = {"memcpy", "memmove", "memset", "memcmp", "memchr", "strlen", "strcmp", "strncmp", "strchr", "strcspn"}
HELPERS = ("__aeabi_", "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail", "__ubsan", "__asan")
HEAP = {"malloc", "calloc", "realloc", "free", "aligned_alloc", "posix_memalign", "strdup", "strndup"}
EVERYTHING = ["USPAN_STUDIO=1", "USPAN_DESTINATIONS_MAX=2", 'USPAN_STUDIO_URL="http://host:3000"',
              'USPAN_ENDPOINT="https://collector.example:4318/v1/traces"']
OPTIONS = ["-Os", "-ffunction-sections", "-fcallgraph-info=su", *[f"-D{one}" for one in EVERYTHING]]


def reachable_graph(objects):
    """The call graph of our functions and of what they reach in nanopb; its generated-message codec is not reached."""
    graph = Graph()
    for source, target in objects.items():
        graph.read(target.with_suffix(".ci"), source)
    ours = [title for title, source in graph.files.items() if sources.is_ours(source)]
    return graph, graph.reachable(ours)


class Symbols(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        every = sources.core_sources() + sources.genai_sources() + sources.proto_sources()
        cls.host = sources.compile_all(every, OUT / "host", ["gcc"], OPTIONS)
        cls.cortex = sources.compile_all(every, OUT / "cortex", sources.CORTEX_M3, OPTIONS)

    def test_core_and_proto_take_nothing_from_libc_but_string_functions(self):
        for objects, nm in ((self.host, "nm"), (self.cortex, "arm-none-eabi-nm")):
            _, undefined = sources.symbols(objects, nm)
            self.assertGreater(len(undefined), 0)
            strangers = {name: users for name, users in undefined.items()
                         if name not in ALLOWED and not name.startswith(HELPERS)}
            self.assertEqual(strangers, {})

    def test_the_tls_port_never_calls_the_heap(self):
        tls = sorted(sources.ROOT.glob("port/mbedtls/*.c"))
        include = sources.ROOT / "port/deps/src/mbedtls/include"
        objects = sources.compile_all(tls, OUT / "tls", ["gcc"], [*OPTIONS, f"-isystem{include}"])
        _, undefined = sources.symbols(objects)
        self.assertEqual(HEAP & set(undefined), set())

    def test_no_function_of_ours_recurses_or_has_a_frame_of_unknown_size(self):
        for objects in (self.host, self.cortex):
            graph, reached = reachable_graph(objects)
            self.assertGreater(len(reached), 100)
            loops = [[plain(title) for title in loop] for loop in graph.cycles() if set(loop) & reached]
            self.assertEqual(loops, [])
            self.assertEqual({plain(title) for title in graph.dynamic & reached}, set())

    def test_every_public_function_is_defined(self):
        promised = sources.public_functions(*EVERYTHING)
        self.assertGreater(len(promised), 60)
        defined, _ = sources.symbols(self.host)
        missing = {name: header for name, header in promised.items() if name not in defined}
        self.assertEqual(missing, {})

    def test_every_global_symbol_has_the_prefix(self):
        ours = {source: target for source, target in self.host.items() if source.parent != sources.NANOPB}
        for source, target in ours.items():
            for line in sources.run(["nm", "-g", "--defined-only", target]).splitlines():
                self.assertTrue(line.split()[-1].startswith("uspan_"), f"{source}: {line}")


if __name__ == "__main__":
    unittest.main()
