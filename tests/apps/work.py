"""Applications at work on some tenants, with stock SQLite, while lockstep runs.

Writers insert numbered rows. Each row that was reported as committed is noted in a file at once, so that
whoever looks at a tenant later can ask for all that was noted before. Readers look at two tenants, one
after the other.

What readers may see is said by epochs. In one, tenants go in one direction only, and together: up (its
number is positive) or down (negative). Whatever happens in it, kills and recoveries included,

    - nobody finds the later version in one tenant and afterwards the earlier one in another; but for
      tenants that were not atomic in it (`weaker`), and tenants that one decision does not cover
    - nobody finds a version that was not decided (`may_read`); whose run came to nothing was never seen
    - in each tenant schema and history say the same

Between epochs (0) nothing is said but the last.
"""

import multiprocessing
import os
import random
import signal
import sqlite3
import time

import tenants

PATIENCE = 20  # seconds that an application waits for a tenant


def connect(path):
    return sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)


def is_refusal(error):
    """SQLITE_BUSY: whatever it was has certainly not been done."""
    return "locked" in str(error)


def insert(path, n):
    db = connect(path)
    try:
        db.execute("INSERT INTO notes(n) VALUES (?)", (n,))
    finally:
        db.close()


def version_at(path):
    db = connect(path)
    try:
        return tenants.version_of(db)
    finally:
        db.close()


def writer(work, number):
    """Notes "i n" for a row that is committed, "? i n" where nobody can know."""
    chance, n, refused = random.Random(f"{work.seed}/w{number}"), number * 10_000_000, 0
    with open(work.notes(number), "ab", buffering=0) as notes:
        while work.goes_on():
            i, n = chance.randrange(len(work.paths)), n + 1
            try:
                insert(work.paths[i], n)
                notes.write(f"{i} {n}\n".encode())
            except sqlite3.Error as e:
                refused += is_refusal(e)
                if not is_refusal(e):
                    notes.write(f"? {i} {n}\n".encode())
                    work.out.put(("fault", f"writing {work.paths[i]}: {e}"))
            time.sleep(work.pause)
    work.out.put(("refused", refused))


def reader(work, number):
    chance, seen, pairs, refused = random.Random(f"{work.seed}/r{number}"), set(), 0, 0
    while work.goes_on():
        a, b = chance.sample(range(len(work.paths)), 2)
        epoch = work.epoch.value
        try:
            found = version_at(work.paths[a]), version_at(work.paths[b])
        except sqlite3.Error as e:
            refused += is_refusal(e)
            if not is_refusal(e):
                work.out.put(("fault", f"reading {work.paths[a]} or {work.paths[b]}: {e}"))
            continue
        told_of_torn(work, (a, b), found)
        if epoch and epoch == work.epoch.value:
            pairs += 1
            first, second = found[0][0], found[1][0]
            seen |= {(epoch, first), (epoch, second)}
            if (second - first) * epoch < 0:
                work.out.put(("pair", (epoch, a, b, first, second)))
        time.sleep(work.pause)
    work.out.put(("seen", seen))
    work.out.put(("pairs", pairs))
    work.out.put(("refused", refused))


def told_of_torn(work, pair, found):
    for i, (marks, applied) in zip(pair, found):
        if marks != applied:
            work.out.put(("fault", f"{work.paths[i]} reads {marks}, its history says {applied}"))


class Work:
    """The applications of one trial. paths: the tenants they work on, known by their place here."""

    def __init__(self, folder, paths, seed, pause=0.002):
        self.folder, self.paths, self.seed, self.pause = folder, paths, seed, pause
        self.parent = os.getpid()
        self.over, self.out = multiprocessing.Event(), multiprocessing.Queue()
        self.epoch, self.epochs = multiprocessing.Value("i", 0), 0
        self.weaker, self.may_read = {}, {}  # by the number of the epoch
        self.group = [0] * len(paths)  # which tenants one decision covers
        self.told = {"pair": [], "fault": [], "seen": [], "pairs": [], "refused": []}
        jobs = [(f, (self, k)) for k in (1, 2) for f in (writer, reader)]
        self.jobs = [multiprocessing.Process(target=f, args=a) for f, a in jobs]

    def start(self):
        """An interrupt is for the one who started them, who will stop them."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        for job in self.jobs:
            job.start()
        signal.signal(signal.SIGINT, before)

    def goes_on(self):
        return not self.over.is_set() and os.getppid() == self.parent

    def stop(self):
        """All of them come to an end, and what they told is gathered."""
        self.over.set()
        missing = {"seen": 2, "pairs": 2, "refused": 4}
        while any(len(self.told[kind]) < n for kind, n in missing.items()):
            kind, value = self.out.get(timeout=5 * PATIENCE)
            self.told[kind].append(value)
        for job in self.jobs:
            job.join()

    # The epochs.

    def begin(self, direction, may_read):
        self.epochs += 1
        number = self.epochs if direction > 0 else -self.epochs
        self.weaker[number], self.may_read[number] = set(), set(may_read)
        self.epoch.value = number
        return number

    def rest(self):
        self.epoch.value = 0

    def faults(self):
        """What readers and writers found that must not be; after stop."""
        found = list(self.told["fault"])
        for epoch, a, b, first, second in self.told["pair"]:
            if self.group[a] == self.group[b] and not {a, b} & self.weaker[epoch]:
                names = f"{self.paths[a]}, afterwards {second} in {self.paths[b]}"
                found.append(f"epoch {epoch}: read {first} in {names}")
        for epoch, version in sorted(set().union(*self.told["seen"])):
            if version not in self.may_read[epoch]:
                found.append(f"epoch {epoch}: somebody read {version}, which was not decided")
        return found

    # The rows.

    def notes(self, number):
        return os.path.join(self.folder, f"written-{number}")

    def noted(self):
        """(committed, unsure): for each tenant the rows that are noted up to now."""
        committed, unsure = ([set() for _ in self.paths] for _ in range(2))
        for number in (1, 2):
            if not os.path.exists(self.notes(number)):
                continue
            with open(self.notes(number), encoding="ascii") as f:
                for line in f.read().splitlines():
                    *mark, i, n = line.split()
                    (unsure if mark else committed)[int(i)].add(int(n))
        return committed, unsure

    def rows_lost(self):
        """At any time: what was noted before must be there."""
        found, (committed, _) = [], self.noted()
        for path, rows in zip(self.paths, committed):
            lost = rows - rows_in(path)
            if lost:
                found.append(f"{path}: {len(lost)} committed rows are gone, {min(lost)} for one")
        return found

    def rows_strange(self):
        """After stop: nothing is there but what was noted."""
        found, (committed, unsure) = [], self.noted()
        for path, sure, maybe in zip(self.paths, committed, unsure):
            strange = rows_in(path) - sure - maybe
            if strange:
                found.append(f"{path}: {len(strange)} rows that were refused, {min(strange)} for one")
        return found

    def rows_written(self):
        return sum(len(rows) for rows in self.noted()[0])


def rows_in(path):
    db = sqlite3.connect(path, timeout=5 * PATIENCE)
    rows = {row[0] for row in db.execute("SELECT n FROM notes")}
    db.close()
    return rows
