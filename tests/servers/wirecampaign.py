"""Which tries a wire test makes: a sample of all points of its fleets, within a time, or all of them.

    --suite quick|soak     a sample of the first fleet and of one that is drawn, or every point of every fleet
    --seconds N            for all fleets together, and a sample of each; a quick suite has 20
    --seed S               draws the sample; printed, so that it can be drawn again
    --fleet F              this one only
    --only TEXT            points only that have this in them: "hush", "call", "my.answer"
    --at POINT [--then POINT]    one try, as a failure prints it

Of the points where lockstep is killed every other one has its recovery killed, too, at a message or a call of that; the
last word is always that of a recovery without a fault. Prints TAP: a line a fleet, and below one that failed the
command that repeats that try.
"""

import argparse
import collections
import math
import random
import re
import sys
import time
from dataclasses import dataclass

from wire import ANSWER, REQUEST
from wirefaults import CALL, DOWN, KILLS, UP, Point, afterwards, attempt, calls, faults

QUICK_SECONDS = 20
SLACK = 8  # messages, by which runs differ
STATEMENT, COMMIT = "CREATE|INSERT INTO (notes|users)", "COMMIT|XA COMMIT|START TRANSACTION; DELETE FROM"
SLOW = {"crash": 3, "quit": 3, "drop": 8, "hush": 8}  # drawn so many times less often than others


def options(doc, fleets):
    p = argparse.ArgumentParser(description=f"{doc}\n{__doc__}", formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--suite", choices=("quick", "soak"), default="quick")
    p.add_argument("--seconds", type=float)
    p.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    p.add_argument("--fleet", choices=tuple(fleets))
    p.add_argument("--only", default="")
    p.add_argument("--at", type=Point.parse)
    p.add_argument("--then", type=Point.parse)
    return p.parse_args()


@dataclass
class Seen:
    """Of one direction in an undisturbed up: how many, and with which number its phases begin."""

    n: int
    starts: tuple = ()

    def phase(self, number):
        return sum(number >= start for start in self.starts)


def phases(messages, direction):
    """To the first statement of a migration; to the first commit of a vote; to the end, which is short."""
    starts = []
    for text in (STATEMENT, COMMIT):
        for i, m in enumerate(messages):
            if m.direction == REQUEST and re.match(text, m.text):
                starts.append(1 + sum(before.direction == direction for before in messages[:i]) - SLACK)
                break
    return Seen(sum(m.direction == direction for m in messages), tuple(starts))


def counts(fleet):
    """{(server or "", direction): Seen}; the fleet is at base before and after. The first up of all is another one: it
    makes our tables."""
    if problem := afterwards(fleet, (UP, DOWN)):
        raise SystemExit(problem)
    fleet.arm()
    found = {("", CALL): Seen(calls(fleet, "up", "--yes"))}
    for name, part in fleet.on_servers.items():
        seen = part.proxy.seen()
        found |= {(name, d): phases(seen, d) for d in (REQUEST, ANSWER)}
    if problem := afterwards(fleet, (DOWN,)):
        raise SystemExit(problem)
    return found


def points(fleet, found):
    """All there are."""
    for (name, direction), seen in found.items():
        for fault in faults(fleet.on_servers[name].server) if name else KILLS:
            yield from (Point(name, direction, number, fault) for number in range(1, seen.n + 1))


def sampled(rng, found, every):
    """All in an order of chance: each fault in each phase as often as another, however many points it has there, and
    those that take long less often."""

    def kind(point):
        return point.direction == CALL, point.what, found[point.server, point.direction].phase(point.number)

    many = collections.Counter(map(kind, every))

    def key(point):
        return math.log(1 - rng.random()) * SLOW.get(point.what.split()[0], 1) * many[kind(point)]

    return sorted(every, key=key, reverse=True)


def second(rng, found, point):
    """A kill of the recovery; it has fewer messages than a run, and most of what happens is at its beginning."""
    if not point.what.startswith("kill") or rng.random() < 0.5:
        return None
    name, direction = rng.choice(sorted(found))
    most = max(1, found[name, direction].n // 2)
    return Point(name, direction, min(rng.randint(1, most), rng.randint(1, most)), rng.choice(KILLS))


class Campaign:
    """The fleets by name: make(kind) gives one that is at base. `named` are cases of its own: functions of a fleet
    that return what is wrong."""

    def __init__(self, words, make, kinds, named=None):
        self.words, self.make, self.named = words, make, named or {}
        self.number = self.failed = 0
        self.rng = random.Random(words.seed)
        self.kinds = [words.fleet] if words.fleet else list(kinds)
        if words.suite == "quick" and not words.seconds and not words.fleet:
            self.kinds = [kinds[0], self.rng.choice(kinds[1:])]

    def run(self):
        words = self.words
        if words.at:
            return self.one()
        print(f"# seed {words.seed}\n1..{len(self.kinds) + sum(len(self.named.get(k, ())) for k in self.kinds)}")
        seconds = words.seconds or (QUICK_SECONDS if words.suite == "quick" else 10**9)
        end = time.monotonic() + seconds
        for i, kind in enumerate(self.kinds):
            with self.make(kind) as fleet:
                for title, case in self.named.get(kind, ()):
                    self.tell(f"{kind}: {title}", case(fleet))
                left = end - time.monotonic()
                self.points(fleet, time.monotonic() + left / (len(self.kinds) - i))
        return self.failed > 0

    def one(self):
        fleet = self.make(self.kinds[0])
        counts(fleet)
        problem, hit = attempt(fleet, self.words.at, self.words.then)
        print(problem or ("fine" if hit else "no such point"))
        if problem:
            print(f"kept: {fleet.folder}")
            return True
        fleet.close()
        return False

    def points(self, fleet, until):
        found = counts(fleet)
        every = [point for point in points(fleet, found) if self.words.only in str(point)]
        tried, problem = 0, ""
        for point in sampled(self.rng, found, every):
            if tried and time.monotonic() > until:
                break
            then = second(self.rng, found, point)
            problem, hit = attempt(fleet, point, then)
            tried += hit
            if problem:  # the fleet is not as the next try needs it
                problem += f"\nrepeat: {self.command(fleet, point, then)}"
                break
        problem = problem or afterwards(fleet)
        sizes = ", ".join(f"{seen.n} {'.'.join(filter(None, key))}s" for key, seen in found.items())
        self.tell(f"{fleet.kind}: {tried} faults of {len(every)} ({sizes}), all or none", problem or (
            "" if tried else "no fault was met"))

    @staticmethod
    def command(fleet, point, then):
        return f"{sys.argv[0]} --fleet {fleet.kind} --at '{point}'" + (f" --then '{then}'" if then else "")

    def tell(self, title, problem):
        self.number += 1
        self.failed += bool(problem)
        for line in problem.splitlines():
            print(f"# {line}")
        print(f"{'not ok' if problem else 'ok'} {self.number} - {title}", flush=True)
