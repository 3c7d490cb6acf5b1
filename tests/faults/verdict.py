"""One try: the command with its fault, and what the judge says of the fleet before and after recover."""

import errno
import os
import re
import zlib
from dataclasses import dataclass

import contract
import fleet as fleets
from judge import Fault
from order import Hung

from commands import DONE, IN_DOUBT, NOT_DONE

TIMES = re.compile(r"(about |under )?\d+(\.\d+)? (ms|s|us|min|h)\b|\d{4}-\d\d-\d\d[T ][\d:.]+Z")
RUN = re.compile(r"\d{8}T\d{6}-[0-9a-f]{6}")


def told(text):
    """The output without what differs from run to run."""
    return RUN.sub("RUN", TIMES.sub("TIME", text))


def tree(folder):
    found = {}
    for top, _, names in os.walk(folder):
        for name in [*names, "."]:
            path = os.path.join(top, name)
            found[os.path.relpath(path, folder)] = None if name == "." else open(path, "rb").read()
    return found


# Under memory shortage the sanitizer's own start of a thread fails, and ends the process.
SANITIZER_GAVE_UP = "Sanitizer: CHECK failed: sanitizer_"
SANITIZERS = re.compile("Sanitizer|runtime error:")

# A read that fails with EIO is a malformed database to SQLite, which keeps no errno of it.
MALFORMED = ["disk image is malformed"]


@dataclass
class Seen:
    """What the judge says of one state of the folder."""

    before: dict  # versions, before recover
    after: dict = None
    fault: Fault = None  # in what followed


