"""test_official.py: checks the requests to the collector on virtual time with the official protobuf classes.

Invariant: the program's accounts (delivered, dropped) agree with the bodies of its requests."""
import os
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support" / "peers"))
import protos  # noqa: E402

PROGRAM = Path(os.environ.get("USPAN_BUILD_DIR", "build")) / "tests" / "virtual_test_link"


def requests_of(path):
    data, at = Path(path).read_bytes(), 0
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        request = protos.ExportRequest()
        request.ParseFromString(data[at + 4:at + 4 + length])
        yield request
        at += 4 + length


class Official(unittest.TestCase):
    def test_spans_ids_and_losses_are_what_the_device_counted(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "bodies"
            done = subprocess.run([str(PROGRAM), str(path)], capture_output=True, text=True, check=True)
            delivered, dropped = map(int, done.stdout.split())
            ids, numbers, told = set(), set(), 0
            for request in requests_of(path):
                for resource in request.resource_spans:
                    for pair in resource.scope_spans[0].scope.attributes:
                        if pair.key.startswith("uspan.dropped."):
                            told += pair.value.int_value
                    for span in (span for scope in resource.scope_spans for span in scope.spans):
                        ids.add((span.trace_id, span.span_id))
                        attributes = {pair.key: pair.value for pair in span.attributes}
                        self.assertEqual(span.name, f"span {attributes['number'].int_value}")
                        self.assertEqual(attributes["text"].string_value, "forty bytes of text that a span may carry")
                        self.assertLessEqual(span.start_time_unix_nano, span.end_time_unix_nano)
                        numbers.add(attributes["number"].int_value)
        self.assertEqual(len(ids), delivered)
        self.assertEqual(len(numbers), delivered)
        self.assertEqual(told, dropped)
        self.assertGreater(dropped, 0)
        self.assertEqual(delivered + dropped, 5001)


if __name__ == "__main__":
    unittest.main()
