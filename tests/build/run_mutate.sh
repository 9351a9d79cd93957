#!/bin/sh
# run_mutate.sh: builds the C tests in build/mutate, then mutate.py runs them for N mutants.
# Invariant: the exit status is mutate.py's. If a build fails, the script fails.
set -u

cd "$(dirname "$0")/../.."
mkdir -p build
# Makefiles, because mutate.py reads from them how a file is compiled and a test linked.
if ! { cmake -G "Unix Makefiles" -S . -B build/mutate -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug &&
    cmake --build build/mutate -j "${JOBS:-2}"; } >build/mutate.log 2>&1; then
    grep -E -A 6 'error|Error' build/mutate.log | head -n 40
    echo "mutate: the build failed (build/mutate.log)"
    exit 1
fi
export USPAN_BUILD_DIR="$PWD/build/mutate"
exec /usr/bin/python3 -B tests/build/mutate.py
