"""The tests that catch mutants, each by the name under which a person can run it.

A catcher must pass on the right program and fail on the mutant, and say what it is named for: that case of
a unit or command test, that kind of fault of a campaign, that promise of the simulator.
"""

import os
import re
import sys
from dataclasses import dataclass

from tree import run

SEED = 1
FEW = 100  # images of the right program: `make check` judges thousands


class Catcher:
    """What is built for it beside the program, and the line by which a failure shows."""

    def target(self):
        return ()


class Campaign(Catcher):
    """Of kills or power failures: one fault of such a kind is enough."""

    def found(self):
        return rf"^# (?:{self.kinds}): "


@dataclass(frozen=True)
class Unit(Catcher):
    """One case of a unit test."""

    program: str
    case: str

    def target(self):
        return (f"tests/unit/test_{self.program}",)

    def title(self):
        return f"`unit/test_{self.program}`: {self.case}"

    def command(self, tree, whole=True):
        return [os.path.join(tree.build, *self.target())]

    def found(self):
        return rf"^not ok \d+ - {self.case}$"


@dataclass(frozen=True)
class Server(Catcher):
    """One case of the test of a participant, beside a real server."""

    program: str
    case: str

    def target(self):
        return (f"tests/servers/test_{self.program}",)

    def title(self):
        return f"`servers/test_{self.program}`: {self.case}"

    def command(self, tree, whole=True):
        beside = "with-postgres" if self.program.startswith("postgres") else "with-mariadb"
        program = os.path.join(tree.build, *self.target())
        return ["env", f"TEST_CASE={self.case}", f"{tree.root}/tests/servers/{beside}", program]

    def found(self):
        return rf"^not ok \d+ - {self.case}$"


@dataclass(frozen=True)
class Command(Catcher):
    """One case of a command test, which may start servers of its own."""

    file: str
    case: str
    folder: str = "cli"

    def title(self):
        return f"`{self.folder}/{self.file}.bats`: {self.case}"

    def command(self, tree, whole=True):
        file = f"{tree.root}/tests/{self.folder}/{self.file}.bats"
        return ["bats", "--tap", "-f", f"^{re.escape(self.case)}$", file]

    def found(self):
        return rf"^not ok \d+ {re.escape(self.case)}"


@dataclass(frozen=True)
class Wire(Catcher):
    """A case of a wire test that is known by name: faults at certain messages between lockstep and a server."""

    file: str
    fleet: str
    case: str

    def target(self):
        return ("tests/servers/haste.so",)

    def title(self):
        return f"`servers/{self.file}.py --fleet {self.fleet}`: {self.case}"

    def command(self, tree, whole=True):
        program = f"{tree.root}/tests/servers/{self.file}.py"
        return [sys.executable, program, "--fleet", self.fleet, "--seconds", "1", "--seed", str(SEED)]

    def found(self):
        return rf"^not ok \d+ - {re.escape(f'{self.fleet}: {self.case}')}$"


@dataclass(frozen=True)
class Kill(Campaign):
    """A campaign of the kill test."""

    words: str
    kinds: str = "torn|corrupt"

    def title(self):
        return f"`kill/campaign.py {self.words}`: {self.kinds.replace('|', ', ')}"

    def command(self, tree, whole=True):
        words = f"{self.words} --seed {SEED} --enough 1 --jobs 1"
        return [sys.executable, f"{tree.root}/tests/kill/campaign.py", *words.split()]


@dataclass(frozen=True)
class Power(Campaign):
    """Images of the power-loss test."""

    words: str
    kinds: str = "torn|corrupt|lost"
    images: int = 600
    recover: str = ""  # a note at which the run is killed before
    near: str = ""  # a note behind which the power fails

    def title(self):
        after = f" --recover '{self.recover}'" if self.recover else ""
        after += f" --near '{self.near}'" if self.near else ""
        return f"`power/power.py {self.words}{after}`: {self.kinds.replace('|', ', ')}"

    def command(self, tree, whole=True):
        images = self.images if whole else min(self.images, FEW)
        words = f"{self.words} --images {images} --seed {SEED} --enough 1 --jobs 1".split()
        words += ["--recover", self.recover] if self.recover else []
        words += ["--near", self.near] if self.near else []
        return [sys.executable, f"{tree.root}/tests/power/power.py", *words]


@dataclass(frozen=True)
class Sim(Catcher):
    """Schedules of the simulator; the promise that is broken first."""

    promise: str
    schedules: int = 20000

    def title(self):
        return f"`sim --seeds 1-{self.schedules}`: {self.promise}"

    def command(self, tree, whole=True):
        return [f"{tree.build}/tests/sim/sim", "--seeds", f"1-{self.schedules}"]

    def found(self):
        return rf"^# seed \d+: {re.escape(self.promise)}"


@dataclass
class Verdict:
    passed: bool
    found: bool
    out: str


def try_on(tree, catcher, whole=True):
    env = {**os.environ, "LOCKSTEP": f"{tree.build}/lockstep", "KILLAT": f"{tree.build}/tests/kill/killat",
           "RECORDER": f"{tree.build}/tests/power/recorder.so",
           "HASTE_SO": f"{tree.build}/tests/servers/haste.so", "BUILD_ROOT": tree.build,
           "SOURCE_ROOT": tree.root, "CMOCKA_MESSAGE_OUTPUT": "TAP", "TMPDIR": tree.scratch}
    done = run(catcher.command(tree, whole), cwd=tree.scratch, env=env)
    found = re.search(catcher.found(), done.stdout, re.M) is not None
    return Verdict(done.returncode == 0, found and done.returncode != 0, done.stdout)
