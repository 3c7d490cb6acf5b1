"""The cases: a fleet each, and what is measured with it."""

import statistics
from dataclasses import dataclass

from fleetbench import lockstep
from fleetbench.report import Figure, Table, at_least, at_most
from fleetbench.times import interleave, ratios, spread

from . import contestants, fleets, wire

MEMORY_KB = 64
HEAD_STATEMENTS = 10
# What lockstep's throughput is at least, as a multiple of the others'.
GOALS = {
    "databases": {"loop": 0.8, "client": 5},
    "schemas": {"loop": 0.8, "client": 30},
    "mariadb": {"loop": 0.9, "client": 3.5},
}


@dataclass
class Taken:
    """One run: what it took, and what the server counted meanwhile."""

    wall_ms: float
    cpu_us: int
    maxrss_kb: int
    connections: int
    syncs: int


def one(bench, fleet, name):
    change = fleet.change(name == "lockstep")
    fleet.settle()
    before = fleet.counters()
    sample = bench.programs.run(contestants.command(name, bench.programs, fleet), fleet.folder)
    after = fleet.counters()
    fleet.check(change)
    return Taken(sample.wall_ms, sample.cpu_us, sample.maxrss_kb, after.connections - before.connections,
                 after.syncs - before.syncs)


def row(fleet, name, samples, loop):
    middle = statistics.median(s.wall_ms for s in samples)
    share = ratios(loop, samples) if loop else None
    last = samples[-1]
    return [contestants.title(name, fleet.engine), f"{middle:,.0f}", spread([s.wall_ms for s in samples], "{:,.0f}"),
            f"{fleet.count * 1000 / middle:,.0f}",
            f"{statistics.median(share):.2f}" if share else "", spread(share) if share else "",
            f"{statistics.median(s.cpu_us for s in samples) / 1000:,.0f}",
            f"{last.connections / fleet.count:.2f}", f"{last.syncs / fleet.count:.2f}",
            f"{last.maxrss_kb:,}" if name in ("lockstep", "loop") else ""]


HEAD = ["contestant", "ms", "range", "tenants/s", "times the loop's", "range", "client CPU ms",
        "connections a tenant", "server syncs a tenant", "peak kB"]


def goals(fleet, kind, taken):
    for name, limit in GOALS[kind].items():
        ours, theirs = taken.get(("lockstep",)), taken.get((name,))
        if ours and theirs:
            values = ratios(theirs, ours)
            yield at_least(f"{fleet.engine}, {fleet.count:,} {fleet.what}: throughput, times that of "
                           + contestants.title(name, fleet.engine), statistics.median(values), limit,
                           "{:.2f}", spread(values))


def decisions(bench, fleet):
    said = bench.programs.run(lockstep.show_json(bench.programs.lockstep), fleet.folder).stdout
    return lockstep.decisions(said)


def first(bench, fleet):
    sample = fleets.first_run(bench, fleet)
    bench.report.figures.append(Figure(
        f"{fleet.engine}, {fleet.count:,} {fleet.what}: the first run, which makes the history tables",
        f"{fleet.count * 1000 / sample.wall_ms:,.0f}", note=f"tenants/s; decisions: {decisions(bench, fleet)}"))
    return sample


def times(bench, fleet, kind):
    title = f"{fleet.engine}, {fleet.count:,} {fleet.what}"
    order = [(name,) for name in contestants.taking_part(bench.contestants, fleet.engine)]
    taken = interleave(bench, title, order, bench.rounds, lambda name: one(bench, fleet, name))
    loop = taken.get(("loop",))
    bench.report.table(Table(f"{title} (rounds: {bench.rounds})", HEAD,
                             [row(fleet, name, samples, loop) for (name,), samples in taken.items() if samples]))
    bench.report.figures += goals(fleet, kind, taken)


def at_head(bench, fleet):
    """`up` with nothing to do: what is asked must not grow with the tenants of a database."""
    seen, connections = wire.listened(bench, fleet, lambda _: lockstep.up(bench.programs.lockstep))
    n = wire.trips(fleet, seen)
    name = f"{fleet.engine}, {fleet.count:,} {fleet.what} at head: statements of an up"
    note = f"{connections:,} connections"
    bench.report.figures.append(at_most(name, n, HEAD_STATEMENTS, "{:,}", note) if fleet.schemas
                                else Figure(name, f"{n:,}", note=note))
    if bench.statements:
        wire.show_statements(bench, fleet, "up at head", seen)


def compared(kind):
    """A case in which lockstep and the others take turns."""

    def case(bench):
        count = bench.scale[kind]
        with fleets.server_for(bench, kind, count) as server:
            bench.say(f"making {count:,} tenants: {kind}")
            fleet = fleets.KINDS[kind](bench.place, server, count)
            fleets.ready(fleet)
            first(bench, fleet)
            if bench.rounds:
                times(bench, fleet, kind)
            wire.count(bench, fleet)
            at_head(bench, fleet)

    return case


def large(bench):
    """Many schemas in one run; what a tenant costs in memory is the difference to a tenth of them."""
    found = []
    most = bench.scale["large"]
    with fleets.server_for(bench, "schemas", most) as server:
        for count in (most // 10, most):
            bench.say(f"one run of {count:,} schemas")
            fleet = fleets.Schemas(bench.place, server, count)
            fleets.ready(fleet)
            found.append((count, first(bench, fleet).maxrss_kb))
            server.restart(fsync="off")
    (less, little), (more, much) = found
    bench.report.table(Table("Peak memory of lockstep up, PostgreSQL schemas", ["tenants", "kB"],
                             [[f"{n:,}", f"{kb:,}"] for n, kb in found]))
    bench.report.figures.append(at_most(f"PostgreSQL, {less:,} to {more:,} schemas: kB of memory a tenant more",
                                        (much - little) / (more - less), MEMORY_KB, "{:.1f}", below=True))


CASES = {
    "databases": compared("databases"),
    "schemas": compared("schemas"),
    "mariadb": compared("mariadb"),
    "large": large,
}
