"""test_config.py: every option of config.h refuses values outside its range, with a message that names the option."""
import re
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402
import subprocess  # noqa: E402

CONFIG = (sources.ROOT / "core/include/uspan/config.h").read_text()
# Option: values that must not compile. For flags the test adds 2.
BAD = {
    "USPAN_SPANS_MAX": [0, 1024, -1], "USPAN_ATTRS_MAX": [3, 129], "USPAN_EVENTS_MAX": [-1, 129],
    "USPAN_LINKS_MAX": [-1, 129], "USPAN_EVENT_ATTRS_MAX": [0, 129], "USPAN_NAME_MAX": [7, 256],
    "USPAN_BLOCK_BYTES": [16, 33, 256], "USPAN_TEXT_BYTES": [0, 96, 128 * 65535], "USPAN_VALUE_MAX": [7, 65001],
    "USPAN_TASKS_MAX": [0, 65], "USPAN_TRACESTATE_BYTES": [1, 63, 513], "USPAN_DESTINATIONS_MAX": [0, 5],
    "USPAN_SEND_BYTES": [127, 65537], "USPAN_BATCH_SPANS_MAX": [0, 1024], "USPAN_BATCH_BYTES_MAX": [1023, 16777217],
    "USPAN_TEXT_RESERVE": [-1, 4097],
    "USPAN_BATCH_FILL_PERCENT": [0, 101], "USPAN_TIMEOUT_MS": [99, 600001], "USPAN_RETRY_FIRST_MS": [0, 30001],
    "USPAN_POLL_MS": [0, 1001], "USPAN_RESPONSE_BYTES": [31, 16385], "USPAN_HEADERS_BYTES": [1, 31],
    "USPAN_HOST_BYTES": [15, 255], "USPAN_SEMCONV": [0, 137, 139, 999, 1001],
    "USPAN_WIRE_CALLS_MAX": [0, 33], "USPAN_STUDIO_MESSAGE_BYTES": [255, 16385],
    "USPAN_MCP_OPEN_MAX": [0, 33], "USPAN_MCP_HOLD_BYTES": [15, 4097],
    "USPAN_EXCHANGES_MAX": [0, 2], "USPAN_EXCHANGE_MAX_MS": [9999, 6000001],
    "USPAN_HISTORY_MESSAGES": [-1, 256], "USPAN_GZIP_WINDOW": [511, 513, 8192],
    "USPAN_SPOOL_UNIT": [0, 12, 128], "USPAN_SPOOL_CONTENT": [-1, 3], "USPAN_SPOOL_EACH": [-1, 3],
    "USPAN_KEEP_RESOURCE_BYTES": [31, 34, 4100],
}
GOOD = {"USPAN_SPANS_MAX": [1, 1023], "USPAN_TRACESTATE_BYTES": [0, 64, 512], "USPAN_BLOCK_BYTES": [32, 64, 128],
        "USPAN_HEADERS_BYTES": [0, 32], "USPAN_EVENTS_MAX": [0], "USPAN_DESTINATIONS_MAX": [1, 4],
        "USPAN_GZIP_WINDOW": [512, 4096], "USPAN_SPOOL_UNIT": [4, 64], "USPAN_SPOOL_EACH": [0, 2],
        "USPAN_TEXT_RESERVE": [0, 4096],
        "USPAN_SEMCONV": [138, 1000, "USPAN_SEMCONV_LATEST"]}


def words_of(name, value):
    """The compiler's messages for a translation unit with that setting. "" if it compiles."""
    done = subprocess.run(["gcc", "-std=c11", "-fsyntax-only", "-x", "c", f"-I{sources.ROOT / 'core/include'}",
                           f"-D{name}={value}", "-"], input='#include "uspan/config.h"\n', capture_output=True, text=True)
    return done.stderr if done.returncode else ""


class Config(unittest.TestCase):
    def sweep(self, table):
        rows = [(name, value) for name, values in table.items() for value in values]
        with ThreadPoolExecutor(2) as pool:
            return zip(rows, pool.map(lambda row: words_of(*row), rows))

    def test_every_bad_value_fails_to_compile_and_names_its_option(self):
        flags = re.findall(r"USPAN_IS_FLAG\((USPAN_\w+)\)", CONFIG)
        self.assertGreater(len(flags), 5)
        for (name, value), words in self.sweep({**BAD, **{flag: [2, -1] for flag in flags}}):
            self.assertRegex(words, rf'static assertion failed: "{name}: ', f"{name}={value}")

    def test_the_ends_of_each_range_compile(self):
        for (name, value), words in self.sweep(GOOD):
            self.assertEqual(words, "", f"{name}={value}")

    def test_every_rule_of_config_h_has_a_row_here(self):
        ruled = set(re.findall(r'"(USPAN_\w+): ', CONFIG)) - set(re.findall(r"USPAN_IS_FLAG\((USPAN_\w+)\)", CONFIG))
        self.assertEqual(ruled, set(BAD))

    def test_every_option_has_a_rule_or_a_reason(self):
        options = set(re.findall(r"^#ifndef (USPAN_\w+)$", CONFIG, re.M)) - {"USPAN_CONFIG_H"}
        self.assertGreater(len(options), 50)
        ruled = set(re.findall(r'"(USPAN_\w+): ', CONFIG)) | {"USPAN_RETRY_MAX_MS", "USPAN_RESPONSE_MAX"}
        # Any unsigned number or text is valid.
        free = {"USPAN_BATCH_AGE_MS", "USPAN_RETRY_ATTEMPTS_MAX", "USPAN_KEEP_ALIVE_MS", "USPAN_HOLD_UNSYNCED_MS",
                "USPAN_UNSYNCED_BASE_S", "USPAN_DATE_MIN_S", "USPAN_SCHEMA_URL", "USPAN_SERVICE_NAME", "USPAN_RESOURCE"}
        self.assertEqual(options - ruled - free, set())

    def test_a_user_config_is_read_first(self):
        done = subprocess.run(["gcc", "-std=c11", "-fsyntax-only", "-x", "c", f"-I{sources.ROOT / 'core/include'}",
                               "-DUSPAN_USER_CONFIG=\"/dev/stdin\"", "-include", "uspan/config.h", "/dev/null"],
                              input="#define USPAN_SPANS_MAX 0\n", capture_output=True, text=True)
        self.assertIn("USPAN_SPANS_MAX: ", done.stderr)


if __name__ == "__main__":
    unittest.main()
