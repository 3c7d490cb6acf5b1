"""The judge: the stock sqlite3 shell, which knows nothing of lockstep, and a few looks at the files.

A tenant's version is what is really in it: its columns and indexes and all its rows must be exactly
those from before the migrations ("base") or exactly those from after ("head"), and its history must
say the same. Anything else is a fault.
"""

import os
import pty
import re
import select
import subprocess
import tty
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

QUESTIONS = "\n".join(
    [
        ".print @integrity",
        "PRAGMA integrity_check;",
        ".print @journal",
        "PRAGMA journal_mode;",
        ".print @page_size",
        "PRAGMA page_size;",
        ".print @content",
        f"SELECT hex(sha3_query('{SCHEMA}')) || hex(sha3_query('{ROWS}'));",
        ".print @history",
        HISTORY,
    ]
)

ERROR = re.compile(r"^(Parse|Runtime)? ?[Ee]rror.*?: (.*)")
NO_HISTORY = f"no such table: {contract.HISTORY}"


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


class Shell:
    """One stock shell that stays; it has no file open between two questions."""

    LIMIT = 120  # seconds

    def __init__(self):
        # A terminal, so that answers come line by line, and errors among them where they belong.
        self.terminal, slave = pty.openpty()
        tty.setraw(slave)
        self.process = subprocess.Popen(
            SHELL, stdin=subprocess.PIPE, stdout=slave, stderr=slave, start_new_session=True
        )
        os.close(slave)

    def ask(self, folder, fleet):
        """{id: Answer}: opens each tenant, which settles what lies beside it."""
        lines = []
        for t in fleet:
            lines += [f".print @@{t.id}", f".open {folder}/{t.file}", QUESTIONS]
        lines += [".open :memory:", ".print @@@"]
        self.process.stdin.write(("\n".join(lines) + "\n").encode())
        self.process.stdin.flush()
        return self._sort(self._read(), fleet)

    def end(self):
        self.process.kill()
        self.process.communicate()
        os.close(self.terminal)

    def _read(self):
        text = b""
        while not text.endswith(b"@@@\n"):
            if not select.select([self.terminal], [], [], self.LIMIT)[0]:
                raise Fault("hung", f"the sqlite3 shell does not answer: {text[-200:]}")
            try:
                text += os.read(self.terminal, 65536)
            except OSError:  # the other end is closed
                raise Fault("corrupt", f"the sqlite3 shell died: {text[-200:]}") from None
        return text.decode(errors="replace").splitlines()[:-1]

    @staticmethod
    def _sort(lines, fleet):
        answers = {t.id: Answer() for t in fleet}
        current, into = None, None
        for line in lines:
            if line.startswith("@@"):
                current, into = answers[line[2:]], answers[line[2:]].errors
            elif line.startswith("@"):
                into = getattr(current, line[1:])
            elif error := ERROR.match(line):
                current.errors += [error[2]] if NO_HISTORY not in line else []
            elif not line.startswith("  "):  # the statement of an error, with a mark under it
                into.append(line)
        return answers


class Judge:
    """Knows what each tenant of one campaign looks like at base and at head."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.shell = Shell()
        self.versions = {}  # id -> {content: version}
        self.groups = [[t.id for t in fleet]]

    def end(self):
        self.shell.end()

    def open(self, folder, tenants):
        """Settles these tenants as stock SQLite does."""
        self.shell.ask(folder, tenants)

    def learn(self, folder, version):
        for id, answer in self.shell.ask(folder, self.fleet).items():
            self.versions.setdefault(id, {})[answer.content[0]] = version

    def learn_groups(self, folder):
        """For fleets that are cut into several groups: which tenants stand and fall together."""
        found = {}
        for id, answer in self.shell.ask(folder, self.fleet).items():
            found.setdefault(tuple(sorted(answer.groups())), []).append(id)
        self.groups = list(found.values())

    def look(self, folder):
        """{id: version}; raises where a tenant is damaged, half migrated or of another kind."""
        versions = {}
        for t, answer in zip(self.fleet, self.shell.ask(folder, self.fleet).values()):
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
