"""What goes to the server for a tenant, counted by a proxy that reads along. Such a run is not timed."""

import collections
import re

from fleetbench.report import Table
from proxy import Proxy
from wire import REQUEST

from . import contestants

# What a client waits for an answer to: a round trip each.
TRIPS = {"postgres": ("Q", "S"), "mariadb": ("query", "init_db", "ping", "prepare", "execute", "reset",
                                             "reset_connection", "set_option")}
TEXTS = ("Q", "P", "query", "init_db")
SHOWN, WIDTH = 24, 130


def alike(text):
    """Without what differs from one tenant to the next."""
    text = re.sub(r"lockstep_[0-9a-f]{32}(_\d+)*", "lockstep_KEY", text)
    text = re.sub(r"'(?:[^']|'')*('|$)", "'...'", text)  # the proxy shows the beginning of a long one
    text = re.sub(r"\bt\d{5}\b", "TENANT", text)
    return re.sub(r"\b\d+\b", "N", " ".join(text.split()))[:WIDTH]


def listened(bench, fleet, command):
    """The requests of one run through a proxy, and how many connections it opened."""
    with Proxy(fleet.server) as proxy:
        fleet.aim(proxy.address)
        bench.programs.run(command(proxy.address), fleet.folder)
        seen = [m for m in proxy.seen() if m.direction == REQUEST]
    fleet.aim()
    return seen, len({m.connection for m in seen})


def trips(fleet, seen):
    return sum(m.kind in TRIPS[fleet.server.kind] for m in seen)


def texts(seen):
    return collections.Counter(alike(m.text) for m in seen if m.kind in TEXTS)


def count(bench, fleet):
    """A run each of lockstep and of the loop: round trips and connections a tenant, and which statements."""
    rows = []
    for name in ("lockstep", "loop"):
        change = fleet.change(name == "lockstep")
        seen, connections = listened(bench, fleet, lambda address, name=name: contestants.command(
            name, bench.programs, fleet, address))
        fleet.check(change)
        rows.append([contestants.title(name, fleet.engine), f"{trips(fleet, seen) / fleet.count:.2f}",
                     f"{len(seen) / fleet.count:.2f}", f"{connections / fleet.count:.2f}"])
        if bench.statements:
            show_statements(bench, fleet, name, seen)
    bench.report.table(Table(f"What goes to the server for a tenant: {fleet.engine}, {fleet.count:,} {fleet.what}",
                             ["contestant", "round trips", "messages", "connections"], rows))


def show_statements(bench, fleet, name, seen):
    rows = [[f"{n / fleet.count:.2f}", text] for text, n in texts(seen).most_common(SHOWN)]
    bench.report.table(Table(f"Statements a tenant: {name}, {fleet.engine} {fleet.what}", ["times", "text"], rows))
