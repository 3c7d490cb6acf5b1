"""Stands between clients and a server, counts their messages, and does something at one of them.

    with Proxy(pg) as proxy:
        proxy.arm()                        # from now on it counts
        run(proxy.url("t1"))
        for message in proxy.seen():       # all that there was
            proxy.arm(Fault(message.direction, message.number, CUT_AFTER))
            run(proxy.url("t1"))

Messages of all connections are counted together, each direction for itself, from 1, in the order in which
they come. A fault happens once. A connection is served by two threads, one a direction. One that was hushed
stays on the server's side, as it does when a network is cut, until lift() or close(). A server is slow when each
of its answers takes `pause` seconds more.
"""

import os
import shutil
import socket
import threading
import time
from dataclasses import dataclass
from typing import Callable, Optional

import place
from wire import ANSWER, REQUEST, WIRES, WireError

CUT_BEFORE = "cut before"  # the connection is lost, and the message with it
CUT_AFTER = "cut after"    # the message arrives, and then the connection is lost
DROP = "drop"              # the message alone is lost
HUSH = "hush"              # it and all after it are lost, in both directions, and nobody is told, not even of an end
LOSE = "lose"              # it and all after it in its direction are lost; the other goes on, and an end is told
DELAY = "delay"            # it and all after it come later
FAULTS = (CUT_BEFORE, CUT_AFTER, DROP, HUSH, LOSE, DELAY)


@dataclass(frozen=True)
class Message:
    number: int  # of its direction
    direction: str
    connection: int
    kind: str
    text: str

    def __str__(self):
        return f"{self.direction} {self.number} on {self.connection}: {self.kind} {self.text}".rstrip()


@dataclass
class Fault:
    """At the message of that number, or at the first that `when` likes. What else is to happen there, `act` does:
    before a cut, and before the message of CUT_BEFORE or after that of CUT_AFTER."""

    direction: str
    number: int = 0
    what: str = CUT_BEFORE
    seconds: float = 0
    when: Optional[Callable[[Message], bool]] = None
    act: Callable[[], None] = lambda: None

    def is_at(self, message):
        if message.direction != self.direction:
            return False
        return self.when(message) if self.when else message.number == self.number


class Connection:
    def __init__(self, proxy, number, client, server):
        self.proxy, self.number, self.wire = proxy, number, WIRES[proxy.server.kind]()
        self.client, self.server = client, server
        self.silent, self.lost = False, set()
        self.over = threading.Event()  # cut, or both directions ended
        self.carrying = 2
        self.threads = [threading.Thread(target=self._carry, args=words, daemon=True)
                        for words in ((REQUEST, client, server), (ANSWER, server, client))]

    def start(self):
        for thread in self.threads:
            thread.start()

    def cut(self):
        self.over.set()
        for s in (self.client, self.server):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # that side was faster

    def _carry(self, direction, source, target):
        data = bytearray()
        try:
            while more := source.recv(1 << 16):
                data += more
                while not self.silent and (found := self.wire.take(direction, data)):
                    size, kind, text = found
                    if not self._message(direction, target, bytes(data[:size]), kind, text):
                        return
                    del data[:size]
            if not self.silent:
                target.shutdown(socket.SHUT_WR)
        except WireError as e:
            self.proxy.failed(str(e))
            self.cut()
        except OSError:
            self.cut()  # one side is lost, so is the other
        finally:
            self.proxy.ended(self)

    def _message(self, direction, target, data, kind, text):
        """False: nothing more will be carried."""
        if self.over.is_set():
            return False
        fault = self.proxy.note(direction, self.number, kind, text)
        what = fault.what if fault else None
        if what == CUT_BEFORE:
            fault.act()
            self.cut()
            return False
        if what == HUSH:
            self.silent = True
        if what == LOSE:
            self.lost.add(direction)
        if self.proxy.pause and direction == ANSWER:
            self.over.wait(self.proxy.pause)
        if what == DELAY:
            self.over.wait(fault.seconds)
        if what == CUT_AFTER:
            self.over.set()  # before the other side can answer
        if what != DROP and not self.silent and direction not in self.lost:
            target.sendall(data)
        if what == CUT_AFTER:
            fault.act()
            self.cut()
        return what != CUT_AFTER

    def end(self):
        self.cut()
        for thread in self.threads:
            thread.join()
        self.client.close()
        self.server.close()


