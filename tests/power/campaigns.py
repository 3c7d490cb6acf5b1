"""Which campaigns make up `make check`, `make soak` and the runs of a program with a sanitizer in it, and how many
images they share."""

from attempt import Campaign
from tasks import ANY, Job

ENDINGS = ("commit", "failing", "undo")
MODES = ("delete", "wal-idle", "wal-live")
ALL = (*MODES, "mixed")


def jobs(modes, sizes, recover="", **more):
    return [
        Job(Campaign(mode, ending, size, **more), recover)
        for mode in modes
        for size in sizes
        for ending in ENDINGS
    ]


def decided(modes, sizes, **more):
    """Killed when the decision has fallen and is not durable yet: it may be taken back by the power failure."""
    return [j for j in jobs(modes, sizes, "unlink .super", **more) if j.campaign.ending != "failing"]


QUICK = [
    *jobs(MODES, (1, 3)),
    *jobs(("mixed",), (3,)),
    *jobs(("delete", "wal-live"), (3,), recover=ANY),
    *decided(("delete", "mixed"), (3,)),
    *jobs(("delete", "wal-idle"), (3,), options=("cap64k",)),
    *jobs(("delete",), (3,), options=("relief",)),
    *jobs(("delete", "mixed"), (3,), options=("groups",)),
    *jobs(("delete", "wal-live"), (3,), options=("fsync",)),
    *jobs(("delete",), (3,), options=("utf16",)),
]

SOAK = [
    *jobs(ALL, (1, 3, 10)),
    *jobs(ALL, (1, 3), recover=ANY),
    *decided(("delete", "wal-idle", "mixed"), (1, 3)),
    *decided(("delete", "mixed"), (3,), options=("fsync",)),
    *jobs(ALL, (3,), options=("cap64k",)),
    *jobs(ALL, (3, 10), options=("relief",)),
    *jobs(ALL, (3,), options=("groups",)),
    *jobs(ALL, (3,), options=("fsync",)),
    *jobs(ALL, (3,), options=("fsync",), recover=ANY),
    *jobs(ALL, (3,), options=("owners",)),
    *jobs(ALL, (3,), options=("utf16",)),
    *jobs(ALL, (3,), options=("groups",), recover=ANY),
    *jobs(ALL, (10,), threads=4),
]

# Few, because each has runs to record; WAL-live and others have every kind of tenant in them.
SANITIZED = [
    *jobs(("mixed",), (3,)),
    *decided(("mixed",), (3,)),
]

SUITES = {"quick": (QUICK, 2000), "soak": (SOAK, 100000), "sanitized": (SANITIZED, 60)}
