#!/usr/bin/env python3
"""The servers' own test: what the tests of servers take for granted. Prints TAP."""

import os
import pathlib
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(HERE), "kill"))

import place
import servers
from tap import Tap

USERS = "CREATE TABLE users(id INT PRIMARY KEY, email VARCHAR(20));"
PREPARE = "BEGIN; INSERT INTO users VALUES({0}, 'p'); PREPARE TRANSACTION 'gid {0}';"
XA = "XA START 'gid {0}'; INSERT INTO users VALUES({0}, 'p'); XA END 'gid {0}'; XA PREPARE 'gid {0}';"

# A test that makes servers and ends as the word says
CHILD = """import os, sys
sys.path.insert(0, {here!r})
import servers
pg, maria = servers.Postgres({folder!r}), servers.MariaDB({folder!r})
pg.start()
maria.start()
if sys.argv[1] == "down":
    pg.kill9()
print("up", flush=True)
if sys.argv[1] == "exception":
    raise RuntimeError("a test that fails")
if sys.argv[1] != "exit":
    sys.stdin.read()
"""


def processes(folder):
    """Command lines of the processes that are about it."""
    found = []
    for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in words:
            found.append(words.replace(b"\0", b" ").decode(errors="replace"))
    return found


def segments():
    """System V segments whose maker is gone."""
    with open("/proc/sysvipc/shm", encoding="ascii") as f:
        rows = [line.split() for line in f][1:]
    return {row[1] for row in rows if not os.path.exists(f"/proc/{row[4]}")}


def left(folder):
    """What is there of a folder's servers after they ended. A killed test's keeper takes a moment."""
    until = time.monotonic() + 30
    while (found := processes(folder) + os.listdir(folder)) and time.monotonic() < until:
        time.sleep(0.02)
    return found


def complaint(server, *words):
    try:
        return server.sql(*words) and ""
    except servers.ServerError as e:
        return str(e)


def test_side_by_side(tap, eu, us, maria):
    for number, server in enumerate((eu, us, maria), 1):
        server.create_databases(2, text=USERS)
        server.sql("t1", f"INSERT INTO users VALUES(1, 'server {number}')")
    rows = [server.sql("t1", "SELECT email FROM users") for server in (eu, us, maria)]
    tap.check("two PostgreSQL and a MariaDB server work side by side", rows == ["server 1", "server 2", "server 3"],
              str(rows))
    owner = os.stat(f"/proc/{eu.pid}").st_uid, os.stat(f"/proc/{maria.pid}").st_uid
    tap.check("none of them as root", 0 not in owner, str(owner))
    modes = [os.stat(os.path.join(server.folder, "run")).st_mode & 0o077 for server in (eu, us, maria)]
    tap.check("their sockets are for their owner alone", modes == [0, 0, 0], str(modes))
    tap.check("what the client complains of is passed on",
              'relation "x" does not exist' in complaint(us, "t1", "SELECT * FROM x")
              and "t1.x" in complaint(maria, "t1", "SELECT * FROM x"))


def test_killed(tap, eu, us, maria):
    for server, prepare in ((eu, PREPARE), (maria, XA)):
        pid = server.pid
        server.sql("t2", "INSERT INTO users VALUES(7, 'kept');" + prepare.format(9))
        status = server.kill9()
        tap.check(f"{server.kind}, killed, is down with all its processes",
                  (status, server.pid) == (-9, None) and not os.path.exists(f"/proc/{pid}")
                  and len(processes(server.folder)) == 1, "\n".join(processes(server.folder)))
        tap.check("and the others are not", us.sql("t1", "SELECT 1") == "1")
        server.start()
        got = server.sql("t2", "SELECT email FROM users"), server.prepared()
        tap.check("it comes back with a committed row and a prepared transaction", got == ("kept", ["gid 9"]), str(got))
    eu.sql("t2", "COMMIT PREPARED 'gid 9'")
    maria.sql("t2", "XA COMMIT 'gid 9'")
    rows = eu.sql("t2", "SELECT id FROM users ORDER BY id"), maria.sql("t2", "SELECT id FROM users ORDER BY id")
    tap.check("which can be committed then", rows == ("7\n9", "7\n9") and not eu.prepared() + maria.prepared(),
              str(rows))


def test_stopped(tap, eu, maria):
    ways = [(server, way) for server in (eu, maria) for way in ("stop", "stop_immediate")]
    kept = []
    for server, way in ways:
        getattr(server, way)()
        kept.append(complaint(server, "t1", "SELECT 1") != "")
        server.start()
        kept.append(server.sql("t2", "SELECT email FROM users WHERE id = 7") == "kept")
    tap.check("stopped in order or at once a server is away, and back with its rows", all(kept), str(kept))
    eu.restart(max_prepared_transactions=0, work_mem="1MB")
    said = eu.sql("t1", "SHOW max_prepared_transactions; SHOW work_mem")
    tap.check("restarted with other settings it has them", said == "0\n1MB", said)
    eu.freeze()
    try:
        eu.client("t1", "SELECT 1", timeout=0.3)
        frozen = False
    except subprocess.TimeoutExpired:
        frozen = True
    eu.thaw()
    tap.check("a frozen server does not answer, a thawed one does", frozen and eu.sql("t1", "SELECT 1") == "1")


def test_passwords(tap, folder):
    url = {"postgres": "postgresql", "mariadb": "mysql"}
    for kind in (servers.Postgres, servers.MariaDB):
        with kind(folder, tcp=True, password="it's @ secret/") as server:
            said = [server.sql(*words) for words in
                    ((server.database, "SELECT 1"), (server.database, "SELECT 1", server.address(tcp=True)))]
            shown = server.url("a b", tcp=True)
            server.password = "wrong"
            wrong = [complaint(server, server.database, "SELECT 1", server.address(tcp)) for tcp in (False, True)]
            tap.check(f"{kind.kind} asks for a password, on its socket and by TCP", said == ["1", "1"] and all(wrong),
                      f"{said} {wrong}")
            tap.check("which its url has", shown == f"{url[kind.kind]}://{kind.superuser}:it%27s%20%40%20secret%2F"
                      f"@127.0.0.1:{server.port}/a%20b", shown)


def test_ends(tap, folder):
    """Of the tests that use servers."""
    orphans = segments()
    for how in ("exit", "exception", "SIGTERM", "SIGKILL", "down"):
        with subprocess.Popen([sys.executable, "-c", CHILD.format(here=HERE, folder=folder), how], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
            up = child.stdout.readline()
            if how.startswith("SIG"):
                child.send_signal(getattr(signal, how))
            if how == "down":
                child.kill()
            child.wait()
        found = left(folder)
        tap.check(f"a test that ends by {how} leaves no server, running or on disk", up == "up\n" and not found,
                  up + "\n".join(found))
    tap.check("nor shared memory", segments() <= orphans, str(segments() - orphans))


def main():
    tap, folder = Tap(), place.make_folder()
    with servers.Postgres(folder, max_prepared_transactions=3) as eu, servers.Postgres(folder) as us, \
            servers.MariaDB(folder) as maria:
        test_side_by_side(tap, eu, us, maria)
        test_killed(tap, eu, us, maria)
        test_stopped(tap, eu, maria)
        test_passwords(tap, folder)
    tap.check("closed servers leave nothing, and their folder is gone", not os.path.exists(folder))
    os.mkdir(folder, 0o711)
    keep = os.path.join(folder, "servers")
    os.mkdir(keep, 0o711)
    test_ends(tap, keep)
    os.rmdir(keep)
    os.rmdir(folder)
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
