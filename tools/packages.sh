#!/bin/bash
# tools/packages.sh GROUP... - install the packages of these groups (packages.txt) that are missing.
# Silent and quick when nothing is missing, so every make target can afford to call it.
set -eu -o pipefail
list=$(dirname "$0")/../packages.txt

wanted=()
for group in "$@"; do
    mapfile -t -O "${#wanted[@]}" wanted < <(sed -n "s/^$group: *//p" "$list" | tr -s ' ' '\n')
done
[ ${#wanted[@]} -gt 0 ] || { echo "packages: no group '$*' in packages.txt" >&2; exit 2; }

if ! command -v dpkg-query >/dev/null; then
    echo "packages: not a Debian system; going on as if these were here: ${wanted[*]}" >&2
    exit 0
fi

missing=()
for package in "${wanted[@]}"; do
    state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$state" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=()
elif command -v sudo >/dev/null; then
    as_root=(sudo)
    [ -t 0 ] || as_root=(sudo -n) # nobody is there to type a password
else
    echo "packages: missing, and neither root nor sudo to install them: ${missing[*]}" >&2
    exit 1
fi
echo "packages: installing ${missing[*]}" >&2
# wait for another apt instead of failing; standard output stays ours
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq)
"${apt[@]}" update >&2 || true # offline with a filled cache still works
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >&2
