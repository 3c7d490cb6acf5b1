#!/usr/bin/env python3
"""Tests the power-loss test: the record is whole, the disk loses what it may and nothing else, and a run that
forgets a sync it needs is found. Prints TAP.
"""

import glob
import os
import random
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(HERE), "kill"))

import choices
import contract
import fleet as fleets
import record
from disk import Disk
from tap import Tap

BUILD = os.environ.get("BUILD_ROOT") or os.path.join(os.path.dirname(os.path.dirname(HERE)), "build")
PROGRAM = os.environ.get("LOCKSTEP") or os.path.join(BUILD, "lockstep")
RECORDER = os.environ.get("RECORDER") or os.path.join(BUILD, "tests", "power", "recorder.so")

# Calls that strace shows -> the kind of note. Of openat only what makes a file is noted.
CALLS = {
    "pwrite64": "write",
    "write": "write",
    "ftruncate": "size",
    "unlink": "unlink",
    "unlinkat": "unlink",
    "rename": "rename",
    "renameat2": "rename",
    "linkat": "link",
    "mkdir": "mkdir",
    "mkdirat": "mkdir",
    "fchmod": "mode",
    "fchown": "owner",
    "fsync": "fsync",
    "fdatasync": "fsync",
    "syncfs": "syncfs",
}
OTHERS = "open,creat,openat2,pwritev,pwritev2,writev,truncate,fallocate,link,symlink,symlinkat,renameat,sync,msync"
CALL = re.compile(r"^(\w+)\((.*)\) += \d+")
NO_FILE = re.compile(r"\d+<(pipe:|socket:|/dev/(null|pts))")

# What is left out of a run, and what must then be found: a protocol with this bug is torn.
COMMIT = "--mode delete --ending commit --size 3"
BUGS = [
    ("the super-journal's name is not made durable", COMMIT, "fsync tenants 1", "torn"),
    ("journals are armed before their content is durable", COMMIT + " --option utf16", "syncfs tenants 2", "corrupt"),
    ("pages are written before the journals are durable", COMMIT, "syncfs tenants 3", "corrupt"),
    ("it is decided before the pages are durable", COMMIT, "syncfs tenants 4", "corrupt|torn"),
    ("the decision is not durable when journals go", COMMIT, "fsync tenants 3", "torn|wrong"),
    ("the anchor goes before the decision is recorded", COMMIT, "fsync state.db-wal 6", "wrong"),
    ("a logged tenant's commit is not durable", "--mode wal-live --ending commit --size 3", "fsync t01.db-wal 2", "lost"),
]
IMAGES = 3000


def run(command, cwd=None, **env):
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **env}, text=True, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )


def fleet_in(folder):
    fleet = fleets.tenants("mixed", "commit", 3, ())
    fleets.make(folder, fleet, ())


def counted(lines):
    counts = {}
    for kind in lines:
        counts[kind] = counts.get(kind, 0) + 1
    return counts


def calls_in(path):
    """(name, arguments) of the calls that strace saw succeed; it writes a file a thread."""
    for name in glob.glob(path + ".*"):
        with open(name) as f:
            yield from (found.groups() for found in map(CALL.match, f) if found)


def traced(path, record_file):
    """The kinds of notes these calls should make, but for those of the recorder itself."""
    for name, arguments in calls_in(path):
        if record_file in arguments or NO_FILE.match(arguments):
            continue
        if name != "openat":
            yield CALLS.get(name, name)
        elif "O_TMPFILE" in arguments:
            yield "create"


