#!/usr/bin/env python3
"""Holds the guarantee table of README.md to the program: each kind of tenant that the table names is made with real
files and servers, `plan` must promise what its row says, and `up` must report that, and have gone that way: what it
sent to the server, or did to the files, is looked at. A kind in the table that no case makes fails, and so does a case
whose kind the table does not name. Prints TAP.
"""

import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(HERE), "kill"))

import servers
from proxy import Proxy
from tap import Tap
from wire import REQUEST
from wirefleet import INDEX, MARIA_ROWS, MARIA_SCHEMA, NOTES, PROGRAM, ended

README = os.path.join(os.environ.get("SOURCE_ROOT") or os.path.dirname(os.path.dirname(HERE)), "README.md")
VACUUM = "-- lockstep:transaction off\nVACUUM;\n-- lockstep:down\n"
MARIA_TABLE = "CREATE TABLE users(id INT PRIMARY KEY, name TEXT);"


def promised():
    """[(guarantee, kind)], from the table that has both columns."""
    with open(README, encoding="utf-8") as f:
        table = re.search(r"^\| guarantee \| who gets it \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", f.read(), re.M)
    if not table:
        raise SystemExit(f"{README} has no table of guarantees")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()]
    return [(row[0], kind.strip()) for row in rows for kind in row[1].split(";")]


