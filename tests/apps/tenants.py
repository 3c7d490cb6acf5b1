"""Tenants that applications work on, and their migrations. Each migration leaves a mark in the schema,
so that the version of a tenant is the number of marks, for whoever looks with stock SQLite."""

import os
import sqlite3

TENANT = """CREATE TABLE notes(n INTEGER PRIMARY KEY, text TEXT NOT NULL DEFAULT 'written');
CREATE TABLE twins(who);
INSERT INTO twins VALUES ('a');
"""
TWIN = "INSERT INTO twins VALUES ('a');"  # with it a tenant does not take FAILS

TIER = """-- lockstep:up
ALTER TABLE notes ADD COLUMN tier TEXT DEFAULT 'basic';
-- lockstep:down
ALTER TABLE notes DROP COLUMN tier;
"""
AUDIT = """-- lockstep:up
CREATE TABLE audit(n INTEGER PRIMARY KEY, what TEXT NOT NULL);
INSERT INTO audit SELECT n, text FROM notes;
-- lockstep:down
DROP TABLE audit;
"""
FAILS = """-- lockstep:up
CREATE TABLE once(x UNIQUE);
INSERT INTO once SELECT who FROM twins;
-- lockstep:down
DROP TABLE once;
"""

MARKS = (
    "SELECT total(name = 'notes' AND sql LIKE '%tier%') + total(name IN ('audit', 'once')),"
    " total(name = 'lockstep_history') FROM sqlite_schema WHERE type = 'table'"
)
APPLIED = (
    "SELECT count(*) FROM lockstep_history h WHERE direction = 'up' AND"
    " seq = (SELECT max(seq) FROM lockstep_history WHERE version = h.version)"
)


def make_tenant(path, settings="", more=""):
    db = sqlite3.connect(path)
    db.executescript(settings + TENANT + more)
    db.close()


def make_migration(folder, name, text):
    with open(os.path.join(folder, "migrations", name), "w", encoding="utf-8") as f:
        f.write(text)


def version_of(db):
    """(by the schema, by the history), in one read transaction: they must be the same."""
    db.execute("BEGIN")
    marks, has_history = db.execute(MARKS).fetchone()
    applied = db.execute(APPLIED).fetchone()[0] if has_history else 0
    db.execute("COMMIT")
    return int(marks), applied
