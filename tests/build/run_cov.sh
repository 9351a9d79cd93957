#!/bin/sh
# run_cov.sh: measures line and branch coverage of core/, proto/ (without generated code), port/lwip and port/mbedtls by all
# tests of the gcc build, without those of builds and of machines.
# Invariant: the exit status is 0 only if the tests pass and no part is below its minimum, which is given at the end.
set -u

cd "$(dirname "$0")/../.."
mkdir -p build/cov
export CCACHE_DISABLE=1 # an object from a cache has the source paths of the build that made it
echo "== cov: building"
if ! cmake -S . -B build/cov -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug -DUSPAN_COVERAGE=ON -DUSPAN_WERROR=ON \
    >build/cov.log 2>&1 || ! cmake --build build/cov -j "${JOBS:-2}" >>build/cov.log 2>&1; then
    grep -E -A 5 'error: |undefined reference' build/cov.log | tail -n 40
    exit 1
fi
find build/cov -name '*.gcda' -exec rm -f {} +
echo "== cov: testing"
if ! (cd build/cov && ctest -j "${JOBS:-2}" --output-on-failure -LE '^check$' -E '^(build|qemu)\.') >build/cov.out 2>&1; then
    tail -n 60 build/cov.out
    exit 1
fi
# A branch that only the compiler adds (exception edges) does not count. The branches of the source do.
status=0
report() { # $1: name, $2: least lines in %, $3: least branches in %, then gcovr's filters
    name=$1
    lines=$2
    branches=$3
    shift 3
    echo "== cov: $name, lines >= $lines %, branches >= $branches %"
    gcovr --root . "$@" --exclude 'proto/gen/' --object-directory build/cov --gcov-ignore-parse-errors \
        --exclude-unreachable-branches --print-summary --txt "build/cov/$name.txt" --json-summary "build/cov/$name.json" \
        --fail-under-line "$lines" --fail-under-branch "$branches" build/cov >build/cov/summary.txt 2>build/cov/gcovr.log
    result=$?
    cat "build/cov/$name.txt" build/cov/summary.txt
    if [ "$result" != 0 ]; then
        tail -n 5 build/cov/gcovr.log
        status=1
    fi
}
report core 95 90 --filter 'core/' --filter 'proto/'
cp build/cov/core.json build/cov.json
report port_lwip 95 85 --filter 'port/lwip/' # lwIP's macros contain branches for addresses that it never uses
report port_mbedtls 90 80 --filter 'port/mbedtls/'
exit "$status"
