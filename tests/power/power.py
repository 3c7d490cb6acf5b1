#!/usr/bin/env python3
"""The power-loss test: records what runs do to the disk, and judges what a power failure may leave of it.

    power.py --suite quick|soak|sanitized [--images N]
    power.py --mode M --ending E --size N [--option O]... [--recover] --images K | --image NUMBER
             [--near NOTE] [--without SYNC]

Prints TAP, one test a campaign. Each fault is one line with the moment and what was left, and below it the
command that repeats just that image; its folder and the record are kept. --recover loses the power during
the recovery after a kill, --near right behind some note ("create .anchor"). --without leaves a sync of the record out, as a bug would.
"""

import argparse
import os
import random
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(HERE), "kill"))

import campaign as kills
import contract
import fleet as fleets
import campaigns
import tasks
import workers
from attempt import Campaign
from program import Broken

RECOVER = """lose the power while recovering from a kill, anywhere or after such a note ("unlink .super")"""
SHOWN = 10  # faults printed of one campaign
ENOUGH = 30  # faults after which a campaign ends
ROUNDS = 6  # how often as many numbers are tried as images are wanted


class Runner:
    def __init__(self, options, setting):
        self.options, self.setting = options, setting
        self.pool = workers.Pool(options.jobs, setting)
        self.number = self.failed = self.total = 0
        self.kept = []

    def run(self, job, wanted):
        started, images, faults, broken = time.monotonic(), 0, [], ""
        try:
            for tried in self._rounds(wanted):
                for built, results in self.pool.all(self._tasks(job, tried)):
                    images += built
                    for result in results:
                        faults.append(result)
                        self._show(job, result, len(faults))
                if images >= wanted or len(faults) >= self.options.enough:
                    break
        except Broken as e:
            broken = str(e)
        self.total += images
        self._report(job, images, faults, broken, time.monotonic() - started)

    def _rounds(self, wanted):
        """Ranges of chunks. Some images were seen before, so it may take more of them than are wanted."""
        step = self.options.jobs
        for first in range(0, ROUNDS * -(-wanted // tasks.CHUNK), step):
            yield range(first, first + step)

    def _tasks(self, job, chunks):
        return [(tasks.images, job, chunk, self.options.recorder) for chunk in chunks]

    def _show(self, job, result, count):
        self.kept += [result.kept] if result.kept else []
        if count > SHOWN:
            return
        kind, text = result.fault
        print(f"# {kind}: {text}; {result.call}; {job.title()}")
        print(f"#   repeat: {self.repeat(job, result.point)}")
        if result.kept:
            print(f"#   kept: {result.kept}", flush=True)

    def repeat(self, job, point):
        words = f"{HERE}/power.py --program {self.setting.program} --recorder {self.options.recorder}"
        return f"{words} {job.arguments()} {point.arguments()} --seed {self.setting.seed}"

    def _report(self, job, images, faults, broken, seconds):
        self.number += 1
        fine = images > 0 and not faults and not broken
        self.failed += not fine
        kinds = [result.fault[0] for result in faults]
        words = f"{images} images, {kinds.count('torn')} torn, {kinds.count('lost')} lost"
        for kind in sorted(set(kinds) - {"torn", "lost"}):
            words += f", {kinds.count(kind)} {kind}"
        if broken:
            words += f"; it cannot go on: {broken}"
        print(f"{'ok' if fine else 'not ok'} {self.number} - {job.title()}: {words}")
        print(f"# {seconds:.1f} s, {1000 * seconds / max(images, 1):.0f} ms an image", flush=True)


def one_image(options, setting, job):
    worker = workers.Worker(setting)
    result = tasks.one(worker, job, options.image, options.recorder)
    print(f"# {result.call}")
    if result.fault:
        print(f"# {result.fault[0]}: {result.fault[1]}\n# kept: {worker.bench.folder}")
        result.kept = worker.bench.folder
    worker.bench.end()
    print(f"{'not ok' if result.fault else 'ok'} 1 - {job.title()}, image {options.image}\n1..1")
    return result.fault is not None, [result.kept] if result.kept else []


def read_options():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    a.add_argument("--program", default=kills.from_env("LOCKSTEP", "lockstep"))
    a.add_argument("--recorder", default=kills.from_env("RECORDER", "tests/power/recorder.so"))
    a.add_argument("--work", help="where the images are made (TMPDIR, else /dev/shm, else the build folder)")
    a.add_argument("--jobs", type=int, default=os.cpu_count(), help="images at a time")
    a.add_argument("--seed", type=int)
    a.add_argument("--suite", choices=campaigns.SUITES)
    a.add_argument("--mode", choices=fleets.MODES)
    a.add_argument("--ending", choices=fleets.ENDINGS)
    a.add_argument("--size", type=int)
    a.add_argument("--option", action="append", choices=contract.OPTIONS, default=[])
    a.add_argument("--threads", type=int, default=1, help="--jobs of the program")
    a.add_argument("--recover", nargs="?", const=tasks.ANY, default="", metavar="NOTE", help=RECOVER)
    a.add_argument("--near", default="", metavar="NOTE", help="lose the power right behind such a note, mostly")
    a.add_argument("--without", default="", metavar="SYNC", help='leave it out ("fsync tenants 3": the third one)')
    a.add_argument("--enough", type=int, default=ENOUGH, help="faults after which a campaign ends")
    a.add_argument("--images", type=int, help="how many, in all")
    a.add_argument("--image", type=int, metavar="NUMBER")
    options = a.parse_args()
    if not options.suite and not (options.mode and options.ending and options.size):
        a.error("either --suite, or --mode, --ending and --size")
    for program in (options.program, options.recorder):
        if not os.access(program, os.X_OK):
            print(f"Bail out! there is no program {program}")
            sys.exit(1)
    options.recorder = os.path.abspath(options.recorder)
    return options


def jobs_of(options):
    if options.suite:
        return campaigns.SUITES[options.suite][0]
    campaign = Campaign(options.mode, options.ending, options.size, tuple(options.option), options.threads)
    return [tasks.Job(campaign, options.recover, options.near, options.without)]


def run_jobs(options, setting):
    jobs = jobs_of(options)
    usual = campaigns.SUITES[options.suite][1] if options.suite else 100
    wanted = options.images or usual
    print(f"# seed {setting.seed}\n1..{len(jobs)}", flush=True)
    runner = Runner(options, setting)
    share = sum(job.weight() for job in jobs)
    for job in jobs:
        runner.run(job, -(-wanted * job.weight() // share))
    runner.pool.end()
    print(f"# {runner.total} images, {runner.failed} of {len(jobs)} campaigns failed")
    return runner.failed, runner.kept


def main():
    options = read_options()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    root = kills.root_folder(options)
    setting = workers.Setting(os.path.abspath(options.program), "", root, seed)
    if options.image is not None:
        failed, kept = one_image(options, setting, jobs_of(options)[0])
    else:
        failed, kept = run_jobs(options, setting)
    kills.clean(root, kept)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
