"""Which points there are, from the trace of a full run: a line a call.

A single kill falls before and after every call, or after every call that leaves the disk in a state of its
own (`--states`): what a kill leaves is the disk alone, for locks end with the process. The kills of a double one are so many, each followed by
every kill of the recovery, that those are left out which leave behind what another leaves: after a lock,
which changes nothing (locks are not even counted then); and, without `--literal`, after a sync, which
changes nothing either; after a frame of a write-ahead log that another frame follows, since only the last
of a transaction, which commits it, counts for whoever opens it next; on a -shm, which is made anew. The
run log is such a database.
"""

from dataclasses import dataclass

SYNCS = {"fsync", "fdatasync", "syncfs", "sync", "sync_file_range", "msync"}
LOCKS = {"fcntl", "flock", "munmap"}


@dataclass(frozen=True)
class Point:
    n: int
    when: str
    m: int = 0  # the call of recover; 0 for a single kill
    when2: str = "before"

    def arguments(self):
        words = f"--point {self.n} --when {self.when}"
        return words + (f" --second {self.m} --second-when {self.when2}" if self.m else "")


def name(call):
    return call.split(" ", 1)[0]


def log_file(call):
    """The write-ahead log that this call appends to, or nothing."""
    place = call.split(" ")[1] if name(call) == "pwrite64" else ""
    return place if place.endswith("-wal>") else ""


def every(calls):
    return [(n, when) for n in range(1, len(calls) + 1) for when in ("before", "after")]


def states(calls):
    """The calls after which the disk is in a state of its own."""
    found = []
    for n, (call, following) in enumerate(zip(calls, [*calls[1:], "end"]), 1):
        goes_on = log_file(call) != "" and log_file(call) == log_file(following)
        if name(call) not in SYNCS | LOCKS and "-shm" not in call and not goes_on:
            found.append(n)
    return found


def singles(calls):
    return [Point(n, when) for n, when in every(calls)]


def near(found, calls, words):
    """Those at, or next to, a call that has one of the words in it."""
    hits = {n for n, call in enumerate(calls, 1) if any(word in call for word in words)}
    return [p for p in found if hits & {p.n - 1, p.n, p.n + 1}]


def firsts(calls, literal, removable):
    """First kills of double ones, and single ones a state: what lies beside tenants is tried twice, as
    "after" and as "before", since the state folder is removed in one of the two (attempt.py)."""
    if literal:
        return singles(calls)
    found = [Point(n, "after") for n in states(calls)]
    if removable:
        beside = [n for n in states(calls) if "tenants/" in calls[n - 1] and n < len(calls)]
        found += [Point(n + 1, "before") for n in beside]
    return found


def seconds(first, calls, literal):
    found = every(calls) if literal else [(m, "after") for m in states(calls)]
    return [Point(first.n, first.when, m, when) for m, when in found]
