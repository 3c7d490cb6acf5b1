#!/usr/bin/env python3
"""A lockstep that does one thing wrong, then becomes the real one (so that a kill hits that). $LIE says
what, $LOCKSTEP is the real one."""

import glob
import os
import sqlite3
import sys
import time

import selftest  # for the path of ../apps
import tenants


def busy_tenants():
    """As Fleet spreads them: every so many."""
    return sorted(glob.glob("tenants/*/*.db"))[:: selftest.STRIDE]


def at(path, script):
    db = sqlite3.connect(path, timeout=20)
    db.executescript(script)
    db.close()


def lose_row():
    """A row of an application goes."""
    for path in busy_tenants():
        at(path, "DELETE FROM notes WHERE n = (SELECT min(n) FROM notes);")


SHOW = """BEGIN;
CREATE TABLE once(x);
INSERT INTO lockstep_history(version, name, direction, checksum, run, grp, applied_at, duration_us)
  VALUES (99, 'lie', 'up', '', '', 0, '', 0);
COMMIT;"""
HIDE = """BEGIN;
DROP TABLE once;
DELETE FROM lockstep_history WHERE version = 99;
COMMIT;"""


def show_early():
    """One tenant is at a later version before anything was decided, and back again."""
    path = busy_tenants()[1]
    db = sqlite3.connect(path)
    if db.execute(tenants.MARKS).fetchone()[1]:
        at(path, SHOW)
        time.sleep(0.3)
        at(path, HIDE)


def decide_late():
    """Recovery takes a group that was not decided for one that was."""
    for path in glob.glob("tenants/*.super"):
        os.remove(path)


def do_nothing():
    os.execv("/bin/true", ["true"])


def half():
    """Some tenants are left out."""
    sys.argv[1:1] = ["--tenants", "tenants/000/*.db"]


LIES = {  # the commands in which it is told, the lie
    "lost": (("up", "down"), lose_row),
    "early": (("up",), show_early),
    "late": (("recover", "up", "down", "undo"), decide_late),
    "idle": (("recover",), do_nothing),
    "half": (("up", "down"), half),
}

if __name__ == "__main__":
    commands, lie = LIES[os.environ["LIE"]]
    if set(commands) & set(sys.argv):
        lie()
    os.execv(os.environ["LOCKSTEP"], ["lockstep", *sys.argv[1:]])
