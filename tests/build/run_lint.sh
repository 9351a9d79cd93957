#!/bin/sh
# run_lint.sh: checks layout (clang-format), likely faults (clang-tidy), rules of this tree (lint.py) and cycles (structure.py).
# Invariant: the exit status is 0 only if all four have no findings.
set -u

cd "$(dirname "$0")/../.."
status=0

# Every file that matches the patterns. A pattern without a match would check nothing, so it is a finding.
named() {
    for pattern in "$@"; do
        found=$(ls $pattern 2>/dev/null)
        if [ -z "$found" ]; then
            echo "tests/build/run_lint.sh: no file is named $pattern; cure: name the folder as it is now" >&2
            return 1
        fi
        echo "$found"
    done
}

echo "== lint: layout"
# Public headers with tables of macros are formatted by hand.
files=$(named 'core/trace/*.[ch]' 'core/json/*.[ch]' 'core/genai/*.[ch]' 'core/wire/*.[ch]' 'core/export/*.[ch]' 'port/*/*.[ch]' \
    'boards/*/*.[ch]' 'boards/*/*/*.[ch]' 'examples/*.c' 'examples/*/*.[ch]') || status=1
for file in $files; do
    if ! clang-format --style=file --dry-run -Werror "$file" >/dev/null 2>&1; then
        echo "$file: cure: clang-format -i $file"
        status=1
    fi
done
echo "== lint: clang-tidy"
mkdir -p build/lint
# lwIP has the options of the tests on virtual time, because these enable all code of port/lwip.
if ! cmake -S . -B build/lint -DCMAKE_C_COMPILER=clang -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DUSPAN_TESTS=OFF \
    -DUSPAN_LWIP_OPTIONS_DIR="$PWD/tests/virtual/lwip" >build/lint.log 2>&1; then
    cat build/lint.log
    exit 1
fi
# Two run at a time. Each file has its own report, so that lines do not mix.
files=$(named 'core/*/*.c' 'port/posix/*.c' 'port/mbedtls/*.c' 'port/lwip/*.c') || status=1
if ! printf '%s\n' "$files" |
    xargs -P "${JOBS:-2}" -n 4 clang-tidy --quiet -p build/lint >build/lint/tidy.out 2>build/lint/tidy.err; then
    grep -E -A 4 'error:|warning:' build/lint/tidy.out
    status=1
fi
echo "== lint: rules of the tree"
/usr/bin/python3 -B tests/build/lint.py || status=1
/usr/bin/python3 -B tests/build/mutate.py --check-list || status=1
echo "== lint: order of the files"
/usr/bin/python3 -B tests/build/structure.py || status=1
if [ "$status" = 0 ]; then echo "lint: no findings"; fi
exit "$status"
