#!/usr/bin/env python3
"""Faults at the messages between lockstep and a PostgreSQL server, in the server and in lockstep; then `recover`.

A fleet of three databases and two schemas of a fourth: alone ("prepared"), with SQLite files beside them, one of them
open in WAL mode ("files"), on a server without prepared transactions ("logged"), or with an index made concurrently
("outside"). After a fault (wirefaults.py) every tenant has the migration or none has it, what was reported as done is
there, no prepared transaction, held lock or ledger is left, and the next `up` works.
"""

import contextlib
import signal
import sys

sys.dont_write_bytecode = True

import servers
import wirecampaign
from proxy import Proxy
from wirefaults import at_text
from wirefleet import Fleet, Postgres

FLEETS = ("prepared", "files", "logged", "outside")


def lost_at_a_vote(fleet):
    """A vote that arrived counts though its answer is lost; a commit is tried until it is there."""
    for text, what, expected in (("PREPARE TRANSACTION", "cut before", 1), ("PREPARE TRANSACTION", "cut after", 0),
                                 ("COMMIT PREPARED", "cut before", 0), ("COMMIT PREPARED", "cut after", 0)):
        if problem := at_text(fleet, "eu", text, 2, what, (expected,)):
            return problem
    return ""


def killed_at_a_commit(fleet):
    """What is decided is carried through by recover, for those that had not committed yet."""
    text = "SELECT pg_catalog.set_config('synchronous_commit'" if fleet.kind == "logged" else "COMMIT PREPARED"
    return at_text(fleet, "eu", text, 2, "kill before", (-signal.SIGKILL,), "1")


def lost_at_an_index(fleet):
    """It may be there, or not: the run is given up, and whoever has it gives it back."""
    for what in ("cut before", "cut after", "answer cut before"):
        if problem := at_text(fleet, "eu", "CREATE INDEX CONCURRENTLY", 2, what, (1,), "0"):
            return problem
    return ""


def died_at_a_vote(fleet):
    """A server that stays away leaves what was begun on it in doubt, whoever else has voted."""
    return at_text(fleet, "eu", "PREPARE TRANSACTION", 2, "crash stay", (4,))


def main():
    words = wirecampaign.options(__doc__, FLEETS)
    with contextlib.ExitStack() as stack:
        proxies = {}

        def proxy(slots):
            """Of a server with that many prepared transactions, when it is needed first."""
            if slots not in proxies:
                server = stack.enter_context(servers.Postgres(max_prepared_transactions=slots))
                Postgres.prepare(server)
                proxies[slots] = stack.enter_context(Proxy(server))
            return proxies[slots]

        def make(kind):
            through = proxy(0 if kind == "logged" else 20)
            part = Postgres(through.server, through, outside=kind == "outside")
            return Fleet(kind, [part], files=kind == "files", live=True)

        killed = ("lockstep is killed between two commits, and the rest follows", killed_at_a_commit)
        lost = ("lost at a vote or a commit, what arrived counts, what did not is tried again", lost_at_a_vote)
        died = ("a server that dies with votes, and stays away until recover", died_at_a_vote)
        index = ("an index whose answer is lost is taken back when its run is", lost_at_an_index)
        named = {"prepared": [killed, lost, died], "files": [killed], "logged": [killed], "outside": [index]}
        return wirecampaign.Campaign(words, make, FLEETS, named).run()


if __name__ == "__main__":
    sys.exit(main())
