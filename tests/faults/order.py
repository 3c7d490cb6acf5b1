"""What is to fail, and the program run with it: failat.c does it, told by the environment."""

import errno
import os
import signal
import subprocess
from dataclasses import dataclass

# kind -> the ways in which it fails
KINDS = {
    "alloc": ("ENOMEM",),
    "write": ("EIO", "ENOSPC", "short"),
    "read": ("EIO",),
    "sync": ("EIO",),
    "open": ("EMFILE",),
    "unlink": ("EIO",),
    "name": ("ENOSPC",),
    "size": ("EIO",),
    "map": ("ENOMEM",),
    "thread": ("EAGAIN",),
}
LIMIT = 60  # seconds; what takes longer hangs

# A failed allocation is NULL there too, and a leak is an exit code that no command has.
SANITIZER = "verify_asan_link_order=0:allocator_may_return_null=1:abort_on_error=1:detect_leaks=1"


@dataclass(frozen=True)
class Order:
    kind: str
    how: str
    at: int
    stays: bool

    def title(self):
        return f"{self.kind} {self.at} fails with {self.how} {'for good' if self.stays else 'once'}"

    def arguments(self):
        words = f"--kind {self.kind} --how {self.how} --at {self.at}"
        return words + (" --stays" if self.stays else "")


@dataclass
class Ended:
    code: int
    out: str
    errors: str
    call: str = ""  # what failed first
    path: str = ""
    stack: tuple = ()

    def last_words(self):
        lines = (self.errors or self.out).strip().splitlines()
        return lines[-1] if lines else "nothing was said"

    def signal(self):
        return signal.Signals(-self.code).name if self.code < 0 else ""


class Hung(Exception):
    pass


class Program:
    def __init__(self, path, failat, base):
        self.path, self.failat = path, failat
        self.report = os.path.join(base, "report")
        self.libraries = [failat] + sanitizer_of(path)

    @property
    def sanitized(self):
        return len(self.libraries) > 1

    def run(self, folder, arguments):
        return self._run(folder, arguments, {})

    def fail(self, folder, arguments, order):
        how = order.how if order.how in ("short", "kill") else getattr(errno, order.how)
        given = {"FAILAT_KIND": order.kind, "FAILAT_AT": order.at, "FAILAT_HOW": how}
        if order.stays:
            given["FAILAT_STAY"] = 1
        ended = self._with_failat(folder, arguments, given)
        lines = self._report()
        if lines:
            ended.call, _, ended.path = lines[0].partition(" ")
            ended.stack = tuple(lines[1:])
        return ended

    def count(self, folder, arguments):
        """(the run's end, {kind: [(place, call, path) of each call]})."""
        ended = self._with_failat(folder, arguments, {"FAILAT_KIND": "all", "FAILAT_AT": 0})
        calls = {kind: [] for kind in KINDS}
        for line in self._report():
            kind, *call = line.split(" ", 3)
            calls[kind].append(tuple(call))
        return ended, calls

    def _report(self):
        with open(self.report, errors="replace") as f:
            return f.read().splitlines()

    def _with_failat(self, folder, arguments, given):
        given = {name: str(value) for name, value in given.items()}
        given["FAILAT_REPORT"] = self.report
        given["LD_PRELOAD"] = ":".join(self.libraries)
        if os.path.exists(self.report):
            os.unlink(self.report)
        return self._run(folder, arguments, given)

    def _run(self, folder, arguments, given):
        env = {**os.environ, "ASAN_OPTIONS": SANITIZER, **given}
        command = [self.path, "--jobs", "1", *arguments]
        try:
            done = subprocess.run(
                command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=LIMIT, text=True, errors="replace",
            )
        except subprocess.TimeoutExpired:
            raise Hung(f"no end after {LIMIT} s") from None
        return Ended(done.returncode, done.stdout, done.stderr)


def sanitizer_of(program):
    """A sanitizer's library has to come right behind ours."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return [line.split()[2] for line in listed.splitlines() if "asan" in line]