def test_recorder(tap, base):
    folder, out, trace = (os.path.join(base, name) for name in ("fleet", "record", "trace"))
    fleet_in(folder)
    calls = ",".join((*CALLS, "openat", *OTHERS.split(",")))
    done = run(
        ["strace", "-ff", "-y", "-s0", "-e", f"trace={calls}", "-o", trace, "-E", f"LD_PRELOAD={RECORDER}",
         "-E", f"POWER_RECORD={out}", PROGRAM, *contract.up(1)],
        cwd=folder,
    )
    with open(out, "rb") as f:
        notes = list(record.raw(f.read()))
    noted = counted(n[0] for n in notes if n[0] not in ("said", "end") and (n[0] != "create" or not n[2]))
    seen = counted(traced(trace, out))
    tap.check("the record holds as many calls of each kind as strace saw", seen == noted and done.returncode == 0,
              f"strace {seen}\nnoted  {noted}\n{done.stdout}")
    said = b"".join(n[6] for n in notes if n[0] == "said").decode()
    tap.check("what was said is in the record, ahead of the end", "done: " in said and notes[-1][0] == "end", said)


# The disk. A tree with one file "a" of two sectors of A, and notes by hand.

A, B = b"A" * 512, b"B" * 512


def images(*notes):
    """The contents that are found, {name: data} as a sorted tuple, over many choices."""
    start = [record.Known("", (0, 1), 0o755, (0, 0), None), record.Known("a", (0, 2), 0o644, (0, 0), A + A)]
    made = object.__new__(record.Record)
    made.root, made.start, made.notes = "/r", start, list(notes)
    found = set()
    for seed in range(300):
        disk, chance = Disk(made), random.Random(seed)
        disk.advance(len(notes))
        _, choose, _ = choices.choose(chance, disk)
        image = disk.image(choose, 512)
        found.add(tuple((name, data) for name, _, data in sorted(image, key=lambda e: e[0]) if name))
    return found


def note(kind, name="", file=2, offset=0, data=b"", other=""):
    return record.Note(kind, 0o644, name, other, (0, file), offset, data)


def test_disk(tap, _base):
    write = note("write", data=B + B)
    create = note("create", "b", file=3)
    fill = note("write", file=3, data=B)
    of_a = {a + b for a in (A, B) for b in (A, B)}
    cases = [
        ("a write that is not synced is there, lost or torn by sectors", [write], {(("a", x),) for x in of_a}),
        ("a write is durable after fsync", [write, note("fsync")], {(("a", B + B),)}),
        ("after syncfs as well", [write, note("syncfs", file=1)], {(("a", B + B),)}),
        ("of two writes to a sector the second is not there without the first",
         [note("write", data=b"B"), note("write", offset=1, data=b"C")],
         {(("a", x + A[2:] + A),) for x in (b"AA", b"BA", b"BC")}),
        ("a new file's name may be lost though its content is durable", [create, fill, note("fsync", file=3)],
         {(("a", A + A),), (("a", A + A), ("b", B))}),
        ("its content may be lost though its name is durable, or read as zeros",
         [create, fill, note("fsync", file=1)], {(("a", A + A), ("b", x)) for x in (b"", bytes(512), B)}),
        ("an unlink may be lost", [note("unlink", "a")], {(), (("a", A + A),)}),
        ("it is durable after fsync of the folder", [note("unlink", "a"), note("fsync", file=1)], {()}),
        ("a cut may be lost", [note("size", offset=512)], {(("a", A),), (("a", A + A),)}),
    ]
    for name, notes, expected in cases:
        found = images(*notes)
        tap.check(name, found == expected, f"found {found}\nshould {expected}")


def test_bugs(tap, _base):
    for name, campaign, sync, kinds in BUGS:
        words = ["--without", sync, "--images", str(IMAGES), "--enough", "1", "--seed", "1"]
        done = run([sys.executable, os.path.join(HERE, "power.py"), *campaign.split(), *words])
        found = re.search(rf"^# ({kinds}): ", done.stdout, re.M)
        tap.check(f"found: {name}", done.returncode == 1 and found, done.stdout)
        for folder in re.findall(r"kept: (\S+)", done.stdout):
            run(["rm", "-rf", os.path.dirname(os.path.dirname(folder))])


def main():
    tap = Tap()
    for test in (test_recorder, test_disk, test_bugs):
        with tempfile.TemporaryDirectory() as base:
            test(tap, base)
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
