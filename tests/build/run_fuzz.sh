#!/bin/sh
# run_fuzz.sh: runs every fuzz target for SECONDS under ASan and UBSan.
# Invariant: exit status 0 only if each target ran its whole time without a finding; a finding's input is kept.
set -u

cd "$(dirname "$0")/../.."
seconds=${SECONDS:-30}
passed=0
failed=0
echo "== fuzz: building"
mkdir -p build/fuzz/found
if ! cmake -S . -B build/fuzz -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG='-O1 -g' \
    -DUSPAN_SANITIZE=address,undefined -DUSPAN_FUZZ=ON -DUSPAN_EXAMPLES=OFF -DUSPAN_WERROR=ON >build/fuzz.log 2>&1 ||
    ! cmake --build build/fuzz -j "${JOBS:-2}" >>build/fuzz.log 2>&1; then
    grep -E -A 5 'error: |undefined reference' build/fuzz.log | tail -n 40
    exit 1
fi
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    corpus=build/fuzz/corpus/$name
    mkdir -p "$corpus"
    # Inputs worth keeping are checked in beside the target; new ones stay in build/.
    seeds=
    if [ -d "tests/fuzz/$name" ]; then seeds=tests/fuzz/$name; fi
    echo "== fuzz: $name, $seconds s"
    # shellcheck disable=SC2086
    if "build/fuzz/tests/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/found/$name-" "$corpus" $seeds >"build/fuzz/$name.out" 2>&1; then
        sed -n 's/^stat::number_of_executed_units: */   inputs: /p' "build/fuzz/$name.out"
        passed=$((passed + 1))
    else
        tail -n 60 "build/fuzz/$name.out"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
