#!/usr/bin/env python3
"""Resource faults: lets the n-th call of a kind fail in every command, and has the judge look at the fleet.

    campaign.py --suite quick|soak [--budget SECONDS]
    campaign.py --command C [--mode M] [--kind K] [--every]
    campaign.py --command C --mode M --kind K --how H --at N [--stays]

Quick takes some of the commands and one call of each place in the program, by the seed, as far as the budget
goes; soak takes all commands and --every all calls.
Prints TAP, a case for each command and kind of fleet. A fault is a line, and below it the command that
repeats that try.
"""

import argparse
import collections
import functools
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from stages import Broken, Stage

from commands import COMMANDS, MODES
from order import KINDS, Order
from verdict import Try

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("BUILD_ROOT") or os.path.join(os.path.dirname(os.path.dirname(HERE)), "build")
SHOWN = 12
OTHERS = 5
CHUNK = 32
ALWAYS = (("up", "delete"), ("up", "wal-idle"), ("undo", "delete"), ("adopt", "delete"),
          ("recover-back", "delete"), ("recover-on", "delete"))


class Worker:
    """One process; it keeps the stage it is at."""

    stage, of, made = None, None, 0

    @classmethod
    def stage_for(cls, options, command, mode):
        if cls.of != (command, mode):
            if cls.stage:
                cls.stage.end()
            cls.made += 1
            base = os.path.join(options.root, f"{os.getpid()}-{cls.made}")
            cls.of = (command, mode)
            cls.stage = Stage(base, COMMANDS[command], mode, options.program, options.failat,
                              options.after)
        return cls.stage


def carry_out(function, options, *arguments):
    """In a worker: what goes wrong with the test itself comes back as a value."""
    try:
        return function(options, *arguments)
    except (Broken, OSError) as e:
        return Broken(f"{type(e).__name__}: {e}")


def calls_of(options, command, mode):
    return Worker.stage_for(options, command, mode).places()


def one_try(options, command, mode, deadline, order):
    if time.monotonic() > deadline:
        return None
    attempt = Try(Worker.stage_for(options, command, mode), order)
    fault = attempt.run()
    call = attempt.ended and f"{attempt.ended.call} {attempt.ended.path}"
    stack = attempt.ended.stack if attempt.ended and fault else ()
    return order, call, fault and (fault.args[0], fault.kind), stack, (os.getpid(), len(attempt.stage.known))


