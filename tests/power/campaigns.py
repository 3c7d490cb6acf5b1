"""Which campaigns make up `make check` and `make soak`, and how many images they share."""

from attempt import Campaign
from tasks import Job

ENDINGS = ("commit", "failing", "undo")
MODES = ("delete", "wal-idle", "wal-live")
ALL = (*MODES, "mixed")


def jobs(modes, sizes, recover=False, **more):
    return [
        Job(Campaign(mode, ending, size, **more), recover)
        for mode in modes
        for size in sizes
        for ending in ENDINGS
    ]


QUICK = [
    *jobs(MODES, (1, 3)),
    *jobs(("mixed",), (3,)),
    *jobs(("delete", "wal-live"), (3,), recover=True),
    *jobs(("delete", "wal-idle"), (3,), options=("cap64k",)),
    *jobs(("delete", "mixed"), (3,), options=("groups",)),
    *jobs(("delete", "wal-live"), (3,), options=("fsync",)),
]

SOAK = [
    *jobs(ALL, (1, 3, 10)),
    *jobs(ALL, (1, 3), recover=True),
    *jobs(ALL, (3,), options=("cap64k",)),
    *jobs(ALL, (3,), options=("groups",)),
    *jobs(ALL, (3,), options=("fsync",)),
    *jobs(ALL, (3,), options=("fsync",), recover=True),
    *jobs(ALL, (3,), options=("owners",)),
    *jobs(ALL, (3,), options=("groups",), recover=True),
    *jobs(ALL, (10,), threads=4),
]

SUITES = {"quick": (QUICK, 2000), "soak": (SOAK, 100000)}
