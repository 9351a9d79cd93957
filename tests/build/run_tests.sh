#!/bin/sh
# run_tests.sh: builds uspan in each named way, runs its tests and adds the totals.
# Invariant: a test that did not run, was skipped or failed makes the exit status 1. The last line has the totals.
#   run_tests.sh way ...   ways: gcc (tests that need the host's gcc only), cross (the others of the same build: cross
#                          compilers, clang, QEMU, valgrind), asan (clang, ASan and UBSan, all except build.* and
#                          qemu.*), tsan (tests named *thread*)
#   TESTS=regex            only tests with such names
set -u

cd "$(dirname "$0")/../.."
jobs=${JOBS:-2}
beside=$((jobs + 1)) # some tests wait for time to pass
passed=0
failed=0

add_up() { # $1: ctest's exit status, $2: its output
    line=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+' "$2" | tail -n 1)
    if [ -z "$line" ]; then
        echo "run_tests.sh: ctest gave no summary in $2, which counts as a failed test; cure: its output is above"
        failed=$((failed + 1))
        return
    fi
    bad=$(echo "$line" | sed 's/.*, \([0-9]*\) tests failed.*/\1/')
    all=$(echo "$line" | sed 's/.*out of \([0-9]*\).*/\1/')
    unrun=$(grep -cE '\*\*\*(Skipped|Not Run)|\(Disabled\)' "$2")
    if [ "$unrun" != 0 ]; then
        echo "run_tests.sh: $unrun tests were skipped or not run ($2 names them), which counts as a failure"
    fi
    if [ "$1" != 0 ] && [ "$bad" = 0 ] || [ "$unrun" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    failed=$((failed + bad))
    passed=$((passed + all - bad))
}

run() { # $1: way, then cmake arguments
    way=$1
    shift
    echo "== $way: building (minutes the first time; the compiler's output is in build/$way.log)"
    log=build/$way.log
    mkdir -p "build/$way"
    if ! cmake -S . -B "build/$way" -DUSPAN_WERROR=ON "$@" >"$log" 2>&1 ||
        ! cmake --build "build/$way" -j "$jobs" >>"$log" 2>&1; then
        grep -E -B 2 -A 12 'error|Error|refused' "$log" | tail -n 60
        echo "== $way: the build failed, no test was run; cure: its errors are above, its complete output is in $log"
        failed=$((failed + 1))
        return
    fi
    check "$way" "$way" -LE '^check$'
}

check() { # $1: way, $2: folder in build/, then which tests
    way=$1
    folder=build/$2
    shift 2
    if [ -n "${TESTS:-}" ] && (cd "$folder" && ctest -N "$@" -R "$TESTS" ${without:+-E "$without"}) |
        grep -q '^Total Tests: 0$'; then
        echo "== $way: no test has a name that matches TESTS=$TESTS, none was run"
        return
    fi
    echo "== $way: testing"
    (cd "$folder" && ctest -j "$beside" --output-on-failure --no-tests=error "$@" \
        ${TESTS:+-R "$TESTS"} ${without:+-E "$without"}) 2>&1 |
        tee "build/$way.out" | grep -vE '^(Test project| *Start )'
    grep -q '^100% tests passed' "build/$way.out"
    add_up $? "build/$way.out"
}

for way in "$@"; do
    without=
    case $way in
    gcc) run gcc -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug ;;
    cross)
        if [ ! -e build/gcc/CTestTestfile.cmake ]; then
            echo "run_tests.sh: no test was run: cross needs the build in build/gcc, which is missing; cure: make test" >&2
            exit 1
        fi
        check cross gcc -L '^check$'
        ;;
    asan)
        without='^(build|qemu)\.'
        run asan -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DUSPAN_SANITIZE=address,undefined \
            -DCMAKE_C_FLAGS_DEBUG='-O0 -g'
        ;;
    tsan)
        if ls tests/*/test_*thread*.c >/dev/null 2>&1; then
            run tsan -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DUSPAN_SANITIZE=thread \
                -DCMAKE_C_FLAGS_DEBUG='-O1 -g' -DUSPAN_TEST_FILTER=thread -DUSPAN_EXAMPLES=OFF -DUSPAN_TESTS_PYTHON=OFF
        fi
        ;;
    *)
        echo "run_tests.sh: unknown way: $way; cure: use one of gcc cross asan tsan" >&2
        exit 1
        ;;
    esac
done
if [ "$passed" = 0 ] && [ "$failed" = 0 ]; then
    echo "run_tests.sh: no test ran; cure: TESTS is a regular expression of names, (cd build/gcc && ctest -N) lists them" >&2
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
