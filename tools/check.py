#!/usr/bin/env python3
"""Build, run test suites, show what failed, and count single test cases.

usage: tools/check.py [--build DIR] [SUITE...]     (default: all suites but `soak`)

Suites are meson's, see tests/meson.build. VARIANTS are suites run again from a build folder of
their own. Every case is a TAP line; a program that dies, or runs less than it planned, adds one
failure. The last line on standard output is "N passed, N failed[, N skipped]".
"""
import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

FUZZ = ["-Dfuzz=true", "-Dwerror=false", "-Db_sanitize=address,undefined", "-Db_lundef=false"]
VARIANTS = {  # name: (suite, suffix of the build folder, meson options, slow-down)
    "unit-asan": ("unit", "-asan", ["-Db_sanitize=address,undefined", "-Db_lundef=false"], 4),
    "cli-asan": ("cli", "-asan", ["-Db_sanitize=address,undefined", "-Db_lundef=false"], 4),
    "faults-asan": ("faults", "-asan", ["-Db_sanitize=address,undefined", "-Db_lundef=false"], 4),
    "fuzz": ("fuzz", "-fuzz", FUZZ, 4),
    "fuzz-long": ("fuzz-long", "-fuzz", FUZZ, 1),
    "unit-tsan": ("unit", "-tsan", ["-Db_sanitize=thread", "-Db_lundef=false"], 10),
}
NOT_BY_DEFAULT = {"soak", "unit-tsan", "faults-asan", "fuzz-long"}
CASE = re.compile(r"(not )?ok\b[^#]*(#\s*(skip|todo))?", re.I)
PLAN = re.compile(r"1\.\.(\d+)")
SHOWN = 300  # lines of a failed test


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def count_tap(text):
    """The cases in TAP output, and whether as many ran as were planned."""
    count, ran, planned = Count(), 0, None
    for line in text.splitlines():
        if plan := PLAN.match(line):
            planned = int(plan[1]) + (planned or 0)
        if not (case := CASE.match(line)):
            continue
        ran += 1
        if case[3]:
            count.skipped += 1
        elif case[1]:
            count.failed += 1
        else:
            count.passed += 1
    return count, planned == ran


def count_test(test):
    """The cases of one entry of meson's testlog.json."""
    count, complete = count_tap(test.get("stdout") or "")
    died = test["result"] in ("TIMEOUT", "ERROR", "INTERRUPT") or test["returncode"] != 0
    if not count.failed and (died or not complete):
        count.failed = 1
    return count


def show(test):
    print(f"\n--- {test['name']}: {test['result']}, exit {test['returncode']}, "
          f"{test['duration']:.1f} s")
    lines = ((test.get("stdout") or "") + (test.get("stderr") or "")).splitlines()
    if len(lines) > SHOWN:
        print(f"... {len(lines) - SHOWN} lines left out")
    print("\n".join(lines[-SHOWN:]))


def suites_of(build):
    tests = json.loads(subprocess.check_output(["meson", "introspect", "--tests", build]))
    # meson writes PROJECT:SUITE
    return sorted({s.split(":")[-1] for test in tests for s in test["suite"]})


def run(build, suites, slow_down=1):
    """Run these suites from this build folder; returns {suite: Count}."""
    command = ["meson", "test", "-C", build, "--timeout-multiplier", str(slow_down)]
    for suite in suites:
        command += ["--suite", suite]
    log = Path(build, "meson-logs", "testlog.json")
    log.unlink(missing_ok=True)
    # pass or fail is read from the log, and what failed is shown below, once
    subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, check=False)
    counts = {suite: Count() for suite in suites}
    for line in log.read_text().splitlines() if log.exists() else []:
        test = json.loads(line)
        # meson names a test "PROJECT:SUITE+SUITE / NAME"
        of = test["name"].split(" / ")[0].split(":")[-1].split("+")
        suite = next(s for s in suites if s in of)
        count = count_test(test)
        if count.failed:
            show(test)
        counts[suite].add(count)
    for count in counts.values():
        if not (count.passed or count.failed or count.skipped):
            count.failed = 1  # nothing ran: the build behind it failed
    return counts


def run_variant(name, build):
    suite, suffix, options, slow_down = VARIANTS[name]
    folder = build + suffix
    if not Path(folder, "build.ninja").exists():
        env = {**os.environ, "CC": "clang"} if options is FUZZ else None
        subprocess.run(["meson", "setup", folder, *options], stdout=subprocess.DEVNULL, env=env,
                       check=True)
    return run(folder, [suite], slow_down)[suite]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("suites", nargs="*")
    args = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)

    # A set-up from before the test packages came lacks the tests: configure again.
    if not suites_of(args.build):
        subprocess.run(["meson", "setup", "--reconfigure", args.build], check=True)
    if subprocess.run(["ninja", "-C", args.build, "--quiet"], check=False).returncode:
        print("the build failed\n0 passed, 1 failed")
        return 1
    known = suites_of(args.build) + list(VARIANTS)
    wanted = args.suites or [s for s in known if s not in NOT_BY_DEFAULT]
    unknown = [s for s in wanted if s not in known]
    if unknown:
        print(f"no suite {' '.join(unknown)}; there are: {' '.join(known)}\n0 passed, 1 failed")
        return 1

    plain = [s for s in wanted if s not in VARIANTS]
    counts = run(args.build, plain) if plain else {}
    for name in [s for s in wanted if s in VARIANTS]:
        counts[name] = run_variant(name, args.build)
    total = Count()
    print()
    for name in wanted:
        print(f"{name + ':':12} {counts[name]}")
        total.add(counts[name])
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
