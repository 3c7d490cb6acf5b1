"""A recorded run of a campaign: to its end, or killed after some note and then recovered, as one record."""

import os
import signal

import contract
import record
from disk import Disk
from program import Broken

NEAR = 4  # notes
ENDS = {0, 1}  # done, and done nothing for a reason


class Recording:
    def __init__(self, bench, recorder, kill=0):
        self.bench, self.recorder = bench, recorder
        self.file = os.path.join(bench.base, "record")
        self.first = 0  # the power fails after this many notes at the earliest
        self.window = None
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

    def leave_out(self, sync):
        """As if the program had forgotten it. The power fails near it for the most part."""
        kind, end, number = sync.split()
        note = self.record.find(kind, end)[int(number) - 1]
        self.record = self.record.without(note)
        self.promised = self.record.said(contract.SAYS_DONE)
        ends = [i for i in self.record.syncs() if i >= note][:2] or [len(self.record.notes)]
        self.window = list(zip([note, *(end + 1 for end in ends)], ends))

    def look_near(self, note):
        """The power fails right behind such notes ("create .anchor") for the most part."""
        ends = [min(place + NEAR, len(self.record.notes)) for place in self.record.find(*note.split())]
        self.window = [(end - NEAR + 1, end) for end in ends]

    def _run(self, arguments, kill):
        env = {"LD_PRELOAD": self.recorder, "POWER_RECORD": self.file, "POWER_KILL": str(kill)}
        # with a path, a sanitizer asks for its folder before it can bear the recorder's calls
        for sanitizer in ("ASAN_OPTIONS", "TSAN_OPTIONS"):
            env[sanitizer] = os.environ.get(sanitizer, "") + ":log_path=stderr"
        return self.bench.program.run(self.bench.folder, arguments, **env)
