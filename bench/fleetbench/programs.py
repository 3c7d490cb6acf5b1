"""Building and starting programs: each is run by bench/measure, which says what it took."""

import glob
import json
import os
import signal
import subprocess
from dataclasses import dataclass

from .fleet import Failed

DBMATE = "dbmate@2.36.0"
TAIL = 400


@dataclass
class Sample:
    wall_ms: float
    cpu_us: int
    maxrss_kb: int
    stdout: str


def together(command, folder, env):
    """Runs a command; when we are interrupted, it goes with all that it started."""
    child = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace",
                             start_new_session=True)
    try:
        stdout, stderr = child.communicate()
    except BaseException:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        raise
    return child.returncode, stdout, stderr


class Programs:
    def __init__(self, build, lockstep, make=True):
        self.build = os.path.abspath(build)
        self.lockstep = os.path.abspath(lockstep) if lockstep else None
        if make:
            subprocess.run(["ninja", "-C", self.build, "bench-programs"], check=True, stdout=subprocess.DEVNULL)

    def path(self, name):
        return os.path.join(self.build, "bench", name)

    def dbmate(self):
        """dbmate's own program, without the node script around it; installed on first use."""
        home = self.path("npm")
        pattern = os.path.join(home, "node_modules/@dbmate/*/bin/dbmate")
        if not glob.glob(pattern):
            os.makedirs(home, exist_ok=True)
            command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", home, DBMATE]
            subprocess.run(command, check=True, capture_output=True)
        return glob.glob(pattern)[0]

    def run(self, command, folder, nofile=None, preload=None, env=None):
        """Runs it in that folder and returns a Sample; Failed when it exits with anything but 0."""
        out = os.path.join(folder, "measured.json")
        order = [self.path("measure"), "--out", out]
        if nofile:
            order += ["--nofile", str(nofile)]
        if preload:
            order += ["--preload", preload]
        code, stdout, stderr = together(order + command, folder, {**os.environ, **(env or {})})
        if code:
            raise Failed(f"{command[0]}: {stderr[-TAIL:]}")
        with open(out, encoding="utf-8") as f:
            took = json.load(f)
        if took["exit"]:
            raise Failed(f"{os.path.basename(command[0])} ended with {took['exit']}"
                         f" (signal {took['signal']}): {stderr[-TAIL:].strip()}")
        return Sample(took["wall_us"] / 1000, took["user_us"] + took["sys_us"],
                      took["maxrss_kb"], stdout)
