#!/bin/bash
# Every call that src/base/banned.h bans must fail to compile. Prints TAP, a case a name.
set -u
header=$SOURCE_ROOT/src/base/banned.h
mapfile -t names < <(sed -n 's/^#define \([a-z0-9_]*\)(\.\.\.) BANNED.*/\1/p' "$header")

compiles()
{
    printf '#include "base/banned.h"\nvoid f(void);\nvoid f(void)\n{\n    %s\n}\n' "$1" |
        cc -std=c17 -D_GNU_SOURCE -Werror -Wno-unused -I "$SOURCE_ROOT/src" -fsyntax-only -xc - 2>&1
}

# the bans alone break nothing: not the header, not a call that only looks like a banned one
n=1
echo "1..$((${#names[@]} + 1))"
if out=$(compiles 'char to[9]; snprintf(to, sizeof to, "x"); (void)strlen(to);'); then
    echo "ok $n - allowed calls compile"
else
    echo "not ok $n - allowed calls compile"
    sed 's/^/# /' <<<"$out"
fi
for name in "${names[@]}"; do
    n=$((n + 1))
    if compiles "$name(0);" | grep -q "banned_call_$name"; then
        echo "ok $n - $name is banned"
    else
        echo "not ok $n - $name is banned"
    fi
done
