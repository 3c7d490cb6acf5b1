#!/usr/bin/env python3
"""The proxy's own test, with the stock clients. Prints TAP."""

import os
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(HERE), "kill"))

import place
import servers
from proxy import ANSWER, CUT_AFTER, CUT_BEFORE, DELAY, DROP, HUSH, REQUEST, Fault, Proxy
from tap import Tap

SCRIPT = "BEGIN;\nINSERT INTO users VALUES({0});\nCOMMIT;\n"
ANSWER_OF_COMMIT = {"postgres": "C", "mariadb": "ok"}
TOLD = {"postgres": ["BEGIN", "INSERT 0 1", "COMMIT"], "mariadb": ["greeting", "ok", "ok", "ok", "ok"]}
PATIENCE = 0.3  # seconds after a message was lost, until its client is given up


class Case:
    """A proxy before a server, and a script that commits a row: another one each time."""

    def __init__(self, tap, server, proxy):
        self.tap, self.server, self.proxy, self.row = tap, server, proxy, 0
        self.name = f"{server.kind} by {proxy.address[0]}"

    def check(self, words, fine, detail=""):
        self.tap.check(f"{self.name}: {words}", fine, str(detail))

    def run(self, fault=None):
        """(whether the client was content, the messages); None: it got no answer."""
        self.row += 1
        self.proxy.arm(fault)
        with self.proxy.popen("t1", SCRIPT.format(self.row)) as client:
            fine = self._wait(client, fault)
        seen = self.proxy.seen()
        self.stayed = self.server.sql(self.server.database, self.server.sessions) != "0"
        self.proxy.lift()
        self.server.wait_idle()
        return fine, seen

    def _wait(self, client, fault):
        while client.poll() is None:
            if self.proxy.hit and fault.what in (DROP, HUSH):
                try:
                    client.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    client.kill()
                    return None
            time.sleep(0.005)
        return client.returncode == 0

    def is_committed(self):
        return self.server.sql("t1", f"SELECT 1 FROM users WHERE id = {self.row}") == "1"

    def commit(self, seen):
        """Its request and the answer to it."""
        at = next(i for i, m in enumerate(seen) if m.direction == REQUEST and m.text.startswith("COMMIT"))
        answer = next(m for m in seen[at:] if m.direction == ANSWER)
        return seen[at], answer


def shape(seen):
    """Without what differs by row and connection; each direction in its order."""
    return [[(m.number, m.kind, m.text.split("(")[0]) for m in seen if m.direction == direction]
            for direction in (REQUEST, ANSWER)]


def test_counts(case):
    runs = [case.run() for _ in range(3)]
    seen = runs[0][1]
    case.check("a script's messages are the same each time, and it is done",
               all(fine for fine, _ in runs) and all(shape(s) == shape(seen) for _, s in runs) and case.is_committed(),
               "\n".join(map(str, seen)))
    asked = [m.text for m in seen if m.direction == REQUEST and m.text]
    case.check("what is asked is shown", [text.rstrip(";").split("(")[0] for text in asked]
               == ["BEGIN", "INSERT INTO users VALUES", "COMMIT"], asked)
    told = [m.text if m.kind == "C" else m.kind for m in seen
            if m.direction == ANSWER and (m.kind == "C" or case.server.kind == "mariadb")]
    case.check("and what is answered", told == TOLD[case.server.kind], told)
    case.check("a password is not", not any(case.server.password in str(m) for m in seen))
    return seen


def test_each(case, seen):
    """All or nothing at each message, however little of it: what a campaign does."""
    wrong = []
    last = case.commit(seen)[1]
    for message in seen:
        for what in (CUT_BEFORE, CUT_AFTER):
            fine, _ = case.run(Fault(message.direction, message.number, what))
            hit = case.proxy.hit
            if not hit or (hit.kind, hit.number) != (message.kind, message.number):
                wrong.append(f"{message}: {what} at {hit}")
            if fine and not case.is_committed():
                wrong.append(f"{message}: {what}: the client believes in a commit that was not")
            if message.direction == ANSWER and message.number < last.number and fine is not False:
                wrong.append(f"{message}: {what}: the client did not notice")
    case.check(f"the connection can be cut at each of {len(seen)} messages, and the client notices", not wrong,
               "\n".join(wrong))


