#!/usr/bin/env python3
"""Faults at the messages between lockstep and a MariaDB server, in the server and in lockstep; then `recover`.

A fleet of three databases. Of "schema" and "files" the migration changes schema and rows, statement by statement under
the ledger; "files" has SQLite files beside them, one of them open in WAL mode; of "rows" it changes rows only and is
voted on by XA. Of "engines" there are tenants of MariaDB, of PostgreSQL and files, in one run. Faults are those of
wirefaults.py, and the judgement is that of wiretest.py.
"""

import contextlib
import sys

sys.dont_write_bytecode = True

import servers
import wirecampaign
from proxy import CUT_AFTER, CUT_BEFORE, Fault, Proxy
from wire import REQUEST
from wirefaults import judge
from wirefleet import Fleet, MariaDB, Postgres
from wiretest import nth

FLEETS = ("schema", "files", "rows", "engines")
STATEMENTS = [("CREATE TABLE notes", CUT_BEFORE, 1), ("CREATE TABLE notes", CUT_AFTER, 1),
              ("ALTER TABLE users", CUT_AFTER, 1)]
COMMITS = [("XA COMMIT", CUT_BEFORE, 0), ("XA COMMIT", CUT_AFTER, 0)]


def lost(fleet):
    """What arrived counts though its answer is lost, what is decided is carried through."""
    for text, cut, expected in COMMITS if fleet.kind == "rows" else STATEMENTS:
        fleet.arm(Fault(REQUEST, what=cut, when=nth(text, 2)), "my")
        code, out = fleet.run("up", "--yes")
        problem = judge(fleet, code, out) or ("" if code == expected else f"exit {code}, not {expected}: {out}")
        if problem:
            return f"{cut} {text}: {problem}"
    return ""


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

        named = {kind: [("lost at a statement or a commit, undone or carried through", lost)]
                 for kind in ("schema", "rows")}
        return wirecampaign.Campaign(words, make, FLEETS, named).run()


if __name__ == "__main__":
    sys.exit(main())
