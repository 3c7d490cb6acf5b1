#!/usr/bin/env python3
"""Tests the kill test: killat stops where it is told, and the judge sees what a stand-in does wrong.

The stand-in migrates by one transaction of stock SQLite over attached tenants, which is known to be atomic
in DELETE mode and to tear a fleet in WAL mode. Prints TAP.
"""

import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from tap import Tap

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("BUILD_ROOT") or os.path.join(os.path.dirname(os.path.dirname(HERE)), "build")
KILLAT = os.environ.get("KILLAT") or os.path.join(BUILD, "tests", "kill", "killat")
KILLED = 100

# Five bytes, each by a thread of its own, one after the other.
WRITER = """
import os, threading
fd = os.open("out", os.O_WRONLY | os.O_CREAT)
for _ in range(5):
    t = threading.Thread(target=os.write, args=(fd, b"x"))
    t.start()
    t.join()
"""
SHORT_WRITER = ("-SEc", 'import os; fd = os.open("out", 65); os.write(fd, b"x"); os.fsync(fd)')

# What the stand-in can do wrong: where it is seen, and as what.
END = "--point 9999"
BUGS = [
    ("leaves a file behind", "litter", "--point 60", "left over"),
    ("is not done though it says so", "liar", "--point 30", "wrong"),
    ("ends with the wrong exit code", "code", END, "wrong"),
    ("cannot recover", "recover", END, "wrong"),
    ("loses a row", "rows", END, "corrupt"),
    ("damages a page", "corrupt", END, "corrupt"),
    ("changes a file's mode", "mode", END, "changed"),
    ("changes the journal mode", "journal", END, "changed"),
]


def run(command, cwd=None, **env):
    # The interpreter ahead of any wrapper around it: killat counts calls in children too.
    path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PATH": path, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def killat(folder, *arguments, code=("-SEc", WRITER)):
    return run([KILLAT, *arguments, "--", sys.executable, *code], cwd=folder)


def written(folder):
    return os.path.getsize(os.path.join(folder, "out"))


def test_killat(tap, folder):
    trace = os.path.join(folder, "trace")
    code, out = killat(folder, "--count", "--trace", trace)
    with open(trace) as f:
        lines = f.read().splitlines()
    tap.check(
        "killat counts the calls of all threads and of nothing else",
        code == 0 and len(lines) == 6 and out.split()[-1] == "6",
        out + "\n".join(lines),
    )
    first = next((i for i, line in enumerate(lines, 1) if " write fd=" in line), 0)
    for when, missing in (("before", 1), ("after", 0)):
        found = []
        for i in range(5):
            os.unlink(os.path.join(folder, "out"))
            code, _ = killat(folder, "--at", str(first + i), "--when", when)
            found.append((code, written(folder)))
        expected = [(KILLED, i + 1 - missing) for i in range(5)]
        tap.check(f"killed {when} the n-th write, a file has so many bytes", found == expected, str(found))
    code, out = killat(folder, "--at", "1000")
    tap.check("a command that ends before is not killed", code == 0 and written(folder) == 5, out)


def test_children(tap, folder):
    os.unlink(os.path.join(folder, "out"))
    words = ["sh", "-c", '"$@"; sleep 60', "-", sys.executable, *SHORT_WRITER]
    code, out = run([KILLAT, "--at", "2", "--when", "after", "--", *words], cwd=folder)
    tap.check("a kill in a child ends its parents", code == KILLED and written(folder) == 1, out)
    code, out = run([KILLAT, "--count", "--", "sh", "-c", "exit 7"])
    tap.check("the command's exit code is handed on", code == 7 and out == "0\n", out)


def test_locks(tap, folder):
    counts = []
    for more in ([], ["--no-locks"]):
        words = [KILLAT, "--count", *more, "--trace", "trace", "--", "sqlite3", "x.db", "BEGIN EXCLUSIVE"]
        run(words, cwd=folder)
        with open(os.path.join(folder, "trace")) as f:
            calls = f.read()
        counts.append((calls.count(" F_SETLK "), calls.count(" openat ")))
    fine = counts[0][0] > 0 and counts[1] == (0, counts[0][1])
    tap.check("without locks it counts all other calls", fine, str(counts))


def campaign(words, **env):
    words = f"--program {HERE}/standin.py --killat {KILLAT} --seed 1 {words}"
    return run([sys.executable, f"{HERE}/campaign.py", *words.split()], **env)


def faults(out, kind):
    found = re.search(rf"(\d+) {kind}", out)
    return int(found[1]) if found else 0


def test_sound(tap):
    for ending in ("commit", "failing", "undo"):
        words = f"--mode delete --ending {ending} --size 3 --sample 4"
        code, out = campaign(words)
        tap.check(f"what is atomic is found atomic: {ending}", code == 0, out)
    code, out = campaign("--mode delete --ending commit --size 2 --double --sample 4")
    tap.check("and so is a recovery that was killed", code == 0 and " double kills" in out, out)


def test_torn(tap):
    code, out = campaign("--mode wal-idle --ending commit --size 3 --sample 24")
    tap.check("the judge sees a torn fleet", code == 1 and faults(out, "torn") > 0, out)
    repeat = re.search(r"repeat: (.*)", out)
    code, out = run(repeat[1].split()) if repeat else (0, out)
    tap.check("the command that repeats it does", code == 1 and "# torn: " in out, out)
    code, out = campaign(f"--mode delete --ending commit --size 3 {END}", STANDIN_BUG="half")
    tap.check("also one that a run leaves by itself", "# torn: " in out, out)


def test_bugs(tap):
    for name, bug, where, kind in BUGS:
        words = f"--mode delete --ending commit --size 2 --when before {where}"
        code, out = campaign(words, STANDIN_BUG=bug)
        tap.check(f"noticed: the program {name}", code == 1 and f"# {kind}: " in out, out)


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder
        test_killat(tap, folder)
        test_children(tap, folder)
        test_locks(tap, folder)
        test_sound(tap)
        test_torn(tap)
        test_bugs(tap)
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
