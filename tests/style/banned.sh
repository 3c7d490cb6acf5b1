#!/bin/bash
# Every call that src/base/banned.h bans must fail to compile. Prints TAP, a case a name.
set -u
mapfile -t names < <(sed -n 's/^#define \([a-z0-9_]*\)(\.\.\.) BANNED.*/\1/p' \
    "$SOURCE_ROOT/src/base/banned.h")

# function_of STATEMENT...: a function of these statements
function_of()
{
    printf '#include "base/banned.h"\nvoid f(void);\nvoid f(void)\n{\n'
    printf '    %s;\n' "$@"
    printf '}\n'
}
compile=(cc -std=c17 -D_GNU_SOURCE -Wno-unused -fmax-errors=0 -I "$SOURCE_ROOT/src" -fsyntax-only -xc -)

# the bans alone break nothing: not the header, not a call that only looks like a banned one
echo "1..$((${#names[@]} + 1))"
if out=$(function_of 'char to[9]' 'snprintf(to, sizeof to, "x")' | "${compile[@]}" 2>&1); then
    echo "ok 1 - allowed calls compile"
else
    echo "not ok 1 - allowed calls compile"
    sed 's/^/# /' <<<"$out"
fi
out=$(function_of "${names[@]/%/(0)}" | "${compile[@]}" 2>&1)
n=1
for name in "${names[@]}"; do
    n=$((n + 1))
    grep -q "banned_call_${name}_see" <<<"$out" || echo -n "not "
    echo "ok $n - $name is banned"
done
