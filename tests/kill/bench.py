"""A worker's folder: the fleet of one campaign, made once as a template and copied for each try.

The copy always lies at the same path, because run log and journals may hold full paths. What base and
head look like is found with the stock library alone, before the program runs for the first time.
"""

import os
import shutil
import sqlite3

import contract
import fleet as fleets
import schema
from holder import Holder
from judge import Judge
from program import Broken, Program


def execute(path, statements):
    db = sqlite3.connect(path, isolation_level=None)
    for text in statements:
        db.executescript(text)
    db.close()


class Bench:
    def __init__(self, base, campaign, program, killat):
        self.base, self.campaign = base, campaign
        self.template = os.path.join(base, "template")
        self.folder = os.path.join(base, "work")
        self.copies = os.path.join(base, "look")
        os.makedirs(base)
        self.program = Program(program, killat, base)
        self.holder = Holder()
        self.fleet = fleets.tenants(
            campaign.mode, campaign.ending, campaign.size, campaign.options
        )
        self.judge = Judge(self.fleet)
        self.run = None
        fleets.make(self.template, self.fleet, campaign.options)
        self._learn_versions()
        if campaign.ending == "undo":
            self._run_before_undo()
        if "groups" in campaign.options:
            self._learn_groups()

    def path(self, tenant):
        return os.path.join(self.folder, tenant.file)

    def restore(self):
        """The fleet as it is before a try."""
        if os.path.exists(self.folder):
            shutil.rmtree(self.folder)
        self.holder.drop()
        fleets.copy(self.template, self.folder)

    def hold(self):
        """Somebody opens the WAL-live tenants and stays."""
        self.holder.hold([self.path(t) for t in self.fleet if t.live])

    def mend(self):
        """Takes away what makes a tenant fail."""
        for t in self.fleet:
            if t.fails:
                execute(self.path(t), [schema.MEND])

    def copy_for_look(self):
        shutil.rmtree(self.copies, ignore_errors=True)
        fleets.copy_for_look(self.folder, self.copies, self.fleet)
        return self.copies

    def forget_state(self):
        shutil.rmtree(os.path.join(self.folder, contract.STATE_FOLDER), ignore_errors=True)

    def arguments(self):
        """Of the command that is killed."""
        if self.campaign.ending == "undo":
            return contract.undo(self.run, self.campaign.threads)
        return contract.up(self.campaign.threads)

    def end(self):
        self.holder.drop()
        self.holder.end()
        self.judge.end()

    def _learn_versions(self):
        self.restore()
        self.judge.learn(self.folder, "base")
        self.mend()
        for t in self.fleet:
            execute(self.path(t), [schema.section(up) for _, up, _ in schema.MIGRATIONS])
        self.judge.learn(self.folder, "head")
        for t in self.fleet:
            downs = [down for _, _, down in reversed(schema.MIGRATIONS)]
            execute(self.path(t), [schema.section(down) for down in downs])
        self.judge.learn(self.folder, "base")

    def _complete(self, arguments):
        ended = self.program.run(self.folder, arguments)
        if ended.code != contract.DONE:
            words = " ".join(arguments)
            raise Broken(f"in {self.folder}, {words} ended {ended.code}: {ended.last_words()}")

    def _run_before_undo(self):
        self.restore()
        self._complete(contract.up(self.campaign.threads))
        db = sqlite3.connect(self.path(self.fleet[0]))
        query = f"SELECT run FROM {contract.HISTORY} ORDER BY seq DESC LIMIT 1"
        self.run = str(db.execute(query).fetchone()[0])
        db.close()
        shutil.rmtree(self.template)
        fleets.copy(self.folder, self.template)

    def _learn_groups(self):
        """From a run that nobody kills. One that fails leaves no history, so it is mended first."""
        self.restore()
        self.mend()
        self._complete(self.arguments())
        self.judge.learn_groups(self.folder)
