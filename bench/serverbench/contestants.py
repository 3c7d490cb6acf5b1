"""Who takes part: what brings a fleet on a server to the new version."""

from fleetbench import lockstep
from fleetbench.contestants import PROCESSES, each
import servers

LOOPS = {"PostgreSQL": 4, "MariaDB": 8}
CLIENTS = {"PostgreSQL": "psql", "MariaDB": "mariadb"}
NAMES = ("lockstep", "loop", "client")


def title(name, engine):
    return {
        "lockstep": "lockstep up",
        "loop": f"C loop, {LOOPS[engine]} connections",
        "client": f"{CLIENTS[engine]}, xargs -P{PROCESSES}",
    }[name]


def psql(fleet):
    """The program itself: Debian's psql is a script that looks for it."""
    if fleet.schemas:
        url = fleet.server.url(fleet.home) + "&options=-csearch_path%3D{}"
    else:
        url = fleet.server.url("DATABASE").replace("DATABASE", "{}")
    program = servers.Postgres.program("psql")
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
    return mariadb(fleet) if fleet.engine == "MariaDB" else psql(fleet)
