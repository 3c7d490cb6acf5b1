"""The fleets of the wire tests: what tenants there are, and what the stock clients say of them.

A fleet has parts, each on one server behind a proxy, or files. A part knows its section of the configuration, its
migrations, `state()` ({tenant: "1" when it has all of the migration, "0" when it has none}) and `left()` (what should
be gone when nothing is in doubt any more: prepared transactions, held locks, rows of a ledger). Nobody but psql,
mariadb and sqlite3 is asked.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import time


PROGRAM = os.environ.get("LOCKSTEP") or os.path.abspath("build/lockstep")
LIMIT = 100  # seconds; what takes longer hangs
LOCK_TIMEOUT = 1  # seconds
PASSING = 2  # seconds
NOTES = """CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);
-- lockstep:down
DROP TABLE notes;
"""
INDEX = """-- lockstep:transaction off
CREATE INDEX CONCURRENTLY users_id ON users(id);
-- lockstep:down
-- lockstep:transaction off
DROP INDEX CONCURRENTLY IF EXISTS users_id;
"""
MARIA_SCHEMA = """CREATE TABLE notes(id INT PRIMARY KEY, body TEXT);
INSERT INTO notes VALUES (1, 'x');
ALTER TABLE users ADD COLUMN tier INT;
-- lockstep:down
ALTER TABLE users DROP COLUMN tier;
DROP TABLE notes;
"""
MARIA_ROWS = """INSERT INTO users VALUES (7, 'x');
-- lockstep:down
DELETE FROM users WHERE id = 7;
"""


class Part:
    def __init__(self, server, proxy):
        self.server, self.proxy = server, proxy

    def close(self):
        pass


class Postgres(Part):
    """Three databases, and two schemas of a fourth. Outside: an index made concurrently is a second migration; its table
    is there before and after, or what takes back the first would take the index along."""

    name, databases, schemas = "eu", ("t1", "t2", "t3"), ("s1", "s2")

    def __init__(self, server, proxy, outside=False):
        super().__init__(server, proxy)
        self.outside = outside

    @classmethod
    def prepare(cls, server):
        server.create_databases(3)
        server.sql("postgres", "CREATE DATABASE app")
        for database in cls.databases:
            server.sql(database, "CREATE TABLE users(id int)")
        server.sql("app", "".join(f"CREATE SCHEMA {name} CREATE TABLE users(id int);" for name in cls.schemas))

    def configuration(self):
        return f'''server "{self.name}" {{ url = "{self.proxy.url("postgres")}" max_parallel = 1 }}
            source "t" {{ server = "{self.name}" databases = {{"[t][123]"}} labels = {{"of=database"}} }}
            source "s" {{ server = "{self.name}" database = "app" schemas = {{"[s][12]"}} }}
        '''

    def migrations(self):
        more = {"002_body.postgres.sql": INDEX} if self.outside else {}
        return {"001_notes.postgres.sql": NOTES, **more}

    def state(self):
        found = {name: self._has(name, "public") for name in self.databases}
        return found | {name: self._has("app", name) for name in self.schemas}

    def _has(self, database, schema):
        is_index = "AND indisvalid" if self.outside else "AND false"
        rows = self.server.sql(database, f"""SELECT relname FROM pg_class LEFT JOIN pg_index ON indexrelid = oid
            WHERE relnamespace = '{schema}'::regnamespace
            AND (relname = 'notes' AND relkind = 'r' OR relname = 'users_id' {is_index})""").split()
        if len(rows) == len(self.migrations()):
            return "1"
        return "0" if not rows else f"half: {rows}"

    def left(self):
        held = self.server.sql("postgres", """SELECT 'lock: ' || concat_ws(' ', l.mode, l.pid, query) FROM pg_locks l
            LEFT JOIN pg_stat_activity a USING (pid) WHERE locktype IN ('relation', 'transactionid', 'tuple')
            AND pid IS DISTINCT FROM pg_backend_pid() AND (pid IS NULL OR backend_type = 'client backend')""")
        ledgers = [f"ledger: {line}" for database in (*self.databases, "app") for line in self.server.sql(
            database, "SELECT relnamespace::regnamespace FROM pg_class WHERE relname = 'lockstep_ledger'").splitlines()]
        return [*(f"prepared: {gid}" for gid in self.server.prepared()), *held.splitlines(), *ledgers]


class MariaDB(Part):
    """Three databases; a migration of rows alone, or of the schema, statement by statement under the ledger."""

    name, databases = "my", ("m1", "m2", "m3")

    def __init__(self, server, proxy, rows=False):
        super().__init__(server, proxy)
        self.rows = rows

    @classmethod
    def prepare(cls, server):
        server.create_databases(3, "m", "CREATE TABLE users(id INT PRIMARY KEY, name TEXT);")

    def configuration(self):
        return f'''server "{self.name}" {{ url = "{self.proxy.url("mysql")}" max_parallel = 1 }}
            source "m" {{ server = "{self.name}" databases = {{"m[123]"}} labels = {{"of=maria"}} }}
        '''

    def migrations(self):
        return {"001_notes.mysql.sql": MARIA_ROWS if self.rows else MARIA_SCHEMA}

    def state(self):
        return {name: self._has(name) for name in self.databases}

    def _has(self, database):
        if self.rows:
            return self.server.sql(database, "SELECT COUNT(*) FROM users WHERE id = 7")
        found = self.server.sql(database, """SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = DATABASE() AND (table_name = 'notes' OR column_name = 'tier')""").splitlines()
        if found:
            return "1" if len(found) == 3 and self.server.sql(database, "SELECT * FROM notes") else f"half: {found}"
        return "0"

    def left(self):
        trx = self.server.sql("mysql", "SELECT trx_state, trx_query FROM information_schema.innodb_trx")
        ledgers = []
        for database in self.databases:
            if self.server.sql(database, "SHOW TABLES LIKE 'lockstep_ledger'"):
                ledgers += self.server.sql(database, "SELECT * FROM lockstep_ledger").splitlines()
        return [*(f"prepared: {line}" for line in self.server.sql("mysql", "XA RECOVER").splitlines()),
                *(f"transaction: {line}" for line in trx.splitlines()), *(f"ledger: {line}" for line in ledgers)]


class Files(Part):
    """An SQLite file that nobody has open, and one in WAL mode that the test holds open."""

    name = "files"

    def __init__(self, folder, live=False):
        super().__init__(None, None)
        self.folder = os.path.join(folder, "tenants")
        os.mkdir(self.folder)
        self.names, self.holder = ["f"], None
        self._shell("f", "CREATE TABLE u(i)")
        if live:
            self.names.append("w")
            self._shell("w", "PRAGMA journal_mode = wal; CREATE TABLE u(i)")
            self.holder = sqlite3.connect(self._path("w"))
            self.holder.execute("SELECT count(*) FROM u").fetchall()

    def close(self):
        if self.holder:
            self.holder.close()

    def _path(self, name):
        return os.path.join(self.folder, f"{name}.db")

    def _shell(self, name, text):
        return subprocess.run(["sqlite3", self._path(name), text], check=True, capture_output=True,
                              text=True).stdout.strip()

    def configuration(self):
        return 'source "f" { glob = {"tenants/*.db"} labels = {"of=file"} }\n'

    def migrations(self):
        return {"001_notes.sqlite.sql": NOTES}

    def state(self):
        return {name: self._shell(name, "SELECT count(*) FROM sqlite_schema WHERE name = 'notes'")
                for name in self.names}

    def left(self):
        kept = {f"{name}.db{end}" for name in self.names for end in ("", "-wal", "-shm")}
        return [f"file: {name}" for name in os.listdir(self.folder) if name not in kept]


class Fleet:
    def __init__(self, kind, parts, files=False, live=False):
        self.kind, self.parts = kind, list(parts)
        self.folder = tempfile.mkdtemp(prefix="lockstep-wire-")
        if files:
            self.parts.append(Files(self.folder, live))
        os.mkdir(os.path.join(self.folder, "migrations"))
        for name, text in (item for part in self.parts for item in part.migrations().items()):
            self.write(f"migrations/{name}", text)
        self.write("lockstep.conf", f'lock_timeout = "{LOCK_TIMEOUT}s"\nstatement_timeout = "5s"\n'
                    + "".join(part.configuration() for part in self.parts))

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    @property
    def on_servers(self):
        return {part.name: part for part in self.parts if part.server}

    def start(self, *words, before=(), env=None):
        return subprocess.Popen([*before, PROGRAM, *words], cwd=self.folder, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env={**os.environ, **(env or {})})

    def run(self, *words, **how):
        """(exit code, output); exit code None: it hangs."""
        return ended(self.start(*words, **how))

    def state(self):
        return {tenant: is_there for part in self.parts for tenant, is_there in part.state().items()}

    def left(self):
        """What stays: a commit that a killed client asked for may be on its way out for a moment."""
        until = time.monotonic() + PASSING
        while (found := [problem for part in self.parts for problem in part.left()]) and time.monotonic() < until:
            time.sleep(0.05)
        return found

    def arm(self, fault=None, name=None):
        """A fault at one server's proxy, and none at the others'."""
        for part in self.on_servers.values():
            part.proxy.arm(fault if part.name == name else None)

    def close(self):
        for part in self.parts:
            part.close()
        shutil.rmtree(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close()


def ended(process):
    try:
        out, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate()
        return None, f"no end after {LIMIT} s: {out}"
    return process.returncode, out
