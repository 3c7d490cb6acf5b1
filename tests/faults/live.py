"""A run that is under way while a command is tried: it waits for a tenant that somebody else has locked."""

import os
import subprocess
import time

from holder import Holder
from judge import Fault

LIMIT = 60  # seconds


class LiveRun:
    def __init__(self, program):
        self.program, self.process = program, None
        self.locker = Holder()

    def begin(self, folder, waits_for):
        """`up`, until it has said in the lock file which run it is."""
        self.end()
        self.locker.lock([os.path.join(folder, waits_for)])
        self.process = subprocess.Popen(
            self.program.command(("up", "--yes")), cwd=folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + LIMIT
        while '"run":"2' not in self._lock_file(folder):
            if time.monotonic() > until or self.process.poll() is not None:
                raise Fault("hung", "the run that is to be aborted does not begin")
            time.sleep(0.005)

    def end(self, aborted=False):
        """Its exit code; asked to stop it ends by itself, otherwise when the tenant is free."""
        if not self.process:
            return None
        if not aborted:
            self.locker.drop()
        try:
            return self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Fault("wrong", "the run goes on, though it was asked to stop") from None
        finally:
            self.locker.drop()
            self.process = None

    def close(self):
        self.end()
        self.locker.end()

    @staticmethod
    def _lock_file(folder):
        try:
            with open(os.path.join(folder, ".lockstep", "lock"), encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return ""
