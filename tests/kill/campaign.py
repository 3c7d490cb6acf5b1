#!/usr/bin/env python3
"""The kill test: kills lockstep at every system call that matters, and has the stock sqlite3 judge.

    campaign.py --suite quick|soak|sanitized
    campaign.py --mode M --ending E --size N [--option O]... [--threads T] [--double]
                --exhaustive | --states | --near WORD... | --sample K | --point N --when before|after [--second M --second-when W]

Prints TAP, one test a campaign. Each fault is one line with what was killed where, and below it the
command that repeats just that try; its folder is kept. A single --point with --stop ends after the kill
and keeps the folder as the kill left it.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass

sys.dont_write_bytecode = True

import contract
import fleet as fleets
import points
import suites
import workers
from attempt import Attempt, Campaign
from bench import Bench
from judge import Fault
from program import Broken

HERE = os.path.dirname(os.path.abspath(__file__))
ROOM_WANTED = 1 << 30
BUILD = os.environ.get("BUILD_ROOT") or os.path.join(os.path.dirname(os.path.dirname(HERE)), "build")

SHOWN = 20  # faults printed of one campaign
ENOUGH = 50  # faults after which a campaign ends
DRAWS = 5  # of a sample, until something of it was killed
LEAST_SECONDS = 6  # of an exhaustive campaign, however little time is left
SAMPLED_SECONDS = 4  # kills of recover for each sampled first kill


@dataclass
class Outcome:
    kills: int = 0
    tries: int = 0
    faults: list = None
    broken: str = ""

    def summary(self, double):
        kinds = [result.fault[0] for result in self.faults]
        words = [f"{self.kills} {'double' if double else 'single'} kills"]
        for kind in Fault.KINDS:
            if kind in Fault.KINDS[:2] or kind == "left over" or kind in kinds:
                words.append(f"{kinds.count(kind)} {kind}")
        return ", ".join(words)


class Runner:
    def __init__(self, options, setting):
        self.options, self.setting = options, setting
        self.pool = workers.Pool(options.jobs, setting)
        self.kept = []
        self.number = self.failed = 0
        self.exhaustive_left = 0
        self.draw = 0
        self.ends = time.monotonic() + (options.budget or float("inf"))

    def _deadline(self, job, now):
        """Samples are always taken whole; of what is left, an exhaustive one may take twice its part."""
        if job.sample:
            return float("inf")
        return now + max(LEAST_SECONDS, 2 * (self.ends - now) / max(self.exhaustive_left, 1))

    def run(self, job):
        started = time.monotonic()
        self.pool.deadline, self.pool.left_out = self._deadline(job, started), 0
        self.exhaustive_left -= not job.sample
        out = Outcome(faults=[])
        try:
            self._try(job, out)
        except Broken as e:
            out.broken = str(e)
        self._report(job, out, time.monotonic() - started)

    def _try(self, job, out):
        """A sample may be of points alone from which no second kill is reached: then others are drawn."""
        for self.draw in range(DRAWS if job.sample else 1):
            for results in self._results(job):
                self._take(out, job, results)
                if len(out.faults) >= self.options.enough:
                    return
            if out.kills:
                return

    def _results(self, job):
        calls = self.pool.one(workers.count, job.campaign, job.double)
        if job.double:
            yield from self._doubles(job, calls)
            return
        found = points.firsts(calls, not job.states, removable=True)
        if self.options.near:
            found = points.near(found, calls, self.options.near)
        elif job.sample:
            found = self._chance(job).sample(found, min(job.sample, len(found)))
        if self.options.budget:
            self._chance(job).shuffle(found)
        tasks = [(workers.single, job.campaign, p) for p in found]
        yield from self.pool.all(tasks, chunk=4)
        whole = not (job.sample or job.states or self.options.near or self.pool.left_out)
        if whole:
            yield from self._beyond(job, len(calls) + 1)

    def _beyond(self, job, n):
        """A run may make more calls than the one that was counted."""
        while True:
            results = self.pool.one(workers.single, job.campaign, points.Point(n, "before"))
            yield results
            if results[0].kills == 0 or results[0].fault:
                return
            n += 1

    def _doubles(self, job, calls):
        literal = self.setting.literal or job.sample
        found = points.firsts(calls, literal, removable=not job.campaign.live())
        share = SAMPLED_SECONDS if job.sample else 0
        if job.sample:
            found = self._chance(job).sample(found, min(-(-job.sample // share), len(found)))
        if self.options.budget:
            self._chance(job).shuffle(found)
        yield from self.pool.all([(workers.double, job.campaign, p, share) for p in found])

    def _chance(self, job):
        again = f"/{self.draw}" if self.draw else ""
        return random.Random(f"{self.setting.seed}/{job.campaign}/{job.double}{again}")

    def _take(self, out, job, results):
        for r in results:
            out.tries += 1
            out.kills += r.kills > (r.point.m > 0)
            if not r.fault:
                continue
            out.faults.append(r)
            if r.kept:
                self.kept.append(r.kept)
            if len(out.faults) <= SHOWN:
                self._show(job.campaign, r)

    def _show(self, campaign, r):
        kind, text = r.fault
        print(f"# {kind}: {text}; killed at {r.call}; {campaign.title()}; {r.point.arguments()}")
        print(f"#   repeat: {self.repeat(campaign, r.point)}")
        if r.kept:
            print(f"#   kept: {r.kept}", flush=True)

    def repeat(self, campaign, p):
        words = f"{HERE}/campaign.py --program {self.setting.program}"
        words += f" --killat {self.setting.killat} {campaign.arguments()} {p.arguments()}"
        return words + f" --seed {self.setting.seed}"

    def _report(self, job, out, seconds):
        self.number += 1
        fine = not out.faults and not out.broken and out.kills > 0
        self.failed += not fine
        result = "ok" if fine else "not ok"
        words = out.summary(job.double)
        if self.pool.left_out:
            words += f" ({self.pool.left_out} left out by seed {self.setting.seed}, the time was up)"
        if out.broken:
            words += f"; it cannot go on: {out.broken}"
        print(f"{result} {self.number} - {job.title()}: {words}")
        each = 1000 * seconds / max(out.tries, 1)
        print(f"# {seconds:.1f} s, {each:.0f} ms a try", flush=True)

    def end(self):
        self.pool.end()


def one_point(options, setting, campaign):
    p = points.Point(options.point, options.when, options.second or 0, options.second_when)
    bench = Bench(os.path.join(setting.root, "1"), campaign, setting.program, setting.killat)
    try:
        result = Attempt(bench, setting.seed, p).run(only_kill=options.stop)
    finally:
        bench.end()
    print(f"# killed at: {result.call}")
    if result.fault:
        print(f"# {result.fault[0]}: {result.fault[1]}")
    if result.fault or options.stop:
        print(f"# kept: {bench.folder}")
        result.kept = bench.folder
    print(f"{'not ok' if result.fault else 'ok'} 1 - {campaign.title()}, {p.arguments()}\n1..1")
    return result


def from_env(name, built):
    return os.environ.get(name) or os.path.join(BUILD, built)


def read_options():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    a.add_argument("--program", default=from_env("LOCKSTEP", "lockstep"))
    a.add_argument("--killat", default=from_env("KILLAT", "tests/kill/killat"))
    a.add_argument("--work", help="where the fleets are made (TMPDIR, else /dev/shm, else the build folder)")
    a.add_argument("--jobs", type=int, default=os.cpu_count(), help="tries at a time")
    a.add_argument("--seed", type=int)
    a.add_argument("--suite", choices=suites.SUITES)
    a.add_argument("--budget", type=float, metavar="SECONDS", help="leave tries out, said, when longer")
    a.add_argument("--mode", choices=fleets.MODES)
    a.add_argument("--ending", choices=fleets.ENDINGS)
    a.add_argument("--size", type=int)
    a.add_argument("--option", action="append", choices=contract.OPTIONS, default=[])
    a.add_argument("--threads", type=int, default=1, help="--jobs of the program")
    a.add_argument("--double", action="store_true", help="kill recover as well")
    a.add_argument("--literal", action="store_true", help="double kills before and after every call")
    a.add_argument("--exhaustive", action="store_true")
    a.add_argument("--states", action="store_true", help="once for each state of the disk")
    a.add_argument("--near", nargs="+", metavar="WORD", help="at calls with such a word, as .super, and next to them")
    a.add_argument("--sample", type=int, metavar="K")
    a.add_argument("--point", type=int, metavar="N")
    a.add_argument("--when", choices=("before", "after"), default="before")
    a.add_argument("--second", type=int, metavar="M")
    a.add_argument("--second-when", choices=("before", "after"), default="before")
    a.add_argument("--enough", type=int, default=ENOUGH, help="faults after which a campaign ends")
    a.add_argument("--stop", action="store_true", help="only kill, and keep the folder")
    options = a.parse_args()
    if not options.suite and not (options.mode and options.ending and options.size):
        a.error("either --suite, or --mode, --ending and --size")
    which = (options.exhaustive, options.states, options.near, options.sample, options.point)
    if not options.suite and not any(which):
        a.error("--exhaustive, --states, --near, --sample or --point")
    for program in (options.program, options.killat):
        if not os.access(program, os.X_OK):
            print(f"Bail out! there is no program {program}")
            sys.exit(1)
    return options


def memory():
    """A kill loses no page of the system's, so memory does as well as a disk, and is faster."""
    place = "/dev/shm"
    if not os.access(place, os.W_OK):
        return None
    room = os.statvfs(place)
    return place if room.f_bavail * room.f_frsize >= ROOM_WANTED else None


