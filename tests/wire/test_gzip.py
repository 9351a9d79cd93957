#!/usr/bin/python3
"""test_gzip.py: Python's zlib decodes the output of gzip.c for any body, with every window and any sizes of reads.

Invariant: there is one member with nothing behind it. Its CRC and length are right. gzip_codes.h equals gzip_codes.py's
output."""
import os
import random
import subprocess
import sys
import unittest
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("USPAN_BUILD_DIR", "build"))
PROGRAMS = [BUILD / "tests" / f"gzip_bodies{window}" for window in ("", "_512", "_1024", "_4096")]
ROUNDS, SIZES = 60, (0, 1, 2, 3, 4, 127, 128, 129, 300, 2_000, 20_000, 70_000, 150_000)
WORDS = ["gen_ai.request.model", "qwen-max", "moisture", "阀门已经打开", "\"role\":\"user\"", "é", "{", "0f8fad5b", "\x00\x01"]


def unpacked(member):
    """The content of the member. ValueError if the bytes are not exactly one complete member."""
    decoder = zlib.decompressobj(16 + zlib.MAX_WBITS)
    text = decoder.decompress(member)
    if not decoder.eof or decoder.unused_data:
        raise ValueError("not one whole member")
    return text


def body(chance):
    """Random bytes of few or many values, words, and repeats at every distance, in any mixture."""
    size, parts, length = chance.choice(SIZES), [], 0
    while length < size:
        kind = chance.randrange(5)
        if kind == 0:
            part = chance.randbytes(chance.randrange(1, 40))
        elif kind == 1:
            part = bytes([chance.randrange(256)]) * chance.randrange(1, 700)
        elif kind == 2 and parts:
            whole = b"".join(parts[-60:])
            start = chance.randrange(len(whole))
            part = whole[start:start + chance.randrange(1, 600)]
        else:
            part = chance.choice(WORDS).encode()
        parts.append(part)
        length += len(part)
    return b"".join(parts)[:size]


class Gzip(unittest.TestCase):
    def compress(self, program, text, *reads):
        done = subprocess.run([program, *map(str, reads)], input=text, capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""), f"{program.name} {reads}")
        return done.stdout

    def test_any_body_is_decoded_and_reads_of_any_size_give_the_same(self):
        for round_ in range(ROUNDS):
            chance = random.Random(round_)
            text = body(chance)
            for program in PROGRAMS:
                reads = [chance.randrange(1, 2000), 0, 1 if len(text) < 5000 else 1024]
                member = self.compress(program, text, *reads)
                self.assertEqual(unpacked(member), text, f"seed {round_}, {program.name}")

    def test_text_behind_which_positions_wrap(self):
        text = os.urandom(100) + b"ab" * 40_000 + os.urandom(100) + b"xyz" * 30_000
        for program in PROGRAMS:
            self.assertEqual(unpacked(self.compress(program, text, 1000, 7)), text, program.name)

    def test_text_that_repeats_becomes_short(self):
        text = b"".join(b'{"key":"gen_ai.request.model","value":"qwen-max-%d"},' % i for i in range(200))
        for program in PROGRAMS:
            self.assertLess(len(self.compress(program, text, 1024)) * 4, len(text), program.name)

    def test_the_codes_are_those_of_the_script(self):
        done = subprocess.run([sys.executable, "-B", ROOT / "tests/support/gzip_codes.py"], capture_output=True, text=True)
        self.assertEqual((ROOT / "core/export/gzip_codes.h").read_text().split(), done.stdout.split())


if __name__ == "__main__":
    unittest.main()
