#!/bin/bash
# example.sh PROGRAM - examples/embed brings a fleet of two up, and then finds nothing to do. Prints TAP.
set -u
program=$1
root=$(mktemp -d) && trap 'rm -rf "$root"' EXIT
mkdir "$root/tenants" "$root/migrations" && cd "$root" || exit 1
: >tenants/a.db && : >tenants/b.db && : >lockstep.conf
echo 'CREATE TABLE x(y);' >migrations/001_x.sql

echo 1..2
for n in 1 2; do
    out=$("$program" "$root/lockstep.conf" 2>"$root/said")
    if [ $? = 0 ] && grep -qx "2 of 2 tenants at 1" <<<"$out"; then
        echo "ok $n - the example brings a fleet up"
    else
        echo "not ok $n - the example brings a fleet up"
        sed "s/^/# /" "$root/said" - <<<"$out"
    fi
done
