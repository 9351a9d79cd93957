"""test_declared.py: the comparison of tests/sdk/declared with the headers of SDKs (tests/interop/declared.py) finds
differences. Without an SDK the comparison is not run and does not pass."""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/interop"))
import declared  # noqa: E402

DIFFERENCES = (("const char *key, char *out, size_t *length)", "const char *key, char *out, int *length)"),
               ("ESP_ERR_NVS_BASE 0x1100", "ESP_ERR_NVS_BASE 0x1101"), ("nvs_erase_key(", "nvs_delete_key("))


def make_interop(**sdks):
    """(exit status, output) of the command of the goal, with these SDKs only. The goal installs nothing for it."""
    asked = subprocess.run(["make", "-n", "--no-print-directory", "interop", "PARTS=declared"], cwd=ROOT, text=True, check=True,
                           stdout=subprocess.PIPE).stdout
    environment = {name: value for name, value in os.environ.items() if name not in [sdk[0] for sdk in declared.SDKS.values()]}
    if asked.strip() != "/usr/bin/python3 -B tests/interop/declared.py":
        raise AssertionError(asked)
    done = subprocess.run(asked.split(), cwd=ROOT, text=True, env={**environment, **sdks}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


class Declared(unittest.TestCase):
    def an_sdk(self, before="", after=""):
        """A folder with the declared headers of ESP-IDF and one change in nvs.h."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "components").mkdir()
        for header in (declared.HERE / "espidf").glob("*.h"):
            text = header.read_text(encoding="utf-8")
            (folder / "components" / header.name).write_text(text.replace(before, after) if header.name == "nvs.h" else text)
        return folder

    def test_a_difference_is_found(self):
        self.assertEqual(declared.compare("espidf", self.an_sdk())[0], [])
        for before, after in DIFFERENCES:
            self.assertIn(before, (declared.HERE / "espidf/nvs.h").read_text(encoding="utf-8"))
            wrong, _ = declared.compare("espidf", self.an_sdk(before, after))
            self.assertEqual(len(wrong), 1, wrong)

    def test_another_version_is_no_difference(self):
        folder = self.an_sdk()
        header = folder / "components/esp_idf_version.h"
        text = header.read_text(encoding="utf-8")
        self.assertIn("VERSION_MAJOR 5\n", text)
        header.write_text(text.replace("VERSION_MAJOR 5", "VERSION_MAJOR 6").replace("VERSION_MINOR 5", "VERSION_MINOR 0"))
        self.assertEqual(declared.compare("espidf", folder)[0], [])

    def test_without_an_sdk_it_is_not_run_and_does_not_pass(self):
        status, text = make_interop()
        self.assertNotEqual(status, 0, text)
        for variable, _, _ in declared.SDKS.values():
            self.assertIn(f"not run: set {variable}", text)
        self.assertIn("0 passed, 0 failed", text)

    def test_the_sdk_that_is_there_is_compared(self):
        status, text = make_interop(IDF_PATH=str(self.an_sdk()))
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"espidf: \d\d+ names compared with IDF_PATH: as declared")
        self.assertIn("not run: set ZEPHYR_BASE", text)
        status, text = make_interop(IDF_PATH=str(self.an_sdk(*DIFFERENCES[1])))
        self.assertNotEqual(status, 0, text)
        self.assertIn("nvs.h: ESP_ERR_NVS_BASE", text)

    def test_a_folder_that_is_no_sdk_does_not_pass(self):
        status, text = make_interop(IDF_PATH=str(ROOT / "examples"))
        self.assertNotEqual(status, 0, text)


if __name__ == "__main__":
    unittest.main()
