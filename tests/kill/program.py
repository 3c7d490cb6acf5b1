"""Runs the program in a working folder, to its end or to the call where it is killed."""

import os
import subprocess

from judge import Fault

KILLED = 100  # killat's exit code for it
KILLAT_FAILED = 125
LIMIT = 120  # seconds; what takes longer hangs

class Broken(Exception):
    """The test itself cannot go on."""


class Ended:
    def __init__(self, code, out, errors, trace=()):
        self.code, self.out, self.errors, self.trace = code, out, errors, trace

    @property
    def killed(self):
        return self.code == KILLED

    def last_words(self):
        lines = self.errors.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "nothing on stderr"


class Program:
    def __init__(self, path, killat, base):
        self.path, self.killat = path, killat
        self.trace_file = os.path.join(base, "trace")

    def run(self, folder, arguments, **env):
        return self._run(folder, [self.path, *arguments], env)

    def kill(self, folder, arguments, n, when, locks):
        return self._under_killat(folder, arguments, ["--at", str(n), "--when", when], locks)

    def count(self, folder, arguments, locks):
        """To its end, for the trace: a line a call."""
        return self._under_killat(folder, arguments, ["--count"], locks)

    def _under_killat(self, folder, arguments, how, locks):
        how += ["--trace", self.trace_file] + ([] if locks else ["--no-locks"])
        command = [self.killat, *how, "--", self.path, *arguments]
        # leaks are looked for by means of ptrace, which killat has taken; recover and up are not under it
        asan = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        ended = self._run(folder, command, {"ASAN_OPTIONS": asan})
        if ended.code == KILLAT_FAILED:
            raise Broken(ended.last_words())
        with open(self.trace_file, errors="replace") as f:
            lines = f.read().replace(folder + "/", "").splitlines()
        ended.trace = [line.split(" ", 2)[2] for line in lines]
        return ended

    def _run(self, folder, command, env=None):
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, **env} if env else None,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=LIMIT,
            )
        except subprocess.TimeoutExpired:
            raise Fault("hung", f"no end after {LIMIT} s: {' '.join(command)}") from None
        return Ended(done.returncode, done.stdout, done.stderr)
