"""The commands, the fleet that each is run on, and what it may end with.

Versions are those of the judge: base, head, and with a migration outside any transaction also mid, which is head
without that one. A command is one of three sorts: one that changes a fleet from `start` to `target`; one that only tells,
whose output is known (start is target); and one that makes files of its own and needs no fleet.

A configuration, a folder of migrations or a fleet that cannot be read is exit 2 in all of them; what the
judge holds them to is that nothing was changed then.
"""

from dataclasses import dataclass

DONE, NOT_DONE, USAGE, IN_DOUBT, POLICY = 0, 1, 2, 4, 5


@dataclass(frozen=True)
class Mode:
    """What kind of fleet."""

    name: str
    journal: str = "delete"  # of the kill test's fleets
    vacuum: bool = False  # a third migration, outside any transaction
    jobs: int = 1
    encoding: str = "UTF-8"

    @property
    def atomic(self):
        """One decision for all tenants, which any reader sees."""
        return self.journal != "wal-live" and not self.vacuum


MODES = {m.name: m for m in (
    Mode("delete"),
    Mode("wal-idle", journal="wal-idle"),
    Mode("wal-live", journal="wal-live"),
    Mode("vacuum", vacuum=True),
    Mode("threads", jobs=3),
    Mode("utf16", encoding="UTF-16"),
)}
ONE = ("delete",)
BOTH = ("delete", "wal-idle")
ALL = ("delete", "wal-idle", "wal-live", "vacuum", "threads", "utf16")


@dataclass(frozen=True)
class Command:
    name: str
    words: tuple
    stage: str  # in stages.py: how the fleet is made
    start: str = "base"
    target: str = "base"
    exits: tuple = (DONE, NOT_DONE, USAGE)
    modes: tuple = BOTH
    live: bool = False  # while a run is under way (live.py)
    others: tuple = ()  # (mode, start and target in that mode), where they differ

    def ends(self, mode):
        """(start, target); None: any, as long as all tenants are alike when nothing is in doubt."""
        return dict(self.others).get(mode.name, (self.start, self.target))

    @property
    def tells(self):
        return self.start == self.target and not self.recovers

    @property
    def recovers(self):
        return self.words == ("recover",)

    @property
    def makes(self):
        return self.stage == "empty"


CHANGE = (DONE, NOT_DONE, USAGE, IN_DOUBT, POLICY)
PLAN = (DONE, NOT_DONE, USAGE, POLICY)
TELL = (DONE, NOT_DONE, USAGE, IN_DOUBT)

# With a part committed, recover may take that back, and says so, or be kept from its own end behind it.
RECOVERED = (("vacuum", (None, "base")), ("wal-live", (None, None)))

TABLE = [
    Command("init", ("init",), "empty", modes=ONE),
    Command("new", ("new", "add_tier"), "empty", modes=ONE),
    Command("tenants", ("tenants",), "base", modes=ONE),
    Command("status", ("status",), "head", "head", "head", TELL, BOTH),
    Command("status-json", ("--json", "status"), "base", exits=TELL, modes=ONE),
    Command("plan", ("plan",), "base", exits=PLAN),
    Command("plan-json", ("--json", "plan"), "base", exits=PLAN, modes=ONE),
    Command("rehearse", ("rehearse",), "base", exits=PLAN),
    Command("adopt", ("adopt", "--at", "002", "--yes"), "grown", "base", "head", CHANGE),
    Command("up", ("up", "--yes"), "base", "base", "head", CHANGE, ALL),
    Command("up-json", ("--json", "up", "--yes"), "base", "base", "head", CHANGE, modes=ONE),
    Command("down", ("down", "base", "--yes"), "head", "head", "base", CHANGE),
    Command("undo", ("undo", "last", "--yes"), "head", "head", "base", CHANGE, ALL),
    Command("retry", ("retry", "last"), "failed", "base", "head", CHANGE),
    Command("recover-back", ("recover",), "undecided", "base", "base", CHANGE, ALL),
    Command("recover-on", ("recover",), "decided", "head", "head", CHANGE, ALL, others=RECOVERED),
    Command("recover-inverse", ("recover",), "compensating", None, "base", CHANGE, ("vacuum",)),
    Command("runs", ("runs",), "head", "head", "head", modes=ONE),
    Command("show", ("show", "last"), "head", "head", "head", modes=ONE),
    Command("show-failed", ("show", "last"), "failed", modes=ONE),
    Command("history", ("history", "t01"), "head", "head", "head", modes=ONE),
    Command("log", ("log",), "head", "head", "head", modes=ONE),
    Command("log-verify", ("log", "--verify"), "head", "head", "head", modes=ONE),
    Command("abort", ("abort",), "head", "head", "head", (USAGE, NOT_DONE), modes=ONE),
    Command("abort-live", ("abort",), "base", "base", None, modes=ONE, live=True),
]
COMMANDS = {c.name: c for c in TABLE}
