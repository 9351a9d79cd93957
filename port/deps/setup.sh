#!/bin/sh
# setup.sh: installs the missing Debian packages that goals of the Makefile need.
# Invariant: if nothing is missing, it changes nothing, asks nothing and needs neither root nor network.
#   setup.sh goal ...   goals: demo firmware machine emulator flash test check bench size fuzz cov lint interop browser
#                       fleet all (but the browser)
set -eu

say() { echo "setup: $*"; }
fail() {
    echo "setup: $*" >&2
    exit 1
}

build="gcc libc6-dev make cmake bzip2 xz-utils"
peers="python3 python3-protobuf protobuf-compiler openssl"
riscv="gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf"
machines="qemu-system-arm qemu-system-misc"
cortex="gcc-arm-none-eabi binutils-arm-none-eabi libnewlib-arm-none-eabi"
llvm="clang libclang-rt"
link="libslirp-dev libssl-dev libcurl4-openssl-dev" # the other side of the network, for tests/virtual; a client to trace
servers="nginx-light default-jdk-headless tinyproxy-bin squid" # common servers, for tests/interop
npm_package() { command -v npm >/dev/null || echo npm; } # some packages of Node contain npm
packages_of() {
    case $1 in
    demo) echo "$build $peers" ;;
    firmware) echo "$build $peers $cortex $riscv" ;;
    machine) echo "$machines" ;;
    emulator) echo "$build $peers $cortex libslirp-dev python3-venv nodejs $(npm_package)" ;;
    flash) echo "openocd" ;;
    test) echo "$build $peers g++ pkgconf libcmocka-dev gnutls-bin $link python3-kconfiglib" ;;
    check) echo "python3-pyelftools gdb $cortex $riscv $machines $llvm valgrind" ;;
    bench) echo "$build $peers valgrind" ;;
    size) echo "$build python3 $cortex" ;;
    fuzz) echo "$build $llvm" ;;
    cov) echo "$build $peers $cortex $llvm g++ libcmocka-dev gnutls-bin $link gcovr" ;;
    lint) echo "$build python3 clang-format clang-tidy" ;;
    interop) echo "$build $peers g++ libcmocka-dev gnutls-bin $link python3-venv $servers" ;;
    browser) echo "chromium fonts-dejavu-core" ;;
    fleet) echo "$build $peers python3-venv" ;;
    all)
        for goal in demo firmware machine emulator flash test check bench size fuzz cov lint interop fleet; do
            packages_of "$goal"
        done
        ;;
    *)
        fail "unknown goal: $1; cure: use one of: demo firmware machine emulator flash test check bench size fuzz cov lint \
interop browser fleet all"
        ;;
    esac
}

# The name of the sanitizers' runtime contains clang's version, which the package clang has.
with_version() { # $1: package
    if [ "$1" != libclang-rt ]; then
        echo "$1"
        return
    fi
    version=$(dpkg-query -W -f '${Version}' clang 2>/dev/null || apt-cache show clang 2>/dev/null |
        sed -n 's/^Version: //p' | head -n 1)
    version=${version#*:}
    echo "libclang-rt-${version%%.*}-dev"
}

missing_of() { # the packages that are not installed
    for package in $(printf '%s\n' "$@" | sort -u); do
        name=$(with_version "$package")
        if [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" != installed ]; then
            echo "$name"
        fi
    done
}

if [ $# = 0 ]; then set -- all; fi
wanted=
for goal in "$@"; do wanted="$wanted $(packages_of "$goal")"; done
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "this is not Debian; nothing was installed. These packages are needed (Debian's names):$(printf ' %s' $wanted)"
    say "cure: install them with your package manager, where they may have other names"
    exit 0
fi
# shellcheck disable=SC2086 # lists of words
missing=$(missing_of $wanted)
if [ -z "$missing" ]; then exit 0; fi

as_root=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "these packages are missing and were not installed:$(printf ' %s' $missing)
setup: cure: run as root: apt-get install$(printf ' %s' $missing)"
    as_root=sudo
fi
say "reading the package lists"
$as_root apt-get -qq update ||
    fail "apt-get update failed, nothing was installed; cure: correct what its output above names and run this again"
# shellcheck disable=SC2086
missing=$(missing_of $wanted) # again: the lists may contain clang's version now
say "installing with apt-get:$(printf ' %s' $missing)"
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing </dev/null >/dev/null ||
    fail "apt-get install failed; cure: correct what its output above names and run this again"
say "done"
