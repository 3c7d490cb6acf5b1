"""An application that keeps connections to some tenants open: what makes a WAL tenant WAL-live.

It is a process of its own, since a process that opens and closes a database file loses its locks on it.
Reads lines: "hold FILE..." answers "held" when each is open and was read, "lock FILE..." when it is in a
transaction that writes; "drop" answers "dropped".
"""

import sqlite3
import subprocess
import sys


def serve(lines):
    held = []
    for line in lines:
        word, *files = line.split()
        if word in ("hold", "lock"):
            for file in files:
                db = sqlite3.connect(file, isolation_level=None)
                db.execute("PRAGMA synchronous = OFF")
                db.execute("SELECT count(*) FROM users").fetchall()
                if word == "lock":
                    db.execute("BEGIN IMMEDIATE")
                held.append(db)
            print("held", flush=True)
        else:
            while held:
                held.pop().close()
            print("dropped", flush=True)


class Holder:
    """The other end, in the campaign's process."""

    def __init__(self):
        self.process = None
        self.holding = False

    def hold(self, files, word="hold"):
        if not files:
            return
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        self._say(f"{word} " + " ".join(files))
        self.holding = True

    def lock(self, files):
        self.hold(files, "lock")

    def drop(self):
        if self.holding:
            self._say("drop")
        self.holding = False

    def end(self):
        if self.process is not None:
            self.process.communicate()

    def _say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self.process.stdout.readline()


if __name__ == "__main__":
    serve(sys.stdin)
