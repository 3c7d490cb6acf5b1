"""The judge: the stock sqlite3 shell, which knows nothing of lockstep, and a few looks at the files.

A tenant's version is what is really in it: its columns and indexes and all its rows must be exactly
those from before the migrations ("base") or exactly those from after ("head"), and its history must
say the same. Anything else is a fault.
"""

import os
import re
import subprocess
from dataclasses import dataclass, field

import contract
import fleet as fleets
import schema

SHELL = ["sqlite3", "-batch", "-init", "/dev/null"]

SCHEMA = (
    "SELECT m.type, m.name, p.name, p.type, p.dflt_value FROM sqlite_schema m"
    " LEFT JOIN pragma_table_xinfo(m.name) p"
    " WHERE m.name NOT LIKE ''lockstep%'' AND m.name NOT LIKE ''sqlite%'' ORDER BY 1, 2, p.cid"
)
ROWS = (
    "SELECT 1, id, name, note FROM users UNION ALL"
    " SELECT 2, id, x, NULL FROM scratch ORDER BY 1, 2"
)
HISTORY = (
    f"SELECT version, direction, grp FROM {contract.HISTORY} h WHERE seq ="
    f" (SELECT max(seq) FROM {contract.HISTORY} WHERE version = h.version) ORDER BY version;"
)

# One line each: the shell names the line of an error, and by it the tenant.
QUESTIONS = [
    (".print @integrity", "PRAGMA integrity_check;"),
    (".print @journal", "PRAGMA journal_mode;"),
    (".print @page_size", "PRAGMA page_size;"),
    (".print @content", f"SELECT hex(sha3_query('{SCHEMA}')) || hex(sha3_query('{ROWS}'));"),
    (".print @history", HISTORY),
]
LINES = 2 + 2 * len(QUESTIONS)

ERROR = re.compile(r"near line (\d+): (.*)")


class Fault(Exception):
    """What is wrong, in one of the KINDS."""

    KINDS = ("torn", "corrupt", "changed", "left over", "wrong", "hung")

    def __init__(self, kind, text):
        super().__init__(text)
        self.kind = kind


@dataclass
class Answer:
    """What the shell says of one tenant."""

    integrity: list = field(default_factory=list)
    journal: list = field(default_factory=list)
    page_size: list = field(default_factory=list)
    content: list = field(default_factory=list)
    history: list = field(default_factory=list)
    errors: list = field(default_factory=list)

    def applied(self):
        rows = [row.split("|") for row in self.history]
        return {int(version) for version, direction, _ in rows if direction == "up"}

    def groups(self):
        return {row.split("|")[2] for row in self.history}


def script(folder, fleet):
    lines = []
    for t in fleet:
        lines += [f".open {folder}/{t.file}", f".print @@{t.id}"]
        for question in QUESTIONS:
            lines += question
    return "\n".join(lines) + "\n"


def ask(folder, fleet):
    """{id: Answer}: opens each tenant with the stock shell, which settles what lies beside it."""
    shell = subprocess.run(
        SHELL, input=script(folder, fleet), capture_output=True, text=True, timeout=120
    )
    answers = {t.id: Answer() for t in fleet}
    current, into = None, None
    for line in shell.stdout.splitlines():
        if line.startswith("@@"):
            current, into = answers[line[2:]], None
        elif line.startswith("@"):
            into = getattr(current, line[1:])
        else:
            into.append(line)
    for line in shell.stderr.splitlines():
        place = ERROR.search(line)
        if place is None and line.startswith("Error"):
            raise Fault("corrupt", f"the sqlite3 shell says: {line}")
        if place is not None and f"no such table: {contract.HISTORY}" not in line:
            answers[fleet[(int(place[1]) - 1) // LINES].id].errors.append(place[2])
    return answers


class Judge:
    """Knows what each tenant of one campaign looks like at base and at head."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.versions = {}  # id -> {content: version}
        self.groups = [[t.id for t in fleet]]

    def learn(self, folder, version):
        for id, answer in ask(folder, self.fleet).items():
            self.versions.setdefault(id, {})[answer.content[0]] = version

    def learn_groups(self, folder):
        """For fleets that are cut into several groups: which tenants stand and fall together."""
        found = {}
        for id, answer in ask(folder, self.fleet).items():
            found.setdefault(tuple(sorted(answer.groups())), []).append(id)
        self.groups = list(found.values())

    def look(self, folder):
        """{id: version}; raises where a tenant is damaged, half migrated or of another kind."""
        versions = {}
        for t, answer in zip(self.fleet, ask(folder, self.fleet).values()):
            self._sound(t, answer)
            self._same_kind(t, answer)
            versions[t.id] = self._version(t, answer)
        return versions

    def files(self, folder):
        """File mode and owner are what they were."""
        for t in self.fleet:
            st = os.stat(os.path.join(folder, t.file))
            if st.st_mode & 0o7777 != t.mode or st.st_uid != t.owner:
                raise Fault("changed", f"{t.id} has mode {st.st_mode & 0o7777:04o}, owner {st.st_uid}")

    def one_version(self, versions, together):
        for ids in together:
            if len({versions[id] for id in ids}) > 1:
                raise Fault("torn", " ".join(f"{id}={versions[id]}" for id in ids))

    def all_at(self, versions, target):
        for id, version in versions.items():
            if version != target:
                raise Fault("wrong", f"the end was reached, but {id} is not at {target}")

    def nothing_left(self, folder):
        left = fleets.left_over(folder, self.fleet)
        if left:
            raise Fault("left over", " ".join(left))

    def _sound(self, t, answer):
        if answer.errors or answer.integrity != ["ok"]:
            raise Fault("corrupt", f"{t.id}: {'; '.join(answer.errors + answer.integrity[:3])}")

    def _same_kind(self, t, answer):
        found = answer.journal + answer.page_size
        if found != ["wal" if t.wal else "delete", str(t.page_size)]:
            raise Fault("changed", f"{t.id} has now journal mode and page size {found}")

    def _version(self, t, answer):
        version = self.versions[t.id].get(answer.content[0])
        if version is None:
            raise Fault("corrupt", f"{t.id} has neither the schema and rows of base nor of head")
        if answer.applied() != (schema.VERSIONS if version == "head" else set()):
            raise Fault("torn", f"{t.id} is at {version}, its history says {answer.history}")
        return version
