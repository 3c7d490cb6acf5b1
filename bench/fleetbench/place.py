"""Where the fleets lie: a real file system, a fresh folder for every run, nothing deleted meanwhile.

ext4 makes whoever creates files after many were deleted look through the deleted inodes of that block
group, which triples system time. So each run has a folder of its own, under a parent whose T
attribute spreads its children over the disk, and all of them go at the end.
"""

import os
import shutil
import statistics
import subprocess
import tempfile
import time

IN_MEMORY = ("tmpfs", "ramfs", "devtmpfs")


class Refused(Exception):
    pass


def unescape(path):
    return path.encode().decode("unicode_escape").encode("latin-1").decode()


def file_system(path):
    """Type and options of the file system that holds path: the deepest mount point above it."""
    path = os.path.realpath(path)
    best, kind, options = "", "unknown", ""
    with open("/proc/self/mountinfo", encoding="utf-8") as f:
        for line in f:
            mount, behind = line.split(" - ", 1)
            point = unescape(mount.split()[4])
            inside = path == point or path.startswith(point.rstrip("/") + "/")
            if inside and len(point) >= len(best):
                best, kind, options = point, behind.split()[0], behind.split()[2]
    return kind, options.split(",")


def timed(call, *arguments):
    began = time.monotonic()
    call(*arguments)
    return (time.monotonic() - began) * 1000


class Place:
    def __init__(self, parent):
        parent = os.path.abspath(parent)
        os.makedirs(parent, exist_ok=True)
        self.kind, options = file_system(parent)
        self.discards = "discard" in options
        if self.kind in IN_MEMORY:
            raise Refused(
                f"{parent} is on {self.kind}, where a sync costs nothing; "
                "name a folder on a disk with --dir"
            )
        self.root = tempfile.mkdtemp(prefix="fleets-", dir=parent)
        spread = ["chattr", "+T", self.root]
        done = shutil.which("chattr") and subprocess.run(spread, capture_output=True, check=False)
        self.spread = bool(done) and done.returncode == 0
        self.made = 0

    def fresh(self, name):
        self.made += 1
        path = os.path.join(self.root, f"{self.made:04d}-{name}")
        os.mkdir(path)
        return path

    def free(self):
        """Bytes that may be used, a tenth of what is free kept back."""
        left = os.statvfs(self.root)
        return left.f_bavail * left.f_frsize * 9 // 10

    def settle(self):
        """All that was written is on the disk, so that no run pays for the one before."""
        subprocess.run(["sync", "-f", self.root], check=True)

    def probe_ms(self, times=41):
        """What it costs here to sync a new file of four pages, and to remove it again."""
        synced, removed = [], []
        path = os.path.join(self.root, "probe")
        for _ in range(times):
            fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            os.pwrite(fd, bytes(16384), 0)
            synced.append(timed(os.fdatasync, fd))
            os.close(fd)
            removed.append(timed(os.unlink, path))
        return statistics.median(synced), statistics.median(removed)

    def clear(self):
        shutil.rmtree(self.root, ignore_errors=True)
