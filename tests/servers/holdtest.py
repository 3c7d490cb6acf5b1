#!/usr/bin/env python3
"""max_hold with a slow server: the plan cuts groups by what it measured, and a group that is held too long all the same,
because the server got slow since, is cut smaller while it runs; the run still ends all or none. A proxy lets every answer
take so long that eight tenants together take three times max_hold, and one a part of it. Prints TAP.
"""

import json
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(HERE), "kill"))

import servers
from proxy import Fault, Proxy
from tap import Tap
from wire import ANSWER, REQUEST
from wirefleet import NOTES, Fleet, Part

MAX_HOLD = 1  # seconds
NAMES = [f"d{i}" for i in range(1, 9)]
DOWN = NOTES.index("-- lockstep:down")
FIRST_STEPS = ("BEGIN ISOLATION", "USE `d1`; SET")  # what goes to the first tenant's server for them


class Databases(Part):
    """Eight on one server, where every answer can take longer."""

    def __init__(self, server, proxy):
        super().__init__(server, proxy)
        self.name, self.pause = "s", 0

    def configuration(self):
        return (f'max_hold = "{MAX_HOLD}s"\n'
                f'server "s" {{ url = "{self.proxy.url(self.server.database)}" max_parallel = 1 }}\n'
                'source "t" { server = "s" databases = {"[d]*"} }\n')

    def migrations(self):
        return {"001_notes.sql": NOTES}

    def state(self):
        schema = "current_schema()" if self.server.kind == "postgres" else "DATABASE()"
        return {name: self.server.sql(name, f"SELECT count(*) FROM information_schema.columns WHERE table_schema = {schema}"
                                      " AND table_name = 'notes' AND column_name = 'body'") for name in NAMES}

    def left(self):
        if self.server.kind == "postgres":
            return self.server.prepared()
        return [f"{name}: {line}" for name in NAMES
                for line in self.server.sql(name, "SELECT * FROM lockstep_ledger").splitlines()]


class Bench:
    def __init__(self, server, proxy):
        self.part = Databases(server, proxy)
        self.fleet = Fleet(server.kind, [self.part])
        self.pause = self.measured()

    def document(self, *words, expected=0):
        """Of a command, asked for as JSON; progress, which comes before it, is not of it."""
        code, out = self.fleet.run("--json", "--quiet", "--jobs", "1", *words)
        if code != expected:
            raise AssertionError(f"{' '.join(words)}: exit {code}: {out}")
        return json.loads(out)

    def measured(self):
        """What each answer of an up must take, from the first tenant's steps on."""
        self.part.proxy.arm()
        self.document("up", "--yes", "--max-hold", "1h")
        seen = list(self.part.proxy.seen())
        first = next(i for i, m in enumerate(seen) if m.direction == REQUEST and m.text.startswith(FIRST_STEPS))
        answers = sum(m.direction == ANSWER for m in seen[first:])
        self.document("down", "base", "--yes", "--max-hold", "1h")
        return 3 * MAX_HOLD / answers

    def slow_up(self, expected, *options):
        """Slow from the first tenant's steps on, when the plan is made."""

        def slow(message):
            if message.text.startswith(FIRST_STEPS):
                self.part.proxy.pause = self.pause
            return False

        self.part.proxy.arm(Fault(REQUEST, when=slow))
        try:
            return self.document("up", "--yes", *options, expected=expected)
        finally:
            self.part.proxy.pause = 0

    def differs(self, want):
        """Which of them all have, and what is left, when that is not as it should be."""
        state, left = self.fleet.state(), self.fleet.left()
        return f"{state}, left {left}" if set(state.values()) != {want} or left else ""


def planned(bench):
    bench.part.proxy.pause = bench.pause
    plan = bench.document("plan")
    report = bench.document("up", "--yes")
    bench.part.proxy.pause = 0
    reasons = [group["reason"] for group in plan["groups"][1:]]
    if plan["decisions"] < 2 or not all("max_hold, 1s: s answers in" in reason for reason in reasons):
        return f"{plan}"
    if wrong := bench.differs("1"):
        return f"{wrong}: {report}"
    bench.document("down", "base", "--yes")
    return ""


def cut_smaller(bench):
    planned = bench.document("plan")["decisions"]
    report = bench.slow_up(0)
    if wrong := bench.differs("1"):
        return f"{wrong}: {report}"
    if planned != 1 or report["decisions"] < 2:
        return f"{planned} decisions planned, {report['decisions']} made"
    cut = report["cut"]
    if cut["groups"] < 1 or cut["from"] != len(NAMES) or not 1 <= cut["to"] < len(NAMES):
        return f"{cut}"
    bench.document("down", "base", "--yes")
    return ""


def taken_back(bench):
    """The last one refuses when others, in groups of their own, have committed."""
    bench.part.server.sql(NAMES[-1], "CREATE TABLE notes(other INT)")
    try:
        report = bench.slow_up(1)
    finally:
        bench.part.server.sql(NAMES[-1], "DROP TABLE notes")
    if wrong := bench.differs("0"):
        return f"{wrong}: {report}"
    failed = [f.get("tenant") for f in report["failures"]]
    if failed != [NAMES[-1]] or not report["as_it_was"] or report["decisions"] < 2:
        return f"{report}"
    return ""


def not_cut(bench):
    """A part of it could not be taken back alone: the group gives up, and says what to do."""
    bench.fleet.write("migrations/001_notes.sql", NOTES[:DOWN])
    report = bench.slow_up(1, "--allow-irreversible")
    if wrong := bench.differs("0"):
        return f"{wrong}: {report}"
    why = report["failures"][0]
    return "" if "longer than max_hold" in why["message"] and "raise max_hold" in why["hint"] else f"{report}"


CUT = (("a slow server: the plan says smaller groups and why, and all have it", planned),
       ("a server that got slow: a group that is held too long is cut, all have it, and the report says so", cut_smaller),
       ("and when a later group fails, nobody keeps it", taken_back))
# Of compensated tenants what has no way back would be in doubt: the plan refuses that.
NOT_CUT = (("what cannot be undone is not cut: the run gives up and leaves the fleet as it was", not_cut),)


def main():
    tap = Tap()
    prepared = lambda: servers.Postgres(max_prepared_transactions=20)
    for make, cases in ((prepared, CUT + NOT_CUT), (servers.MariaDB, CUT)):
        with make() as server, Proxy(server) as proxy:
            server.create_databases(len(NAMES), "d")
            bench = Bench(server, proxy)
            for title, case in cases:
                try:
                    wrong = case(bench)
                except AssertionError as e:
                    wrong = str(e)
                tap.check(f"{server.kind}: {title}", not wrong, wrong)
            bench.fleet.close()
    print(f"1..{tap.number}")
    return tap.failed > 0


if __name__ == "__main__":
    sys.exit(main())
