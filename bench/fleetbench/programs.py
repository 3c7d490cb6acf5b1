"""Building and starting programs: each is run by bench/measure, which says what it took."""

import glob
import json
import os
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


class Programs:
    def __init__(self, build, lockstep):
        self.build = os.path.abspath(build)
        self.lockstep = os.path.abspath(lockstep) if lockstep else None
        subprocess.run(["ninja", "-C", self.build, "bench-programs"], check=True,
                       stdout=subprocess.DEVNULL)

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
        done = subprocess.run(order + command, cwd=folder, env={**os.environ, **(env or {})},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", check=False)
        if done.returncode:
            raise Failed(f"{command[0]}: {done.stderr[-TAIL:]}")
        with open(out, encoding="utf-8") as f:
            took = json.load(f)
        if took["exit"]:
            raise Failed(f"{os.path.basename(command[0])} ended with {took['exit']}"
                         f" (signal {took['signal']}): {done.stderr[-TAIL:].strip()}")
        return Sample(took["wall_us"] / 1000, took["user_us"] + took["sys_us"],
                      took["maxrss_kb"], done.stdout)
