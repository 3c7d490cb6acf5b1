#!/usr/bin/env python3
"""The pressure test's own test: each lie of liar.py must be found. Prints TAP."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(HERE), "apps"))

TENANTS, BUSY = 40, 8
STRIDE = TENANTS // BUSY
SEEDS = 10  # a lie need not be told in every run

FOUND_AS = {
    "lost": ["committed rows are gone"],
    "early": ["afterwards"],  # and as "not decided", if it is killed in time
    "late": ["after recover tenants read"],
    "idle": ["left over"],
    "half": ["is at", "afterwards"],
}


def told(lie, seed):
    """What the pressure test says of this lie."""
    words = ["--tenants", TENANTS, "--busy", BUSY, "--rounds", 4, "--modes", "delete", "--seed", seed]
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "pressure.py"), "--program", os.path.join(HERE, "liar.py"),
         "--pause", "0.001", "--work", os.path.join(os.environ.get("BUILD_ROOT", "build"), "pressure"),
         "--forget", *map(str, words)],
        env={**os.environ, "LIE": lie}, text=True, capture_output=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def found(lie, words):
    """Is it found as all that it is, by one seed or another? Also what was said last."""
    said, left = "", set(words)
    for seed in range(1, SEEDS + 1):
        said = told(lie, seed) or said
        left -= {word for word in left if word in said}
        if not left:
            return True, said
    return False, said


def main():
    os.environ["LOCKSTEP"] = os.path.abspath(os.environ.get("LOCKSTEP", "build/lockstep"))
    failed = 0
    print(f"1..{len(FOUND_AS)}")
    for number, (lie, words) in enumerate(FOUND_AS.items(), 1):
        fine, said = found(lie, words)
        failed += not fine
        print(f"{'' if fine else 'not '}ok {number} - the lie \"{lie}\" is found", flush=True)
        if not fine:
            print("".join(f"# {line}\n" for line in said.splitlines()), end="", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
