"""What a worker does: records a run, and builds and judges images of it, in chunks of numbers.

All images of one chunk follow a kill at the same place. An image that the worker has seen before is left out.
"""

import random
from dataclasses import dataclass

import image
from attempt import Campaign
from choices import choose_point
from recording import Recording
from workers import FAULTS

CHUNK = 12
ANY = "anywhere"


@dataclass(frozen=True)
class Job:
    campaign: Campaign
    recover: str = ""  # where the run is killed: ANY, or "KIND END", a kind of note and how the name ends
    near: str = ""  # notes behind which the power fails for the most part: a kind, and how the name ends
    without: str = ""  # a sync that is left out: its kind, how the name ends, and which of these

    def title(self):
        after = f" after {self.recover}" if self.recover != ANY else ""
        words = self.campaign.title() + (f", recovering from a kill{after}" if self.recover else "")
        words += f", behind {self.near}" if self.near else ""
        return words + (f", without {self.without}" if self.without else "")

    def arguments(self):
        words = self.campaign.arguments() + (f" --recover '{self.recover}'" if self.recover else "")
        words += f" --near '{self.near}'" if self.near else ""
        return words + (f" --without '{self.without}'" if self.without else "")

    def weight(self):
        """Of a suite's images: one tenant alone cannot be torn, and ten take their time."""
        return 3 if self.campaign.size == 3 else 1


class Desk:
    """What a worker keeps of the job that it is at."""

    job = recorder = bench = whole = None
    seen = set()
    built = 0


def begin(worker, job, recorder):
    if Desk.job != job:
        worker.clear()
        Desk.job, Desk.whole, Desk.seen, Desk.built = job, None, set(), 0
    bench = worker.bench_for(job.campaign)
    if Desk.bench is not bench:
        Desk.bench, Desk.whole = bench, None
    if Desk.whole is None:
        Desk.whole = Recording(bench, recorder)
        if job.near:
            Desk.whole.look_near(job.near)
        if job.without:
            Desk.whole.leave_out(job.without)
    return bench


def recording_of(worker, job, chunk, recorder):
    bench = begin(worker, job, recorder)
    if not job.recover:
        return bench, Desk.whole
    chance = random.Random(f"{worker.setting.seed}/{job.campaign}/kill/{chunk}")
    return bench, Recording(bench, recorder, place_of(job.recover, Desk.whole.record, chance))


def place_of(kill, record, chance):
    """The number that the recorder gave to the last note of the run that is killed."""
    if kill == ANY:
        return record.raw[max(choose_point(chance, record, 1), 1) - 1]
    return record.raw[chance.choice(record.find(*kill.split()))]


def tries_of(worker, job, bench, recording, numbers):
    """In the order of the moments, so that the disk goes through the record once."""
    seed = worker.setting.seed
    made = [
        image.ImageAttempt(bench, recording, number, image.chance_of(seed, job.campaign, number))
        for number in numbers
    ]
    return sorted(made, key=lambda attempt: attempt.n)


def images(worker, job, chunk, recorder):
    """(how many were judged, those with a fault)."""
    bench, recording = recording_of(worker, job, chunk, recorder)
    model, built, faults = recording.disk(), 0, []
    numbers = range(chunk * CHUNK, (chunk + 1) * CHUNK)
    for attempt in tries_of(worker, job, bench, recording, numbers):
        key = attempt.build(model)
        if key in Desk.seen:
            continue
        Desk.seen.add(key)
        built += 1
        result = attempt.run()
        if result.fault:
            faults.append(result)
            worker.faults += 1
            if worker.faults <= FAULTS:
                keep(worker, result)
                break  # what is left of the chunk would need the folder that is kept
    return built, faults


def keep(worker, result):
    result.kept = worker.bench.folder
    worker.bench.end()
    worker.bench = None


def one(worker, job, number, recorder):
    bench, recording = recording_of(worker, job, number // CHUNK, recorder)
    (attempt,) = tries_of(worker, job, bench, recording, [number])
    attempt.build(recording.disk())
    return attempt.run()
