"""Which of what is not durable a power failure leaves: seeded, and biased to where mistakes would show.

A choice answers choose(what, times) as disk.py asks: how many of the changes at these times are there. The
first kinds are extremes, each with a meaning for a protocol; the last one keeps to what a journaling file
system in ordered mode (ext4's default) may do: names, cuts and sizes are those of one moment, which is no
earlier than the last sync of anything, and added data is there when the size says so.
"""

import bisect

UNITS = (512, 4096, 65536)  # a sector, a block, and no tearing to speak of


def lost(_chance, _disk, _times):
    return lambda what, times: 0


def kept(_chance, _disk, _times):
    return lambda what, times: len(times)


def until(chance, _disk, times):
    """All that was done up to some moment."""
    last = chance.choice(times)
    return lambda what, times: bisect.bisect_right(times, last)


def all_but_one(chance, _disk, times):
    missing = chance.choice(times)
    return lambda what, times: bisect.bisect_left(times, missing) if times[-1] == missing else len(times)


def only_one(chance, _disk, times):
    one = chance.choice(times)
    return lambda what, times: times.index(one) + 1 if one in times else 0


def some(chance, _disk, _times):
    share = chance.choice((0.1, 0.5, 0.9))

    def choose(_what, times):
        return len(times) if chance.random() < share else chance.randrange(len(times) + 1)

    return choose


def halves(chance, _disk, _times):
    share = chance.choice((0.03, 0.5, 0.97))
    return lambda what, times: len(times) if chance.random() < share else 0


def names_only(chance, _disk, _times):
    """Contents and sizes are lost."""
    return lambda what, times: chance.randrange(len(times) + 1) if what == "name" else 0


def names_lost(chance, _disk, _times):
    """Contents and sizes are there, names only in part."""
    return lambda what, times: chance.randrange(len(times) + 1) if what == "name" else len(times)


def ordered(chance, disk, times):
    moment = max(disk.committed, chance.choice([0, *times]))
    share = chance.choice((0.0, 0.5, 0.9, 1.0))

    def choose(what, times):
        if what in ("name", "cut"):
            return bisect.bisect_right(times, moment)
        if what == "added":
            return len(times)
        return len(times) if chance.random() < share else chance.randrange(len(times) + 1)

    return choose


WEIGHTS = {
    lost: 2,
    kept: 2,
    until: 2,
    all_but_one: 4,
    only_one: 4,
    some: 4,
    halves: 4,
    names_only: 2,
    names_lost: 2,
    ordered: 6,
}


def choose_point(chance, record, first):
    """After how many notes the power fails: half of them among those beside the tenants."""
    if chance.random() < 0.5:
        beside = [i for i, note in enumerate(record.notes) if note.name.startswith("tenants") and i >= first]
        if beside:
            return chance.choice(beside) + chance.randrange(2)
    return chance.randint(first, len(record.notes))


def choose(chance, disk):
    """(name, choice, unit) for the disk as it is."""
    times = disk.times()
    kinds = list(WEIGHTS) if times else [kept]
    kind = chance.choices(kinds, [WEIGHTS[k] for k in kinds])[0]
    return kind.__name__, kind(chance, disk, times), chance.choice(UNITS)
