"""Figures that are counted, not timed: syncs and system calls, under strace."""

import os

from . import contestants, fleet, lockstep
from .report import Figure, Table

SYNCS = "fsync,fdatasync,syncfs,sync,sync_file_range,msync"
HIDDEN = "io_uring_enter"  # what is submitted there, strace does not name
PER_TENANT_AT = 100


def parse(path):
    """calls by name out of strace -c: the second last column may be empty."""
    calls = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            cells = line.split()
            if len(cells) >= 5 and cells[0].replace(".", "").isdigit() and cells[-1] != "total":
                calls[cells[-1]] = int(cells[3])
    return calls


def traced(bench, name, work, mode, count, what):
    out = os.path.join(bench.place.fresh("strace"), "calls")
    command = ["strace", "-f", "-c", "-o", out]
    if what:
        command += ["--seccomp-bpf", "-e", "trace=" + what]
    command += contestants.command(name, bench.programs, mode)
    made = fleet.make(bench.place, bench.programs.path("mkfleet"), work, mode, count, name)
    bench.programs.run(command, made.folder)
    fleet.check(made)
    return parse(out)


def sync_calls(bench, name, work, mode, count):
    calls = traced(bench, name, work, mode, count, SYNCS + "," + HIDDEN)
    if calls.pop(HIDDEN, 0):
        raise fleet.Failed("it uses io_uring: strace cannot count its syncs")
    return calls


def in_words(calls):
    return ", ".join(f"{n} {name}" for name, n in sorted(calls.items())) or "none"


def lockstep_syncs(bench, work, mode):
    """What one cap-full of held pages takes at the smallest size is the most for each at the others."""
    counts, rows = [], []
    fulls = [-(-n * bench.held_bytes(work) // lockstep.HELD_BYTES) for n in bench.scale.syncs]
    for count in bench.scale.syncs:
        bench.say(f"syncs of {work} {mode.upper()} at {count:,} tenants")
        calls = sync_calls(bench, "lockstep", work, mode, count)
        counts.append(sum(calls.values()))
        rows.append([f"lockstep up, {work} {mode.upper()}", f"{count:,}", counts[-1],
                     f"{counts[-1] / count:.3f}", in_words(calls)])
    sizes = ", ".join(f"{n:,}" for n in bench.scale.syncs)
    allowed = [counts[0] * full for full in fulls]
    note = "held pages fill the cap " + ", ".join(map(str, fulls)) + " times"
    return rows, Figure(f"{work} {mode.upper()}: syncs of a whole run at {sizes} tenants",
                        ", ".join(map(str, counts)), "constant",
                        all(n <= most for n, most in zip(counts, allowed)),
                        note if max(fulls) > 1 else "")


def loop_syncs(bench, work, mode):
    calls = sync_calls(bench, "loop", work, mode, PER_TENANT_AT)
    total = sum(calls.values())
    return [contestants.TITLES["loop"] + f", {work} {mode.upper()}", f"{PER_TENANT_AT:,}", total,
            f"{total / PER_TENANT_AT:.3f}", in_words(calls)]


def syncs(bench):
    rows = []
    for work in bench.works:
        for mode in bench.modes:
            rows.append(loop_syncs(bench, work, mode))
            if bench.programs.lockstep:
                more, figure = lockstep_syncs(bench, work, mode)
                rows += more
                bench.report.figures.append(figure)
    head = ["contestant", "tenants", "syncs", "a tenant", "which"]
    bench.report.table(Table("Syncs (strace)", head, rows))


def system_calls(bench):
    count = min(bench.sizes)
    rows = []
    for mode in bench.modes:
        for name in ("lockstep", "loop"):
            if name not in bench.contestants:
                continue
            bench.say(f"system calls of {name} in {mode.upper()}")
            calls = traced(bench, name, "W1", mode, count, None)
            most = sorted(calls.items(), key=lambda c: -c[1])[:8]
            rows.append([contestants.TITLES[name] + f", {mode.upper()}",
                         f"{sum(calls.values()) / count:.1f}",
                         ", ".join(f"{n / count:.1f} {c}" for c, n in most)])
    bench.report.table(Table(f"System calls a tenant, W1, {count:,} tenants",
                             ["contestant", "all", "most"], rows))
