"""Where servers of the tests live: programs, the unprivileged user, folders, ports, templates.

A data directory takes a second or more to make, so it is made once a build folder, as a template, and
copied. A template belongs to the user that its server runs as.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import random
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile

from keeper import OWN_PREFIX

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("BUILD_ROOT") or os.path.join(os.path.dirname(os.path.dirname(HERE)), "build")
PATIENCE = 120  # seconds, for a machine that is busy with other tests
LONGEST_SOCKET = 107  # bytes of a path, a limit of the kernel


class ServerError(Exception):
    """A server that does not do what it should; the message says why."""


def program(*names):
    """The first of these that is there: absolute paths, or names to look for."""
    for name in names:
        if path := shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"):
            return path
    raise ServerError(f"{names[-1]} is not installed; packages.txt names its package")


def clean_environment():
    """No setting of the person who runs the tests reaches a server or its client."""
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "MYSQL", "MARIADB"))}
    return {**keep, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}


def account(*names):
    """Who a server runs as: {} for ourselves, or another user when we are root, as servers refuse root."""
    if os.geteuid() != 0:
        return {}
    for name in (*names, "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid}
    raise ServerError("there is no user to run a server as")


def run_as(user, command):
    identity = {**user, "extra_groups": []} if user else {}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd="/",
                          env=clean_environment(), check=False, **identity)
    if done.returncode:
        raise ServerError(f"{command[0]} failed: {done.stdout}{done.stderr}")


def own_folder(path, user):
    """A folder for that user alone."""
    os.mkdir(path, 0o700)
    if user:
        os.chown(path, user["user"], user["group"])
    return path


def own_file(path, text, user):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
        f.write(text)
    if user:
        os.chown(path, user["user"], user["group"])


def demand_reachable(folder, user):
    """A folder of ours may lie in one that is closed to the server's user, as those of mktemp are."""
    while user and folder != "/":
        entry = os.stat(folder)
        if not entry.st_mode & 0o001 and entry.st_uid != user["user"]:
            raise ServerError(f"user {user['user']} of the server cannot go through {folder}: chmod 711")
        folder = os.path.dirname(folder)


def make_folder():
    """A folder for servers, which users of servers can go through; the last server removes it."""
    folder = tempfile.mkdtemp(prefix=OWN_PREFIX)
    os.chmod(folder, 0o711)
    return folder


def free_port():
    """Below those that the kernel gives to outgoing connections: it stays free while a server is down."""
    for port in random.SystemRandom().sample(range(15000, 32000), 200):
        with socket.socket() as s:
            with contextlib.suppress(OSError):
                s.bind(("127.0.0.1", port))
                return port
    raise ServerError("no free port on 127.0.0.1")


@contextlib.contextmanager
def locked_cache():
    """The folder of templates; None without a build folder."""
    if not os.path.isdir(BUILD) or not os.access(BUILD, os.W_OK):
        yield None
        return
    cache = os.path.join(BUILD, "servers")
    os.makedirs(cache, mode=0o711, exist_ok=True)
    with open(os.path.join(cache, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield cache


def secret():
    """A password that nobody else on this machine knows, the same for all servers of a build folder."""
    with locked_cache() as cache:
        path = os.path.join(cache, "secret") if cache else None
        if path and os.path.exists(path):
            with open(path, encoding="ascii") as f:
                return f.read()
        word = secrets.token_hex(12)
        if path:
            own_file(path, word, {})
        return word


def copy(source, target):
    subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)


def data_directory(target, user, recipe, make):
    """make(an empty folder) as the template, or a copy of the one that this recipe (all it depends on) made."""
    name = hashlib.sha256(repr((recipe, user)).encode()).hexdigest()[:16]
    with locked_cache() as cache:
        template = os.path.join(cache, name) if cache else None
        if not template or not os.path.isdir(template):
            make(own_folder(target, user))
            if template:
                shutil.rmtree(template + ".new", ignore_errors=True)
                copy(target, template + ".new")
                os.rename(template + ".new", template)
            return
    copy(template, target)


def start_keeper(folder, watched):
    """Ready to take requests when this returns. It is in no group of ours, so no signal to us ends it."""
    keeper = subprocess.Popen([sys.executable, "-SEB", os.path.join(HERE, "keeper.py"), folder, str(watched)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True,
                              stderr=open(os.path.join(folder, "log"), "ab"), cwd="/", env=clean_environment())
    with keeper.stdout:
        if keeper.stdout.readline() != b"ready\n":
            keeper.wait()
            raise ServerError(f"the keeper of {folder} did not start")
    return keeper
