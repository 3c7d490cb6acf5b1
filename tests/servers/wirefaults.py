"""One try: a fault in an `up`, perhaps a kill in the `recover` that follows, then a recover, and a judgement.

A point says where and what: "eu.request 12 cut before" is at the 12th message to the server eu, "my.answer 3 hush" at
the 3rd from my, "call 7 kill after" at the 7th system call that writes, syncs or removes files (killat counts them).

    cut      the connection is lost, before or after the message arrives
    kill     lockstep is, by SIGKILL, before or after the message arrives
    crash    the server is, with all its processes, by SIGKILL, and comes back at once; `crash stay`: after the `up`
    quit     the server shuts down at once (pg_ctl -m immediate), and comes back; PostgreSQL only
    drop     this message and all later ones of its direction are lost
    hush     the connection is silent from here on, and not even its end is told: what network cuts look like
    delay    the message, and what is behind it, comes after more than lock_timeout

Whoever waits for a silent connection gives it up after half a minute or more; HASTE (haste.c) makes that a few seconds.
"""

import os
import re
import signal
import subprocess
import threading
from dataclasses import dataclass

from proxy import CUT_AFTER, CUT_BEFORE, DELAY, HUSH, LOSE, Fault
from wire import ANSWER, REQUEST
from wirefleet import LIMIT, LOCK_TIMEOUT, PROGRAM, ended

BUILD = os.path.dirname(PROGRAM)
KILLAT = os.environ.get("KILLAT") or os.path.join(BUILD, "tests", "kill", "killat")
HASTE = os.environ.get("HASTE_SO") or os.path.join(BUILD, "tests", "servers", "haste.so")
KILLED = 100  # killat's exit code for it
CALL = "call"
KILLS = ("kill before", "kill after")
FAULTS = ("cut before", "cut after", *KILLS, "crash before", "crash after", "crash stay", "quit before", "quit after",
          "drop", "hush", "delay")
SILENT = ("drop", "hush")


def faults(server):
    """Those that there are for this server."""
    return [what for what in FAULTS if server.kind == "postgres" or not what.startswith("quit")]


@dataclass(frozen=True)
class Point:
    server: str  # "" for a call
    direction: str
    number: int
    what: str

    def __str__(self):
        place = f"{self.server}.{self.direction}" if self.server else CALL
        return f"{place} {self.number} {self.what}"

    @classmethod
    def parse(cls, text):
        found = re.fullmatch(r"(?:(\w+)\.(request|answer)|call) (\d+) ([a-z ]+)", text)
        if not found or found[4] not in (FAULTS if found[1] else KILLS):
            raise ValueError(f"no point: {text}")
        return cls(found[1] or "", found[2] or CALL, int(found[3]), found[4])


class Run:
    """A run of lockstep with a fault in it; `when` finds the message instead of its number."""

    def __init__(self, fleet, point, words, when=None):
        self.when = when
        self.fleet, self.point, self.process, self.hit = fleet, point, None, False
        self.acts, self.acted, self.waiting = None, threading.Event(), None
        part = fleet.on_servers.get(point.server)
        self.server, self.proxy = (part.server, part.proxy) if part else (None, None)
        if point.direction == CALL:
            self._at_call(words)
        else:
            self._at_message(words)

    def _at_call(self, words):
        how = (KILLAT, "--at", str(self.point.number), "--when", self.point.what.split()[1], "--")
        self.fleet.arm()
        self.code, self.out = self.fleet.run(*words, before=how)
        if self.code == KILLED:
            self.hit, self.code = True, -signal.SIGKILL

    def _at_message(self, words):
        self.fleet.arm(self._fault(), self.point.server)
        env = {"LD_PRELOAD": HASTE, "HASTE": "10"} if self.point.what in SILENT else {}
        self.process = self.fleet.start(*words, env=env)
        self.code, self.out = ended(self.process)
        self.hit = self.proxy.hit is not None
        if self.acts and self.hit and not self.acted.wait(LIMIT):
            raise SystemExit(f"{self.point}: the test's own part of it has no end")
        if self.waiting:
            self.waiting()

    def _fault(self):
        kind, _, when = self.point.what.partition(" ")
        at = {"direction": self.point.direction, "number": self.point.number, "when": self.when}
        if kind == "drop":
            return Fault(**at, what=LOSE)
        if kind == "hush":
            return Fault(**at, what=HUSH)
        if kind == "delay":
            return Fault(**at, what=DELAY, seconds=LOCK_TIMEOUT + 0.5)
        self.acts = {"kill": self._kill, "crash": self._down if when == "stay" else self._crash,
                     "quit": self._quit}.get(kind)
        return Fault(**at, what=CUT_AFTER if when == "after" else CUT_BEFORE, act=self._act)

    def _act(self):
        """By the proxy, which holds the message meanwhile; lockstep may be through before it is."""
        if self.acts:
            self.acts()
        self.acted.set()

    def _kill(self):
        self.process.kill()
        self.process.wait()

    def _crash(self):
        self.server.kill9()
        self.server.start()

    def _down(self):
        self.server.kill9()
        self.waiting = self.server.start

    def _quit(self):
        self.server.stop_immediate()
        self.server.start()