class Campaign:
    def __init__(self, options, pool, cases):
        self.options, self.pool, self.cases = options, pool, cases
        self.number = self.failed = self.tries = 0

    def run(self, command, mode):
        started = time.monotonic()
        self.faults, done, self.left_out, self.states = [], collections.Counter(), 0, {}
        try:
            for result in self._results(command, mode):
                if result is None:
                    self.left_out += 1
                else:
                    done[result[0].kind] += bool(result[1])
                    self._take(command, mode, result)
        except Broken as e:
            self.faults.append(e)
            print(f"# it cannot go on: {e}")
        self._report(command, mode, done, time.monotonic() - started)

    def _results(self, command, mode):
        ask = (calls_of, self.options, command, mode)
        chance = random.Random(f"{self.options.seed}/{command}/{mode}")
        calls = self._value(self.pool.apply(carry_out, ask))
        orders = [o for kind in self.options.kinds for o in self._orders(calls[kind], kind, chance)]
        chance.shuffle(orders)
        if self.options.every:
            orders.sort(key=lambda o: o.kind == "alloc")  # of these there are most
        task = functools.partial(carry_out, one_try, self.options, command, mode, self._deadline())
        for value in self.pool.imap_unordered(task, orders, CHUNK if self.options.every else 4):
            yield self._value(value)

    def _deadline(self):
        """Each case has its part of the time that is left, and what others did not take of theirs."""
        now = time.monotonic()
        return now + (self.options.ends - now) / (self.cases - self.number)

    def _orders(self, calls, kind, chance):
        if self.options.every:
            numbers = range(1, len(calls) + 1)
            if kind == "alloc" and self.options.sample > 1:
                numbers = sorted(chance.sample(numbers, len(calls) // self.options.sample))
            both = (False, True)
            return [Order(kind, how, n, s) for n in numbers for how in KINDS[kind] for s in both]
        places = {}
        for n, call in enumerate(calls, 1):
            places.setdefault(call[0], []).append(n)
        picked = [chance.choice(found) for found in places.values()]
        return [Order(kind, chance.choice(KINDS[kind]), n, chance.random() < 0.5) for n in picked]

    def _take(self, command, mode, result):
        order, call, fault, stack, (worker, states) = result
        self.tries += 1
        self.states[worker] = states
        if not fault:
            return
        self.faults.append(fault)
        if len(self.faults) <= self.options.shown:
            print(f"# {fault[1]}: {fault[0]}; {order.title()}: {call}")
            print(f"#   repeat: {self._repeat(command, mode, order)}", flush=True)
            self._show_stack(stack)

    def _show_stack(self, stack):
        for frame in stack if self.options.stacks else ():
            print(f"#     {frame}")

    def _repeat(self, command, mode, order):
        words = f"{HERE}/campaign.py --program {self.options.program} --failat {self.options.failat}"
        words += f" --after {self.options.after}" if self.options.after else ""
        return f"{words} --command {command} --mode {mode} {order.arguments()}"

    @staticmethod
    def _value(value):
        if isinstance(value, Broken):
            raise value
        return value

    def _report(self, command, mode, done, seconds):
        self.number += 1
        fine = not self.faults and (sum(done.values()) > 0 or self.left_out)
        self.failed += not fine
        words = ", ".join(f"{n} {kind}" for kind, n in done.items())
        words = f"{sum(done.values())} tries ({words}), {max(self.states.values(), default=0)} states"
        words += f"; {len(self.faults)} wrong" if self.faults else ""
        if self.left_out:
            words += f" ({self.left_out} left out by seed {self.options.seed}, the time was up)"
        result = "ok" if fine else "not ok"
        print(f"{result} {self.number} - {command} on {mode}: {words}\n# {seconds:.1f} s", flush=True)


def from_env(name, built):
    return os.environ.get(name) or os.path.join(BUILD, built)


def read_options():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    a.add_argument("--program", default=from_env("LOCKSTEP", "lockstep"))
    a.add_argument("--after", help="the program for what follows each try, where PROGRAM is a slow build")
    a.add_argument("--failat", default=from_env("FAILAT", "tests/faults/libfailat.so"))
    a.add_argument("--work", help="where the fleets are made (else /dev/shm)")
    a.add_argument("--jobs", type=int, default=os.cpu_count(), help="tries at a time")
    a.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    a.add_argument("--suite", choices=("quick", "soak"))
    a.add_argument("--budget", type=float, default=float("inf"), metavar="SECONDS")
    a.add_argument("--command", choices=COMMANDS)
    a.add_argument("--mode", choices=MODES)
    a.add_argument("--kind", choices=KINDS, action="append")
    a.add_argument("--how")
    a.add_argument("--at", type=int)
    a.add_argument("--stays", action="store_true")
    a.add_argument("--every", action="store_true", help="every call, not one of each place")
    a.add_argument("--sample", type=int, default=1, metavar="K", help="with --every: of allocations one in K")
    a.add_argument("--shown", type=int, default=SHOWN, help="faults shown of each case")
    a.add_argument("--stacks", action="store_true", help="and the stack of each")
    options = a.parse_args()
    options.program, options.failat = map(os.path.abspath, (options.program, options.failat))
    options.after = options.after and os.path.abspath(options.after)
    options.every = options.every or options.suite == "soak"
    options.kinds = options.kind or list(KINDS)
    options.ends = time.monotonic() + options.budget
    return options


def cases(options):
    """Quick: what changes a fleet, and of the others some, by the seed."""
    every = list(every_case(options))
    if options.suite != "quick":
        return every
    always = [case for case in every if case in ALWAYS]
    others = [case for case in every if case not in ALWAYS]
    return always + random.Random(options.seed).sample(others, OTHERS)


def every_case(options):
    for command in COMMANDS.values():
        for mode in command.modes:
            if options.command in (None, command.name) and options.mode in (None, mode):
                yield command.name, mode


def one(options):
    order = Order(options.kinds[0], options.how or KINDS[options.kinds[0]][0], options.at, options.stays)
    stage = Stage(os.path.join(options.root, "1"), COMMANDS[options.command],
                  options.mode or COMMANDS[options.command].modes[0], options.program, options.failat, options.after)
    attempt = Try(stage, order)
    fault = attempt.run()
    if ended := attempt.ended:
        print(f"# {order.title()}: {ended.call} {ended.path}")
        print("\n".join(f"#   {frame}" for frame in ended.stack))
        print(f"exit {ended.code}\n{ended.out}{ended.errors}")
    print(f"not ok 1 - {fault.kind}: {fault}" if fault else "ok 1 - as it should be", "\n1..1")
    if fault:
        print(f"# kept: {stage.folder}")
        stage.judge.end()
        return 1
    stage.end()
    return 0


def main():
    options = read_options()
    place = options.work or ("/dev/shm" if os.access("/dev/shm", os.W_OK) else BUILD)
    options.root = os.path.realpath(tempfile.mkdtemp(prefix="faults-", dir=place))
    if options.at:
        return one(options)
    chosen = cases(options)
    print(f"# seed {options.seed}\n1..{len(chosen)}", flush=True)
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        campaign = Campaign(options, pool, len(chosen))
        for command, mode in chosen:
            campaign.run(command, mode)
    shutil.rmtree(options.root, ignore_errors=True)
    return 1 if campaign.failed else 0


if __name__ == "__main__":
    sys.exit(main())
