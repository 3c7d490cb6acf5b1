"""One image: the power fails during a recorded run (or during the recovery after a kill), and what the judge
says of what is left.

    image  ->  stock sqlite3, on the tenants or on copies  ->  recover  ->  stock sqlite3  ->  (up, to its end)

Everything of an image follows from the seed, the campaign and its number: where the power fails, what is left
then, whether the state folder is lost as well, who opens what before recover. What a program said, or that it
ended, before the power failed is a promise that must be kept.
"""

import os
import random
import shutil
from dataclasses import dataclass

import choices
import contract
import disk
import fleet as fleets
from attempt import Attempt, Result, Variant
from judge import Fault

OPENS = ("all", "none", "none", "some")
SHM = b"\1" * 32768  # what may lie there of a -shm: nothing that counts


@dataclass(frozen=True)
class Number:
    """Stands where the kill test has its point."""

    n: int
    m: int = 0
    when: str = "after"

    def arguments(self):
        return f"--image {self.n}"


def chance_of(seed, campaign, number):
    return random.Random(f"{seed}/{campaign}/{number}")


def write(root, image, shm):
    """Makes the tree anew."""
    shutil.rmtree(root, ignore_errors=True)
    me = (os.geteuid(), os.getegid())
    for name, node, data in image:
        path = os.path.join(root, name)
        if data is None:
            os.mkdir(path)
            give(path, node, me)
        else:
            write_file(path, data, node, me)
            if shm and name.endswith("-wal"):
                write_file(path[: -len("wal")] + "shm", SHM, node, me)


def write_file(path, data, node, me):
    with open(path, "wb") as f:
        f.write(data)
    give(path, node, me)


def give(path, node, me):
    os.chmod(path, node.mode)
    if node.owner != me:
        os.chown(path, *node.owner)


class ImageAttempt(Attempt):
    """A try of the kill test that begins with an image in place of a kill."""

    def __init__(self, bench, recording, number, chance):
        super().__init__(bench, 0, Number(number))
        self.recording, self.chance = recording, chance
        self.n = choices.choose_point(chance, recording.record, recording.first, recording.window)
        self.variant = Variant(
            removed=chance.random() < 0.5 and not bench.campaign.live(),
            opens=chance.choice(OPENS),
            leaves=False,
            straight=False,
        )
        self.certain = recording.promised is not None and self.n >= recording.promised
        self.goes_on = chance.random() < 0.125
        self.result = Result(self.p)

    def build(self, model):
        """The image, as a value that is equal for equal images."""
        model.advance(self.n)
        name, choose, unit = choices.choose(self.chance, model)
        self.image = model.image(choose, unit)
        note = self.recording.record.notes[self.n - 1] if self.n else "the start"
        self.result.call = f"power lost after note {self.n} ({note}), {name}, units of {unit}"
        return hash((self.certain, *((name, data) for name, _, data in self.image)))

    # The steps that differ.

    def _kill(self):
        self.stage = "power lost"
        write(self.bench.folder, self.image, shm=self.chance.random() < 0.5)
        if self.variant.removed:
            self.bench.forget_state()

    def _recover(self):
        """A journal that comes back after its group was settled is no sign of anything: stock SQLite drops it."""
        bench, threads = self.bench, self.bench.campaign.threads
        self.stage = "recover"
        self._expect(bench.program.run(bench.folder, contract.recover(threads)), contract.DONE)
        self.stage = "after recover"
        versions = self._look(bench.folder)
        self.judge.nothing_left(bench.folder)
        self.judge.one_version(versions, self._together_at_end())
        self._same_as_before(versions)
        if self.certain:
            self._at_target(versions)
        if (self.certain or self.goes_on) and not self.variant.removed:
            self.stage = "log --verify"
            self._expect(bench.program.run(bench.folder, contract.verify()), contract.DONE)

    def _up_afterwards(self):
        if self.goes_on:
            self.p = Number(self.p.n)
            super()._up_afterwards()

    def _at_target(self, versions):
        for id, version in versions.items():
            if version != self.recording.target[id]:
                raise Fault("lost", f"it was promised, but {id} is not at {self.recording.target[id]}")
