"""Worker processes, each with a folder of its own, that carry out tries and hand back what they found.

A task is one of the functions below with its arguments. A fault keeps the folder it was found in and the
worker goes on in another; an exception would end the pool, so it comes back as a value.
"""

import multiprocessing
import os
import random
import shutil
import time
from dataclasses import dataclass

import points
from attempt import Attempt
from bench import Bench
from judge import Fault
from program import Broken

FAULTS = 4  # of one campaign that a worker keeps; a broken program would fill the disk


@dataclass(frozen=True)
class Setting:
    program: str
    killat: str
    root: str
    seed: int
    literal: bool = False


class Worker:
    """The state of one process: the bench of the campaign it is at."""

    this = None

    def __init__(self, setting):
        self.setting = setting
        self.campaign = self.bench = None
        self.made = self.faults = 0

    def bench_for(self, campaign):
        if campaign != self.campaign:
            self.clear()
            self.campaign, self.faults = campaign, 0
        if self.bench is None:
            self.made += 1
            base = os.path.join(self.setting.root, f"{os.getpid()}-{self.made}")
            self.bench = Bench(base, campaign, self.setting.program, self.setting.killat)
        return self.bench

    def attempt(self, campaign, p):
        result = Attempt(self.bench_for(campaign), self.setting.seed, p).run()
        if result.fault:
            self.faults += 1
            if self.faults <= FAULTS:
                result.kept = self.bench.folder
                self.bench.end()
                self.bench = None
        return result

    def clear(self):
        if self.bench is not None:
            self.bench.end()
            shutil.rmtree(self.bench.base, ignore_errors=True)
        self.bench = None


# Tasks.


def count(worker, campaign, double):
    """The calls of a full run, a line each."""
    bench = worker.bench_for(campaign)
    bench.restore()
    bench.hold()
    return bench.program.count(bench.folder, bench.arguments(), locks=not double).trace


def single(worker, campaign, p):
    return [worker.attempt(campaign, p)]


def double(worker, campaign, first, sample):
    """Every second kill that can follow the first one, or some of them."""
    seed = worker.setting.seed
    calls = Attempt(worker.bench_for(campaign), seed, first, double=True).count_recover()
    found = points.seconds(first, calls, worker.setting.literal or sample)
    if sample:
        found = random.Random(f"{seed}/{first}").sample(found, min(sample, len(found)))
    results = []
    for p in found:
        if worker.faults > FAULTS:
            break
        results.append(worker.attempt(campaign, p))
    return results


def clear(worker):
    worker.clear()


def in_time(worker, deadline, function, *arguments):
    """None when the campaign's time is up: on a slow machine the rest is left to the next run."""
    return None if time.monotonic() > deadline else function(worker, *arguments)


# The pool.


def begin(setting):
    Worker.this = Worker(setting)


def carry_out(task):
    function, *arguments = task
    try:
        return function(Worker.this, *arguments)
    except (Broken, Fault, OSError) as e:
        return Broken(f"{type(e).__name__}: {e}")


class Pool:
    def __init__(self, jobs, setting):
        self.jobs = jobs
        self.deadline = float("inf")
        self.left_out = 0
        self.pool = multiprocessing.get_context("fork").Pool(jobs, begin, (setting,))

    def one(self, *task):
        return self._value(self.pool.apply(carry_out, (task,)))

    def all(self, tasks, chunk=1):
        tasks = [(in_time, self.deadline, *task) for task in tasks]
        for value in self.pool.imap_unordered(carry_out, tasks, chunk):
            if value is None:
                self.left_out += 1
            else:
                yield self._value(value)

    def end(self):
        self.pool.close()
        self.pool.join()

    @staticmethod
    def _value(value):
        if isinstance(value, Broken):
            raise value
        return value
