"""What lockstep costs besides time: CPU of a look, memory, descriptors, readers shut out."""

import itertools
import json
import statistics
import subprocess

from . import fleet, lockstep
from .report import Figure, Table, at_most
from .times import spread

LOOK_US = 50
TENANT_KB = 40
FILES = 1024
READERS_SHARE = 0.1


def made(bench, work, mode, count, label):
    return fleet.make(bench.place, bench.programs.path("mkfleet"), work, mode, count, label)


def up(bench, where, **how):
    return bench.programs.run(lockstep.up(bench.programs.lockstep), where.folder, **how)


def look_samples(bench, where, first):
    for _ in range(bench.rounds):
        if first:
            lockstep.forget(where.folder)
        bench.place.settle()
        yield up(bench, where).cpu_us / where.count


def looks(bench):
    """`up` with nothing to do."""
    for mode in bench.modes:
        bench.say(f"nothing to do on {bench.scale.looks:,} tenants in {mode.upper()}")
        where = made(bench, "W1", mode, bench.scale.looks, "look")
        up(bench, where)
        for first in (False, True):
            values = list(look_samples(bench, where, first))
            kind = "the first look, no .lockstep/" if first else "after a run"
            name = f"{mode.upper()} {bench.scale.looks:,}, nothing to do, {kind}: CPU us a tenant"
            bench.report.figures.append(at_most(name, statistics.median(values), LOOK_US, "{:.1f}",
                                                spread(values, "{:.1f}"), below=True))


def peaks(bench, work, sizes):
    for count in sizes:
        bench.say(f"memory of {work} at {count:,} tenants")
        where = made(bench, work, "delete", count, "memory")
        yield count, up(bench, where).maxrss_kb


def each_kb(bench, work, less, more):
    """kB for one tenant more, from two (tenants, peak kB); held pages do not count, up to their cap."""
    def own(found):
        tenants, kb = found
        return kb - min(tenants * bench.held_bytes(work), lockstep.HELD_BYTES) / 1024

    return (own(more) - own(less)) / (more[0] - less[0])


def memory(bench):
    """Peak memory; what a tenant costs is the difference between two sizes."""
    rows = []
    for work in bench.works:
        found = list(peaks(bench, work, bench.scale.memory[work]))
        rows += [[work, f"{n:,}", f"{kb:,}"] for n, kb in found]
        held = f"without its held pages, {bench.held_bytes(work) / 1024:.0f} kB"
        for less, more in itertools.pairwise(found):
            name = f"{work} DELETE {less[0]:,} to {more[0]:,}: kB of memory a tenant more"
            each = each_kb(bench, work, less, more)
            bench.report.figures.append(
                at_most(name, each, TENANT_KB, "{:.1f}", held, below=True) if work == "W1"
                else Figure(name, f"{each:.1f}", note=held))
    bench.report.table(Table("Peak memory of lockstep up, DELETE", ["work", "tenants", "kB"], rows))


def descriptors(bench):
    """More tenants than descriptors: still one decision."""
    bench.say(f"{bench.scale.files:,} tenants under a hard limit of {FILES:,} descriptors")
    where = made(bench, "W1", "delete", bench.scale.files, "files")
    program = bench.programs.lockstep
    sample = bench.programs.run(lockstep.up_json(program), where.folder, nofile=FILES)
    fleet.check(where)
    n = lockstep.decisions(sample.stdout)
    if n is None:
        n = lockstep.decisions(bench.programs.run(lockstep.show_json(program), where.folder).stdout)
    name = f"W1 DELETE {bench.scale.files:,}, ulimit -n {FILES:,} (hard): decisions"
    bench.report.figures.append(Figure(name, "unknown" if n is None else str(n), "1", n == 1,
                                       f"{sample.wall_ms:,.0f} ms"))


def watched(bench, where):
    """One run with readers beside it: what they saw, and the run's sample."""
    reader = subprocess.Popen([bench.programs.path("reader"), "tenants"], cwd=where.folder, text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if reader.stdout.readline() != "ready\n":
            raise fleet.Failed("the readers did not start")
        sample = up(bench, where)
        said, _ = reader.communicate()
    finally:
        reader.kill()
        reader.wait()
    if not said:
        raise fleet.Failed("a reader met an error")
    return json.loads(said), sample


def readers(bench):
    """How long readers of a tenant are shut out, as a share of the run."""
    rows, shares = [], []
    for i in range(bench.rounds):
        bench.say(f"readers, round {i + 1} of {bench.rounds}")
        where = made(bench, "W1", "delete", bench.scale.readers, "readers")
        saw, sample = watched(bench, where)
        fleet.check(where)
        shares.append(saw["longest_us"] / 1000 / sample.wall_ms)
        rows.append([i + 1, f"{sample.wall_ms:,.0f}", f"{saw['longest_us'] / 1000:,.1f}",
                     f"{saw['look_us'] / 1000:,.1f}", f"{saw['reads']:,}", f"{saw['busy']:,}"])
    title = f"Readers of {saw['tenants']} of {bench.scale.readers:,} tenants, W1, DELETE"
    head = ["round", "run ms", "longest shut out ms", "longest between looks ms", "reads", "refused"]
    bench.report.table(Table(title, head, rows))
    name = f"W1 DELETE {bench.scale.readers:,}: readers shut out, share of the run"
    bench.report.figures.append(at_most(name, statistics.median(shares), READERS_SHARE, "{:.3f}",
                                        spread(shares, "{:.3f}"), below=True))
