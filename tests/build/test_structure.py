"""test_structure.py: the files of core and port have an order, except for known uses. structure.py finds a new cycle.

make lint checks the same in the tree. uspan-needs: cross"""
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402
import structure  # noqa: E402


class Structure(unittest.TestCase):
    if sources.NATIVE:
        def test_cycles_are_found_and_chains_are_not(self):
            self.assertEqual(structure.cycles([("a", "b"), ("b", "c"), ("a", "c")]), [])
            self.assertEqual(structure.cycles([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]), [["a", "b", "c"]])
            both = structure.cycles([("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "c")])
            self.assertEqual(sorted(both), [["a", "b"], ["c", "d"]])

        def test_the_way_of_an_attribute_is_as_its_page_draws_it(self):
            """Each file on the left of an arrow calls a function that the header on its right declares."""
            def text(name):
                return (structure.ROOT / "core" / name).read_text(encoding="utf-8")
            drawn = re.search(r"^## The way of an attribute\n.*?```text\n(.*?)```", text("README.md"), re.S | re.M)[1]
            names = re.findall(r"\b[a-z]+/[a-z_/]+\.[ch]\b", drawn)
            self.assertEqual((len(names), len(set(names))), (7, 7))
            arrows = re.findall(r"([a-z/_]+\.[ch]) ──► (?=([a-z/_]+)\.[ch])", drawn)
            self.assertEqual(len(arrows), 4)
            for user, used in arrows[1:]:
                declared = set(re.findall(r"\b(uspan_\w+)\(", text(f"{used}.h")))
                self.assertTrue(declared & set(re.findall(r"\b(uspan_\w+)\(", text(user))), f"{user} calls nothing of {used}.h")
            self.assertIn("return uspan_set_str_n(t, s, key, text", text("include/uspan/uspan.h"))  # inline in the header
            self.assertIn("uspan_err_t uspan_set_str_n(", text("trace/attr_set.c"))

    if sources.CROSS:  # compiles all files of core and port
        def test_a_call_from_below_closes_a_cycle(self):
            edges = {**structure.included(), **structure.used()}
            self.assertGreater(len(edges), 200)
            kept = {edge for edge in edges if edge not in structure.known()}
            self.assertEqual(structure.cycles(kept), [])
            # attr_build has a setter, block_chain is part of the pool. A use in the other direction would be new.
            self.assertIn(("core/trace/attr_build", "core/trace/block_chain"), kept)
            self.assertNotEqual(structure.cycles(kept | {("core/trace/block_chain", "core/trace/attr_build")}), [])

        def test_an_inline_function_of_a_private_header_counts_for_the_header(self):
            used = structure.used()
            self.assertIn("core/export/poll", {user for user, _ in used})
            self.assertNotIn(("core/genai/agent_spans", "core/export/poll"), used)
            self.assertIn(("port/posix/sockets", "port/posix/forks"), used)

        def test_the_known_uses_are_all_needed(self):
            self.assertEqual(structure.main(), 0)


if __name__ == "__main__":
    unittest.main()
