#!/bin/sh
# fetch.sh: puts pinned upstream sources into port/deps/src/<name>/. A second run changes nothing and needs no network.
# Invariant: if src/<name>/ exists, it is complete and checked. Nothing outside port/deps/src changes.
#   fetch.sh [name ...]   names: nanopb mbedtls mbedtls2 lwip opentelemetry-proto cjson pico-sdk tinyusb; none given: all
#   USPAN_DEPS_DIR        another folder than port/deps/src
set -eu

here=$(cd "$(dirname "$0")" && pwd)
src=${USPAN_DEPS_DIR:-$here/src}
pins=$here/pins
apt=$src/.apt
updated=0

say() { echo "deps: $*"; }
fail() {
    echo "deps: $*" >&2
    exit 1
}
cure() {
    fail "$1
deps: cure: get the sources yourself and set USPAN_NANOPB_DIR, USPAN_MBEDTLS_DIR, USPAN_LWIP_DIR to their folders
deps: (CMake cache variables of the same names), or run this on Debian 12 or later, with network, once."
}

pin() { awk -v name="$1" '$1 == name' "$pins"; }

# The Debian mirrors of this machine, as apt itself reads its sources (deb822 and one-line files, proxies).
mirrors() {
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
        awk '$3 == "main" && $2 !~ /-(updates|security|backports)/ && !seen[$1]++ { print $1 }'
}

# An apt configuration with one mirror, our suites and the Debian archive's own keys. Its state is in a folder of its own.
write_apt_conf() { # $1: mirror
    keys=
    for ring in /usr/share/keyrings/debian-archive-keyring.pgp /usr/share/keyrings/debian-archive-keyring.gpg; do
        if [ -r "$ring" ]; then keys=$ring; fi
    done
    if [ -z "$keys" ]; then cure "the package debian-archive-keyring is missing, so signatures cannot be checked"; fi
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/get"
    {
        awk '$1 !~ /^#/ && $2 == "source" { print $4 }' "$pins" | sort -u |
            while read -r suite; do echo "deb-src [signed-by=$keys] $1 $suite main"; done
        awk '$2 == "binary" { print $4 }' "$pins" | sort -u |
            while read -r suite; do echo "deb [signed-by=$keys] $1 $suite main"; done
    } >"$apt/sources.list"
    cat >"$apt/apt.conf" <<CONF
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Lists "$apt/lists";
Dir::Cache "$apt/cache";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "3";
CONF
    if [ "$(id -u)" = 0 ]; then echo 'APT::Sandbox::User "root";' >>"$apt/apt.conf"; fi
}

update() {
    if [ "$updated" = 1 ]; then return; fi
    command -v apt-get >/dev/null || cure "apt-get is missing, so no source was downloaded"
    found=$(mirrors)
    if [ -z "$found" ]; then cure "the sources of apt on this machine name no Debian mirror with component main"; fi
    for mirror in $found; do
        say "reading the package lists of this machine's Debian mirror (about 30 MB, once)"
        write_apt_conf "$mirror"
        if apt-get -qq -c "$apt/apt.conf" update >"$apt/log" 2>&1 && ! grep -Eq '^E:|^W: Failed' "$apt/log"; then
            updated=1
            return
        fi
    done
    cat "$apt/log" >&2
    cure "apt-get update failed for each Debian mirror of this machine; its output is above"
}

# Check that the file from apt is the pinned one, or a newer patch release of the same series.
check() { # $1: name, $2: series, $3: pinned file, $4: its sum; cwd holds one file
    got=$(ls)
    sum=$(sha256sum <"$got" | cut -d ' ' -f 1)
    if [ "$got" = "$3" ]; then
        if [ "$sum" != "$4" ]; then fail "$1: $got was not unpacked: its SHA-256 is $sum, pinned is $4
deps: cure: run this again; if the sum stays, the mirror offers another file than port/deps/pins names"; fi
        return
    fi
    version=${got#*_}
    case $version in
    "$2".* | "$2"-*)
        say "$1: the archive offers $got instead of the pinned $3; it is used, apt has verified its signature ($sum)"
        ;;
    *) cure "$1: the archive offers $got, which is not of series $2, so it was not unpacked" ;;
    esac
}

unpack() { # $1: file, $2: folder
    case $1 in
    *.bz2) command -v bzip2 >/dev/null || fail "no bzip2 to unpack $1; cure: port/deps/setup.sh, or apt-get install bzip2" ;;
    *.xz) command -v xz >/dev/null || fail "no xz to unpack $1; cure: port/deps/setup.sh, or apt-get install xz-utils" ;;
    esac
    mkdir "$2"
    case $1 in
    *.deb) # a package's sources, or only the .proto files, at the path that their imports name
        dpkg-deb -x "$1" "$2/.deb"
        if [ -d "$2/.deb/usr/src" ]; then
            mv "$2"/.deb/usr/src/*/* "$2"
        else
            mv "$2/.deb/usr/include/opentelemetry" "$2/opentelemetry"
        fi
        rm -rf "$2/.deb"
        ;;
    *) tar -xf "$1" -C "$2" --strip-components=1 --no-same-owner ;;
    esac
}

get() { # the fields of a pin
    name=$1 kind=$2 package=$3 suite=$4 series=$5 file=$6 sum=$7
    if [ -e "$src/$name/.fetched" ]; then return; fi
    update
    say "downloading $name ($series, from $suite)"
    rm -rf "$apt/get" "$src/$name" "$src/.$name"
    mkdir "$apt/get"
    cd "$apt/get"
    if [ "$kind" = source ]; then
        set -- source --tar-only --download-only "$package/$suite"
    else
        set -- download "$package/$suite"
    fi
    if ! apt-get -qq -c "$apt/apt.conf" "$@" >"$apt/log" 2>&1; then
        cat "$apt/log" >&2
        cure "$name was not downloaded from $suite; the output of apt-get is above"
    fi
    check "$name" "$series" "$file" "$sum"
    unpack "$(ls)" "$src/.$name"
    ls >"$src/.$name/.fetched"
    mv "$src/.$name" "$src/$name"
    cd "$here"
}

if [ $# = 0 ]; then set -- $(awk '$1 !~ /^#/ { print $1 }' "$pins"); fi
mkdir -p "$src"
# If two run at once (a test run beside a build), the second waits and then finds everything done.
if command -v flock >/dev/null; then
    exec 9>"$src/.lock"
    flock 9
fi
for name in "$@"; do
    line=$(pin "$name")
    if [ -z "$line" ]; then fail "unknown name: $name; cure: use a name of port/deps/pins"; fi
    # shellcheck disable=SC2086 # the fields of the pin are words
    get $line
done
