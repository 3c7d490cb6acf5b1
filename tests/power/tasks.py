"""What a worker does: records a run, and builds and judges images of it, in chunks of numbers.

All images of one chunk follow a kill at the same place. An image that the worker has seen before is left out.
"""

import random
from dataclasses import dataclass

import image
from attempt import Campaign
from recording import Recording
from workers import FAULTS

CHUNK = 24


@dataclass(frozen=True)
class Job:
    campaign: Campaign
    recover: bool = False
    without: int = None

    def title(self):
        words = self.campaign.title() + (", recovering from a kill" if self.recover else "")
        return words + (f", without sync {self.without}" if self.without is not None else "")

    def arguments(self):
        words = self.campaign.arguments() + (" --recover" if self.recover else "")
        return words + (f" --without {self.without}" if self.without is not None else "")

    def weight(self):
        """Of a suite's images: one tenant alone cannot be torn."""
        return 1 if self.campaign.size == 1 else 3


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
        if job.without is not None:
            Desk.whole.leave_out(job.without)
    return bench


def recording_of(worker, job, chunk, recorder):
    bench = begin(worker, job, recorder)
    if not job.recover:
        return bench, Desk.whole
    chance = random.Random(f"{worker.setting.seed}/{job.campaign}/kill/{chunk}")
    return bench, Recording(bench, recorder, chance.randint(1, len(Desk.whole.record.notes)))


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
