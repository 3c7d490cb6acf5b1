"""One fleet in a fresh folder: tenants/*.db, migrations/, and the same work as every contestant wants it."""

import os
import random
import sqlite3
import subprocess
from dataclasses import dataclass

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# A query that answers 1 in a tenant that has all of the work.
DONE = {
    "W1": "SELECT count(*) = 1 FROM pragma_table_info('users') WHERE name = 'subscription_tier'",
    "W2": "SELECT (SELECT count(*) FROM users WHERE currency = 'EUR') = 1000"
    " AND (SELECT count(*) FROM sqlite_master WHERE name IN"
    " ('invoices', 'invoice_lines', 'invoice_lines_invoice', 'users_email')) = 4",
}
CHECKED = 40
PAGE = 4096


class Failed(Exception):
    pass


@dataclass
class Fleet:
    folder: str
    work: str
    mode: str
    count: int
    tenant_bytes: int


def script(work):
    """The up and the down section of a work."""
    with open(os.path.join(HERE, "work", work + ".sql"), encoding="utf-8") as f:
        up, down = f.read().split("-- lockstep:down\n")
    return up, down


def put(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def make(place, mkfleet, work, mode, count, label):
    folder = place.fresh(f"{label}-{work}-{mode}-{count}")
    up, down = script(work)
    put(folder, "migrations/001_work.sql", f"-- lockstep:up\n{up}-- lockstep:down\n{down}")
    put(folder, "up.sql", up)
    put(folder, "shell.sql", f"BEGIN IMMEDIATE;\n{up}COMMIT;\n")
    put(folder, "dbmate/001_work.sql", f"-- migrate:up\n{up}-- migrate:down\n{down}")
    names = [f"tenants/t{i:06d}.db\n" for i in range(1, count + 1)]
    put(folder, "names.txt", "".join(names))
    command = [mkfleet, "--work", work, "--mode", mode, "--count", str(count)]
    command.append(os.path.join(folder, "tenants"))
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    place.settle()
    return Fleet(folder, work, mode, count, int(done.stdout))


def changed_bytes(before, after):
    """How much of one tenant's file the work changed or added, in whole pages."""
    with open(before, "rb") as f, open(after, "rb") as g:
        old, new = f.read(), g.read()
    pages = range(0, len(new), PAGE)
    return sum(PAGE for at in pages if old[at : at + PAGE] != new[at : at + PAGE])


def left_over(fleet):
    names = os.listdir(os.path.join(fleet.folder, "tenants"))
    return [n for n in names if not n.endswith(".db")]


def check(fleet):
    """Looks into some tenants, the first and the last among them; for anything missing, Failed."""
    some = {1, fleet.count} | set(random.sample(range(1, fleet.count + 1), min(CHECKED, fleet.count)))
    if left_over(fleet):
        raise Failed(f"{left_over(fleet)[0]} was left behind")
    for i in sorted(some):
        path = os.path.join(fleet.folder, "tenants", f"t{i:06d}.db")
        db = sqlite3.connect(path)
        if db.execute(DONE[fleet.work]).fetchone() != (1,):
            raise Failed(f"{path} does not have the work")
        if db.execute("PRAGMA journal_mode").fetchone() != (fleet.mode,):
            raise Failed(f"{path} is no longer in journal mode {fleet.mode}")
        db.close()
