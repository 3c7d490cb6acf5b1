"""Which of what is not durable a power failure leaves: seeded, and biased to where mistakes would show.

A choice answers choose(what, times) as disk.py asks: how many of the changes at these times are there. The
first kinds are extremes, each with a meaning for a protocol; the last one keeps to what a journaling file
system in ordered mode (ext4's default) may do: names, cuts and sizes are those of one moment, which is no
earlier than the last sync of anything, and added data is there when the size says so.
"""

import bisect
import itertools

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
    share = chance.choice((0.03, 0.5, 0.97, 0.995))
    return lambda what, times: len(times) if chance.random() < share else 0


def one_sector(chance, disk, _times):
    """All is there but one sector, name or size: what checksums have to find."""
    asked = []
    disk.image(lambda what, times: asked.append(what) or len(times), UNITS[0])
    missing, place = chance.randrange(max(len(asked), 1)), itertools.count()
    return lambda what, times: 0 if next(place) == missing else len(times)


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
    one_sector: 3,
    names_only: 2,
    names_lost: 2,
    ordered: 6,
}


def choose_point(chance, record, first, window=None):
    """After how many notes the power fails: anywhere, beside the tenants, or within one span between two
    syncs, since what can go wrong depends on the span and not on how much is written in it."""
    notes, syncs = record.notes, [i for i in record.syncs() if i >= first]
    if window and chance.random() < 0.75:
        return chance.randint(*chance.choice(window))
    how = chance.randrange(3)
    if how == 0 and syncs:
        span = chance.randrange(len(syncs))
        return chance.randint(syncs[span - 1] + 1 if span else first, syncs[span])
    if how == 1:
        beside = [i for i, note in enumerate(notes) if note.name.startswith("tenants") and i >= first]
        if beside:
            return chance.choice(beside) + chance.randrange(2)
    return chance.randint(first, len(notes))


def choose(chance, disk):
    """(name, choice, unit) for the disk as it is."""
    times = disk.times()
    kinds = list(WEIGHTS) if times else [kept]
    kind = chance.choices(kinds, [WEIGHTS[k] for k in kinds])[0]
    unit = UNITS[0] if kind is one_sector else chance.choice(UNITS)
    return kind.__name__, kind(chance, disk, times), unit
