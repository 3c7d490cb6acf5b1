"""Runs of lockstep, watched from outside: their phases as the program tells them on stderr, what they
took, and a kill at a moment of one of them."""

import json
import os
import resource
import signal
import subprocess
import time
from dataclasses import dataclass, field

from fleet import Decisions

POLL = 0.001  # seconds


@dataclass
class Moment:
    """When to kill: `after` seconds from the start of a phase, or from when the decision files came
    ("opened") or the super-journal went ("fell")."""

    phase: str
    after: float
    since: float = None

    def is_due(self, watch):
        if self.since is None and watch.has_begun(self.phase):
            self.since = time.monotonic()
        return self.since is not None and time.monotonic() - self.since >= self.after


@dataclass
class Ended:
    words: list
    code: int = 0
    killed: bool = False
    seconds: float = 0
    rss_kb: int = 0
    out: str = ""
    err: str = ""
    phases: list = field(default_factory=list)  # (line, when), in order

    def report(self):
        try:
            return json.loads(self.out)
        except ValueError:
            return {}

    def durations(self):
        """{line: seconds}"""
        ends = [when for _, when in self.phases[1:]] + [self.seconds]
        return {line: end - when for (line, when), end in zip(self.phases, ends)}


class Watch:
    """One run under way."""

    def __init__(self, folder, words, err, moment):
        self.folder, self.err, self.moment = folder, err, moment
        self.ended, self.started, self.size = Ended(words), time.monotonic(), 0
        self.opened = False

    def has_begun(self, phase):
        if phase == "start":
            return True
        if phase in ("opened", "fell"):
            there = bool(Decisions(self.folder).undecided())
            fell = self.opened and not there
            self.opened = self.opened or there
            return fell if phase == "fell" else there
        return any(line == phase for line, _ in self.ended.phases)

    def _read_phases(self):
        if os.fstat(self.err.fileno()).st_size == self.size:
            return
        self.err.seek(self.size)
        text = self.err.read()
        whole = text[: text.rfind(b"\n") + 1]
        self.size += len(whole)
        now = time.monotonic() - self.started
        lines = whole.decode().splitlines()
        self.ended.phases += [(line, now) for line in lines if " tenant" in line]

    def follow(self, process):
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            self._read_phases()
            if pid:
                break
            if self.moment and not self.ended.killed and self.moment.is_due(self):
                os.kill(process.pid, signal.SIGKILL)
                self.ended.killed = True
            time.sleep(POLL)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.ended.killed = process.returncode == -signal.SIGKILL
        self.ended.code, self.ended.rss_kb = process.returncode, usage.ru_maxrss
        self.ended.seconds = time.monotonic() - self.started


class Program:
    def __init__(self, program, folder, descriptors):
        self.program, self.folder, self.descriptors = program, folder, descriptors
        self.rss_kb = 0

    def run(self, words, moment=None):
        """The program never outlives us: a test that is stopped leaves no run behind."""
        names = [os.path.join(self.folder, name) for name in ("out", "err")]
        with open(names[0], "w", encoding="utf-8") as out, open(names[1], "w+b") as err:
            with subprocess.Popen([self.program, "--json", "--yes", *words], cwd=self.folder, stdout=out,
                                  stderr=err, stdin=subprocess.DEVNULL, preexec_fn=self._limit) as p:
                watch = Watch(self.folder, words, err, moment)
                try:
                    watch.follow(p)
                finally:
                    if p.returncode is None:
                        p.kill()
        for name in names:
            with open(name, encoding="utf-8") as f:
                setattr(watch.ended, os.path.basename(name), f.read())
        self.rss_kb = max(self.rss_kb, watch.ended.rss_kb)
        return watch.ended

    def _limit(self):
        if self.descriptors:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors, self.descriptors))
