#!/usr/bin/env python3
"""Real pressure: many tenants on one machine, applications at work on some of them, runs killed at random
moments, round after round. What must hold is in rounds.py, and in ../apps/work.py for applications.

Prints TAP, and what happened; --seed repeats one (as far as moments can be repeated). --full is the
issue's size: 100,000 tenants, 200 of them busy, 50 rounds. A fleet with a fault in it is kept.
"""

import argparse
import os
import random
import shutil
import statistics
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(HERE), "apps"))

from fleet import MODES, Fleet
from limits import Mappings
from program import Program
from rounds import Fault, Rounds
from work import Work

FULL = {"tenants": 100_000, "busy": 200, "rounds": 50, "modes": ["mixed"]}
SMALL = {"tenants": 150, "busy": 12, "rounds": 5, "modes": list(MODES)}


def plan_groups(program, fleet, work):
    """How many decisions, and which of the busy tenants each covers."""
    plan = program.run(["plan"]).report()
    for number, group in enumerate(plan["groups"], 1):
        for tenant in group["tenants"]:
            place = fleet.place.get(fleet.number(tenant["id"]))
            if place is not None:
                work.group[place] = number
    return plan["decisions"]


def play(rounds, work, n, minutes):
    """Faults, and those that the applications found."""
    faults, until = [], time.monotonic() + minutes * 60
    work.start()
    try:
        for k in range(1, n + 1):
            if time.monotonic() < until:
                rounds.play(k)
                rounds.played = k
        rounds.judge_all()
    except Fault as fault:
        faults.append(str(fault))
    finally:
        work.stop()
    return faults + work.faults() + work.rows_lost() + work.rows_strange()


def spread(values):
    return f"{min(values):.1f} to {max(values):.1f}, median {statistics.median(values):.1f}" if values else "-"


def figures(rounds, work, groups):
    runs = rounds.runs
    fates = ", ".join(f"{n} {stand}" for stand, n in sorted(rounds.kills.items()))
    told = work.told
    yield f"{rounds.fleet.size} tenants, {len(rounds.fleet.busy)} busy, decisions: {groups}, rounds: {rounds.played}"
    yield f"kills: {sum(rounds.kills.values())} ({fates})"
    yield f"seconds of a run that was not killed: {spread([r['seconds'] for r in runs])}"
    yield f"longest hold for writers, s: {spread([r['hold_writers_s'] for r in runs])}"
    yield f"longest hold for readers, s: {spread([r['hold_readers_s'] for r in runs])}"
    yield f"peak memory of lockstep: {rounds.program.rss_kb / 1024:.0f} MiB"
    yield f"rows written: {work.rows_written()}, pairs read: {sum(told['pairs'])}, refused: {sum(told['refused'])}"
    yield f"tenants looked at: {rounds.looks}"


def trial(o, mode, place):
    """(faults, figures, folder) of one fleet."""
    folder = os.path.realpath(tempfile.mkdtemp(prefix=f"pressure-{mode}-", dir=place))
    fleet = Fleet(folder, mode, o.tenants, o.busy)
    fleet.make()
    program = Program(o.program, folder, 256 if mode == "mixed" and o.tenants < 10_000 else 0)
    work = Work(folder, [fleet.path(i) for i in fleet.busy], o.seed, o.pause)
    groups = plan_groups(program, fleet, work)
    rounds = Rounds(fleet, program, work, groups, o.seed)
    faults = play(rounds, work, o.rounds, o.minutes)
    found = list(figures(rounds, work, groups))
    if faults and not o.forget:
        faults.append(f"kept: {folder}")
    return faults, found, folder


def options():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("--program", default=os.environ.get("LOCKSTEP", "build/lockstep"))
    a.add_argument("--full", action="store_true")
    for name in ("tenants", "busy", "rounds"):
        a.add_argument(f"--{name}", type=int)
    a.add_argument("--modes", nargs="+", choices=list(MODES))
    a.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    a.add_argument("--pause", type=float, default=0.005, help="of an application between two works, s")
    a.add_argument("--minutes", type=float, default=1e6, help="begin no round after so many")
    a.add_argument("--forget", action="store_true", help="keep nothing")
    a.add_argument("--work", help="where the fleets are made; default: pressure/ beside the program")
    o = a.parse_args()
    o.program = os.path.abspath(o.program)
    o.work = o.work or os.path.join(os.path.dirname(o.program), "pressure")
    for name, value in (FULL if o.full else SMALL).items():
        if getattr(o, name) is None:
            setattr(o, name, value)
    return o


def main():
    o, failed = options(), 0
    os.makedirs(o.work, exist_ok=True)
    print(f"# seed {o.seed}; repeat: tests/pressure/pressure.py --tenants {o.tenants} --busy {o.busy} --rounds "
          f"{o.rounds} --modes {' '.join(o.modes)} --seed {o.seed}\n1..{len(o.modes)}", flush=True)
    with Mappings(o.tenants) as mappings:
        print(f"# {mappings.words}", flush=True)
        for number, mode in enumerate(o.modes, 1):
            faults, found, folder = trial(o, mode, o.work)
            failed += bool(faults)
            for line in found:
                print(f"# {line}")
            print(f"{'not ' if faults else ''}ok {number} - {MODES[mode]}: {o.tenants} tenants "
                  "under kills: nothing lost, one version for all", flush=True)
            for line in "\n".join(faults[:20]).splitlines():
                print(f"# {line}", flush=True)
            if not faults or o.forget:
                shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
