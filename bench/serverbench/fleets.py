"""Fleets on real servers. One serves all contestants and all rounds of a case: each run adds a column of its own.

Making 200 databases takes longer than changing them, so no run has a fresh fleet. What contestants leave
behind in a tenant is the same for all: a column of `users` and a row of a history. lockstep has made its
history table in a first run, the others find theirs (deploy_history) there.

A fleet is made without fsync and measured with it, and that is asked of the server.
"""

import os
import random
from dataclasses import dataclass

import servers
from fleetbench import lockstep
from fleetbench.fleet import Failed, put

CHECKED = 10
ROWS = 100
# What the test servers have smaller than the servers' defaults; no vacuum or checkpoint falls into a run. What
# autovacuum would have done by then for the planner, analyze() does.
POSTGRES = {"shared_buffers": "128MB", "autovacuum": "off", "checkpoint_timeout": "1h", "max_wal_size": "4GB"}
MARIADB = {"innodb-buffer-pool-size": "128M", "innodb-log-file-size": "96M"}
COLUMN = "VARCHAR(20) DEFAULT 'basic'"


@dataclass
class Change:
    """What one run does to each tenant."""

    column: str
    up: str
    record: str
    ours: bool  # lockstep's, with a row in its own history


@dataclass
class Counters:
    """Of the server, since it was started, without what the benchmark asks itself."""

    connections: int
    syncs: int  # PostgreSQL: of the log. MariaDB: of all files


class Fleet:
    """State: made (tenants, without fsync), ready (measured from here on)."""

    engine = source = history = ""
    schemas = False

    def __init__(self, place, server, count, prefix="t"):
        self.place, self.server, self.count = place, server, count
        self.names = [f"{prefix}{i:05d}" for i in range(1, count + 1)]
        self.folder = place.fresh(f"{server.kind}-{count}")
        self.changes = self.versions = self.asked = 0
        self.make()

    def ask(self, database, text):
        self.asked += 1
        return self.server.sql(database, text)

    def change(self, ours):
        """The next: a migration of lockstep's, or a script that the others run."""
        self.changes += 1
        column = f"c{self.changes:04d}"
        up = f"ALTER TABLE users ADD COLUMN {column} {COLUMN};\n"
        record = f"INSERT INTO deploy_history(version, name) VALUES ({self.changes}, '{column}');\n"
        if ours:
            self.versions += 1
            down = f"ALTER TABLE users DROP COLUMN {column};\n"
            put(self.folder, f"migrations/{self.versions:03d}_{column}.sql", f"{up}-- lockstep:down\n{down}")
        else:
            put(self.folder, "up.sql", up)
            put(self.folder, "record.sql", record)
            put(self.folder, "client.sql", self.transaction(up + record))
        return Change(column, up, record, ours)

    def aim(self, address=None):
        """Where contestants find the fleet: the server, or a proxy before it."""
        where = address or self.server.address()
        put(self.folder, "lockstep.conf", f'server "bench" {{ url = "{self.url(where)}" }}\n'
                                          f'source "fleet" {{ server = "bench" {self.source} }}\n')
        put(self.folder, "names.txt", "".join(f"{name}\n" for name in self.names))
        put(self.folder, "tenants.txt", "".join(f"{line}\n" for line in self.lines(where)))

    def settle(self):
        """No run pays for the one before."""
        self.ask(self.server.database, self.flush)
        self.place.settle()

    def check(self, change):
        """Some tenants, the first and the last among them, have all of it."""
        for i in sorted({0, self.count - 1} | set(random.sample(range(self.count), min(CHECKED, self.count)))):
            table = "lockstep_history" if change.ours else "deploy_history"
            said = self.ask_tenant(self.names[i], f"SELECT count({change.column}) FROM users;"
                                                  f" SELECT count(*) FROM {table} WHERE name = '{change.column}'")
            if said.split() != [str(ROWS), "1"]:
                raise Failed(f"{self.names[i]} does not have the work")
        if left := self.server.prepared():
            raise Failed(f"{left[0]} is still prepared")


class Postgres(Fleet):
    engine, flush = "PostgreSQL", "CHECKPOINT"
    home = "bench"  # lockstep's url: what the benchmark asks itself, it asks elsewhere

    @staticmethod
    def transaction(text):
        return f"BEGIN;\n{text}COMMIT;\n"

    def tables(self):
        return f"""\
CREATE TABLE users(id INT PRIMARY KEY, name TEXT);
INSERT INTO users SELECT i, 'user ' || i FROM generate_series(1, {ROWS}) i;
CREATE TABLE deploy_history(version INT PRIMARY KEY, name TEXT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now());
"""

    def url(self, where):
        return self.server.url(self.home, address=where)

    def counters(self):
        self.server.wait_idle()
        said = self.ask("postgres", "SELECT (SELECT sum(sessions) FROM pg_stat_database WHERE datname <> 'postgres'),"
                                    " (SELECT wal_sync FROM pg_stat_wal)")
        return Counters(*(int(n) for n in said.split("|")))

    def demand_fsync(self):
        if self.ask("postgres", "SHOW fsync") != "on":
            raise Failed("the server runs without fsync")


