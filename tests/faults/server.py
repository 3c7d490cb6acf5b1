"""The program, started once and forked for each try: serve.c is its other end."""

import os
import select
import signal
import subprocess
import time


class Died(Exception):
    """The server itself is gone."""


class Server:
    def __init__(self, command, base, env):
        self.base = base
        self.orders, theirs = self._pipe(), self._pipe()
        self.answers, self.text = theirs[0], b""
        ends = (self.orders[0], theirs[1])
        self.out, self.errors = (self._file(name) for name in ("out", "errors"))
        self.process = subprocess.Popen(
            command, cwd=base, env={**env, "FAILAT_SERVE": f"{ends[0]} {ends[1]}"}, pass_fds=ends,
            stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.errors,
        )
        for fd in ends:
            os.close(fd)

    def run(self, folder, order, limit):
        """(exit code, output, errors); None when it had not ended after so many seconds."""
        for fd in (self.out, self.errors):
            os.ftruncate(fd, 0)
        kind, how, at, stays = order
        os.write(self.orders[1], f"{kind} {how} {at} {int(stays)} {folder}\n".encode())
        child = int(self._line(limit))
        status = self._line(limit)
        if status is None:
            os.kill(child, signal.SIGKILL)
            self._line(limit)
            return None
        return os.waitstatus_to_exitcode(int(status)), self._read(self.out), self._read(self.errors)

    def end(self):
        os.close(self.orders[1])
        self.process.wait()
        for fd in (self.answers, self.out, self.errors):
            os.close(fd)

    @staticmethod
    def _pipe():
        return os.pipe()

    def _file(self, name):
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
        return os.open(os.path.join(self.base, name), flags, 0o600)

    @staticmethod
    def _read(fd):
        size = os.fstat(fd).st_size
        return os.pread(fd, size, 0).decode(errors="replace") if size else ""

    def _line(self, limit):
        until = time.monotonic() + limit
        while b"\n" not in self.text:
            if not select.select([self.answers], [], [], max(until - time.monotonic(), 0))[0]:
                return None
            got = os.read(self.answers, 4096)
            if not got:
                raise Died("the server ended")
            self.text += got
        line, _, self.text = self.text.partition(b"\n")
        return line.decode()
