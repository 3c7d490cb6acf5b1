#!/usr/bin/env -S python3 -SEB
"""Keeps one server of the tests: starts it, signals it, and ends it with whoever it is for.

usage: keeper.py FOLDER PID

The keeper is the server's parent, and adopts what the server leaves behind, so that "ended" means: no
process of it is left. It lives as long as the process PID (a test, or bats); when that is gone, by
whatever end, the server is killed and FOLDER is removed. A server may be down in between.

Requests come as a line of JSON over the socket FOLDER/control, one a connection, and are answered with
one: {"do": "start" | "signal" | "state" | "close", ...}. Nobody but its owner can connect.
"""

import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, IPC_RMID = 1, 36, 0
POLL = 0.002  # seconds
OWN_PREFIX = "lockstep-servers."  # a folder of several servers: the last one takes it along

libc = ctypes.CDLL(None)


def children():
    """Ours, adopted ones too."""
    me = os.getpid()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="latin-1") as f:
                parent = f.read().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if int(parent) == me:
            yield int(name)


class Keeper:
    def __init__(self, folder):
        self.folder, self.process, self.status = folder, None, None

    def start(self, command, user=None, group=None):
        if self.process:
            raise ValueError("the server runs already")
        identity = {"user": user, "group": group, "extra_groups": []} if user is not None else {}
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", umask=0o077,
                start_new_session=True, restore_signals=True,
                preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), **identity)
        return self.state()

    def state(self):
        return {"pid": self.process.pid if self.process else None, "status": self.status}

    def signal(self, number, whole=False, wait=60):
        """To the server, or to all its processes; then its end is waited for, so many seconds."""
        self.reap()
        if self.process:
            for pid in [self.process.pid, *(children() if whole else ())]:
                os.kill(pid, number)
        until = time.monotonic() + wait
        while self.process and time.monotonic() < until:
            time.sleep(POLL)
            self.reap()
        return self.state()

    def reap(self):
        """Bury who died; when the server itself did, nothing of it may stay."""
        if self._bury() and self.process and self.process.returncode is not None:
            self.process = None
            self._sweep()

    def _bury(self):
        """False: there is no child at all."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return True
                if self.process and pid == self.process.pid:
                    self.process.returncode = self.status = os.waitstatus_to_exitcode(status)
        except ChildProcessError:
            return bool(self.process)

    def _sweep(self):
        while self._bury():
            for pid in children():
                os.kill(pid, signal.SIGKILL)
            time.sleep(POLL)
        self._remove_memory()

    def _remove_memory(self):
        """A killed PostgreSQL leaves its System V segment, which only its next start would remove."""
        try:
            with open(os.path.join(self.folder, "data", "postmaster.pid"), encoding="utf-8") as f:
                libc.shmctl(int(f.read().splitlines()[6].split()[1]), IPC_RMID, None)
        except (OSError, IndexError, ValueError):
            pass

    def end(self):
        self.signal(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)
        parent = os.path.dirname(self.folder)
        if os.path.basename(parent).startswith(OWN_PREFIX):
            try:
                os.rmdir(parent)
            except OSError:
                pass  # others are in it
        return self.state()

    def answer(self, listener):
        """One request; True: it was the last."""
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(5)
            try:
                request = json.loads(connection.makefile("rb").readline())
                do = request.pop("do")
                work = {"start": self.start, "signal": self.signal, "state": self.state, "close": self.end}
                said = work[do](**request)
            except (OSError, ValueError, KeyError, TypeError) as e:
                do, said = None, {"error": f"{type(e).__name__}: {e}"}
            try:
                connection.sendall(json.dumps(said).encode() + b"\n")
            except OSError:
                pass  # who asked is gone
        return do == "close"

    def serve(self, listener, watched):
        woken, waker = os.pipe()
        os.set_blocking(woken, False)
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poll = select.poll()
        for fd in (listener.fileno(), watched, woken):
            poll.register(fd, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poll.poll()}
            if woken in ready:
                os.read(woken, 4096)
                self.reap()
            if watched in ready or (listener.fileno() in ready and self.answer(listener)):
                return


def main():
    folder, watched = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    keeper = Keeper(folder)
    try:
        watched = os.pidfd_open(watched)
        os.umask(0o077)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.path.join(folder, "control"))
        listener.listen(16)
        print("ready", flush=True)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)  # whoever reads it need not wait for our end
        keeper.serve(listener, watched)
    finally:
        keeper.end()


if __name__ == "__main__":
    main()