class Try:
    def __init__(self, stage, order):
        self.stage, self.order = stage, order
        self.command, self.program, self.judge = stage.command, stage.program, stage.judge
        self.start, self.target = self.command.ends(stage.mode)
        self.ended = self.finished = None

    def run(self):
        """None, or the Fault."""
        self.stage.restore()
        try:
            self.ended = self.program.fail(self.stage.folder, self.command.words, self.order)
            self.finished = self.stage.finish(self.ended.code == DONE)
            if SANITIZER_GAVE_UP in self.ended.errors:
                self.ended.call = ""
            if not self.ended.call:
                return None  # nothing was tried: the command makes fewer calls this time
            self._ended_well()
            self._message()
            if self.command.makes:
                self._made()
            else:
                self._fleet()
        except Fault as fault:
            return fault
        except Hung as hung:
            return Fault("hung", str(hung))
        return None

    def _ended_well(self):
        code = self.ended.code
        if code < 0:
            raise Fault("crashed", f"{self.ended.signal()}: {self.ended.last_words()}")
        if self.program.sanitized and SANITIZERS.search(self.ended.errors):
            found = [line for line in self.ended.errors.splitlines() if SANITIZERS.search(line)]
            raise Fault("leak" if "leak" in found[0].lower() else "crashed", found[-1])
        if code not in self.command.exits and code != self.stage.golden.code:
            raise Fault("exit", f"exit {code}: {self.ended.last_words()}")

    def _message(self):
        """What failed has a name: memory, or the file, or the tenant that it belongs to."""
        said = [line for line in self.ended.errors.splitlines() if line.startswith("lockstep: ")]
        if len(said) > 1:
            raise Fault("message", f"said {len(said)} times: {self.ended.errors!r}")
        if self._may_be_silent():
            return
        text = self.ended.errors + self.ended.out
        if not any(word in text for word in self._words()):
            told = f"exit {self.ended.code}, does not name {self.ended.path or 'memory'}"
            raise Fault("message", f"{told}: {text!r}")

    def _may_be_silent(self):
        """A fault that changed nothing needs no message: the run did without, or tried again."""
        if self.ended.code not in (DONE, self.stage.golden.code):
            return False
        same = told(self.ended.out) == told(self.stage.golden.out)
        return same if self.command.tells else bool(self.ended.out.strip())

    def _words(self):
        if self.order.kind == "alloc":
            # a thread's stack and what it needs beside is told as EAGAIN
            return ["memory", "cannot start a thread"]
        if self.order.kind == "thread":
            return ["thread"]
        return self._file_words() + (self._reasons() if self.order.stays else [])

    def _file_words(self):
        path = self.ended.path.removesuffix(" (deleted)")
        name = os.path.basename(path)
        words = [name, re.sub(r"(-journal|-wal|-shm)$", "", name)]
        words += [t.id for t in self.stage.fleet if name.startswith(t.id + ".")]
        if path == self.stage.folder:
            words += ["sync .:"]
        if name.startswith(("etilqs", "#")):  # a temporary file of a tenant's
            words += [t.id for t in self.stage.fleet]
        if os.path.basename(os.path.dirname(path)) == "tenants":
            words += ["the tenants"]
        return words

    def _reasons(self):
        """What fails for good may be passed over at first, and be named for a later call."""
        how = {"short": "ENOSPC"}.get(self.order.how, self.order.how)
        return [os.strerror(getattr(errno, how)), "disk I/O error", "disk is full", *MALFORMED]

    def _made(self):
        """The same command without the fault makes what it would have made."""
        made = tree(self.stage.template.removesuffix("template") + "made")
        if tree(self.stage.folder) == made:
            return  # all is made; at most the answer was not shown
        if self.ended.code == DONE:
            raise Fault("wrong", f"exit 0, but there are only {sorted(tree(self.stage.folder))}")
        ended = self.program.run(self.stage.folder, self.command.words)
        if ended.code != DONE:
            raise Fault("wrong", f"afterwards it ended {ended.code}: {ended.last_words()}")
        if tree(self.stage.folder) != made:
            raise Fault("wrong", f"files are {sorted(tree(self.stage.folder))}")

    def _fleet(self):
        """What the files say; the exit code has to fit."""
        key = self.stage.tree.key()
        if key not in self.stage.known:
            self.stage.known[key] = self._judge(zlib.crc32(repr(self.order).encode()) % 2 == 0)
        seen, code = self.stage.known[key], self.ended.code
        if self.command.live:
            self._run_fits(seen, code)
        elif code != IN_DOUBT or self.stage.mode.atomic:
            self._fits(seen, code)
        if seen.fault:
            raise seen.fault

    def _run_fits(self, seen, code):
        """Once it is asked, the run stops; where that failed, it may have been asked or not."""
        if self.finished not in ((NOT_DONE,) if code == DONE else (DONE, NOT_DONE)):
            raise Fault("wrong", f"exit {code}, and the run ended {self.finished}")
        if seen.before:
            self.judge.all_at(seen.before, "head" if self.finished == DONE else "base")

    def _fits(self, seen, code):
        if seen.before and code == DONE:
            self._all_at_target(seen.before)
        elif seen.before and code != IN_DOUBT:
            self._all_at_start(seen.before)
        if self.command.recovers and seen.after:
            self._all_at_target(seen.after)
        if seen.after and code != DONE and self.command.recovers:
            return  # what it did not get done is done now
        if seen.after not in (None, seen.before):
            raise Fault("torn", f"recover made {seen.before} into {seen.after}")

    def _all_at_target(self, versions):
        self.judge.one_version(versions, self.judge.groups)
        self.judge.all_at(versions, self.target or versions[self.stage.fleet[0].id])

    def _judge(self, looks_at_copies):
        """Of the tenants themselves, or of copies, so that recover finds them as they were left."""
        seen = Seen(None)
        try:
            seen.before = self._look(self.stage.copy_for_look() if looks_at_copies else self.stage.folder)
            if self.command.tells:
                self._tells_afterwards()
            else:
                self._recover()
                seen.after = self._look(self.stage.folder, settled=True)
                self.judge.nothing_left(self.stage.folder)
                self._up_afterwards()
        except Fault as fault:
            seen.fault = fault
        return seen

    def _look(self, folder, settled=False):
        versions = self.judge.look(folder)
        if settled or self.stage.mode.atomic:
            self.judge.one_version(versions, self.judge.groups)
        self.judge.files(folder)
        return versions

    def _all_at_start(self, versions):
        for id, version in versions.items():
            if version != (self.start or version):
                raise Fault("wrong", f"exit {self.ended.code}, but {id} is at {version}")

    def _must(self, words, codes=(DONE,)):
        ended = self.stage.after.run_again(self.stage.folder, words)
        if ended.code not in codes:
            said = f"{words[0]} ended {ended.code}: {ended.last_words()}"
            raise Fault("wrong", f"afterwards {said}")
        return ended

    def _tells_afterwards(self):
        golden = self.stage.golden
        ended = self._must(self.command.words, (golden.code,))
        if told(ended.out) != told(golden.out):
            raise Fault("wrong", f"afterwards it tells {ended.out[:300]!r}")
        left = set(fleets.left_over(self.stage.folder, self.stage.fleet))
        if left:
            raise Fault("left over", " ".join(sorted(left)))

    def _recover(self):
        self._must(contract.recover(1)[2:])

    def _up_afterwards(self):
        self._must(self.command.words if self.command.name == "adopt" else ("up", "--yes"))
        self.judge.all_at(self._look(self.stage.folder, settled=True), "head")
        self.judge.nothing_left(self.stage.folder)
        self._must(("log", "--verify"))
