"""Limits of the system that bound a group, raised for as long as a test runs.

A tenant beyond the descriptors is held by a mapping, so vm.max_map_count is what cuts a group. It is the
machine's, so it is put back, also after an interrupt; where it may not be raised it is left, and the plan
cuts groups that fit.
"""

import signal
import sys

MAP_COUNT = "/proc/sys/vm/max_map_count"
SPARE = 20000  # what the plan leaves free, and more


def read_count():
    with open(MAP_COUNT, encoding="ascii") as f:
        return int(f.read())


def write_count(count):
    with open(MAP_COUNT, "w", encoding="ascii") as f:
        f.write(f"{count}\n")


class Mappings:
    """with Mappings(tenants) as m: m.words says what was done."""

    def __init__(self, tenants):
        self.wanted, self.old, self.words = tenants + SPARE, 0, ""

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))
        old = read_count()
        self.words = f"vm.max_map_count {old}"
        if old < self.wanted:
            try:
                write_count(self.wanted)
                self.old, self.words = old, f"vm.max_map_count raised from {old} to {self.wanted}"
            except OSError as e:
                self.words += f", not raised: {e.strerror}"
        return self

    def __exit__(self, *_):
        if self.old and read_count() == self.wanted:
            write_count(self.old)
