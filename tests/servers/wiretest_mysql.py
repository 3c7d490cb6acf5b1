#!/usr/bin/env python3
"""Faults at the messages between lockstep and a MariaDB server, in the server and in lockstep; then `recover`.

A fleet of three databases. Of "schema" and "files" the migration changes schema and rows, statement by statement under
the ledger; "files" has SQLite files beside them, one of them open in WAL mode; of "rows" it changes rows only and is
voted on by XA. Of "engines" there are tenants of MariaDB, of PostgreSQL and files, in one run. Faults are those of
wirefaults.py, and the judgement is that of wiretest.py.
"""

import contextlib
import signal
import sys

sys.dont_write_bytecode = True

import servers
import wirecampaign
from proxy import Proxy
from wire import ANSWER
from wirefaults import Point, Run, acceptable, at_text, judge, nth_end
from wirefleet import Fleet, MariaDB, Postgres

FLEETS = ("schema", "files", "rows", "engines")
STATEMENTS = (("CREATE TABLE notes", "cut before", 1), ("CREATE TABLE notes", "cut after", 1),
              ("ALTER TABLE users", "cut after", 1))
COMMITS = (("XA COMMIT", "cut before", 0), ("XA COMMIT", "cut after", 0))


def lost(fleet):
    """What arrived counts though its answer is lost, what is decided is carried through."""
    for text, what, expected in COMMITS if fleet.kind == "rows" else STATEMENTS:
        if problem := at_text(fleet, "my", text, 2, what, (expected,)):
            return problem
    return ""


def killed(fleet):
    """What is decided is carried through by recover, for those that were not finished yet."""
    text, k = ("XA COMMIT", 2) if fleet.kind == "rows" else ("START TRANSACTION; DELETE FROM", 1)
    return at_text(fleet, "my", text, k, "kill before", (-signal.SIGKILL,), "1")


def died(fleet):
    """A server that stays away: tenants that never came to their statements have rows in the ledger, too."""
    return at_text(fleet, "my", "USE `m1`; SET SESSION", 1, "crash stay", (4,)) or at_text(
        fleet, "my", "CREATE TABLE notes", 1, "crash stay", (4,))


def cut_in_rows(fleet):
    """Rows that stop coming are a lost connection, also where the client library knows of no error."""
    text, ends = "USE `m1`; SET SESSION", 0
    while True:
        when = nth_end(text, ends + 1, fleet.on_servers["my"].proxy)
        up = Run(fleet, Point("my", ANSWER, 0, "cut before"), ("up", "--yes"), when=when)
        problem = acceptable("up", up.code, up.out, (0, 1, 4)) or judge(fleet, up.code, up.out)
        if problem:
            return f"at the end of rows {ends + 1} after {text}: {problem}"
        if not up.hit or ends == 5:
            return "" if ends else "no rows"
        ends += 1


def main():
    words = wirecampaign.options(__doc__, FLEETS)
    with contextlib.ExitStack() as stack:
        maria = stack.enter_context(servers.MariaDB())
        MariaDB.prepare(maria)
        proxy = stack.enter_context(Proxy(maria))

        def make(kind):
            parts = [MariaDB(maria, proxy, rows=kind == "rows")]
            if kind == "engines":
                pg = stack.enter_context(servers.Postgres(max_prepared_transactions=20))
                Postgres.prepare(pg)
                parts.append(Postgres(pg, stack.enter_context(Proxy(pg))))
            return Fleet(kind, parts, files=kind in ("files", "engines"), live=True)

        common = [("lost at a statement or a commit, undone or carried through", lost),
                  ("lockstep is killed when it is decided, and the rest follows", killed)]
        named = {"schema": [*common], "rows": common}
        named["schema"].append(("rows that stop coming are a lost connection", cut_in_rows))
        named["schema"].append(("a server that dies when tenants are announced, and stays away until recover", died))
        return wirecampaign.Campaign(words, make, FLEETS, named).run()


if __name__ == "__main__":
    sys.exit(main())