def test_commit(case, seen):
    request, answer = case.commit(seen)
    for words, message, what, committed in (
            ("before COMMIT arrives, nothing is committed", request, CUT_BEFORE, False),
            ("after COMMIT arrived, the row is committed", request, CUT_AFTER, True),
            ("before its answer arrives, the row is committed", answer, CUT_BEFORE, True)):
        fine, _ = case.run(Fault(message.direction, message.number, what))
        case.check(f"cut {words}, and the client hears of neither", (fine, case.is_committed()) == (False, committed))
    case.run(Fault(ANSWER, answer.number, DROP))
    case.check("without the answer to COMMIT the row is committed", case.is_committed() and case.proxy.hit.kind
               == ANSWER_OF_COMMIT[case.server.kind], case.proxy.hit)
    fine, _ = case.run(Fault(ANSWER, answer.number, HUSH))
    case.check("in a silent network too, the client waits, and the server is not told that it is gone",
               fine is None and case.is_committed() and case.stayed, (fine, case.stayed))
    fine, _ = case.run(Fault(REQUEST, request.number, DROP))
    case.check("a COMMIT that is lost commits nothing, and the client waits", fine is None and not case.is_committed(),
               fine)
    begun = time.monotonic()
    fine, _ = case.run(Fault(REQUEST, what=DELAY, seconds=0.2, when=lambda m: m.text.startswith("COMMIT")))
    case.check("a delayed one commits later", fine and case.is_committed() and time.monotonic() - begun >= 0.2, fine)


def test_several(case):
    """Connections at once: all are counted, only one is hit."""
    case.proxy.arm(Fault(REQUEST, when=lambda m: m.text.startswith("SELECT"), what=CUT_BEFORE))
    done = []
    threads = [threading.Thread(target=lambda: done.append(case.proxy.client("t1", "SELECT 1;", 60).returncode))
               for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen = case.proxy.seen()
    numbers = [m.number for m in seen if m.direction == REQUEST]
    case.check("of several connections one is hit", sum(code != 0 for code in done) == 1
               and len({m.connection for m in seen}) == 4 and numbers == list(range(1, len(numbers) + 1)), done)


def test_down(case):
    case.server.kill9()
    fine = case.proxy.client("t1", "SELECT 1").returncode == 0
    case.server.start()
    again, _ = case.run()
    case.check("a server that is down is down behind it, and back when it is", (fine, again) == (False, True))


def test_extended(case):
    """Statements with parameters, as libraries send them."""
    script = os.path.join(case.server.folder, "script")
    with open(script, "w", encoding="utf-8") as f:
        f.write("\\set n 5\nSELECT :n + 1;\n")
    case.proxy.arm()
    done = subprocess.run([case.server.program("pgbench"), "-nM", "extended", "-t1", "-f", script,
                           case.proxy.url("t1")], capture_output=True, text=True, check=False)
    asked = [(m.kind, m.text) for m in case.proxy.seen() if m.direction == REQUEST]
    case.check("a statement that is parsed first is shown", ("P", "SELECT $1 + 1;") in asked
               and ("B", "") in asked and done.returncode == 0, f"{asked}\n{done.stderr}")


def main():
    tap, folder = Tap(), place.make_folder()
    with servers.Postgres(folder, tcp=True) as pg, servers.MariaDB(folder, tcp=True) as maria:
        for server in (pg, maria):
            server.create_databases(1, text="CREATE TABLE users(id INT PRIMARY KEY);")
            with Proxy(server, tcp=True) as proxy:
                test_counts(Case(tap, server, proxy))
                server.sql("t1", "DELETE FROM users")
            with Proxy(server) as proxy:
                case = Case(tap, server, proxy)
                seen = test_counts(case)
                test_each(case, seen)
                test_commit(case, seen)
                test_several(case)
                test_down(case)
                if server is pg:
                    test_extended(case)
            case.check("closed, it is gone", not os.path.exists(proxy.folder) and not proxy.open)
    tap.check("nothing is left", not os.path.exists(folder))
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
