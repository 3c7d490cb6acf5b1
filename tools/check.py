#!/usr/bin/env python3
"""Build, run test suites, show what failed, and count single test cases.

usage: tools/check.py [--build DIR] [--soak] [SUITE...]     (default: all suites but those of SOAK)

Suites are meson's, see tests/meson.build. VARIANTS are suites run again from a build folder of
their own; what a sanitizer reports there fails the check, whatever the tests say. Every case is a TAP line; a program that dies, or runs less than it planned, adds one
failure. The last line on standard output is "N passed, N failed[, N skipped]".
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

# A build of its own: suffix of the folder, compiler, options of meson, how much slower tests may be.
# What a test does less of with a sanitizer in it stands in its meson.build.
ASAN = ("-clang", "clang", ["-Dfuzz=true", "-Dwerror=false", "-Db_sanitize=address,undefined",
                            "-Db_lundef=false"], 4)
TSAN = ("-tsan", None, ["-Db_sanitize=thread", "-Db_lundef=false"], 10)
VARIANTS = {  # name: (suite, build)
    **{f"{suite}-asan": (suite, ASAN)
       for suite in ("unit", "cli", "apps", "sim", "kill", "power", "faults", "install")},
    "fuzz": ("fuzz", ASAN),
    **{f"{suite}-tsan": (suite, TSAN)
       for suite in ("unit", "cli", "apps", "sim", "kill", "power", "faults", "install")},
    "fuzz-long": ("fuzz-long", ASAN),
}
SOAK = [*(name for name, (_, build) in VARIANTS.items() if build is TSAN), "fuzz-long", "soak"]
CASE = re.compile(r"(not )?ok\b[^#]*(#\s*(skip|todo))?", re.I)
PLAN = re.compile(r"1\.\.(\d+)")
NO_MEMORY = re.compile(r"WARNING: \w+Sanitizer failed to allocate 0x[0-9a-f]+ bytes")
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


def set_up(folder, compiler, options):
    if not Path(folder, "build.ninja").exists():
        env = {**os.environ, "CC": compiler} if compiler else None
        subprocess.run(["meson", "setup", folder, *options], stdout=subprocess.DEVNULL, env=env,
                       check=True)


def findings(folder):
    """What sanitizers reported (tests/meson.build says where): a test may not have looked."""
    count, reports = Count(), sorted(Path(folder, "sanitizer").glob("report.*"))
    for report in reports:
        lines = report.read_text(errors="replace").splitlines()
        if lines and all(NO_MEMORY.search(line) for line in lines):
            continue  # a test asked for more than there is, and got NULL
        print(f"\n--- a sanitizer's report, {report}:")
        print("\n".join(lines[:SHOWN]))
        count.failed += 1
    return count


def run_variants(names, root):
    """Those of one build together, so that one fills the processors that another leaves idle."""
    counts = {}
    for build in (ASAN, TSAN):
        suites = {VARIANTS[name][0]: name for name in names if VARIANTS[name][1] is build}
        suffix, compiler, options, slow_down = build
        if not suites:
            continue
        set_up(root + suffix, compiler, options)
        shutil.rmtree(Path(root + suffix, "sanitizer"), ignore_errors=True)
        os.mkdir(Path(root + suffix, "sanitizer"))
        for suite, count in run(root + suffix, list(suites), slow_down).items():
            counts[suites[suite]] = count
        if (found := findings(root + suffix)).failed:
            counts["reports" + suffix] = found
    return counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--soak", action="store_true", help="what takes too long for the default")
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
    wanted = args.suites or (SOAK if args.soak else [s for s in known if s not in SOAK])
    unknown = [s for s in wanted if s not in known]
    if unknown:
        print(f"no suite {' '.join(unknown)}; there are: {' '.join(known)}\n0 passed, 1 failed")
        return 1

    plain = [s for s in wanted if s not in VARIANTS]
    counts = run(args.build, plain) if plain else {}
    counts |= run_variants([s for s in wanted if s in VARIANTS], args.build)
    total = Count()
    print()
    for name in [*wanted, *(name for name in counts if name not in wanted)]:
        print(f"{name + ':':14} {counts[name]}")
        total.add(counts[name])
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
