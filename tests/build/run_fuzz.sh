#!/bin/sh
# run_fuzz.sh: runs every fuzz target under ASan and UBSan, JOBS at a time. Readers of LLM traffic, and the mounts of kept
# memory and of a spool, run for READER_SECONDS (60), others for SECONDS (30). LONG=1: the former run 10 million times instead,
# with short inputs (hours). PLAIN=1: without sanitizers, for more runs in the same time. SEED chooses the inputs. It is 1 if
# nobody sets it: two runs of the same tree without an older corpus then try the same inputs. 0: other inputs each time.
# Invariant: the exit status is 0 only if each target ran to its end without a finding. The input of a finding is kept.
set -u

cd "$(dirname "$0")/../.."
is_long() { case $1 in fuzz_wire_* | fuzz_json_read | fuzz_keep_mount | fuzz_spool) return 0 ;; *) return 1 ;; esac; }

if [ "${1:-}" = one ]; then # $2: a target, built
    name=$2
    corpus=build/fuzz/corpus/$name
    mkdir -p "$corpus"
    if [ "${LONG:-}" = 1 ]; then
        limit="-runs=10000000 -max_len=96 -entropic=0"
    elif is_long "$name"; then
        limit=-max_total_time=${READER_SECONDS:-60}
    else
        limit=-max_total_time=${SECONDS:-30}
    fi
    # Useful inputs are in the repository beside the target, or made from golden traffic. New ones stay in build/.
    seeds=$(ls -d "tests/fuzz/$name" "build/fuzz/seeds/$name" 2>/dev/null)
    export ASAN_OPTIONS=malloc_context_size=8:quarantine_size_mb=16
    # shellcheck disable=SC2086
    if "build/fuzz/tests/$name" -seed="${SEED:-1}" $limit -timeout=20 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/found/$name-" "$corpus" $seeds >"build/fuzz/$name.out" 2>&1; then
        inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$name.out")
        echo "== fuzz: $name, $limit: $inputs inputs"
        : >"build/fuzz/$name.passed"
    else
        echo "== fuzz: $name: FAILED"
        tail -n 60 "build/fuzz/$name.out"
    fi
    exit 0
fi

# Counters in all of core show the fuzzer which code an input reaches. Comparisons halve the speed, so LONG has none.
coverage=inline-8bit-counters,pc-table
if [ "${LONG:-}" != 1 ]; then coverage=$coverage,trace-cmp; fi
echo "== fuzz: building"
mkdir -p build/fuzz/found
rm -f build/fuzz/*.passed
sanitize=address,undefined
if [ "${PLAIN:-}" = 1 ]; then sanitize=; fi
if ! cmake -S . -B build/fuzz -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_C_FLAGS_DEBUG="-O2 -g -fsanitize-coverage=$coverage" \
    -DUSPAN_SANITIZE=$sanitize -DUSPAN_FUZZ=ON -DUSPAN_EXAMPLES=OFF -DUSPAN_WERROR=ON >build/fuzz.log 2>&1 ||
    ! cmake --build build/fuzz -j "${JOBS:-2}" >>build/fuzz.log 2>&1; then
    grep -E -A 5 'error: |undefined reference' build/fuzz.log | tail -n 40
    exit 1
fi
/usr/bin/python3 -B tests/fuzz/seeds.py build/fuzz/seeds || exit 1
names=
total=0
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    if [ "${LONG:-}" = 1 ] && ! is_long "$name"; then continue; fi
    names="$names $name"
    total=$((total + 1))
done
echo "$names" | tr ' ' '\n' | grep . | xargs -P "${JOBS:-2}" -n 1 tests/build/run_fuzz.sh one
passed=$(find build/fuzz -maxdepth 1 -name '*.passed' | wc -l)
echo "$passed passed, $((total - passed)) failed"
[ "$passed" = "$total" ] && [ "$passed" -gt 0 ]
