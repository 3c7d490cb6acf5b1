"""Real PostgreSQL and MariaDB servers for tests.

    with Postgres(max_prepared_transactions=20) as pg, MariaDB() as maria:
        pg.create_databases(3)
        print(pg.url("t1"), pg.sql("t1", "SELECT 1"))

A server has a folder of its own under the one it is given, runs as an unprivileged user, and listens on a
Unix socket that only its owner reaches; with tcp=True on 127.0.0.1 too, where the password is asked for.
With password="..." it is asked for everywhere. Nothing of a system's own server is used or touched.

A server ends with the process that made it, however that ends: see keeper.py. Commits survive a kill of
the server; what a power failure leaves needs fsync=True, which is off because it is slow.
"""

import atexit
import contextlib
import glob
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from urllib.parse import quote

sys.dont_write_bytecode = True

import place
from place import ServerError


class Server:
    """What both engines share. State: made, running or down, closed."""

    kind = None
    fast = immediate = None  # signals
    port = 0

    def __init__(self, folder=None, name=None, watched=None, tcp=False, password=None, fsync=False,
                 max_connections=100, max_prepared_transactions=0):
        self.user = place.account(*self.users)
        parent = os.path.abspath(folder) if folder else place.make_folder()
        place.demand_reachable(parent, self.user)
        self.folder = os.path.join(parent, name or self._free_name(parent))
        self.tcp, self.fsync, self.asks = tcp, fsync, password is not None
        self.password = place.secret() if password is None else password
        self.max_connections = max_connections
        self.max_prepared_transactions = max_prepared_transactions
        self.extra = {}  # settings by name, for the next start
        self.port = place.free_port() if tcp else self.port
        self.owner, self.keeper = os.getpid(), None
        self._make(watched or os.getpid())

    @classmethod
    def _free_name(cls, parent):
        return next(name for i in range(1, 1000) if not os.path.lexists(
            os.path.join(parent, name := f"{cls.kind}{i}")))

    def _make(self, watched):
        os.mkdir(self.folder, 0o711)
        os.chmod(self.folder, 0o711)
        self.keeper = place.start_keeper(self.folder, watched)
        if watched == self.owner:
            atexit.register(self._at_exit)
        for name in ("run", "tmp"):
            place.own_folder(os.path.join(self.folder, name), self.user)
        if len(os.fsencode(self.socket)) > place.LONGEST_SOCKET:
            raise ServerError(f"{self.socket} is too long for a socket")
        self._make_data()
        self._remember()

    def _remember(self):
        """For other processes: attach()."""
        known = {k: v for k, v in vars(self).items() if k not in ("keeper", "owner")}
        place.own_file(os.path.join(self.folder, "server.json"), json.dumps({**known, "kind": self.kind}), {})

    def _at_exit(self):
        if os.getpid() == self.owner:  # not in a fork of it
            self.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    # its processes

    def _ask(self, do, **words):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(place.PATIENCE)
            s.connect(os.path.join(self.folder, "control"))
            s.sendall(json.dumps({"do": do, **words}).encode() + b"\n")
            said = json.loads(s.makefile("rb").readline() or b'{"error": "no answer of the keeper"}')
        if "error" in said:
            raise ServerError(f"{self.folder}: {said['error']}")
        return said

    @property
    def pid(self):
        """None: it is down."""
        return self._ask("state")["pid"]

    def start(self):
        pid = self._ask("start", command=self._command(), **self.user)["pid"]
        until = time.monotonic() + place.PATIENCE
        while not self._is_ready(pid):
            if self.pid != pid or time.monotonic() > until:
                self._ask("signal", number=9)
                raise ServerError(f"{self.kind} did not start:\n{self.log()[-2000:]}")
            time.sleep(0.01)

    def _end(self, number):
        """Its exit status; with it all its processes are gone."""
        said = self._ask("signal", number=number, wait=place.PATIENCE - 10)
        if said["pid"]:
            raise ServerError(f"{self.kind} does not stop:\n{self.log()[-2000:]}")
        return said["status"]

    def stop(self):
        """In good order: sessions are ended, transactions rolled back, all written."""
        return self._end(self.fast)

    def stop_immediate(self):
        """Without order: its next start recovers. MariaDB has no such way but being killed."""
        return self._end(self.immediate)

    def kill9(self):
        """The server and all its processes."""
        return self._end(9)

    def restart(self, **settings):
        """With other settings, if any: those of the constructor, or the server's own."""
        for name, value in settings.items():
            if name == "fsync":
                self.fsync = value not in (False, "off")
            elif name in ("max_connections", "max_prepared_transactions"):
                setattr(self, name, value)
            else:
                self.extra[name] = value
        self._remember()
        if self.pid:
            self.stop()
        self.start()

    def freeze(self):
        """It keeps its connections and answers nothing, until thaw()."""
        self._ask("signal", number=19, whole=True, wait=0)

    def thaw(self):
        self._ask("signal", number=18, whole=True, wait=0)

    def close(self):
        """Nothing of it is left, running or on disk."""
        with contextlib.suppress(OSError):  # closed before
            self._ask("close")
        if self.keeper:
            self.keeper.wait()
            self.keeper = None

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    # its clients

    def address(self, tcp=False):
        """Where it listens: ("unix", PATH) or ("tcp", HOST, PORT)."""
        if tcp and not self.tcp:
            raise ServerError("the server was not asked to listen on TCP")
        return ("tcp", "127.0.0.1", self.port) if tcp else ("unix", self.socket)

    def _credentials(self, address):
        ask = self.asks or address[0] == "tcp"
        return self.superuser + (":" + quote(self.password, safe="") if ask else "")

    def sql(self, database, text, address=None):
        """The stock client's answer: a line a row. ServerError: what it complained of."""
        done = self.client(database, text, address)
        if done.returncode:
            raise ServerError(done.stderr.strip() or f"the client ended with {done.returncode}")
        return done.stdout.rstrip("\n")

    def popen(self, database, text, address=None):
        """The stock client at work on the text."""
        command, environment = self._client(database, address or self.address())
        with tempfile.TemporaryFile("w+") as script:
            script.write(text)
            script.seek(0)
            return subprocess.Popen(command, stdin=script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                    env={**place.clean_environment(), **environment})

    def client(self, database, text, address=None, timeout=place.PATIENCE):
        """The stock client, ended: returncode, stdout, stderr."""
        with self.popen(database, text, address) as client:
            try:
                out, err = client.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                client.kill()
                raise
        return subprocess.CompletedProcess(client.args, client.returncode, out, err)

    def wait_idle(self):
        """Until no session is left: one that lost its client may work on for a moment."""
        until = time.monotonic() + place.PATIENCE
        while (left := self.sql(self.database, self.sessions)) != "0":
            if time.monotonic() > until:
                raise ServerError(f"{self.kind} still has {left} sessions")
            time.sleep(0.01)

    def create_databases(self, n, prefix="t", text=""):
        """PREFIX1 to PREFIXn, each with what the text does; their names."""
        names = [f"{prefix}{i}" for i in range(1, n + 1)]
        if names:
            self._create(names, text)
        return names


