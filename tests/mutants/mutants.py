#!/usr/bin/env python3
"""Planted bugs: builds each mutant of the table, runs the test that must catch it, and says whether it did.

    mutants.py [--jobs N] [WORD...]    all mutants, or those whose bug has one of these words in it
    mutants.py --list                  the table as text
    mutants.py --table                 the table as it stands in doc/evidence.md
    mutants.py --check                 TAP: each mutant fits the source, and the page has this table

A mutant counts as caught when its test fails by the name that the table gives, and passes on the source as it
is. The last line is "N of N caught".
"""

import argparse
import multiprocessing
import os
import sys
import tempfile

sys.dont_write_bytecode = True

from catchers import try_on
from table import MUTANTS
from tree import ROOT, Broken, Tree, source, spoil

PAGE = "doc/evidence.md"
SHOWN = 30  # lines of a test that did not do what it should


class Worker:
    """One process with a tree of its own."""

    tree = None

    @classmethod
    def begin(cls, folder):
        cls.folder = os.path.join(folder, str(os.getpid()))

    @classmethod
    def own_tree(cls):
        if cls.tree is None:
            cls.tree = Tree(cls.folder)
        return cls.tree


def on_the_right_program(mutant):
    """None, or why this catcher proves nothing."""
    try:
        tree = Worker.own_tree()
        tree.make(mutant.catcher.target())
        verdict = try_on(tree, mutant.catcher, whole=False)
    except Broken as e:
        return str(e)
    return None if verdict.passed else f"it fails without a bug too:\n{verdict.out}"


def on_the_mutant(mutant):
    """None, or why it was not caught."""
    tree = Worker.own_tree()
    try:
        tree.plant(mutant)
        tree.make(mutant.catcher.target())
        verdict = try_on(tree, mutant.catcher)
    except Broken as e:
        return str(e)
    finally:
        tree.mend(mutant)
    if verdict.found:
        return None
    return f"its test {'passes' if verdict.passed else 'fails in another way'}:\n{verdict.out}"


def show(text):
    for line in text.splitlines()[-SHOWN:]:
        print(f"#   {line}")


def fit_catchers(pool, mutants):
    """{catcher: None, or why it proves nothing}, each tried once."""
    by_catcher, unfit = {m.catcher.title(): m for m in mutants}, {}
    for title, why in zip(by_catcher, pool.imap(on_the_right_program, by_catcher.values())):
        unfit[title] = why
        print(f"# {'unfit' if why else 'fit'}: {title}", flush=True)
    return unfit


def hunt(mutants, folder, jobs):
    """How many were caught."""
    caught = 0
    with multiprocessing.get_context("fork").Pool(jobs, Worker.begin, (folder,)) as pool:
        unfit = fit_catchers(pool, mutants)
        for number, (mutant, why) in enumerate(zip(mutants, pool.imap(on_the_mutant, mutants)), 1):
            title = mutant.catcher.title()
            why = unfit[title] or why
            caught += why is None
            print(f"{'not ' if why else ''}ok {number} - {mutant.bug}; {title}", flush=True)
            show(why or "")
    return caught


def rows():
    return [f"| {m.bug} | `{m.function}` | {m.catcher.title()} |" for m in MUTANTS]


def misfit(mutant):
    try:
        spoil(source(mutant.file), mutant)
    except (Broken, OSError, ValueError) as e:
        return f"{mutant.bug}: {e}"
    return None


def check():
    problems = list(filter(None, map(misfit, MUTANTS)))
    names = [m.bug for m in MUTANTS]
    page = source(PAGE).split("\n## Planted bugs\n")[1].split("\n## ")[0].splitlines()
    there = [line for line in page if line.startswith("| ")][1:]
    differ = sorted(set(there) ^ set(rows()))
    cases = [("every planted bug fits the source", problems),
             ("no two have one name", sorted({n for n in names if names.count(n) > 1})),
             (f"{PAGE} has the table of planted bugs (mutants.py --table)", differ)]
    print(f"1..{len(cases)}")
    for number, (name, wrong) in enumerate(cases, 1):
        print(f"{'not ' if wrong else ''}ok {number} - {name}")
        show("\n".join(wrong))
    return any(wrong for _, wrong in cases)


def chosen(words):
    return [m for m in MUTANTS if not words or any(w in m.bug for w in words)]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    a.add_argument("--jobs", type=int, default=os.cpu_count())
    a.add_argument("--list", action="store_true")
    a.add_argument("--table", action="store_true")
    a.add_argument("--check", action="store_true")
    a.add_argument("words", nargs="*", metavar="WORD")
    options = a.parse_args()
    mutants = chosen(options.words)
    if options.check:
        return check()
    if options.table or options.list:
        print("\n".join(rows() if options.table else [f"{m.bug}: {m.catcher.title()}" for m in mutants]))
        return 0
    print(f"1..{len(mutants)}", flush=True)
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="mutants-", dir=memory, ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # some tests are other users
        caught = hunt(mutants, folder, options.jobs)
    print(f"{caught} of {len(mutants)} caught")
    return 0 if caught == len(mutants) and mutants else 1


if __name__ == "__main__":
    sys.exit(main())
