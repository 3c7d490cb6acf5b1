"""A copy of the source with a build folder of its own, in which one line at a time is spoiled."""

import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# What all catchers need, so that a mutant builds everything that could notice it.
TARGETS = ("lockstep", "tests/sim/sim", "tests/kill/killat", "tests/power/recorder.so")
OPTIONS = ("-Dwerror=false", "-Dwarning_level=0", "-Doptimization=1")


class Broken(Exception):
    """The mutant is not what it should be: its line is not there, or it does not build."""


def source(name):
    with open(os.path.join(ROOT, name)) as f:
        return f.read()


def body_of(text, function):
    """(start, end) of a function, or of an initialised array, by the name that its head gives it."""
    head = re.compile(rf"^(?:[\w\s\*]*\b{function}\([^;{{]*\)\n\{{|.*\b{function}\[[^;]*\] = )", re.M)
    found = head.search(text)
    if not found:
        raise Broken(f"there is no {function}")
    return found.start(), text.index("\n}", found.end() - 2) + 2


def spoil(text, mutant):
    """The text with the mutant's line in place of the right one, which must stand there exactly once."""
    start, end = body_of(text, mutant.function)
    body = text[start:end]
    if body.count(mutant.right) != 1:
        raise Broken(f"{mutant.right!r} stands {body.count(mutant.right)} times in {mutant.function}")
    return text[:start] + body.replace(mutant.right, mutant.wrong) + text[end:]


def run(command, **options):
    return subprocess.run(
        command, text=True, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, **options,
    )


class Tree:
    def __init__(self, folder):
        self.root, self.build = os.path.join(folder, "source"), os.path.join(folder, "build")
        self.scratch = os.path.join(folder, "scratch")
        os.makedirs(self.scratch)
        names = run(["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard"], cwd=ROOT)
        for name in filter(None, names.stdout.splitlines()):
            self._copy(name)
        done = run(["meson", "setup", *OPTIONS, self.build, self.root])
        if done.returncode:
            raise Broken(done.stdout)

    def _copy(self, name):
        if not os.path.isfile(os.path.join(ROOT, name)):
            return
        to = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        shutil.copy(os.path.join(ROOT, name), to)

    def make(self, more=()):
        done = run(["ninja", "-C", self.build, *TARGETS, *more])
        if done.returncode:
            raise Broken("does not build: " + "\n".join(done.stdout.splitlines()[-20:]))

    def plant(self, mutant):
        self._write(mutant.file, spoil(source(mutant.file), mutant))

    def mend(self, mutant):
        self._write(mutant.file, source(mutant.file))

    def _write(self, name, text):
        with open(os.path.join(self.root, name), "w") as f:
            f.write(text)
