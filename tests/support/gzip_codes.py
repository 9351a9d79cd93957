#!/usr/bin/python3
"""gzip_codes.py: writes core/export/gzip_codes.h: the Huffman codes of gzip.c, and the head of a gzip member that tells them.

Invariant: both codes are complete, and the head tells the codes that the tables have, so each decoder of RFC 1951 takes them.
LITERALS and DISTANCES are lengths of codes as (length, count): few runs keep table and head short. They were fitted to
the example agent's requests. A change of them needs no other change.
Usage: gzip_codes.py > core/export/gzip_codes.h"""
import heapq
from itertools import groupby
from pathlib import Path

LITERALS = [(8, 10), (5, 1), (8, 7), (6, 1), (9, 13), (6, 1), (9, 1), (6, 1), (9, 9), (7, 6), (8, 9), (10, 15), (6, 1),
            (10, 20), (6, 1), (11, 1), (5, 1), (8, 1), (6, 2), (4, 1), (7, 3), (5, 1), (9, 2), (6, 3), (5, 1),
            (7, 2), (5, 3), (6, 1), (8, 8), (11, 7), (10, 1), (11, 20), (10, 1), (11, 102), (4, 1), (5, 1),
            (7, 9), (10, 10), (12, 8)]
DISTANCES = [(8, 1), (9, 4), (8, 1), (5, 3), (3, 2), (4, 10), (7, 1), (8, 2)]
ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]  # RFC 1951, 3.2.7
MEMBER = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]  # deflate, no name, no time, system unknown


def lengths(runs):
    found = [length for length, count in runs for _ in range(count)]
    assert sum(2.0 ** -length for length in found) == 1, "the code is not complete"
    return found


def canonical(of):
    """{symbol: (code, length)} of RFC 1951, 3.2.2."""
    code, found = 0, {}
    for length in range(1, 16):
        for symbol, own in enumerate(of):
            if own == length:
                found[symbol] = (code, length)
                code += 1
        code <<= 1
    return found


def optimal(counts, most):
    """Lengths of a Huffman code for {symbol: count}, none above most."""
    while True:
        heap = [(count, symbol, [symbol]) for symbol, count in counts.items()]
        heapq.heapify(heap)
        found = dict.fromkeys(counts, 0)
        while len(heap) > 1:
            one, other = heapq.heappop(heap), heapq.heappop(heap)
            for symbol in one[2] + other[2]:
                found[symbol] += 1
            heapq.heappush(heap, (one[0] + other[0], min(one[1], other[1]), one[2] + other[2]))
        if max(found.values()) <= most:
            return found
        counts = {symbol: (count + 1) // 2 + 1 for symbol, count in counts.items()}


def repeats(of):
    """Lengths as symbols 0..16 of the code of lengths, each with its extra bits (value, count)."""
    for length, group in groupby(of):
        left = len(list(group)) - 1
        yield length, (0, 0)
        while left:
            n = min(left, 6)
            if n < 3:
                yield length, (0, 0)
                left -= 1
            else:
                yield 16, (n - 3, 2)
                left -= n


def head_bits(literals, distances):
    """Final block, dynamic codes, the codes: a list of bits, lowest first."""
    bits = []

    def put(value, count):
        bits.extend(value >> i & 1 for i in range(count))
    symbols = list(repeats(literals + distances))
    counts = {}
    for symbol, _ in symbols:
        counts[symbol] = counts.get(symbol, 0) + 1
    code = optimal(counts, 7)
    codes = canonical([code.get(symbol, 0) for symbol in range(19)])
    last = max(ORDER.index(symbol) for symbol in code)
    put(1, 1)
    put(2, 2)
    put(len(literals) - 257, 5)
    put(len(distances) - 1, 5)
    put(last + 1 - 4, 4)
    for symbol in ORDER[:last + 1]:
        put(code.get(symbol, 0), 3)
    for symbol, extra in symbols:
        value, length = codes[symbol]
        bits.extend(value >> i & 1 for i in reversed(range(length)))
        put(*extra)
    return bits


def table(of):
    """Runs of equal lengths: first symbol, its code, length."""
    codes, rows = canonical(of), []
    for symbol, length in enumerate(of):
        if symbol == 0 or of[symbol - 1] != length:
            rows.append((symbol, codes[symbol][0] << 4 | length))
    return rows


def lines(items, per_line):
    rows = [items[i:i + per_line] for i in range(0, len(items), per_line)]
    return "\n".join("    " + " ".join(f"{one}," for one in row) for row in rows)


def text():
    literals, distances = lengths(LITERALS), lengths(DISTANCES)
    bits = head_bits(literals, distances)
    packed = [sum(bit << i for i, bit in enumerate(bits[at:at + 8])) for at in range(0, len(bits), 8)]
    rows = {name: [f"{{ {first}, 0x{code:X} }}" for first, code in table(of)]
            for name, of in (("literal", literals), ("distance", distances))}
    firsts = [symbol for symbol, _ in table(literals)]
    last = [max(i for i, first in enumerate(firsts) if first < top) for top in range(32, 289, 32)]
    return f"""/* gzip_codes.h: the Huffman codes of gzip.c, and the first bytes of a gzip member, which tell them. Written
 * by tests/support/gzip_codes.py. */
#ifndef USPAN_EXPORT_GZIP_CODES_H
#define USPAN_EXPORT_GZIP_CODES_H

#include <stdint.h>

/* Bits of head; the rest of its last byte belongs to the first symbol. */
#define GZIP_HEAD_BITS {8 * len(MEMBER) + len(bits)}u
static const uint8_t head[] = {{
{lines([f"0x{byte:02X}" for byte in MEMBER + packed], 16)}
}};

/* Symbols from `first` on have codes from code >> 4 on, of code & 15 bits. */
typedef struct gzip_run {{
    uint16_t first, code;
}} gzip_run_t;

/* Literals 0..255, the end 256, lengths 257..285. */
static const gzip_run_t literal_runs[] = {{
{lines(rows["literal"], 6)}
}};
/* The run of symbol s is run literal_last[s / 32] or stands before it. */
static const uint8_t literal_last[] = {{
{lines(last, 9)}
}};
/* Distances up to {2 ** ((len(distances)) // 2)}. */
static const gzip_run_t distance_runs[] = {{
{lines(rows["distance"], 6)}
}};

#endif"""


if __name__ == "__main__":
    print(text())