def root_folder(options):
    place = options.work or os.environ.get("TMPDIR") or memory() or BUILD
    os.makedirs(place, exist_ok=True)
    root = tempfile.mkdtemp(prefix="kill-", dir=place)
    os.chmod(root, 0o755)
    return os.path.realpath(root)


def clean(root, kept):
    for name in os.listdir(root):
        folder = os.path.join(root, name)
        if not any(k.startswith(folder + "/") for k in kept):
            shutil.rmtree(folder, ignore_errors=True)
    if not kept:
        os.rmdir(root)


def jobs_of(options):
    if options.suite:
        return suites.SUITES[options.suite]
    return [suites.Job(campaign_of(options), options.double, options.sample or 0, options.states)]


def campaign_of(options):
    return Campaign(
        options.mode, options.ending, options.size, tuple(options.option), options.threads
    )


def run_jobs(options, setting):
    runner = Runner(options, setting)
    jobs = jobs_of(options)
    print(f"# seed {setting.seed}\n1..{len(jobs)}", flush=True)
    runner.exhaustive_left = sum(not job.sample for job in jobs)
    for job in jobs:
        runner.run(job)
    runner.end()
    return runner.failed, runner.kept


def main():
    options = read_options()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    program, killat = os.path.abspath(options.program), os.path.abspath(options.killat)
    root = root_folder(options)
    setting = workers.Setting(program, killat, root, seed, options.literal)
    if options.point:
        result = one_point(options, setting, campaign_of(options))
        failed, kept = result.fault is not None, [result.kept] if result.kept else []
    else:
        failed, kept = run_jobs(options, setting)
    clean(root, kept)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
