"""The fleets that are migrated, and the migrations.

A fleet is a fresh working folder: tenants/, migrations/ and, with options, a configuration. Its tenants
differ in page size, file mode and auto_vacuum, so that every fleet of three has one of each kind.
"""

import os
import shutil
import sqlite3
from dataclasses import dataclass

import contract
import schema

NOBODY = 65534

PAGE_SIZES = (4096, 1024, 65536, 512, 8192)
FILE_MODES = (0o644, 0o600, 0o660)

MODES = {
    "delete": "DELETE",
    "wal-idle": "WAL-idle",
    "wal-live": "WAL-live",
    "mixed": "WAL-live and others",
}
ENDINGS = {"commit": "commit", "failing": "failing tenant", "undo": "undo"}


@dataclass(frozen=True)
class Tenant:
    id: str
    wal: bool
    live: bool
    page_size: int
    mode: int
    owner: int
    shrinks: bool
    rows: int
    fails: bool
    encoding: str

    @property
    def file(self):
        return f"tenants/{self.id}.db"


def journal_of(mode, i):
    """(in WAL mode, held open by somebody) of the i-th tenant."""
    if mode == "mixed":
        return ((True, True), (False, False), (True, False))[i % 3]
    return mode != "delete", mode == "wal-live"


def tenants(mode, ending, size, options):
    rows = max([40] + [contract.OPTIONS[o].get("rows", 0) for o in options])
    other = "owners" in options and os.geteuid() == 0
    made = []
    for i in range(size):
        wal, live = journal_of(mode, i)
        made.append(
            Tenant(
                id=f"t{i + 1:02d}",
                wal=wal,
                live=live,
                page_size=PAGE_SIZES[i % len(PAGE_SIZES)],
                mode=FILE_MODES[i % len(FILE_MODES)],
                owner=NOBODY if other and i % 2 == 0 else os.geteuid(),
                shrinks=i % 2 == 0,
                rows=rows,
                fails=ending == "failing" and i == size - 1 - size // 4,
                encoding="UTF-16" if "utf16" in options else "UTF-8",
            )
        )
    return made


def make_tenant(folder, t):
    path = os.path.join(folder, t.file)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(f"PRAGMA encoding = '{t.encoding}'")
    db.execute(f"PRAGMA page_size = {t.page_size}")
    db.execute(f"PRAGMA auto_vacuum = {1 if t.shrinks else 0}")
    db.execute(f"PRAGMA journal_mode = {'WAL' if t.wal else 'DELETE'}")
    db.executescript(schema.section(schema.BASE).replace(":rows", str(t.rows)))
    if t.fails:
        db.execute(schema.SPOIL)
    db.close()
    os.chmod(path, t.mode)
    os.chown(path, t.owner, -1)


def make_migrations(folder):
    for name, up, down in schema.MIGRATIONS:
        with open(os.path.join(folder, "migrations", name + ".sql"), "w") as f:
            f.write(f"-- lockstep:up\n{schema.section(up)}-- lockstep:down\n{schema.section(down)}")


def make(folder, fleet, options):
    for name in ("tenants", "migrations"):
        os.makedirs(os.path.join(folder, name))
    if "owners" in options:
        os.chmod(os.path.join(folder, "tenants"), 0o777)
    for t in fleet:
        make_tenant(folder, t)
    make_migrations(folder)
    lines = [line for o in options for line in contract.OPTIONS[o]["lines"]]
    if lines:
        with open(os.path.join(folder, contract.CONFIGURATION), "w") as f:
            f.write("\n".join(lines) + "\n")


def copy(source, target):
    """The whole tree, with modes and owners; target must not exist."""
    st = os.stat(source)
    os.mkdir(target)
    with os.scandir(source) as entries:
        for entry in entries:
            to = os.path.join(target, entry.name)
            if entry.is_dir(follow_symlinks=False):
                copy(entry.path, to)
            else:
                copy_file(entry.path, to)
    give(target, st)


def copy_file(source, target):
    shutil.copyfile(source, target)
    give(target, os.stat(source))


def give(path, st):
    os.chmod(path, st.st_mode & 0o7777)
    if (st.st_uid, st.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(path, st.st_uid, st.st_gid)


def copy_for_look(folder, target, fleet):
    """The tenants with what decides their state, and nothing else, so that a look changes nothing."""
    os.makedirs(os.path.join(target, "tenants"))
    for t in fleet:
        for end in ("", "-journal", "-wal"):
            source = os.path.join(folder, t.file + end)
            if os.path.exists(source):
                copy_file(source, os.path.join(target, t.file + end))


def allowed_files(fleet):
    names = set()
    for t in fleet:
        base = os.path.basename(t.file)
        names.add(base)
        if t.live:
            names.update((base + "-wal", base + "-shm"))
    return names


def left_over(folder, fleet):
    """What lies in the fleet's folder, or beside it, and belongs to nobody."""
    known = {"tenants", "migrations", contract.CONFIGURATION, contract.STATE_FOLDER}
    found = [f"tenants/{n}" for n in os.listdir(os.path.join(folder, "tenants"))]
    allowed = {f"tenants/{n}" for n in allowed_files(fleet)}
    return sorted(set(found) - allowed) + sorted(set(os.listdir(folder)) - known)
