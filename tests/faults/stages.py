"""Fleets as a command finds them: made once for each worker, and copied for each try.

The copy always lies at the same path, because the run log and journals hold full paths.
"""

import os
import shutil
import sqlite3
import sys
from dataclasses import replace

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "kill"))

import fleet as fleets
import schema
from commands import MODES
from holder import Holder
from live import LiveRun
from judge import Fault, Judge
from order import Order, Program
from tree import Tree

PAGE_SIZES = (4096, 1024, 8192)  # no larger: there is nothing to see but copying
COMPACT = "-- lockstep:transaction off\nVACUUM;\n"


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


class VacuumJudge(Judge):
    """The third migration changes nothing that the shell sees."""

    def _version(self, t, answer):
        versions = {(): "base", (1, 2): "mid", (1, 2, 3): "head"}
        found = versions.get(tuple(sorted(answer.applied())))
        if found is None or self.versions[t.id].get(answer.content[0]) != found.replace("mid", "head"):
            raise Fault("torn", f"{t.id} has the history {answer.history} and another schema or rows")
        return found


def execute(path, *statements):
    db = sqlite3.connect(path, isolation_level=None)
    for text in statements:
        db.executescript(text)
    db.close()


class Stage:
    def __init__(self, base, command, mode, program, failat, after=None):
        os.makedirs(base)
        self.base, self.command, self.mode = base, command, MODES[mode]
        self.folder, self.template = os.path.join(base, "work"), os.path.join(base, "template")
        self.copies = os.path.join(base, "look")
        self.program = Program(program, failat, base, self.mode)
        self.after = Program(after or program, failat, os.path.join(base, "after"), self.mode)
        self.holder = Holder()
        self.live = LiveRun(self.program) if command.live else None
        self.known = {}  # what the judge said of a state of the folder
        ending = "failing" if command.stage == "failed" else "commit"
        self.fleet = [replace(t, page_size=size, encoding=self.mode.encoding) for t, size in
                      zip(fleets.tenants(self.mode.journal, ending, len(PAGE_SIZES), ()), PAGE_SIZES)]
        self.judge = self._judge()(self.fleet)
        if not command.makes:
            self._learn()
        getattr(self, f"_{command.stage}")()
        fleets.copy(self.folder, self.template)
        self.holder.drop()
        shutil.rmtree(self.folder)
        self.tree = Tree(self.template, self.folder)
        self.golden = self._golden()

    def restore(self):
        self.holder.drop()
        self.finish()
        self.tree.restore()
        if self.live:
            self.live.begin(self.folder, self.fleet[1].file)
        if not self.command.makes:
            self._hold()

    def finish(self, aborted=False):
        """The exit code of the run that is under way, if any."""
        return self.live.end(aborted) if self.live else None

    def end(self):
        if self.live:
            self.live.close()
        self.program.end()
        self.after.end()
        self.judge.end()
        self.holder.end()
        shutil.rmtree(self.base, ignore_errors=True)

    def copy_for_look(self):
        shutil.rmtree(self.copies, ignore_errors=True)
        fleets.copy_for_look(self.folder, self.copies, self.fleet)
        return self.copies

    def _hold(self):
        self.holder.hold([os.path.join(self.folder, t.file) for t in self.fleet if t.live])

    def _judge(self):
        if self.command.stage == "grown":
            return AdoptJudge
        return VacuumJudge if self.mode.vacuum else Judge

    def places(self):
        """{kind: [(place, call, path)]} of the command without a fault."""
        self.restore()
        ended, calls = self.program.count(self.folder, self.command.words)
        self.finish()
        if ended.code != self.golden.code:
            raise Broken(f"counting, {self.command.name} ended {ended.code}: {ended.last_words()}")
        return calls

    def _golden(self):
        self.restore()
        ended = self.program.run(self.folder, self.command.words)
        self.finish(ended.code == 0)
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
        if self.mode.vacuum:
            with open(os.path.join(self.folder, "migrations", "003_compact.sql"), "w") as f:
                f.write(f"-- lockstep:up\n{COMPACT}-- lockstep:down\n{COMPACT}")
        self._hold()

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
        self._killed("unlink", lambda paths: nth(paths, ".super", 0))

    def _decided(self):
        """With one tenant finished."""
        if self.mode.journal == "wal-live":
            self._killed("write", lambda paths: nth(paths, "t02.db-wal", 0))
        else:
            self._killed("unlink", lambda paths: nth(paths, ".super", 0) + 1)

    def _compensating(self):
        """With one tenant done: at the second one's commit, behind that of the segment before and the ledger's."""
        self._killed("unlink", lambda paths: nth(paths, "t02.db-journal", 2))

    def _killed(self, kind, find):
        """Killed at the call of this kind that is found among those of a run to the end."""
        self._base()
        _, calls = self.program.count(self.folder, ("up", "--yes"))
        at = find([path for _, _, path in calls[kind]]) + 1
        self.holder.drop()
        shutil.rmtree(self.folder)
        self._base()
        self.program.fail(self.folder, ("up", "--yes"), Order(kind, "kill", at, False))


def nth(paths, ending, n):
    return [i for i, path in enumerate(paths) if path.endswith(ending)][n]
