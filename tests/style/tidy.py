#!/usr/bin/env python3
"""clang-tidy over every C file of src, in parallel. Prints TAP, a case a file.

It gets as far as TIDY_BUDGET seconds take it (one minute of a check; 0: no end); files that are left out
then count as skipped. Each commit begins with others, so that no file is left out for long.
A file that was clean stays clean until it, a header it includes, its flags or .clang-tidy change:
build/tidy remembers it by a hash of all that.
"""
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tap import BUILD, ROOT, Tap

CLEAN = BUILD / "tidy"
BUDGET = float(os.environ.get("TIDY_BUDGET", "60")) or float("inf")
STARTED = time.monotonic()
# gcc's own warnings that clang does not know, and gcc's dependency files
DROPPED = re.compile(r"^-(M[DMGP]?|Winvalid-pch|fdiagnostics-color=.*)$")


def commands():
    """{file under src: compile command}, one a file."""
    found = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        name = os.path.relpath(path, ROOT)
        if name.startswith("src/"):
            found.setdefault(name, entry)
    return found


def fingerprint(entry, name):
    """Everything clang-tidy looks at: preprocessed text, comments (NOLINT), flags, settings."""
    words, out = [], iter(shlex.split(entry["command"]))
    for word in out:
        if word in ("-MF", "-MQ", "-o"):
            next(out)
        elif word != "-c" and not DROPPED.match(word):
            words.append(word)
    source = subprocess.run([*words, "-E", "-o", "-"], cwd=entry["directory"], check=False,
                            capture_output=True).stdout
    parts = [" ".join(words).encode(), source, (ROOT / name).read_bytes(),
             (ROOT / ".clang-tidy").read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def problems(name, entry):
    """What clang-tidy says; None when there was no time to ask it."""
    mark = CLEAN / fingerprint(entry, name)
    if mark.exists():
        return []
    if time.monotonic() - STARTED > BUDGET:
        return None
    done = subprocess.run(["clang-tidy", "--quiet", "-p", str(BUILD), name], cwd=ROOT, text=True,
                          capture_output=True, check=False)
    if done.returncode == 0 and not done.stdout.strip():
        mark.touch()
        return []
    return [done.stdout.strip() or done.stderr.strip()]


def in_turn(todo):
    """The files in an order of this commit's own."""
    head = subprocess.run(["git", "-c", "safe.directory=*", "rev-parse", "HEAD"], cwd=ROOT, check=False,
                          capture_output=True).stdout
    return sorted(todo, key=lambda item: hashlib.sha256(head + item[0].encode()).digest())


def main():
    CLEAN.mkdir(exist_ok=True)
    tap, todo = Tap(), in_turn(commands().items())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda item: (item[0], problems(*item)), todo)
        for name, found in results:
            title = f"clang-tidy has nothing to say about {name}"
            if found is None:
                tap.skip(title, "the time was up")
            else:
                tap.check(title, found)
    return tap.end()


sys.exit(main())
