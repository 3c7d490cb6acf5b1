#!/bin/bash
# What `make install` brings is enough to build and run another program. Prints TAP.
set -u
cd "$SOURCE_ROOT" || exit 1
root=$(mktemp -d) && trap 'rm -rf "$root"' EXIT
prefix=$root/usr/local
n=0

# check NAME COMMAND...: one TAP case; the output of a command that fails is shown
check()
{
    local name=$1 out
    shift
    n=$((n + 1))
    if out=$("$@" 2>&1); then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        sed 's/^/# /' <<<"$out"
    fi
}

pc()
{
    PKG_CONFIG_SYSROOT_DIR=$root pkg-config "$@"
}

compile_example()
{
    # shellcheck disable=SC2046 # several words are meant
    cc -std=c99 -Wall -Wextra -Werror -o "$root/example" examples/embed/main.c $(pc --cflags --libs lockstep)
}

run_example()
{
    local out
    out=$(LD_LIBRARY_PATH=$libdir "$root/example") && echo "$out" &&
        [ "$out" = "built with lockstep $(pc --modversion lockstep)" ]
}

# a fleet of two goes up, and a second time nothing is left to do
migrate_by_example()
{
    local dir=$root/fleet
    mkdir -p "$dir/tenants" "$dir/migrations" && cd "$dir" || return
    : >tenants/a.db && : >tenants/b.db && : >lockstep.conf
    echo 'CREATE TABLE x(y);' >migrations/001_x.sql
    for _ in 1 2; do
        LD_LIBRARY_PATH=$libdir "$root/example" "$dir/lockstep.conf" | grep -x "2 of 2 tenants at 1" || return
    done
}

only_public_symbols()
{
    diff <(grep -o '\<lockstep_[a-z_0-9]*(' include/lockstep.h | tr -d '(' | sort -u) \
        <(nm -D --defined-only "$libdir/liblockstep.so" | awk '{ print $3 }' | sort)
}

echo 1..8
check "make install works with DESTDIR" env -u MAKEFLAGS make install BUILD="$BUILD_ROOT" DESTDIR="$root" PREFIX=/usr/local
libdir=$(dirname "$(find "$prefix" -name liblockstep.so | head -n 1)")
export PKG_CONFIG_PATH=$libdir/pkgconfig
check "the header is installed" test -f "$prefix/include/lockstep.h"
check "pkg-config finds the library" pc --exists --print-errors lockstep
check "the example compiles with what pkg-config says" compile_example
check "the example runs and has the library's version" run_example
check "the example brings a fleet up" migrate_by_example
check "the manual page is installed" test -s "$prefix/share/man/man1/lockstep.1"
check "the shared library shows the functions of lockstep.h and nothing else" only_public_symbols
