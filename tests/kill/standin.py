#!/usr/bin/env -S python3 -SE
"""Takes the program's place where the harness itself is tested.

It has the program's commands, and does the work in one transaction of the stock library over all tenants,
attached: SQLite makes that atomic in DELETE mode, and leaves it torn in WAL mode. STANDIN_BUG names one
thing that it does wrong; the harness must notice each.
"""

import os
import sqlite3
import sys

sys.dont_write_bytecode = True

import schema

BUG = os.environ.get("STANDIN_BUG", "")

HISTORY = """CREATE TABLE IF NOT EXISTS @lockstep_history(seq INTEGER PRIMARY KEY, version, name, direction,
  checksum, run, grp, down_sql, applied_at, duration_us, log_head);
"""


def note(version, direction, grp):
    return (
        "INSERT INTO @lockstep_history(version, direction, run, grp)"
        f" VALUES({version}, '{direction}', 'run1', '{grp}');\n"
    )


def work_on(file, direction):
    """The statements for one tenant; none where it is there already."""
    db = sqlite3.connect(file)
    at_head = db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'audit'").fetchone()
    db.close()
    if bool(at_head) == (direction == "up"):
        return ""
    text = HISTORY
    steps = list(enumerate(schema.MIGRATIONS, 1))
    for version, (_, up, down) in steps if direction == "up" else reversed(steps):
        text += (up if direction == "up" else down) + note(version, direction, file)
    if BUG == "rows" and direction == "up":
        text += "DELETE FROM @users WHERE id = 7;\n"
    return text


def migrate(files, direction):
    db = sqlite3.connect(files[0], isolation_level=None)
    script = ""
    for i, file in enumerate(files):
        name = f"s{i}." if i else "main."
        if i:
            db.execute(f"ATTACH ? AS s{i}", (file,))
        script += schema.section(work_on(file, direction), name)
        if BUG == "half" and i == 0:
            break
    try:
        db.executescript(f"BEGIN;\n{script}COMMIT;\n")
    except sqlite3.Error as e:
        print(e, file=sys.stderr)
        return 1
    return 0


def settle(files):
    """Stock SQLite leaves super-journals, and journals that were killed before their header."""
    if len(os.listdir("tenants")) == len(files):
        return
    for file in files:
        db = sqlite3.connect(file)
        db.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        db.close()
    for name in os.listdir("tenants"):
        if BUG != "litter" and ("-mj" in name or name.endswith("-journal")):
            os.unlink("tenants/" + name)


def spoil(file):
    """After the work, what a careless program might do to a tenant."""
    if BUG == "mode":
        os.chmod(file, 0o666)
    elif BUG == "journal":
        sqlite3.connect(file).execute("PRAGMA journal_mode = PERSIST")
        sqlite3.connect(file).execute("PRAGMA journal_mode = WAL")
    elif BUG == "corrupt":
        with open(file, "r+b") as f:
            f.seek(4096 + 100)
            f.write(b"x" * 200)


def main():
    files = sorted(f"tenants/{name}" for name in os.listdir("tenants") if name.endswith(".db"))
    settle(files)
    if "recover" in sys.argv:
        return 4 if BUG == "recover" else 0
    if BUG == "liar":
        print("done: 2 tenants", flush=True)
    code = migrate(files, "down" if "undo" in sys.argv else "up")
    spoil(files[-1])
    return 1 if BUG == "code" else code


if __name__ == "__main__":
    sys.exit(main())
