"""Which campaigns make up `make check` and `make soak`, and the runs of a program with a sanitizer in it."""

from dataclasses import dataclass

from attempt import Campaign


@dataclass(frozen=True)
class Job:
    campaign: Campaign
    double: bool = False
    sample: int = 0  # tries; 0 for all
    states: bool = False  # once for each state of the disk, not before and after every call

    def title(self):
        words = self.campaign.title() + (", recover killed too" if self.double else "")
        return words + (", every state of the disk" if self.states else "")


ENDINGS = ("commit", "failing", "undo")
MODES = ("delete", "wal-idle", "wal-live")


def singles(modes, sizes, sample=0, **more):
    return [
        Job(Campaign(mode, ending, size, **more), sample=sample)
        for mode in modes
        for size in sizes
        for ending in ENDINGS
    ]


def states(modes, sizes, **more):
    return [Job(j.campaign, states=True) for j in singles(modes, sizes, **more)]


def doubles(modes, sizes, sample=0, **more):
    return [Job(j.campaign, True, sample) for j in singles(modes, sizes, sample, **more)]


ALL = (*MODES, "mixed")

QUICK = [
    *states(MODES, (1, 3)),
    *singles(MODES, (1, 3), sample=12),
    *doubles(("delete",), (1,), sample=120),
    *singles(("mixed",), (3,), sample=60),
    *singles(ALL, (10,), sample=12),
    *singles(ALL, (10,), sample=12, threads=4),
    *singles(ALL, (3,), sample=12, options=("cap64k",)),
    *singles(("delete", "mixed"), (3,), sample=12, options=("relief",)),
    *singles(ALL, (3,), sample=12, options=("groups",)),
    *singles(("delete", "wal-idle"), (3,), sample=12, options=("owners",)),
    *doubles(ALL, (3,), sample=16),
]

SOAK = [
    *singles(ALL, (1, 3, 10)),
    *singles(ALL, (3, 10), options=("cap64k",)),
    *singles(ALL, (3, 10), options=("relief",)),
    *singles(ALL, (3,), options=("groups",)),
    *singles(ALL, (3,), options=("owners",)),
    *singles(ALL, (10,), sample=2000, threads=4),
    *doubles(ALL, (1, 3)),
    *doubles(ALL, (10,), sample=2000),
    *doubles(ALL, (3,), sample=2000, options=("groups",)),
    *doubles(ALL, (3,), sample=2000, options=("cap64k",)),
]

# Few campaigns, because each has a fleet to make; WAL-live and others have every kind of tenant in them.
SANITIZED = [
    *singles(("delete", "wal-idle", "mixed"), (3,), sample=6),
    *singles(("mixed",), (10,), sample=4, threads=4),
    *singles(("mixed",), (3,), sample=4, options=("cap64k", "groups")),
    *doubles(("mixed",), (3,), sample=4),
]

SUITES = {"quick": QUICK, "soak": SOAK, "sanitized": SANITIZED}
