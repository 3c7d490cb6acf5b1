"""Fleets as a command finds them: made once for each worker, and copied for each try.

The copy always lies at the same path, because the run log and journals hold full paths.
"""

import os
import shutil
import sqlite3
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "kill"))

import fleet as fleets
import schema
from judge import Fault, Judge
from order import Order, Program

SIZE = 3


class Broken(Exception):
    """The test itself cannot go on."""


class AdoptJudge(Judge):
    """Adopting changes no schema and no rows: what a tenant is at, its history alone says."""

    def _version(self, t, answer):
        if self.versions[t.id].get(answer.content[0]) != "head":
            raise Fault("changed", f"{t.id} is not what it was")
        versions = {frozenset(): "base", frozenset(schema.VERSIONS): "head"}
        found = versions.get(frozenset(answer.applied()))
        if found is None:
            raise Fault("torn", f"{t.id} has the history {answer.history}")
        return found


def execute(path, *statements):
    db = sqlite3.connect(path, isolation_level=None)
    for text in statements:
        db.executescript(text)
    db.close()


class Stage:
    def __init__(self, base, command, mode, program, failat):
        os.makedirs(base)
        self.base, self.command = base, command
        self.folder, self.template = os.path.join(base, "work"), os.path.join(base, "template")
        self.copies = os.path.join(base, "look")
        self.program = Program(program, failat, base)
        ending = "failing" if command.stage == "failed" else "commit"
        self.fleet = fleets.tenants(mode, ending, SIZE, ())
        self.judge = (AdoptJudge if command.stage == "grown" else Judge)(self.fleet)
        if not command.makes:
            self._learn()
        getattr(self, f"_{command.stage}")()
        os.rename(self.folder, self.template)
        self.golden = self._golden()

    def restore(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        fleets.copy(self.template, self.folder)

    def end(self):
        self.judge.end()
        shutil.rmtree(self.base, ignore_errors=True)

    def copy_for_look(self):
        shutil.rmtree(self.copies, ignore_errors=True)
        fleets.copy_for_look(self.folder, self.copies, self.fleet)
        return self.copies

    def places(self):
        """{kind: [(place, call, path)]} of the command without a fault."""
        self.restore()
        ended, calls = self.program.count(self.folder, self.command.words)
        if ended.code != self.golden.code:
            raise Broken(f"counting, {self.command.name} ended {ended.code}: {ended.last_words()}")
        return calls

    def _golden(self):
        self.restore()
        ended = self.program.run(self.folder, self.command.words)
        if self.command.makes:
            fleets.copy(self.folder, os.path.join(self.base, "made"))
        return ended

    def _learn(self):
        """What base and head look like, by the stock library alone."""
        fleets.make(self.folder, self.fleet, ())
        self._each(schema.MEND if self.command.stage == "failed" else "")
        self.judge.learn(self.folder, "base")
        self._grow()
        self.judge.learn(self.folder, "head")
        self._each(*[schema.section(down) for _, _, down in reversed(schema.MIGRATIONS)])
        self.judge.learn(self.folder, "base")
        shutil.rmtree(self.folder)

    def _each(self, *statements):
        for t in self.fleet:
            execute(os.path.join(self.folder, t.file), *statements)

    def _grow(self):
        self._each(*[schema.section(up) for _, up, _ in schema.MIGRATIONS])

    def _must(self, code, *words):
        ended = self.program.run(self.folder, words)
        if ended.code != code:
            raise Broken(f"{' '.join(words)} ended {ended.code}: {ended.last_words()}")

    # The stages, by name.

    def _empty(self):
        os.mkdir(self.folder)

    def _base(self):
        fleets.make(self.folder, self.fleet, ())

    def _grown(self):
        self._base()
        self._grow()

    def _head(self):
        self._base()
        self._must(0, "up", "--yes")

    def _failed(self):
        self._base()
        self._must(1, "up", "--yes")
        self._each(schema.MEND)

    def _undecided(self):
        self._killed(0)

    def _decided(self):
        self._killed(1)

    def _killed(self, beyond):
        """Killed before the unlink that decides, or some unlinks later."""
        self._base()
        _, calls = self.program.count(self.folder, ("up", "--yes"))
        at = [path.endswith(".super") for _, _, path in calls["unlink"]].index(True) + 1
        shutil.rmtree(self.folder)
        self._base()
        self.program.fail(self.folder, ("up", "--yes"), Order("unlink", "kill", at + beyond, False))