class Bench:
    """A folder with a configuration, and what the cases share: servers, each behind a proxy, started when needed."""

    def __init__(self, stack):
        self.stack, self.proxies, self.folder, self.number = stack, {}, None, 0

    def begin(self, migration, configuration=""):
        if self.folder:
            shutil.rmtree(self.folder)
        self.folder = tempfile.mkdtemp(prefix="lockstep-guarantee-")
        for name in ("migrations", "tenants"):
            os.mkdir(os.path.join(self.folder, name))
        self.write("migrations/001_first.sql", migration)
        self.write("lockstep.conf", configuration)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    def proxy(self, name, make):
        if name not in self.proxies:
            self.proxies[name] = self.stack.enter_context(Proxy(self.stack.enter_context(make())))
        return self.proxies[name]

    def databases(self, proxy, text=""):
        """Two of them, new; the source that has them."""
        self.number += 1
        prefix = f"case{self.number}_"
        proxy.server.create_databases(2, prefix, text)
        url = proxy.url(proxy.server.database)
        return f'server "s" {{ url = "{url}" }}\nsource "t" {{ server = "s" databases = {{"{prefix}*"}} }}\n'

    def run(self, *words, before=()):
        """Its document."""
        process = subprocess.Popen([*before, PROGRAM, "--json", *words], cwd=self.folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        code, out = ended(process)
        if code != 0:
            raise AssertionError(f"{' '.join(words)}: exit {code}: {out}")
        return json.loads(out)


# Each makes a fleet of one kind and gives what shows afterwards that it went so: a function that tells what is wrong.


def files(bench, journal, migration=NOTES):
    bench.begin(migration, 'source "f" { glob = {"tenants/*.db"} }\n')
    for name in ("a", "b"):
        subprocess.run(["sqlite3", os.path.join(bench.folder, f"tenants/{name}.db"),
                        f"PRAGMA journal_mode = {journal}; CREATE TABLE users(i)"], check=True, capture_output=True)


def unlinking(bench):
    """Where files take part, the unlink of one decides for all: seen among the calls of the up."""
    trace = os.path.join(bench.folder, "trace")
    report = bench.run("up", "--yes", before=("strace", "-f", "-qq", "-e", "trace=unlink,unlinkat", "-o", trace))
    with open(trace, encoding="utf-8") as f:
        unlinked = re.findall(r'unlink\w*\(.*"([^"]*\.super)"', f.read())
    return report, "" if len(unlinked) == 1 else f"super-journals unlinked: {unlinked}"


def rollback(bench):
    files(bench, "delete")
    return lambda: unlinking(bench)


def wal_idle(bench):
    files(bench, "wal")
    return lambda: unlinking(bench)


def wal_live(bench):
    files(bench, "wal")
    for name in ("a", "b"):
        live = sqlite3.connect(os.path.join(bench.folder, f"tenants/{name}.db"))
        bench.stack.callback(live.close)
        live.execute("SELECT count(*) FROM users").fetchall()
    return lambda: unlinking(bench)


def vacuum(bench):
    files(bench, "delete", VACUUM)
    return lambda: unlinking(bench)


def asking(bench, proxy, has, has_not):
    """An up whose requests have, and have not, one that begins so."""
    proxy.arm()
    report = bench.run("up", "--yes")
    asked = [m.text for m in proxy.seen() if m.direction == REQUEST]
    wrong = [f"nobody said {text}" for text in has if not any(text in a for a in asked)]
    wrong += [f"somebody said {text}" for text in has_not if any(text in a for a in asked)]
    return report, "; ".join(wrong)


def on_server(bench, proxy, migration, text="", has=(), has_not=()):
    bench.begin(migration, bench.databases(proxy, text))
    return lambda: asking(bench, proxy, has, has_not)


def postgres(bench, slots):
    return bench.proxy(f"postgres {slots}", lambda: servers.Postgres(max_prepared_transactions=slots))


def maria(bench):
    return bench.proxy("mariadb", servers.MariaDB)


def pg_prepared(bench):
    return on_server(bench, postgres(bench, 20), NOTES, has=("PREPARE TRANSACTION", "COMMIT PREPARED"))


def pg_logged(bench):
    return on_server(bench, postgres(bench, 0), NOTES, has=("COMMIT",), has_not=("PREPARE TRANSACTION",))


def pg_outside(bench):
    return on_server(bench, postgres(bench, 20), INDEX, "CREATE TABLE users(id INT);",
                     has=("lockstep_ledger", "CREATE INDEX CONCURRENTLY"), has_not=("PREPARE TRANSACTION",))


def maria_rows(bench):
    return on_server(bench, maria(bench), MARIA_ROWS, MARIA_TABLE, has=("XA PREPARE", "XA COMMIT"),
                     has_not=("INSERT INTO `lockstep_ledger",))


def maria_schema(bench):
    return on_server(bench, maria(bench), MARIA_SCHEMA, MARIA_TABLE, has=("lockstep_ledger",),
                     has_not=("XA PREPARE",))


def external(bench):
    """What a command did shows before the decision, and each tenant is asked where it is."""
    tool = os.path.join(HERE, "migrator")
    files(bench, "delete")
    bench.write("lockstep.conf", f"""exec "tool" {{
        up = {{'{tool}', 'up', '${{target}}'}}
        down = {{'{tool}', 'down', '${{target}}'}}
        current = {{'{tool}', 'current'}}
        revisions = {{'{tool}', 'revisions'}}
        environment = {{'TENANT=${{path}}'}}
    }}
    source "f" {{ exec = "tool" glob = {{"tenants/*.db"}} }}
    """)

    def go():
        report = bench.run("up", "--yes")
        at = [subprocess.run(["sqlite3", os.path.join(bench.folder, f"tenants/{name}.db"), "SELECT name FROM revision"],
                             check=True, capture_output=True, text=True).stdout.strip() for name in ("a", "b")]
        return report, "" if at == ["three", "three"] else f"they are at {at}"

    return go


OUTSIDE = "steps with `-- lockstep:transaction off`, such as VACUUM and CREATE INDEX CONCURRENTLY"
CASES = (
    ("atomic", "tenants in a rollback-journal mode", rollback),
    ("atomic", "tenants in WAL mode that nobody else has open", wal_idle),
    ("prepared", "PostgreSQL with `max_prepared_transactions` above 0", pg_prepared),
    ("prepared", "MySQL and MariaDB where only rows change", maria_rows),
    ("logged", "SQLite tenants in WAL mode that somebody has open", wal_live),
    ("logged", "PostgreSQL without prepared transactions", pg_logged),
    ("compensated", OUTSIDE, vacuum),
    ("compensated", OUTSIDE, pg_outside),
    ("compensated", "MySQL and MariaDB where a schema changes", maria_schema),
    ("compensated", "tenants of an external migrator", external),
)


def differs(document, guarantee):
    """All tenants of a plan or a report are to have this one."""
    given = {name: n for name, n in document["guarantees"].items() if n}
    return "" if given == {guarantee: 2} else f"{given}, not 2 {guarantee}"


def check(bench, guarantee, make):
    go = make(bench)
    plan = bench.run("plan")
    if wrong := differs(plan, guarantee):
        return f"plan: {wrong}"
    of_each = {t["guarantee"] for g in plan["groups"] for t in g["tenants"]}
    if of_each != {guarantee} or plan["decisions"] != 1:
        return f"plan: tenants {of_each}, {plan['decisions']} decisions"
    report, wrong = go()
    weaker = 2 if guarantee in ("logged", "compensated") else 0  # than all for which one act decides
    if report["done"] != 2 or len(report["weaker"]) != weaker:
        return f"up: {report}"
    return differs(report, guarantee) or wrong


def main():
    tap = Tap()
    table, covered = promised(), {(guarantee, kind) for guarantee, kind, _ in CASES}
    tap.check("every kind of tenant in the README's table has a case", set(table) <= covered,
              "\n".join(f"{kind}: {guarantee}" for guarantee, kind in sorted(set(table) - covered)))
    tap.check("every case is a kind of the README's table", covered <= set(table),
              "\n".join(f"{kind}: {guarantee}" for guarantee, kind in sorted(covered - set(table))))
    with contextlib.ExitStack() as stack:
        bench = Bench(stack)
        stack.callback(lambda: shutil.rmtree(bench.folder, ignore_errors=True))
        for guarantee, kind, make in CASES:
            try:
                wrong = check(bench, guarantee, make)
            except AssertionError as e:
                wrong = str(e)
            tap.check(f"{guarantee}: {kind} ({make.__name__})", not wrong, wrong)
    print(f"1..{tap.number}")
    return tap.failed > 0


if __name__ == "__main__":
    sys.exit(main())
