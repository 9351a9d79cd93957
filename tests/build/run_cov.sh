#!/bin/sh
# run_cov.sh: line and branch coverage of core/ and proto/ (generated code aside) by all tests of the gcc build.
# Invariant: exit status 0 only if the tests pass and lines >= 95 %, branches >= 90 %.
set -u

cd "$(dirname "$0")/../.."
mkdir -p build/cov
echo "== cov: building"
if ! cmake -S . -B build/cov -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug -DUSPAN_COVERAGE=ON -DUSPAN_WERROR=ON \
    >build/cov.log 2>&1 || ! cmake --build build/cov -j "${JOBS:-2}" >>build/cov.log 2>&1; then
    grep -E -A 5 'error: |undefined reference' build/cov.log | tail -n 40
    exit 1
fi
find build/cov -name '*.gcda' -exec rm -f {} +
echo "== cov: testing"
if ! (cd build/cov && ctest -j "${JOBS:-2}" --output-on-failure -E '^build\.') >build/cov.out 2>&1; then
    tail -n 60 build/cov.out
    exit 1
fi
# A branch that only an assertion of the compiler's own (exception edges) makes does not count; ours are all source.
gcovr --root . --filter 'core/' --filter 'proto/' --exclude 'proto/gen/' --object-directory build/cov \
    --gcov-ignore-parse-errors --exclude-unreachable-branches --print-summary --txt build/cov/table.txt \
    --json-summary build/cov.json --fail-under-line 95 --fail-under-branch 90 build/cov \
    >build/cov/summary.txt 2>build/cov/gcovr.log
status=$?
cat build/cov/table.txt build/cov/summary.txt
if [ "$status" != 0 ]; then tail -n 5 build/cov/gcovr.log; fi
exit "$status"
