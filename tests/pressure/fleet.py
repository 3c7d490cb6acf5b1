"""A fleet of many small tenants, and what stock SQLite says of them.

Tenants are copies of a few template files, at most 500 to a folder; their ids come from a glob. There are
always several folders, so that the decision files lie above them. The busy ones are
spread evenly over the fleet, so over its folders and groups too; the one that does not take the last
migration lies at nine tenths, so that a run has done most of its work when it fails.
"""

import os
import random
import sqlite3
from dataclasses import dataclass

import tenants

HEAD = 2  # the version beyond which the failing migration lies

MODES = {
    "delete": "rollback journals, one group",
    "mixed": "a quarter in WAL mode, one group, few descriptors, early writes",
    "groups": "rollback journals, three groups",
}
DELETE = ("PRAGMA page_size=1024;", "PRAGMA page_size=4096;", "PRAGMA page_size=512; PRAGMA auto_vacuum=1;")
WAL = "PRAGMA page_size=1024; PRAGMA journal_mode=WAL;"


@dataclass
class Seen:
    marks: int
    applied: int
    integrity: str


class Fleet:
    def __init__(self, folder, mode, size, busy):
        self.folder, self.mode, self.size = folder, mode, size
        self.fanout = min(500, size // 4)
        self.busy = [i * size // busy for i in range(busy)]
        self.place = {i: k for k, i in enumerate(self.busy)}
        self.failing = size * 9 // 10

    def id(self, i):
        return f"{i // self.fanout:03}/t{i:06}"

    def number(self, id):
        return int(id.split("/t")[1])

    def path(self, i):
        return os.path.join(self.folder, "tenants", self.id(i) + ".db")

    def is_wal(self, i):
        return self.mode == "mixed" and i % 4 == 3

    def busy_in_wal(self):
        """By their place among the busy: who may be only logged in a run."""
        return {k for k, i in enumerate(self.busy) if self.is_wal(i)}

    def make(self):
        os.makedirs(os.path.join(self.folder, "migrations"))
        for name, text in (("001_tier.sql", tenants.TIER), ("002_audit.sql", tenants.AUDIT),
                           ("003_fails.sql", tenants.FAILS)):
            tenants.make_migration(self.folder, name, text)
        templates = {s: self._template(s) for s in (*DELETE, WAL)}
        for i in range(self.size):
            if i % self.fanout == 0:
                os.makedirs(os.path.dirname(self.path(i)))
            with open(self.path(i), "wb") as f:
                f.write(templates[WAL if self.is_wal(i) else DELETE[i % len(DELETE)]])
        db = sqlite3.connect(self.path(self.failing))
        db.executescript(tenants.TWIN)
        db.close()
        self._configure()

    def _template(self, settings):
        path = os.path.join(self.folder, "template.db")
        tenants.make_tenant(path, settings)
        with open(path, "rb") as f:
            data = f.read()
        os.remove(path)
        return data

    def _configure(self):
        lines = ['tenants = {"tenants/*/*.db"}', 'max_hold = "1h"', 'lock_timeout = "60s"']
        if self.mode == "groups":
            lines.append(f"group_size = {self.size // 3 + 1}")
        if self.mode == "mixed" and self.size < 10000:
            lines.append('held_pages = "1MB"')  # with many tenants the default is little enough
        with open(os.path.join(self.folder, "lockstep.conf"), "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")

    def sample(self, chance, n):
        """n of the others, and all busy ones."""
        others = chance.sample(range(self.size), min(n, self.size))
        return sorted(set(others) | set(self.busy))

    # What stock SQLite says.

    def look(self, i):
        """Opens it for writing as an application does, which settles whatever lies beside it."""
        db = sqlite3.connect(self.path(i), timeout=60, isolation_level=None)
        try:
            marks, applied = tenants.version_of(db)
            return Seen(marks, applied, db.execute("PRAGMA integrity_check").fetchone()[0])
        except sqlite3.Error as e:
            return Seen(-1, -1, str(e))
        finally:
            db.close()

    def left_over(self, numbers):
        """What belongs to nobody: journals of tenants that no application has open, decision files."""
        found = [j.path for j in Decisions(self.folder).files()]
        for i in numbers:
            ends = () if i in self.place else ("-journal", "-wal", "-shm")
            found += [self.path(i) + end for end in ends if os.path.exists(self.path(i) + end)]
        return found


@dataclass
class DecisionFile:
    path: str
    kind: str

    def group(self):
        return self.path.rsplit(".", 1)[0]

    def tenants(self):
        """The paths of those that it lists: the anchor all, the super-journal some."""
        with open(self.path, "rb") as f:
            names = f.read().split(b"\0")
        tail = b"-journal"
        return [n[: -len(tail)].decode() for n in names if n.endswith(tail)]


class Decisions:
    """The files that decide, seen from outside: all that is open, and how it stands."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "tenants")

    def files(self):
        names = [n for n in os.listdir(self.folder) if n.startswith("lockstep-")]
        return [DecisionFile(os.path.join(self.folder, n), n.rsplit(".", 1)[1]) for n in names]

    def undecided(self):
        return {f.group() for f in self.files() if f.kind == "super"}

    def stand(self):
        """{tenant's path: "undecided" or "decided"}; who is not in it has nothing open."""
        found, undecided = {}, self.undecided()
        for f in self.files():
            stand = "undecided" if f.group() in undecided else "decided"
            found.update(dict.fromkeys(f.tenants(), stand))
        return found


def chance_of(seed, what):
    return random.Random(f"{seed}/{what}")
