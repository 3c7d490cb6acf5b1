#!/usr/bin/env python3
"""Cuts every message between lockstep and a MariaDB server, and kills lockstep there; then `recover`.

    wiretest_mysql.py --suite quick|soak [--seed S] [--fleet F]
    wiretest_mysql.py --fleet F --what W --direction D --number N    one try

A fleet of three databases. Of "schema" and "mixed" the migration changes schema and rows, statement by statement
under the ledger; "mixed" has an SQLite file beside them; of "rows" it changes rows only and is voted on by XA. Tries
and judgement are those of wiretest.py; beside them, no ledger has a row left.
"""

import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import wiretest
from proxy import CUT_AFTER, CUT_BEFORE, Fault, Proxy
from servers import MariaDB
from wire import REQUEST

FLEETS = ("schema", "mixed", "rows")
DATABASES = ("t1", "t2", "t3")
SCHEMA = """CREATE TABLE notes(id INT PRIMARY KEY, body TEXT);
INSERT INTO notes VALUES (1, 'x');
ALTER TABLE users ADD COLUMN tier INT;
-- lockstep:down
ALTER TABLE users DROP COLUMN tier;
DROP TABLE notes;
"""
ROWS = """INSERT INTO users VALUES (7, 'x');
-- lockstep:down
DELETE FROM users WHERE id = 7;
"""
FILE = """CREATE TABLE notes(id INTEGER PRIMARY KEY);
-- lockstep:down
DROP TABLE notes;
"""
TABLE = "CREATE TABLE users(id INT PRIMARY KEY, name TEXT);"


class Fleet(wiretest.Fleet):
    def __init__(self, kind, server, proxy):
        self.kind, self.server, self.proxy = kind, server, proxy
        self.folder = tempfile.mkdtemp(prefix="lockstep-wire-")
        os.mkdir(os.path.join(self.folder, "migrations"))
        os.mkdir(os.path.join(self.folder, "tenants"))
        self._write("migrations/001_notes.mysql.sql", ROWS if kind == "rows" else SCHEMA)
        conf = f'''server "my" {{ url = "{proxy.url("mysql")}" max_parallel = 1 }}
            source "t" {{ server = "my" databases = {{"t[123]"}} }}
            lock_timeout = "2s"
        '''
        if kind == "mixed":
            self._write("migrations/001_notes.sqlite.sql", FILE)
            subprocess.run(["sqlite3", os.path.join(self.folder, "tenants/f.db"), "CREATE TABLE u(i)"], check=True)
            conf += 'source "f" { glob = {"tenants/*.db"} }'
        self._write("lockstep.conf", conf)

    def state(self):
        """{tenant: has it the migration}, by the stock clients."""
        found = {name: self._database(name) for name in DATABASES}
        if self.kind == "mixed":
            found["f"] = subprocess.run(
                ["sqlite3", os.path.join(self.folder, "tenants/f.db"),
                 "SELECT count(*) FROM sqlite_schema WHERE name = 'notes'"],
                check=True, capture_output=True, text=True).stdout.strip()
        return found

    def _database(self, name):
        ask = lambda question: self.server.sql(name, question).strip()
        if ask("SHOW TABLES LIKE 'lockstep_ledger'") and (left := ask("SELECT * FROM lockstep_ledger")):
            return f"ledger: {left}"
        if self.kind == "rows":
            return ask("SELECT COUNT(*) FROM users WHERE id = 7")
        notes = ask("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"
                    " AND table_name = 'notes'")
        tier = ask("SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()"
                   " AND table_name = 'users' AND column_name = 'tier'")
        return notes if notes == tier else f"half: notes {notes}, tier {tier}"


class Campaign(wiretest.Campaign):
    def fleet(self, kind, seconds):
        with Proxy(self.server) as proxy:
            fleet = Fleet(kind, self.server, proxy)
            try:
                self.named(fleet)
                self.points(fleet, seconds)
            finally:
                fleet.close()

    def named(self, fleet):
        """What arrived counts though its answer is lost, what is decided is carried through."""
        wrong = []
        cases = [("XA COMMIT", CUT_BEFORE, 0), ("XA COMMIT", CUT_AFTER, 0)] if fleet.kind == "rows" else [
            ("CREATE TABLE notes", CUT_BEFORE, 1), ("CREATE TABLE notes", CUT_AFTER, 1),
            ("ALTER TABLE users", CUT_AFTER, 1)]
        for text, cut, exit_code in cases:
            for k in (1, 3):
                fleet.proxy.arm(Fault(REQUEST, what=cut, when=wiretest.nth(text, k)))
                code, out = fleet.run("up", "--yes")
                problem = wiretest.judge(fleet, code, out) or (
                    "" if code == exit_code else f"exit {code}, not {exit_code}: {out}")
                if problem:
                    wrong.append(f"# {cut} {text} {k}: {problem}")
        self.number += 1
        self.failed += bool(wrong)
        print("\n".join([*wrong, f"{'not ok' if wrong else 'ok'} {self.number} - {fleet.kind}: lost at a statement or "
                                 "a commit, undone or carried through"]), flush=True)


def main():
    words = wiretest.options(FLEETS)
    with MariaDB() as server:
        server.create_databases(3, text=TABLE)
        if words.number:
            return wiretest.single(server, words, Fleet)
        campaign = Campaign(server, words.seed)
        kinds = (words.fleet,) if words.fleet else FLEETS
        print(f"# seed {words.seed}\n1..{2 * len(kinds)}", flush=True)
        for kind in kinds:
            campaign.fleet(kind, wiretest.QUICK_SECONDS if words.suite == "quick" else 36000)
        return campaign.failed > 0


if __name__ == "__main__":
    sys.exit(main())
