"""test_matrix.py: the matrix of ports equals port/matrix.txt, and its commands name tests that exist."""
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import matrix  # noqa: E402
import sources  # noqa: E402


class Matrix(unittest.TestCase):
    def test_the_page_has_the_table_of_today(self):
        text = matrix.PAGE.read_text(encoding="utf-8")
        self.assertEqual(text, matrix.page_with_table(text), "run python3 tests/build/matrix.py --write")

    def test_commands_name_tests_that_exist(self):
        listed = sources.run(["ctest", "-N", "--test-dir", sources.BUILD])
        names = re.findall(r"Test\s+#\d+: (\S+)", listed)
        self.assertGreater(len(names), 20)
        checked = 0
        for row, column, how, command in matrix.cells():
            asked = re.fullmatch(r"ctest -R (\S+)", command)
            if how.startswith("CI"):
                self.assertTrue(asked, command)
                checked += 1
                self.assertTrue([name for name in names if re.search(asked.group(1), name)], command)
        self.assertGreater(checked, 3)

    def test_each_other_cell_has_a_command_that_exists(self):
        goals = (matrix.ROOT / "Makefile").read_text(encoding="utf-8")
        checked = 0
        for row, column, how, command in matrix.cells():
            if not how.startswith("CI"):
                if command.startswith(("cmake -S port/zephyr/sample ", "build/zephyr/")):  # Zephyr's own build, and its program
                    continue
                asked = re.fullmatch(r"(?:[A-Z0-9_]+=\S+ )*make (interop PARTS=(\w+)|(?:demo|firmware) BOARD=(\w+)"
                                     r"(?: IMAGE=\w+)?)", command)
                self.assertTrue(asked, f"{row}, {column}: {command}")
                part = f"ifeq ($(PARTS),{asked[2]})\n" if asked[2] else asked[3]
                self.assertIn(part, goals, command)
                checked += 1
        self.assertGreater(checked, 3)

    def test_a_cell_of_ci_needs_tests_that_ran_and_passed(self):
        names = [re.sub(r"[\\^$]", "", command.split()[-1]) for _, _, how, command in matrix.cells() if how.startswith("CI")]
        text = "".join(f" 1/9 Test  #7: {name}x.y ....   Passed    0.1 sec\n 2/9 Test #8: {name} ....   Passed    1 sec\n"
                       for name in names)
        self.assertEqual({line.split(":")[0] for line in matrix.results([text])}, {"passed"})
        self.assertEqual({line.split(":")[0] for line in matrix.results([""])}, {"NOT RUN"})
        for how in ("***Failed", "***Timeout", "***Not Run", "***Exception: SegFault", "Subprocess aborted***Exception:"):
            worse = text.replace("sdk.espidf ....   Passed", f"sdk.espidf ....{how}")
            self.assertEqual([line for line in matrix.results([worse]) if not line.startswith("passed")],
                             ["FAILED: ESP-IDF, compiled against declared interfaces: ctest -R ^sdk\\.espidf$"])

    def test_hardware_is_none(self):
        self.assertEqual({line.split(" | ")[-1] for line in matrix.table().splitlines()[2:]}, {"none |"})


if __name__ == "__main__":
    unittest.main()
