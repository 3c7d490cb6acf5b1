"""The commands, the fleet that each is run on, and what it may end with.

A command is one of three sorts: one that changes a fleet from `start` to `target`; one that only tells,
whose output is known (start is target); and one that makes files of its own and needs no fleet.

A configuration, a folder of migrations or a fleet that cannot be read is exit 2 in all of them; what the
judge holds them to is that nothing was changed then.
"""

from dataclasses import dataclass

DONE, NOT_DONE, USAGE, IN_DOUBT, POLICY = 0, 1, 2, 4, 5


@dataclass(frozen=True)
class Command:
    name: str
    words: tuple
    stage: str  # in stages.py: how the fleet is made
    start: str = "base"
    target: str = "base"
    exits: tuple = (DONE, NOT_DONE, USAGE)
    wal: bool = True  # worth another round with tenants in WAL mode

    @property
    def tells(self):
        return self.start == self.target and self.name not in ("recover-back", "recover-on")

    @property
    def makes(self):
        return self.stage == "empty"


CHANGE = (DONE, NOT_DONE, USAGE, IN_DOUBT, POLICY)
PLAN = (DONE, NOT_DONE, USAGE, POLICY)
TELL = (DONE, NOT_DONE, USAGE, IN_DOUBT)

TABLE = [
    Command("init", ("init",), "empty", wal=False),
    Command("new", ("new", "add_tier"), "empty", wal=False),
    Command("tenants", ("tenants",), "base", wal=False),
    Command("status", ("status",), "head", "head", "head", TELL),
    Command("status-json", ("--json", "status"), "base", exits=TELL, wal=False),
    Command("plan", ("plan",), "base", exits=PLAN),
    Command("plan-json", ("--json", "plan"), "base", exits=PLAN, wal=False),
    Command("rehearse", ("rehearse",), "base", exits=PLAN),
    Command("adopt", ("adopt", "--at", "002", "--yes"), "grown", "base", "head", CHANGE),
    Command("up", ("up", "--yes"), "base", "base", "head", CHANGE),
    Command("up-json", ("--json", "up", "--yes"), "base", "base", "head", CHANGE, wal=False),
    Command("down", ("down", "base", "--yes"), "head", "head", "base", CHANGE),
    Command("undo", ("undo", "last", "--yes"), "head", "head", "base", CHANGE),
    Command("retry", ("retry", "last"), "failed", "base", "head", CHANGE),
    Command("recover-back", ("recover",), "undecided", "base", "base", CHANGE),
    Command("recover-on", ("recover",), "decided", "head", "head", CHANGE),
    Command("runs", ("runs",), "head", "head", "head", wal=False),
    Command("show", ("show", "last"), "head", "head", "head", wal=False),
    Command("history", ("history", "t01"), "head", "head", "head", wal=False),
    Command("log", ("log",), "head", "head", "head", wal=False),
    Command("log-verify", ("log", "--verify"), "head", "head", "head", wal=False),
    Command("abort", ("abort",), "head", "head", "head", (USAGE, NOT_DONE), wal=False),
]
COMMANDS = {c.name: c for c in TABLE}

MODES = ("delete", "wal-idle")
