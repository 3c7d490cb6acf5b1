"""Who takes part: each is a name and the command that brings a fleet's folder to the new version."""

import sys

from . import lockstep
from .fleet import HERE

LOOP_THREADS = 16
POOL_THREADS = 10
PROCESSES = 4

TITLES = {
    "lockstep": "lockstep up",
    "loop": f"C loop, {LOOP_THREADS} threads",
    "lean": "the same, SQLite's settings for threads",
    "floor": "the same, synchronous=OFF (floor)",
    "pool": f"Python pool, {POOL_THREADS} threads",
    "shell": f"sqlite3 shell, xargs -P{PROCESSES}",
    "dbmate": f"dbmate, xargs -P{PROCESSES}",
}
FEW = ("shell", "dbmate")  # one process a tenant: at the smallest size only
FEW_AT_MOST = 1000


def loop(programs, *options):
    return [programs.path("loop"), "--threads", str(LOOP_THREADS), *options, "up.sql", "tenants"]


def each(*command):
    """One process a tenant, its path in place of {}."""
    return ["xargs", "-a", "names.txt", "-d", "\\n", "-P", str(PROCESSES), "-I", "{}", *command]


def command(name, programs, mode):
    if name == "lockstep":
        return lockstep.up(programs.lockstep)
    if name == "loop":
        return loop(programs)
    if name == "lean":
        return loop(programs, "--lean", *(["--exclusive"] if mode == "wal" else []))
    if name == "floor":
        return loop(programs, "--sync", "off")
    if name == "pool":
        return [sys.executable, HERE + "/pool.py", "--threads", str(POOL_THREADS), "up.sql", "tenants"]
    if name == "shell":
        return each("sqlite3", "-bail", "{}", ".read shell.sql")
    if name == "dbmate":
        return each(programs.dbmate(), "--url", "sqlite:{}", "--migrations-dir", "dbmate",
                    "--no-dump-schema", "migrate")
    raise KeyError(name)


def taking_part(count, wanted):
    return [n for n in TITLES if n in wanted and (n not in FEW or count <= FEW_AT_MOST)]
