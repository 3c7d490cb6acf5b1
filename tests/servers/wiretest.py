#!/usr/bin/env python3
"""Cuts every message between lockstep and a PostgreSQL server, and kills lockstep there; then `recover`.

    wiretest.py --suite quick|soak [--seed S]
    wiretest.py --fleet F --what W --direction D --number N    one try

A fleet of three databases and two schemas of a fourth, with or without an SQLite file beside them. A try is one
`up` with one fault at one message of one direction. Then `recover`, once, without a fault; and psql and sqlite3
look: every tenant has the migration or none has it, what was reported as done is there, no prepared transaction is
left, and the next `up` works. Prints TAP; a fault is a line, and below it the command that repeats that try.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import place
from proxy import CUT_AFTER, CUT_BEFORE, Fault, Proxy
from servers import Postgres
from wire import ANSWER, REQUEST

PROGRAM = os.environ.get("LOCKSTEP") or os.path.abspath("build/lockstep")
FLEETS = ("servers", "mixed")
FAULTS = ("cut before", "cut after", "kill before", "kill after")
DATABASES = ("t1", "t2", "t3")
SCHEMAS = ("s1", "s2")
QUICK_SECONDS = 8
MIGRATION = """CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);
-- lockstep:down
DROP TABLE notes;
"""


class Fleet:
    def __init__(self, kind, server, proxy):
        self.kind, self.server, self.proxy = kind, server, proxy
        self.folder = tempfile.mkdtemp(prefix="lockstep-wire-")
        os.mkdir(os.path.join(self.folder, "migrations"))
        os.mkdir(os.path.join(self.folder, "tenants"))
        self._write("migrations/001_notes.sql", MIGRATION)
        conf = f'''server "eu" {{ url = "{proxy.url("postgres")}" max_parallel = 1 }}
            source "t" {{ server = "eu" databases = {{"[t][123]"}} labels = {{"of=database"}} }}
            source "s" {{ server = "eu" database = "app" schemas = {{"[s][12]"}} }}
            lock_timeout = "2s"
        '''
        if kind == "mixed":
            subprocess.run(["sqlite3", os.path.join(self.folder, "tenants/f.db"), "CREATE TABLE u(i)"], check=True)
            conf += 'source "f" { glob = {"tenants/*.db"} }'
        self._write("lockstep.conf", conf)

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as f:
            f.write(text)

    def start(self, *words):
        return subprocess.Popen([PROGRAM, *words], cwd=self.folder, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *words):
        process = self.start(*words)
        out, _ = process.communicate(timeout=120)
        return process.returncode, out

    def state(self):
        """{tenant: has it the table}, by the stock clients."""
        there = "SELECT count(*) FROM pg_class WHERE relname = 'notes' AND relkind = 'r'"
        found = {name: self.server.sql(name, there).strip() for name in DATABASES}
        for name in SCHEMAS:
            found[name] = self.server.sql("app", f"{there} AND relnamespace = '{name}'::regnamespace").strip()
        if self.kind == "mixed":
            found["f"] = subprocess.run(
                ["sqlite3", os.path.join(self.folder, "tenants/f.db"),
                 "SELECT count(*) FROM sqlite_schema WHERE name = 'notes'"],
                check=True, capture_output=True, text=True).stdout.strip()
        return found

    def close(self):
        shutil.rmtree(self.folder)


def kill(process, is_at):
    """A `when` for a fault: kills the process at the message that is_at likes."""

    def when(message):
        if not is_at(message):
            return False
        os.kill(process[0].pid, signal.SIGKILL)
        process[0].wait()
        return True

    return when


def run_with_fault(fleet, what, direction, number):
    """(exit code, output) of an `up` with this fault in it; None for who was killed."""
    process = []
    cut = CUT_BEFORE if what.endswith("before") else CUT_AFTER
    if what.startswith("kill"):
        when = kill(process, lambda m: m.number == number and m.direction == direction)
        fleet.proxy.arm(Fault(direction, what=cut, when=when))
    else:
        fleet.proxy.arm(Fault(direction, number, cut))
    process.append(fleet.start("up", "--yes"))
    out, _ = process[0].communicate(timeout=120)
    hit = fleet.proxy.hit is not None
    return process[0].returncode, out, hit


def nth(text, k):
    """A `when` for a fault: the k-th request that begins so."""
    seen = []

    def when(message):
        if message.direction == REQUEST and message.text.startswith(text):
            seen.append(message)
            return len(seen) == k
        return False

    return when


def judge(fleet, code, out):
    """What is wrong after a fault and a recovery; empty for nothing."""
    if code not in (0, 1, 2, 4, 5, -signal.SIGKILL):
        return f"up: exit {code}: {out}"
    fleet.proxy.arm()
    fleet.server.wait_idle()
    recovered, words = fleet.run("recover")
    if recovered != 0:
        return f"recover: exit {recovered}: {words}"
    state = fleet.state()
    if len(set(state.values())) != 1:
        return f"torn: {state}"
    if code == 0 and "0" in state.values():
        return f"lost: up said done, and it is not there: {out}"
    if code in (1, 2, 5) and "1" in state.values():
        return f"wrong: up said that the fleet is as it was: {out}"
    if left := fleet.server.prepared():
        return f"left over: {left}"
    return after(fleet)


def after(fleet):
    """The fleet goes on as if nothing had been: up, and back down for the next try."""
    for words in (("up", "--yes"), ("down", "base", "--yes")):
        code, out = fleet.run(*words)
        if code != 0:
            return f"afterwards {words[0]}: exit {code}: {out}"
    state = fleet.state()
    return "" if set(state.values()) == {"0"} else f"afterwards: {state}"


class Campaign:
    def __init__(self, server, seed):
        self.server, self.random, self.number, self.failed, self.seed = server, random.Random(seed), 0, 0, seed

    def one(self, fleet, what, direction, number):
        code, out, hit = run_with_fault(fleet, what, direction, number)
        return judge(fleet, code, out), hit

    def messages(self, fleet):
        """How many there are of each direction in an undisturbed run."""
        fleet.proxy.arm()
        code, out = fleet.run("up", "--yes")
        if code != 0:
            raise SystemExit(f"without a fault: exit {code}: {out}")
        seen = fleet.proxy.seen()
        if problem := after(fleet):
            raise SystemExit(problem)
        return {d: sum(m.direction == d for m in seen) for d in (REQUEST, ANSWER)}

    def fleet(self, kind, seconds):
        with Proxy(self.server) as proxy:
            fleet = Fleet(kind, self.server, proxy)
            try:
                self.named(fleet)
                self.points(fleet, seconds)
            finally:
                fleet.close()

    def named(self, fleet):
        """A vote that arrived counts though its answer is lost; a commit is tried until it is there."""
        wrong = []
        for text, cut, exit_code in (("PREPARE TRANSACTION", CUT_BEFORE, 1), ("PREPARE TRANSACTION", CUT_AFTER, 0),
                                     ("COMMIT PREPARED", CUT_BEFORE, 0), ("COMMIT PREPARED", CUT_AFTER, 0)):
            for k in (1, 3):
                fleet.proxy.arm(Fault(REQUEST, what=cut, when=nth(text, k)))
                code, out = fleet.run("up", "--yes")
                problem = judge(fleet, code, out) or ("" if code == exit_code else f"exit {code}, not {exit_code}")
                if problem:
                    wrong.append(f"# {cut} {text} {k}: {problem}")
        self.number += 1
        self.failed += bool(wrong)
        print("\n".join([*wrong, f"{'not ok' if wrong else 'ok'} {self.number} - {fleet.kind}: lost at a vote or a "
                                 "commit, what arrived counts, what did not is tried again"]), flush=True)

    def points(self, fleet, seconds):
        counts = self.messages(fleet)
        points = [(what, d, n) for what in FAULTS for d in counts for n in range(1, counts[d] + 1)]
        self.random.shuffle(points)
        until, tried, wrong = time.monotonic() + seconds, 0, []
        for what, direction, number in points:
            if time.monotonic() > until or len(wrong) > 5:
                break
            problem, hit = self.one(fleet, what, direction, number)
            tried += hit
            if problem:
                wrong.append((problem, what, direction, number))
                break  # the fleet is not as the next try needs it
        self.report(fleet.kind, counts, tried, wrong)

    def report(self, kind, counts, tried, wrong):
        self.number += 1
        self.failed += bool(wrong) or not tried
        for problem, what, direction, number in wrong:
            print(f"# {what} {direction} {number}: {problem}")
            print(f"#   repeat: {sys.argv[0]} --fleet {kind} --what '{what}' --direction {direction} --number {number}")
        words = f"{tried} faults at messages of {counts[REQUEST]} requests and {counts[ANSWER]} answers"
        print(f"{'not ok' if wrong or not tried else 'ok'} {self.number} - {kind}: {words}, all or none", flush=True)


def options(fleets=FLEETS):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=("quick", "soak"), default="quick")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--fleet", choices=fleets)
    parser.add_argument("--what", choices=FAULTS)
    parser.add_argument("--direction", choices=(REQUEST, ANSWER))
    parser.add_argument("--number", type=int)
    return parser.parse_args()


def single(server, words, make=Fleet):
    campaign = Campaign(server, words.seed)
    with Proxy(server) as proxy:
        fleet = make(words.fleet, server, proxy)
        campaign.messages(fleet)
        problem, hit = campaign.one(fleet, words.what, words.direction, words.number)
        print(problem or ("fine" if hit else "no such message"))
        if problem:
            print(f"kept: {fleet.folder}")
        else:
            fleet.close()
        return bool(problem)


def main():
    words = options()
    with Postgres(max_prepared_transactions=20) as server:
        server.create_databases(3)
        server.create_databases(1, "app")
        server.sql("postgres", "ALTER DATABASE app1 RENAME TO app")
        for name in SCHEMAS:
            server.sql("app", f"CREATE SCHEMA {name}")
        if words.number:
            return single(server, words)
        campaign = Campaign(server, words.seed)
        print(f"# seed {words.seed}\n1..{2 * len(FLEETS)}", flush=True)
        for kind in FLEETS:
            campaign.fleet(kind, QUICK_SECONDS if words.suite == "quick" else 36000)
        return campaign.failed > 0


if __name__ == "__main__":
    sys.exit(main())