def calls(fleet, *words):
    """How many an undisturbed run makes that killat counts."""
    done = subprocess.run([KILLAT, "--count", "--", PROGRAM, *words], cwd=fleet.folder, capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise SystemExit(f"without a fault: exit {done.returncode}: {done.stdout}{done.stderr}")
    return int(done.stdout.splitlines()[-1])


def nth(text, k):
    """The k-th request that begins so."""
    seen = []

    def when(message):
        if message.direction == REQUEST and message.text.startswith(text):
            seen.append(message)
            return len(seen) == k
        return False

    return when


def answer_to_nth(text, k, proxy):
    """The first answer to it: what it asks for is done by then."""

    def when(message):
        asked = [m for m in proxy.messages if m.direction == REQUEST and m.text.startswith(text)]
        return len(asked) >= k and message.connection == asked[k - 1].connection

    return when


def nth_end(text, k, proxy):
    """Of the rows that answer the first request that begins so: the end of the k-th of its results."""
    seen = []

    def when(message):
        asked = next((m for m in proxy.messages if m.direction == REQUEST and m.text.startswith(text)), None)
        if asked and message.connection == asked.connection and message.kind == "end":
            seen.append(message)
            return len(seen) == k
        return False

    return when


def at_text(fleet, server, text, k, what, expected, state=None):
    """A fault at a request that is known by its text, or at the "answer" to it, with the exit codes that `up` may have,
    and the state of all after recover; what is wrong."""
    direction, fault = (ANSWER, what[7:]) if what.startswith("answer ") else (REQUEST, what)
    when = answer_to_nth(text, k, fleet.on_servers[server].proxy) if direction == ANSWER else nth(text, k)
    up = Run(fleet, Point(server, direction, 0, fault), ("up", "--yes"), when=when)
    problem = judge(fleet, up.code, up.out, state) or ("" if up.hit else "no such request") or (
        "" if up.code in expected else f"exit {up.code}, not {expected}: {up.out}")
    return f"{what} at {text} {k}: {problem}" if problem else ""


def attempt(fleet, point, then=None):
    """(what is wrong, or nothing; whether the point was met)."""
    up = Run(fleet, point, ("up", "--yes"))
    problem = acceptable("up", up.code, up.out, (0, 1, 2, 4, 5, -signal.SIGKILL))
    if not problem and then:
        recover = Run(fleet, then, ("recover",))
        problem = acceptable("recover with a fault", recover.code, recover.out, (0, 1, 2, 4, -signal.SIGKILL))
    if not problem:
        problem = judge(fleet, up.code, up.out)
    return problem, up.hit


def acceptable(name, code, out, codes):
    return "" if code in codes else f"{name}: exit {code}: {out}"


def judge(fleet, code, out, want=None):
    """What is wrong after a fault and a recovery; empty for nothing."""
    fleet.arm()
    recovered, words = fleet.run("recover")
    if recovered != 0:
        return f"recover: exit {recovered}: {words}"
    for part in fleet.on_servers.values():
        part.proxy.lift()
        part.server.wait_idle()
    state = fleet.state()
    if len(set(state.values())) != 1 or not set(state.values()) <= {"0", "1"}:
        return f"torn: {state}; up: exit {code}: {out}; recover: {words}"
    if want and want not in state.values():
        return f"all are {state}, not {want}; recover: {words}"
    if code == 0 and "0" in state.values():
        return f"lost: up said done, and it is not there: {out}"
    if code in (1, 2, 5) and "1" in state.values():
        return f"wrong: up said that the fleet is as it was: {out}"
    if left := fleet.left():
        return f"left over: {left}; up: exit {code}: {out}; recover: {words}"
    return afterwards(fleet, (DOWN,) if "1" in state.values() else ())


UP, DOWN, LOG = (("up", "--yes"), "1"), (("down", "base", "--yes"), "0"), (("log", "--verify"), "0")


def afterwards(fleet, steps=(UP, DOWN, LOG)):
    """The fleet goes on as if nothing had been: up, and back down. Between tries the next one is the up."""
    for words, expected in steps:
        code, out = fleet.run(*words)
        if code != 0:
            return f"afterwards {words[0]}: exit {code}: {out}"
        state = fleet.state()
        if set(state.values()) != {expected}:
            return f"afterwards {words[0]}: {state}"
    return ""
