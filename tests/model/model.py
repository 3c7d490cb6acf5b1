#!/usr/bin/env python3
"""The Spin models (model/lockstep.pml, model/history.pml), searched through to the end. Prints TAP.

usage: tests/model/model.py [--crashes N] [--flaw NAME [--trail]]

For each kind of decision, and for a history: a search for broken promises, one for ways that never end
(or stand still), and one with each flaw of model/flaws.h planted, which must be found. --flaw tries one flaw only;
--trail prints the way to it, step by step.
"""
import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "style"))
from tap import BUILD, ROOT, Tap  # noqa: E402

MODEL = ROOT / "model"
HISTORY = "3"
KINDS = {"1": "decision files", "0": "decision record", HISTORY: "a history"}
ENUMS = {"run_state": "core/state.h", "group_state": "core/state.h", "member_state": "core/state.h",
         "found": "core/port.h"}
SEARCHES = {  # name: options of the verifier
    "promises": [],
    "termination": ["-a", "-f"],
}
DEPTH = "-m1000000"
# Arrows of src/core/state.c that no way through the model takes, and why.
NOT_TAKEN = {
    "one group: nothing is undone": {
        "run recovering -> undoing", "run running -> undoing", "run undoing -> ending",
        "run ending -> partial", "member committed -> back"},
    "a member that refused drops out with scope tenant, or after the decision (logged)": {
        "member idle -> refused", "member prepared -> refused"},
}


class Kind:
    """One kind of decision: its folder, its verifiers, and what they said."""

    def __init__(self, files, crashes):
        self.files, self.crashes = files, crashes
        self.name = KINDS[files]
        self.model = "history.pml" if files == HISTORY else "lockstep.pml"
        self.searches = ["promises"] if files == HISTORY else list(SEARCHES)
        self.folder = BUILD / "model" / f"files-{files}-crashes-{crashes}"
        self.arrows = {}

    def build(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "states.pml").write_text(states())
        paths = os.pathsep.join([str(self.folder), str(MODEL)])
        self.call(["spin", f"-DFILES={self.files}", f"-DCRASHES={self.crashes}", "-a",
                   str(MODEL / self.model)], {"CPATH": paths})
        # NFAIR: room for the processes; NOREDUCE: the states are counted, not reduced
        self.call(["gcc", "-O1", "-w", "-DNFAIR=4", "-DNOREDUCE", "-I", str(ROOT / "src"), "-I",
                   str(MODEL), "-o", "pan", "pan.c", str(ROOT / "src/core/state.c")])

    def call(self, command, env=None, check=True):
        done = subprocess.run(command, cwd=self.folder, env={**os.environ, **(env or {})}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if check and done.returncode:
            sys.exit(f"Bail out! {' '.join(command)}: exit {done.returncode}\n{done.stdout}")
        return done.stdout

    def search(self, name, flaw=""):
        """What the verifier says; its last words when it did not come to an end."""
        out = self.call(["./pan", *SEARCHES[name], DEPTH, "-w22"], {"FLAW": flaw}, False)
        for arrow, taken in re.findall(r"^arrow: (.*): (taken|not taken)$", out, re.M):
            if not flaw:
                self.arrows[arrow] = self.arrows.get(arrow, False) or taken == "taken"
        return re.sub(r"^arrow: .*\n", "", out, flags=re.M)


def states():
    """The names that the model needs, with the values they have in the code."""
    lines = []
    for enum, header in ENUMS.items():
        body = re.search(rf"enum {enum} {{(.*?)}};", (ROOT / "src" / header).read_text(), re.S)[1]
        names = re.findall(r"\w+", re.sub(r"/\*.*?\*/", "", body, flags=re.S))
        lines += [f"#define {name} {value}" for value, name in enumerate(names)]
    return "\n".join(lines) + "\n"


def flaws(files):
    rows = re.findall(r'X\((\w+), (\d), "([^"]*)"\)', (MODEL / "flaws.h").read_text())
    return [(name, sentence) for name, of, sentence in rows if of == files or (of == "2" and files != HISTORY)]


def errors(out):
    """How many errors a search that came to its end found; None when it did not."""
    found = re.search(r"errors: (\d+)", out)
    cut_off = "max search depth too small" in out or "Search not completed" in out
    return int(found[1]) if found and not cut_off else None


def figures(out):
    stored = re.search(r"(\d+) states, stored", out)[1]
    moves = re.search(r"(\d+) transitions", out)[1]
    return f"{int(stored):,} states, {int(moves):,} transitions"


def broken(out):
    """The promise that a search found broken."""
    said = re.search(r"^wrong: (.*)", out, re.M)
    return said[1] if said else "it does not end" if "acceptance cycle" in out else "it stands still"


def check_whole(tap, kinds, pool):
    searches = [(kind, search) for kind in kinds for search in kind.searches]
    for (kind, search), out in zip(searches, pool.map(lambda of: Kind.search(*of), searches)):
        good = errors(out) == 0
        tap.check(f"{kind.name}, {search}: {figures(out) if good else broken(out)}",
                  [] if good else [out, f"steps: cd {kind.folder} && ./pan -r {kind.model}.trail"])
    check_arrows(tap, kinds)


def find_flaw(of):
    """(search, output) of the search that finds a flaw; None when none does."""
    kind, flaw, _ = of
    for search in kind.searches:
        out = kind.search(search, flaw)
        if re.search(r"errors: [1-9]", out):
            return search, out
    return None


def check_flaw(tap, of, found, trail):
    kind, flaw, sentence = of
    why = f": {broken(found[1])}" if found else ""
    tap.check(f"{kind.name}, flaw {flaw} ({sentence}) is found{why}",
              [] if found else [f"no search finds it; again: {__file__} --flaw {flaw}"])
    if found and trail:
        steps = kind.call(["./pan", "-r", f"{kind.model}.trail"], {"FLAW": flaw}, False)
        print(re.sub(r"^(arrow: .*|.*proc  0 .termination.*|)\n", "", steps, flags=re.M))


def check_arrows(tap, kinds):
    taken = {}
    for kind in kinds:
        for arrow, was in kind.arrows.items():
            taken[arrow] = taken.get(arrow, False) or was
    expected = set().union(*NOT_TAKEN.values())
    never = {arrow for arrow, was in taken.items() if not was}
    tap.check(f"the model takes {len(taken) - len(never)} of {len(taken)} arrows of src/core/state.c, "
              "and no other; the rest is known",
              [f"never taken: {a}" for a in sorted(never - expected)]
              + [f"taken, but listed as not: {a}" for a in sorted(expected - never)])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--crashes", default="2")
    parser.add_argument("--flaw")
    parser.add_argument("--trail", action="store_true")
    args = parser.parse_args()
    tap, kinds = Tap(), [Kind(files, args.crashes) for files in KINDS]
    planted = [(kind, *row) for kind in kinds for row in flaws(kind.files)
               if args.flaw in (None, row[0])]
    sys.stdout.reconfigure(line_buffering=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(Kind.build, kinds))
        if not args.flaw:
            check_whole(tap, kinds, pool)
        for of, found in zip(planted, pool.map(find_flaw, planted)):
            check_flaw(tap, of, found, args.trail)
    return tap.end()


sys.exit(main())
