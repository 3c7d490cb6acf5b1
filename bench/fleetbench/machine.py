"""What both benchmarks say of the machine, take from the command line and write into the page."""

import argparse
import os
import platform
import time

QUIET = 0.05


def words(known):
    def parse(text):
        found = text.split(",")
        for word in found:
            if word not in known:
                raise argparse.ArgumentTypeError(f"'{word}' is none of {', '.join(known)}")
        return found

    return parse


def machine():
    load = os.getloadavg()[0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{time.strftime('%Y-%m-%d %H:%M')}, Linux {platform.release()}, {os.cpu_count()} cores, "
            f"{memory:.0f} GB, load {load:.1f} at the start")


def disk(place):
    """A line about the place, and what a file costs there."""
    spread = "fleets spread by chattr +T" if place.spread else "no chattr +T here"
    spread += ", mounted with discard" if place.discards else ""
    sync_ms, unlink_ms = place.probe_ms()
    return (f"{place.kind}, {spread}; a new file of 16 kB is synced in {sync_ms:.3f} ms and "
            f"removed in {unlink_ms:.3f} ms")


def cpu_times():
    """All, idle and stolen time of all processors since the start, in ticks."""
    with open("/proc/stat", encoding="utf-8") as f:
        ticks = [int(n) for n in f.readline().split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4], ticks[7]


def stolen(before, after):
    """In words, the share of the processors' busy time that went to other machines of the host."""
    everything, idle, steal = (b - a for a, b in zip(before, after))
    share = steal / max(everything - idle, 1)
    return (f"the host took away {share:.0%} of the processors' time"
            + (": repeat on a quieter one" if share > QUIET else ""))


def write_markdown(report, path, begin, end):
    """To stdout (-), or into the file between its two markers."""
    if path == "-":
        print("\n" + report.markdown(), end="")
        return
    with open(path, encoding="utf-8") as f:
        before, rest = f.read().split(begin, 1)
        after = rest.split(end, 1)[1]
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"{before}{begin}\n\n{report.markdown()}\n{end}{after}")
