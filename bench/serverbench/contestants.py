"""Who takes part: what brings a fleet on a server to the new version."""

from fleetbench import lockstep
from fleetbench.contestants import PROCESSES, each
import servers

LOOPS = {"PostgreSQL": 4, "MariaDB": 8}
CLIENTS = {"PostgreSQL": "psql", "MariaDB": "mariadb"}
NAMES = ("lockstep", "loop", "client", "native")


def title(name, engine):
    return {
        "lockstep": "lockstep up",
        "loop": f"C loop, {LOOPS[engine]} connections",
        "client": f"{CLIENTS[engine]}, xargs -P{PROCESSES}",
        "native": f"psql without Debian's script, xargs -P{PROCESSES}",
    }[name]


def taking_part(wanted, engine):
    return [name for name in NAMES if name in wanted and (name != "native" or engine == "PostgreSQL")]


def psql(fleet, program):
    if fleet.schemas:
        url = fleet.server.url(fleet.home) + "&options=-csearch_path%3D{}"
    else:
        url = fleet.server.url("DATABASE").replace("DATABASE", "{}")
    return each(program, "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "client.sql")


def mariadb(fleet):
    server = fleet.server
    return each(servers.place.program("mariadb"), "--no-defaults", "--skip-ssl", f"--socket={server.socket}",
                f"--user={server.superuser}", "{}", "--execute=source client.sql")


def loop(programs, fleet, address):
    scripts = ["up.sql", "record.sql", "tenants.txt"]
    connections = ["--connections", str(LOOPS[fleet.engine])]
    if fleet.engine == "MariaDB":
        where = (address or fleet.server.address())[1]
        return [programs.path("marialoop"), *connections, "--socket", where, "--user", fleet.server.superuser,
                *scripts]
    return [programs.path("pgloop"), *connections, *(["--schemas"] if fleet.schemas else []), *scripts]


def command(name, programs, fleet, address=None):
    """address: of the proxy that counts, when one does; the clients are not sent through it."""
    if name == "lockstep":
        return lockstep.up(programs.lockstep)
    if name == "loop":
        return loop(programs, fleet, address)
    if fleet.engine == "MariaDB":
        return mariadb(fleet)
    # Debian's psql, which is what one types, is a script that looks for the program
    return psql(fleet, "psql" if name == "client" else servers.Postgres.program("psql"))