class Postgres(Server):
    kind, users, superuser, database = "postgres", ("postgres",), "postgres", "postgres"
    fast, immediate = 2, 3
    sessions = ("SELECT count(*) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
    port = 5432  # without TCP a part of the socket's name, no more

    @property
    def socket(self):
        return os.path.join(self.folder, "run", f".s.PGSQL.{self.port}")

    @staticmethod
    def program(name):
        newest = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: float(p.split("/")[4]))
        return place.program(*(os.path.join(path, name) for path in reversed(newest)), name)

    def _make_data(self):
        initdb, data = self.program("initdb"), os.path.join(self.folder, "data")

        def make(target):
            file = os.path.join(self.folder, "tmp", "password")
            place.own_file(file, self.password + "\n", self.user)
            place.run_as(self.user, [initdb, "-D", target, "-U", self.superuser, "--pwfile", file, "-A", "trust",
                                     "--no-sync", "--no-locale", "-E", "UTF8"])

        place.data_directory(data, self.user, (initdb, os.stat(initdb).st_mtime, self.password), make)
        place.own_file(os.path.join(self.folder, "hba.conf"),
                       f"local all all {'scram-sha-256' if self.asks else 'trust'}\n"
                       "host all all 127.0.0.1/32 scram-sha-256\n", self.user)

    def _command(self):
        settings = {
            "listen_addresses": "127.0.0.1" if self.tcp else "",
            "port": self.port,
            "unix_socket_directories": os.path.dirname(self.socket),
            "unix_socket_permissions": "0700",
            "hba_file": os.path.join(self.folder, "hba.conf"),
            "ssl": "off",  # the proxy reads along
            "fsync": "on" if self.fsync else "off",
            "shared_buffers": "32MB",
            "dynamic_shared_memory_type": "mmap",  # in the folder: a killed server leaves nothing elsewhere
            "max_connections": self.max_connections,
            "max_prepared_transactions": self.max_prepared_transactions,
            **self.extra,
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [self.program("postgres"), "-D", os.path.join(self.folder, "data"), *words]

    def _is_ready(self, pid):
        try:
            with open(os.path.join(self.folder, "data", "postmaster.pid"), encoding="utf-8") as f:
                lines = f.read().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def url(self, database="postgres", tcp=False, address=None):
        address = address or self.address(tcp)
        name, who = quote(database, safe=""), self._credentials(address)
        if address[0] == "tcp":
            return f"postgresql://{who}@{address[1]}:{address[2]}/{name}"
        folder, _, file = address[1].rpartition("/")
        return f"postgresql://{who}@/{name}?host={quote(folder)}&port={file.rpartition('.')[2]}"

    def _client(self, database, address):
        return [self.program("psql"), "-XqAtw", "-v", "ON_ERROR_STOP=1", "-f", "-",
                "-d", self.url(database, address=address)], {}

    def prepared(self):
        """The GIDs of all prepared transactions, the oldest first."""
        return self.sql("postgres", "SELECT gid FROM pg_prepared_xacts ORDER BY prepared").splitlines()

    def _create(self, names, text):
        first, *others = names
        self.sql("postgres", f'CREATE DATABASE "{first}"')
        if text:
            self.sql(first, text)
        source = f'TEMPLATE "{first}"' if text else ""
        self.sql("postgres", "".join(f'CREATE DATABASE "{name}" {source};\n' for name in others))


class MariaDB(Server):
    kind, users, superuser, database = "mariadb", ("mysql",), "root", "mysql"
    fast, immediate = 15, 9
    sessions = ("SELECT count(*) FROM information_schema.processlist"
                " WHERE command <> 'Daemon' AND id <> connection_id()")

    @property
    def socket(self):
        return os.path.join(self.folder, "run", "mariadb.sock")

    def _make_data(self):
        install, server = place.program("mariadb-install-db"), place.program("mariadbd")
        place.data_directory(
            os.path.join(self.folder, "data"), self.user, (install, server, os.stat(server).st_mtime),
            lambda target: place.run_as(self.user, [
                install, "--no-defaults", f"--datadir={target}", "--skip-test-db",
                f"--tmpdir={os.path.join(self.folder, 'tmp')}", "--auth-root-authentication-method=normal",
                "--innodb-log-file-size=8M", "--debug-no-sync"]))
        word = re.sub(r"(['\\])", r"\\\1", self.password)
        own = word if self.asks else ""
        place.own_file(os.path.join(self.folder, "init.sql"), f"""\
SET sql_mode='', sql_log_bin=0;
ALTER USER root@localhost IDENTIFIED BY '{own}';
GRANT ALL PRIVILEGES ON *.* TO root@'127.0.0.1' IDENTIFIED BY '{word}' WITH GRANT OPTION;
DROP USER IF EXISTS root@'::1';
""", self.user)

    def _command(self):
        settings = {
            "datadir": os.path.join(self.folder, "data"),
            "socket": self.socket,
            "pid-file": os.path.join(self.folder, "run", "pid"),
            "tmpdir": os.path.join(self.folder, "tmp"),
            "init-file": os.path.join(self.folder, "init.sql"),
            "max-connections": self.max_connections,
            "innodb-buffer-pool-size": "32M",
            "innodb-log-file-size": "8M",
            "innodb-buffer-pool-dump-at-shutdown": 0,
            **self.extra,
        }
        words = [f"--{name}={value}" for name, value in settings.items()]
        words += ["--bind-address=127.0.0.1", f"--port={self.port}"] if self.tcp else ["--skip-networking"]
        words += [] if self.fsync else ["--debug-no-sync"]
        return [place.program("mariadbd"), "--no-defaults", "--skip-name-resolve", "--skip-ssl", *words]

    def _is_ready(self, _):
        """It greets who connects."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(1)
            try:
                s.connect(self.socket)
                return bool(s.recv(1))
            except OSError:
                return False

    def url(self, database="mysql", tcp=False, address=None):
        address = address or self.address(tcp)
        name, who = quote(database, safe=""), self._credentials(address)
        if address[0] == "tcp":
            return f"mysql://{who}@{address[1]}:{address[2]}/{name}"
        return f"mysql://{who}@localhost/{name}?socket={quote(address[1])}"

    def _client(self, database, address):
        if address[0] == "tcp":
            where = ["--protocol=tcp", f"--host={address[1]}", f"--port={address[2]}"]
        else:
            where = [f"--socket={address[1]}"]
        ask = self.asks or address[0] == "tcp"
        return [place.program("mariadb"), "--no-defaults", "--skip-ssl", *where, f"--user={self.superuser}",
                "-NB", database], {"MYSQL_PWD": self.password} if ask else {}

    def prepared(self):
        """The ids of all prepared XA transactions."""
        return [line.split("\t")[3] for line in self.sql("mysql", "XA RECOVER").splitlines()]

    def _create(self, names, text):
        self.sql("mysql", "".join(f"CREATE DATABASE `{name}`;\nUSE `{name}`;\n{text}\n" for name in names))


def attach(folder):
    """The server of another process, by its folder."""
    with open(os.path.join(folder, "server.json"), encoding="utf-8") as f:
        known = json.load(f)
    kind = {c.kind: c for c in (Postgres, MariaDB)}[known.pop("kind")]
    server = kind.__new__(kind)
    vars(server).update(known, owner=None, keeper=None)
    return server
