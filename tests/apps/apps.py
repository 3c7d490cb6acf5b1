#!/usr/bin/env python3
"""Applications at work while lockstep runs: what they wrote stays, what they read fits together.

Writers insert numbered rows into tenants and remember every one that was committed. Readers look at two
tenants, one after the other; where both were atomic in a run, nobody may find the new schema in one and
afterwards the old one in the other. Runs go up, fail, and are undone meanwhile. Prints TAP; --seed
repeats one.
"""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

TENANTS = 12
UP = "-- lockstep:up\nALTER TABLE notes ADD COLUMN tier TEXT DEFAULT 'basic';\n"
DOWN = "-- lockstep:down\nALTER TABLE notes DROP COLUMN tier;\n"
FAILS = "CREATE TABLE once(x UNIQUE); INSERT INTO once SELECT who FROM twins;\n-- lockstep:down\nDROP TABLE once;\n"


def path(folder, i):
    return os.path.join(folder, "tenants", f"t{i:02}.db")


def make_fleet(folder, mode):
    os.makedirs(os.path.join(folder, "tenants"))
    os.makedirs(os.path.join(folder, "migrations"))
    for i in range(TENANTS):
        db = sqlite3.connect(path(folder, i))
        db.executescript(
            f"PRAGMA journal_mode={mode}; CREATE TABLE notes(n INTEGER PRIMARY KEY);"
            "CREATE TABLE twins(who); INSERT INTO twins VALUES ('a');"
        )
        if i == TENANTS - 1:
            db.execute("INSERT INTO twins VALUES ('a')")
            db.commit()
        db.close()


def migration(folder, name, text):
    with open(os.path.join(folder, "migrations", name), "w", encoding="utf-8") as f:
        f.write(text)


def has_tier(db):
    return any(row[1] == "tier" for row in db.execute("PRAGMA table_info(notes)"))


def connect(folder, i):
    return sqlite3.connect(path(folder, i), timeout=20, isolation_level=None)


def writer(folder, number, seed, stop, out):
    """Every row that was reported as committed must be there in the end."""
    chance, written, n = random.Random(f"{seed}/w{number}"), [], number * 1_000_000
    while not stop.is_set():
        i, n = chance.randrange(TENANTS), n + 1
        try:
            db = connect(folder, i)
            db.execute("INSERT INTO notes(n) VALUES (?)", (n,))
            db.close()
            written.append((i, n))
        except sqlite3.OperationalError as e:
            if "locked" not in str(e):
                out.put(("error", str(e)))
        time.sleep(0.002)
    out.put(("written", written))


def reader(folder, number, seed, rising, stop, out):
    """New in one tenant and afterwards old in another: only while a run goes up may that be told."""
    chance, faults, pairs = random.Random(f"{seed}/r{number}"), [], 0
    while not stop.is_set():
        a, b = chance.sample(range(TENANTS), 2)
        before = rising.value
        try:
            first = has_tier(connect(folder, a))
            second = has_tier(connect(folder, b))
        except sqlite3.OperationalError as e:
            if "locked" not in str(e):
                out.put(("error", str(e)))
            continue
        pairs += 1
        if before and before == rising.value and first and not second:
            faults.append((before, a, b))
    out.put(("read", (pairs, faults)))


def lockstep(program, folder, *words):
    done = subprocess.run(
        [program, *words, "--yes", "--quiet"], cwd=folder, text=True, capture_output=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def up(program, folder, weaker):
    """Tells in which tenants the run was only logged: a connection was open there (WAL mode)."""
    done = subprocess.run(
        [program, "up", "--json", "--quiet"], cwd=folder, text=True, capture_output=True, check=False
    )
    if done.returncode == 0:
        weaker.update(int(item["tenant"][1:]) for item in json.loads(done.stdout)["weaker"])
    return done.returncode, done.stdout + done.stderr


def play(program, folder, rising, rounds, faults):
    """Up, undo, up again...; in each round a second migration that fails on the last tenant.
    Returns the tenants that were not atomic, by the number of the rise."""
    weaker = {}
    for k in range(rounds):
        for name in os.listdir(os.path.join(folder, "migrations")):
            os.remove(os.path.join(folder, "migrations", name))
        migration(folder, "001_tier.sql", UP + DOWN)
        rising.value = 2 * k + 1
        weaker[rising.value] = set()
        code, text = up(program, folder, weaker[rising.value])
        if code:
            faults.append(f"up ended with {code}: {text}")
        migration(folder, "002_fails.sql", FAILS)
        code, text = lockstep(program, folder, "up")
        if code != 1:
            faults.append(f"the failing up ended with {code}: {text}")
        rising.value = 0
        code, text = lockstep(program, folder, "down", "base")
        if code:
            faults.append(f"down ended with {code}: {text}")
    return weaker


def check_rows(folder, written, faults):
    for i in range(TENANTS):
        db = sqlite3.connect(path(folder, i))
        there = {row[0] for row in db.execute("SELECT n FROM notes")}
        lost = {n for t, n in written if t == i} - there
        if lost:
            faults.append(f"t{i:02}: {len(lost)} committed rows are gone, {min(lost)} for one")
        if db.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            faults.append(f"t{i:02} is corrupt")
        db.close()


def gather(workers, out, weaker, faults):
    written, pairs = [], 0
    for _ in workers:
        while True:
            kind, value = out.get(timeout=120)
            if kind == "error":
                faults.append(value)
                continue
            break
        if kind == "written":
            written += value
        else:
            pairs += value[0]
            faults += [f"rise {rise}: new in t{a:02}, afterwards old in t{b:02}"
                       for rise, a, b in value[1] if not {a, b} & weaker[rise]]
    return written, pairs


def trial(program, mode, rounds, seed):
    folder, faults = tempfile.mkdtemp(prefix="apps-"), []
    make_fleet(folder, mode)
    stop, out = multiprocessing.Event(), multiprocessing.Queue()
    rising = multiprocessing.Value("i", 0)
    jobs = [(writer, (folder, k + 1, seed, stop, out)) for k in range(2)]
    jobs += [(reader, (folder, k, seed, rising, stop, out)) for k in range(2)]
    workers = [multiprocessing.Process(target=f, args=a) for f, a in jobs]
    for w in workers:
        w.start()
    weaker = play(program, folder, rising, rounds, faults)
    stop.set()
    written, pairs = gather(workers, out, weaker, faults)
    for w in workers:
        w.join()
    check_rows(folder, written, faults)
    if not faults:
        shutil.rmtree(folder)
    return faults, len(written), pairs, folder


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
