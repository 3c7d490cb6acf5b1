"""What is to fail, and the program run with it: failat.c does it, told by the environment or by server.py."""

import errno
import os
import signal
import subprocess
from dataclasses import dataclass

from server import Server

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


# Fewer page faults in a forked process.
FAST = {"LD_BIND_NOW": "1", "MALLOC_ARENA_MAX": "1", "MALLOC_TOP_PAD_": str(1 << 20),
        "MALLOC_MMAP_THRESHOLD_": str(1 << 25), "MALLOC_TRIM_THRESHOLD_": str(1 << 25)}


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
    def __init__(self, path, failat, base, mode):
        self.path, self.failat, self.base, self.mode = path, failat, base, mode
        self.report = os.path.join(base, "report")
        self.libraries = [failat] + sanitizer_of(path)
        self.servers = {}
        self.temporary = os.path.join(base, "tmp")  # names are drawn alike in all workers
        os.makedirs(self.temporary, exist_ok=True)

    @property
    def sanitized(self):
        return len(self.libraries) > 1

    def end(self):
        for server in self.servers.values():
            server.end()
        self.servers = {}

    def command(self, arguments):
        return [self.path, "--jobs", str(self.mode.jobs), *arguments]

    def run(self, folder, arguments):
        return self._run(folder, arguments, {})

    def run_again(self, folder, arguments):
        """The same, from a server: for what is run often."""
        return self._serve(folder, arguments, ("none", 0, 0, False))

    def fail(self, folder, arguments, order):
        how = order.how if order.how in ("short", "kill") else getattr(errno, order.how)
        self._forget()
        return self._failed(self._serve(folder, arguments, (order.kind, how, order.at, order.stays)))

    def _serve(self, folder, arguments, order):
        arguments = tuple(arguments)
        if arguments not in self.servers:
            base = os.path.join(self.base, f"server{len(self.servers)}")
            os.mkdir(base)
            env = {**self._always(), **self._env(FAST)}
            self.servers[arguments] = Server(self.command(arguments), base, env)
        ended = self.servers[arguments].run(folder, order, LIMIT)
        if ended is None:
            raise Hung(f"no end after {LIMIT} s")
        return Ended(*ended)

    def count(self, folder, arguments):
        """(the run's end, {kind: [(place, call, path) of each call]})."""
        self._forget()
        ended = self._run(folder, arguments, self._env({"FAILAT_KIND": "all", "FAILAT_AT": "0"}))
        calls = {kind: [] for kind in KINDS}
        for line in self._report():
            kind, *call = line.split(" ", 3)
            calls[kind].append(tuple(call))
        return ended, calls

    def _failed(self, ended):
        lines = self._report()
        if lines:
            ended.call, _, ended.path = lines[0].partition(" ")
            ended.stack = tuple(lines[1:])
        return ended

    def _forget(self):
        if os.path.exists(self.report):
            os.unlink(self.report)

    def _report(self):
        with open(self.report, errors="replace") as f:
            return f.read().splitlines()

    def _always(self):
        return {**os.environ, "ASAN_OPTIONS": SANITIZER, "SQLITE_TMPDIR": self.temporary}

    def _env(self, given):
        preload = ":".join(self.libraries)
        return {"FAILAT_REPORT": self.report, "LD_PRELOAD": preload, **given}

    def _run(self, folder, arguments, given):
        env = {**self._always(), **given}
        try:
            done = subprocess.run(
                self.command(arguments), cwd=folder, env=env, stdin=subprocess.DEVNULL,
                capture_output=True, timeout=LIMIT, text=True, errors="replace",
            )
        except subprocess.TimeoutExpired:
            raise Hung(f"no end after {LIMIT} s") from None
        return Ended(done.returncode, done.stdout, done.stderr)


def sanitizer_of(program):
    """A sanitizer's library has to come right behind ours."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return [line.split()[2] for line in listed.splitlines() if "asan" in line]
