#!/bin/sh
# generate.sh: makes proto/gen/*.pb.{c,h} from proto/*.proto, with nanopb's generator, protoc and python3-protobuf.
# Invariant: the same inputs give the same bytes. A test compares a fresh run with the files in the repository.
#   generate.sh [folder]   default: proto/gen
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/gen}
nanopb=${USPAN_NANOPB_DIR:-$here/../port/deps/src/nanopb}
if [ ! -r "$nanopb/generator/nanopb_generator.py" ]; then
    echo "generate: no nanopb in $nanopb; cure: port/deps/fetch.sh nanopb, or set USPAN_NANOPB_DIR" >&2
    exit 1
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$out"
# The generator compiles its own .proto into this folder instead of its source tree.
NANOPB_PB2_TEMP_DIR=$scratch PYTHONDONTWRITEBYTECODE=1 \
    /usr/bin/python3 "$nanopb/generator/nanopb_generator.py" --quiet \
    --proto-path="$here" --options-path="$here" --output-dir="$out" otlp.proto answer.proto
