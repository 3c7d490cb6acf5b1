"""Times: every contestant on fresh fleets in turn, round by round, and the ratios within the rounds."""

import statistics
import subprocess

from . import contestants, fleet
from .report import Figure, Table, at_least, at_most

# (work, mode, the other one, how, limit): lockstep's time as a share of the other's, or the other's
# as a multiple of lockstep's.
TARGETS = (
    ("W1", "delete", "loop", "share", 0.7),
    ("W1", "delete", "pool", "multiple", 2.5),
    ("W1", "delete", "dbmate", "multiple", 20),
    ("W2", "delete", "loop", "share", 0.9),
    ("W1", "wal", "loop", "share", None),
    ("W2", "wal", "loop", "share", None),
)
WAL_LIMIT = 1.5
LATENCY_MS, LATENCY_LIMIT = 2, 3
# A W2 fleet of 20,000 is 3 GB: from here on lockstep and the loop only, and fewer rounds.
FEW_TAKE_PART, FEW_ROUNDS = 5000, (20000, 3)
GROWTH = 1.9  # a fleet after the work against before


def ratios(a, b):
    """Of times, round by round."""
    return [x.wall_ms / y.wall_ms for x, y in zip(a, b)]


def spread(values, form="{:.2f}"):
    return f"{form.format(min(values))} to {form.format(max(values))}"


def entries(bench, work, count):
    wanted = bench.contestants
    if work == "W2" and count >= FEW_TAKE_PART:
        wanted = [n for n in wanted if n in ("lockstep", "loop")]
    return [(name, mode) for mode in bench.modes for name in contestants.taking_part(count, wanted)]


def rounds_that_fit(bench, work, count, each):
    size = fleet.make(bench.place, bench.programs.path("mkfleet"), work, "delete", 1,
                      "size").tenant_bytes
    fit = int(bench.place.free() // (size * GROWTH * count * each))
    wanted = min(bench.rounds, FEW_ROUNDS[1]) if work == "W2" and count >= FEW_ROUNDS[0] else bench.rounds
    if fit < wanted:
        bench.report.show(f"\n{work} at {count:,} tenants: there is room for {fit} rounds only")
    return min(fit, wanted)


def one(bench, name, work, mode, count, **how):
    """One contestant on one fresh fleet."""
    command = contestants.command(name, bench.programs, mode)
    made = fleet.make(bench.place, bench.programs.path("mkfleet"), work, mode, count, name)
    sample = bench.programs.run(command, made.folder, **how)
    fleet.check(made)
    return sample


def interleave(bench, title, order, rounds, run):
    """The samples of each entry, round by round; who starts moves on by one each round."""
    taken = {e: [] for e in order}
    for i in range(rounds):
        first = i % len(order)
        for e in order[first:] + order[:first]:
            if e not in taken:
                continue
            bench.say(f"{title}, round {i + 1} of {rounds}: {' '.join(e)}")
            try:
                taken[e].append(run(*e))
            except (fleet.Failed, OSError, subprocess.CalledProcessError) as error:
                bench.report.failed(f"{title}, {' '.join(e)}", error)
                del taken[e]
    return taken


def table(title, mode, taken):
    base = taken.get(("loop", mode))
    rows = []
    for (name, at), samples in taken.items():
        if at == mode:
            share = ratios(samples, base) if base else None
            walls = [s.wall_ms for s in samples]
            rows.append([contestants.TITLES[name], f"{statistics.median(walls):,.0f}",
                         spread(walls, "{:,.0f}"),
                         f"{statistics.median(s.cpu_us for s in samples) / 1000:,.0f}",
                         f"{statistics.median(share):.2f}" if share else "",
                         spread(share) if share else ""])
    return Table(title, ["contestant", "ms", "range", "CPU ms", "times the loop", "range"], rows)


def against(name, ours, theirs, how, limit):
    values = ratios(ours, theirs) if how == "share" else ratios(theirs, ours)
    middle = statistics.median(values)
    if limit is None:
        return Figure(name, f"{middle:.2f}", note=spread(values))
    if how == "share":
        return at_most(name, middle, limit, note=spread(values))
    return at_least(name, middle, limit, note=spread(values, "{:.1f}"))


def cell_figures(work, count, taken):
    for w, mode, other, how, limit in TARGETS:
        ours, theirs = taken.get(("lockstep", mode)), taken.get((other, mode))
        if w == work and ours and theirs:
            word = "time as a share of" if how == "share" else "times faster than"
            name = f"{work} {mode.upper()} {count:,}: {word} {contestants.TITLES[other]}"
            yield against(name, ours, theirs, how, limit)
    wal, delete = taken.get(("lockstep", "wal")), taken.get(("lockstep", "delete"))
    if wal and delete:
        yield against(f"{work} {count:,}: WAL as a share of DELETE", wal, delete, "share", WAL_LIMIT)


def cell(bench, work, count):
    order = entries(bench, work, count)
    rounds = rounds_that_fit(bench, work, count, len(order))
    title = f"{work}, {count:,} tenants"
    taken = interleave(bench, title, order, rounds,
                       lambda name, mode: one(bench, name, work, mode, count))
    if rounds:
        for mode in bench.modes:
            bench.report.table(table(f"{title}, {mode.upper()} ({rounds} rounds)", mode, taken))
        bench.report.figures += cell_figures(work, count, taken)


def times(bench):
    for count in bench.sizes:
        for work in bench.works:
            cell(bench, work, count)


def slow_run(bench, name, work, mode, count):
    """As one(), with the delay; the library itself must have seen syncs."""
    counted = bench.place.fresh("syncs") + "/count"
    env = {"SLOWSYNC_US": str(LATENCY_MS * 1000), "SLOWSYNC_COUNT": counted}
    sample = one(bench, name, work, mode, count, preload=bench.programs.path("slowsync.so"), env=env)
    with open(counted, encoding="utf-8") as f:
        if sum(map(int, f)) == 0:
            raise fleet.Failed("no sync was delayed")
    return sample


def latency(bench):
    """The same with a slower disk under both."""
    count = min(bench.sizes)
    for work in bench.works:
        order = [(n, "delete") for n in ("lockstep", "loop") if n in bench.contestants]
        title = f"{work}, {count:,} tenants, {LATENCY_MS} ms added to every sync"
        taken = interleave(bench, title, order, bench.rounds,
                           lambda name, mode, work=work: slow_run(bench, name, work, mode, count))
        bench.report.table(table(f"{title} ({bench.rounds} rounds)", "delete", taken))
        if len(taken) == 2:
            name = f"{work} DELETE {count:,}, {LATENCY_MS} ms a sync: times faster than the loop"
            limit = LATENCY_LIMIT if work == "W1" else None
            bench.report.figures.append(against(name, taken[("lockstep", "delete")],
                                                taken[("loop", "delete")], "multiple", limit))