class Proxy:
    def __init__(self, server, tcp=False):
        self.server, self.goal = server, server.address(tcp)
        self.lock, self.open, self.connections = threading.Condition(), {}, 0
        self.folder = self.problem = None
        self.pause = 0
        self.arm()
        self.address = ("tcp", "127.0.0.1", place.free_port()) if tcp else self._socket_address()
        self.listener = self._socket(self.address)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(self._where(self.address))
        self.listener.listen(64)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _socket_address(self):
        """In the server's folder, so that it goes with it, under the name that clients look for."""
        folders = (os.path.join(self.server.folder, f"proxy{i}") for i in range(1, 1000))
        self.folder = next(folder for folder in folders if not os.path.exists(folder))
        os.mkdir(self.folder, 0o700)
        return ("unix", os.path.join(self.folder, os.path.basename(self.server.socket)))

    @staticmethod
    def _socket(address):
        return socket.socket(socket.AF_INET if address[0] == "tcp" else socket.AF_UNIX)

    @staticmethod
    def _where(address):
        return address[1:] if address[0] == "tcp" else address[1]

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # closed
            server = self._socket(self.goal)
            try:
                server.connect(self._where(self.goal))
            except OSError:
                client.close()  # the server is down: so are we
                server.close()
                continue
            with self.lock:
                self.connections += 1
                connection = self.open[self.connections] = Connection(self, self.connections, client, server)
            connection.start()

    # what connections tell

    def note(self, direction, connection, kind, text):
        """The fault that is due now."""
        with self.lock:
            self.counts[direction] += 1
            message = Message(self.counts[direction], direction, connection, kind, text)
            self.messages.append(message)
            if not self.fault or self.hit or not self.fault.is_at(message):
                return None
            self.hit = message
            return self.fault

    def failed(self, problem):
        with self.lock:
            self.problem = problem

    def ended(self, connection):
        """In one direction; with the second one it is closed."""
        with self.lock:
            connection.carrying -= 1
            if connection.carrying:
                return
            self.open.pop(connection.number, None)
            self.lock.notify_all()
        connection.over.set()
        connection.client.close()
        connection.server.close()

    # what tests ask

    def url(self, database=None):
        return self.server.url(database or self.server.database, address=self.address)

    def sql(self, database, text):
        return self.server.sql(database, text, self.address)

    def client(self, database, text, timeout=place.PATIENCE):
        return self.server.client(database, text, self.address, timeout)

    def popen(self, database, text):
        return self.server.popen(database, text, self.address)

    def arm(self, fault=None):
        """Count from the beginning, and do this when it is due."""
        with self.lock:
            self.counts = {REQUEST: 0, ANSWER: 0}
            self.messages, self.fault, self.hit = [], fault, None

    def seen(self, timeout=30):
        """All messages since arm(), once no connection is open any more."""
        until = time.monotonic() + timeout
        with self.lock:
            while any(not c.silent for c in self.open.values()) and self.lock.wait(until - time.monotonic()):
                pass
            if self.problem:
                raise WireError(self.problem)
            return list(self.messages)

    def cut_all(self):
        """Whatever is open now."""
        self._cut(lambda _: True)

    def lift(self):
        """What was hushed ends, and is known to."""
        self._cut(lambda connection: connection.silent)

    def _cut(self, which):
        with self.lock:
            connections = list(filter(which, self.open.values()))
        for connection in connections:
            connection.cut()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        with self.lock:
            connections = list(self.open.values())
        for connection in connections:
            connection.end()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
