#!/usr/bin/env python3
"""Applications at work while lockstep runs: what they wrote stays, what they read fits together.

Runs go up, fail, and are undone; what applications do meanwhile and what must hold for them is in work.py.
Prints TAP; --seed repeats one.
"""

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import tenants
from work import Work

TENANTS = 12


def path(folder, i):
    return os.path.join(folder, "tenants", f"t{i:02}.db")


def make_fleet(folder, mode):
    os.makedirs(os.path.join(folder, "tenants"))
    os.makedirs(os.path.join(folder, "migrations"))
    for i in range(TENANTS):
        twin = tenants.TWIN if i == TENANTS - 1 else ""
        tenants.make_tenant(path(folder, i), f"PRAGMA journal_mode={mode};", twin)
    tenants.make_migration(folder, "001_tier.sql", tenants.TIER)


def lockstep(program, folder, words, code, faults, weaker=None):
    """Tells in which tenants the run was only logged: a connection was open there (WAL mode)."""
    done = subprocess.run([program, "--json", "--quiet", *words, "--yes"], cwd=folder, text=True,
                          capture_output=True, check=False)
    if done.returncode != code:
        faults.append(f"{' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    elif weaker is not None:
        weaker.update(int(item["tenant"][1:]) for item in json.loads(done.stdout)["weaker"])


def play(program, folder, work, rounds, faults):
    """Up, then a second migration that fails on the last tenant, and down again."""
    fails = os.path.join(folder, "migrations", "002_fails.sql")
    for _ in range(rounds):
        epoch = work.begin(+1, {0, 1})
        lockstep(program, folder, ["up"], 0, faults, work.weaker[epoch])
        tenants.make_migration(folder, os.path.basename(fails), tenants.FAILS)
        lockstep(program, folder, ["up"], 1, faults)
        os.remove(fails)
        epoch = work.begin(-1, {0, 1})
        lockstep(program, folder, ["down", "base"], 0, faults, work.weaker[epoch])


def check_integrity(folder, faults):
    for i in range(TENANTS):
        db = sqlite3.connect(path(folder, i))
        if db.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            faults.append(f"t{i:02} is corrupt")
        db.close()


def trial(program, mode, rounds, seed):
    folder, faults = tempfile.mkdtemp(prefix="apps-"), []
    make_fleet(folder, mode)
    work = Work(folder, [path(folder, i) for i in range(TENANTS)], seed)
    work.start()
    play(program, folder, work, rounds, faults)
    work.stop()
    faults += work.faults() + work.rows_lost() + work.rows_strange()
    check_integrity(folder, faults)
    rows = work.rows_written()
    if not faults:
        shutil.rmtree(folder)
    return faults, rows, sum(work.told["pairs"]), folder


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("--program", default=os.environ.get("LOCKSTEP", "build/lockstep"))
    a.add_argument("--rounds", type=int, default=6)
    a.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = a.parse_args()
    program, failed = os.path.abspath(options.program), 0
    print(f"# seed {options.seed}; repeat: apps.py --seed {options.seed}\n1..2", flush=True)
    for number, mode in enumerate(("DELETE", "WAL"), 1):
        faults, rows, pairs, folder = trial(program, mode, options.rounds, options.seed)
        failed += bool(faults)
        print(
            f"{'not ' if faults else ''}ok {number} - {mode}: applications at work lose nothing and read "
            f"one version ({rows} rows, {pairs} pairs read, {options.rounds} rounds)"
        )
        for fault in faults[:20]:
            print(f"# {fault.strip()}")
        if faults:
            print(f"# kept: {folder}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
