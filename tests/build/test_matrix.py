"""test_matrix.py: the matrix of ports says what port/matrix.txt says, and its commands name tests that exist."""
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
            if how.startswith("CI") and asked:
                checked += 1
                self.assertTrue([name for name in names if re.search(asked.group(1), name)], command)
        self.assertGreater(checked, 3)

    def test_hardware_is_none(self):
        self.assertEqual({line.split(" | ")[-1] for line in matrix.table().splitlines()[2:]}, {"none |"})


if __name__ == "__main__":
    unittest.main()
