"""Where the messages of a client's connection begin and end, for the proxy.

take(direction, data) gives (size, kind, text) of the first message in the data, or None while it is not
whole. Text is what it asks or answers: SQL, a tag, an error; never a password or a row. Neither side may
encrypt or compress.
"""

import struct

REQUEST, ANSWER = "request", "answer"  # to the server, to the client
SHOWN = 200  # bytes of a text


class WireError(Exception):
    """What cannot be read along."""


def shown(data):
    return bytes(data[:SHOWN]).decode(errors="replace").strip("\0\n ")


class PostgresWire:
    """A type byte and a length; without the type before the server knows the protocol (version, SSL?)."""

    SPECIAL = {80877102: "cancel", 80877103: "ssl", 80877104: "gss"}

    def __init__(self):
        self.started = False
        self.letters = 0  # answers of a single byte to come

    def take(self, direction, data):
        if direction == REQUEST and not self.started:
            return self._first(data)
        if direction == ANSWER and self.letters and data:
            if data[:1] in (b"S", b"G"):
                raise WireError("the server encrypts")
            self.letters -= 1
            return 1, "no", ""
        if len(data) < 5:
            return None
        size = 1 + struct.unpack_from(">I", data, 1)[0]
        if len(data) < size:
            return None
        kind, body = chr(data[0]), data[5:size]
        return size, kind, self._text(direction, kind, body)

    def _first(self, data):
        if len(data) < 8:
            return None
        size, code = struct.unpack_from(">II", data)
        if len(data) < size:
            return None
        kind = self.SPECIAL.get(code, "startup")
        self.letters += kind in ("ssl", "gss")
        self.started = kind == "startup"
        return size, kind, ""

    @staticmethod
    def _text(direction, kind, body):
        if direction == REQUEST:
            if kind == "P":  # a statement's name comes first
                body = body[body.index(0) + 1:]
                return shown(body[:body.index(0)])
            return shown(body) if kind == "Q" else ""
        if kind in ("E", "N"):
            fields = dict((field[:1], field[1:]) for field in bytes(body).split(b"\0") if field)
            return shown(fields.get(b"C", b"") + b" " + fields.get(b"M", b""))
        return shown(body) if kind in ("C", "Z") else ""


class MysqlWire:
    """A length of three bytes and a number, which is 0 where a command begins."""

    COMMANDS = {1: "quit", 2: "init_db", 3: "query", 14: "ping", 22: "prepare", 23: "execute",
                24: "long_data", 25: "close", 26: "reset", 27: "set_option", 31: "reset_connection"}
    WITH_TEXT = ("init_db", "query", "prepare")

    def __init__(self):
        self.is_login = True
        self.is_first = False  # of what answers a command

    def take(self, direction, data):
        if len(data) < 4:
            return None
        size = 4 + int.from_bytes(data[:3], "little")
        if len(data) < size:
            return None
        number, body = data[3], data[4:size]
        if direction == REQUEST:
            return (size, *self._request(number, body))
        return (size, *self._answer(number, body))

    def _request(self, number, body):
        if self.is_login:
            return "login", ""
        if number or not body:
            return "more", ""
        self.is_first = True
        kind = self.COMMANDS.get(body[0], f"command {body[0]}")
        return kind, shown(body[1:]) if kind in self.WITH_TEXT else ""

    def _answer(self, number, body):
        first, self.is_first = self.is_first or self.is_login, False
        code = body[0] if body else 0
        if code == 0xFF:
            return "error", f"{int.from_bytes(body[1:3], 'little')} {shown(body[3:])}"
        if self.is_login and number == 0:
            return "greeting", ""
        if first and code == 0:
            self.is_login = False
            return "ok", ""
        if code == 0xFE and len(body) < 9:
            return ("login" if self.is_login else "end"), ""
        if self.is_login:
            return "login", ""
        return ("columns" if first else "row"), ""


WIRES = {"postgres": PostgresWire, "mariadb": MysqlWire}