class Databases(Postgres):
    what = "databases"

    def make(self):
        self.source = 'databases = {"t0*", "t1*"}'
        self.server.sql("postgres", f"CREATE DATABASE {self.home}; CREATE DATABASE model;")
        self.server.sql("model", self.tables() + "ANALYZE;")
        self.server.sql("postgres", "".join(f"CREATE DATABASE {name} TEMPLATE model;\n" for name in self.names))

    def lines(self, where):
        return [self.server.url(name, address=where) for name in self.names]

    def analyze(self):
        """Copies have it of their model."""

    def ask_tenant(self, name, text):
        return self.ask(name, text)


class Schemas(Postgres):
    what, schemas = "schemas", True

    def make(self):
        self.home = f"app{self.count}"
        self.source = f'database = "{self.home}" schemas = {{"t*"}}'
        self.server.sql("postgres", f"CREATE DATABASE {self.home}")
        tables = self.tables()
        self.server.sql(self.home, "".join(
            f"CREATE SCHEMA {name}; SET search_path = {name};\n{tables}" for name in self.names))

    def lines(self, where):
        return [self.url(where), *self.names]

    def analyze(self):
        self.ask(self.home, "ANALYZE")

    def ask_tenant(self, name, text):
        return self.ask(self.home, f"SET search_path = {name}; {text}")


class MariaDB(Fleet):
    engine, what = "MariaDB", "databases"
    flush = "DO 1"  # it writes dirty pages as it goes

    @staticmethod
    def transaction(text):
        return text  # what changes a schema commits on its own

    def make(self):
        self.source = 'databases = {"t0*", "t1*"}'
        rows = ", ".join(f"({i}, 'user {i}')" for i in range(1, ROWS + 1))
        tables = f"""\
CREATE TABLE users(id INT PRIMARY KEY, name TEXT);
INSERT INTO users VALUES {rows};
CREATE TABLE deploy_history(version INT PRIMARY KEY, name VARCHAR(80) NOT NULL, at TIMESTAMP NOT NULL DEFAULT now());
"""
        self.server.sql("mysql", "".join(f"CREATE DATABASE {n}; USE {n};\n{tables}" for n in self.names))

    def url(self, where):
        return self.server.url("mysql", address=where)

    def lines(self, _):
        return self.names

    def analyze(self):
        """It does so on its own, as tables are filled."""

    def ask_tenant(self, name, text):
        return self.ask(name, text)

    def counters(self):
        asked = self.asked
        said = dict(line.split("\t") for line in self.ask("mysql", "SHOW GLOBAL STATUS").splitlines() if "\t" in line)
        return Counters(int(said["Connections"]) - asked, int(said["Innodb_data_fsyncs"]) + int(said["Syncs"]))

    def demand_fsync(self):
        said = self.ask("mysql", "SELECT @@innodb_flush_log_at_trx_commit")
        if said != "1" or not self.server.fsync:
            raise Failed("the server runs without fsync")


KINDS = {"databases": Databases, "schemas": Schemas, "mariadb": MariaDB}


def connections_for(kind, count):
    """The servers' defaults; where each tenant is a database, each of their applications has two connections, too."""
    if kind == "mariadb":
        return 151
    return max(100, 2 * count + 50) if kind == "databases" else 100


def server_for(bench, kind, count):
    """Made, without fsync: ready() turns that on."""
    connections = bench.connections or connections_for(kind, count)
    folder = bench.place.fresh("servers")
    os.chmod(folder, 0o711)
    if kind == "mariadb":
        server = servers.MariaDB(folder, max_connections=connections)
        server.extra.update(MARIADB)
    else:
        server = servers.Postgres(folder, max_connections=connections,
                                  max_prepared_transactions=bench.prepared)
        server.extra.update(POSTGRES)
    return server


def ready(fleet):
    fleet.analyze()
    fleet.server.restart(fsync="on")
    fleet.demand_fsync()
    fleet.aim()
    fleet.settle()


def first_run(bench, fleet):
    """lockstep's first, which makes its history tables; what it took."""
    change = fleet.change(True)
    sample = bench.programs.run(lockstep.up(bench.programs.lockstep), fleet.folder)
    fleet.check(change)
    return sample
