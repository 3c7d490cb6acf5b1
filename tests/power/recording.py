"""A recorded run of a campaign: to its end, or killed after some note and then recovered, as one record."""

import os
import signal

import contract
import record
from disk import Disk
from program import Broken

ENDS = {0, 1}  # done, and done nothing for a reason


class Recording:
    def __init__(self, bench, recorder, kill=0):
        self.bench, self.recorder = bench, recorder
        self.file = os.path.join(bench.base, "record")
        self.first = 0  # the power fails after this many notes at the earliest
        bench.restore()
        bench.hold()
        start = record.tree(bench.folder)
        if os.path.exists(self.file):
            os.unlink(self.file)
        self.ended = self._run(bench.arguments(), kill)
        self.was_killed = self.ended.code == -signal.SIGKILL
        if self.was_killed:
            self.first = len(record.Record(bench.folder, start, self.file).notes)
            self.ended = self._run(contract.recover(bench.campaign.threads), 0)
        if self.ended.code not in ENDS:
            raise Broken(f"recorded: exit {self.ended.code}, {self.ended.last_words()}")
        bench.holder.drop()
        self.record = record.Record(bench.folder, start, self.file)
        self.promised = self.record.said(contract.SAYS_DONE)
        self.target = bench.judge.look(bench.folder)

    def disk(self):
        return Disk(self.record)

    def leave_out(self, place):
        """As if the program had forgotten this sync."""
        self.record = self.record.without(self.record.syncs()[place])
        self.promised = self.record.said(contract.SAYS_DONE)

    def _run(self, arguments, kill):
        env = {"LD_PRELOAD": self.recorder, "POWER_RECORD": self.file, "POWER_KILL": str(kill)}
        return self.bench.program.run(self.bench.folder, arguments, **env)
