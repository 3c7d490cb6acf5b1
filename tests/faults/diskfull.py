#!/usr/bin/env python3
"""A disk that is really full: up on a small tmpfs that has no room for it. Prints TAP.

The file system is mounted in a mount namespace of its own, which only root may make; it goes with the
process. The room left for `up` is varied from nothing to almost enough: then decision files, journals, the
run log and the pages themselves fail in turn, and the next room is enough.
"""

import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from campaign import BUILD, from_env
from commands import COMMANDS
from stages import Stage
from verdict import Fault

SIZE = 24 << 20
STEPS = 24
INSIDE = "--inside"


class Disk:
    def __init__(self, place, program, mode):
        # Made on the small file system itself, so that tenants and journals share its room.
        self.stage = Stage(os.path.join(place, mode), COMMANDS["up"], mode, program, "")
        self.place, self.folder = place, self.stage.folder
        self.ballast = os.path.join(place, "ballast")

    def room(self):
        at = os.statvfs(self.place)
        return at.f_bavail * at.f_frsize

    def leave(self, room):
        """Fills the disk until so much room is left."""
        with open(self.ballast, "wb") as f:
            os.posix_fallocate(f.fileno(), 0, max(self.room() - room, 1))

    def make_room(self):
        if os.path.exists(self.ballast):
            os.unlink(self.ballast)

    def needs(self):
        """The room that up takes, by halves."""
        low, high = 0, SIZE // 4
        while high - low > 16384:
            middle = (low + high) // 2
            low, high = (low, middle) if self.up(middle).code == 0 else (middle, high)
        return high

    def up(self, room):
        self.make_room()
        self.stage.restore()
        self.leave(room)
        return self.stage.program.run(self.folder, ("up", "--yes"))

    def judged(self, room):
        """The exit code of up with this room; a Fault when it is not as it should be."""
        ended = self.up(room)
        self._said(ended)
        self.make_room()  # the stock shell opens no WAL tenant on a full disk
        seen = self._look()
        wanted = {0: "head", 1: "base"}.get(ended.code)
        if wanted:
            self.stage.judge.all_at(seen, wanted)
        self._must("recover")
        if self._look() != seen:
            raise Fault("torn", f"recover made {seen} into {self._look()}")
        self.stage.judge.nothing_left(self.folder)
        self._must("up", "--yes")
        self.stage.judge.all_at(self._look(), "head")
        return ended.code

    def _said(self, ended):
        if ended.code not in (0, 1, 4):
            raise Fault("exit", f"exit {ended.code}: {ended.last_words()}")
        text = ended.errors + ended.out
        if ended.code and "No space left" not in text and "disk is full" not in text:
            raise Fault("message", f"does not say that the disk is full: {text!r}")

    def _must(self, *words):
        ended = self.stage.program.run(self.folder, words)
        if ended.code:
            raise Fault("wrong", f"afterwards {words[0]} ended {ended.code}: {ended.last_words()}")

    def _look(self):
        versions = self.stage.judge.look(self.folder)
        self.stage.judge.one_version(versions, self.stage.judge.groups)
        return versions


def try_all(disk):
    """{exit code: how often}, or a Fault with the room it was found at."""
    enough, codes = disk.needs(), {}
    for step in range(STEPS + 1):
        room = enough * step // STEPS
        try:
            code = disk.judged(room)
        except Fault as fault:
            raise Fault(fault.kind, f"{room} bytes left of {enough}: {fault}") from None
        codes[code] = codes.get(code, 0) + 1
    return codes


def inside(place, program):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "faults", place], check=True)
    print("1..2")
    failed = 0
    for number, mode in enumerate(("delete", "wal-idle"), 1):
        disk = Disk(place, program, mode)
        try:
            codes = try_all(disk)
            said = ", ".join(f"exit {code} {n} times" for code, n in sorted(codes.items()))
            print(f"ok {number} - up on a full disk, {mode}: {said}")
        except Fault as fault:
            failed += 1
            print(f"not ok {number} - up on a full disk, {mode}: {fault.kind}: {fault}")
        disk.make_room()
        disk.stage.end()
    return 1 if failed else 0


def can_mount():
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


def main():
    program = os.path.abspath(from_env("LOCKSTEP", "lockstep"))
    if sys.argv[1:2] == [INSIDE]:
        return inside(sys.argv[2], program)
    if os.geteuid() != 0 or not can_mount():
        print("1..1\nok 1 - up on a full disk # SKIP it takes root to mount a small file system")
        return 0
    place = tempfile.mkdtemp(prefix="faults-full-", dir=BUILD)
    done = subprocess.run(["unshare", "-m", sys.executable, __file__, INSIDE, place], check=False)
    shutil.rmtree(place)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
