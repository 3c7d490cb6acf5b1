"""A record: what the recorder noted of one program or of several, in order, over a tree of files.

`Record.start` is the tree as it was before, all of it durable. What lies outside the tree is dropped, and
so are -shm files: SQLite maps them, so the recorder does not see them whole, and makes them anew after a
crash. A sync can be left out (`without`), to see what the run would be worth had it not been made.
"""

import os
import struct
from dataclasses import dataclass

from program import Broken

HEAD = struct.Struct("<IIIIQQQQ")
KINDS = "? create write size link unlink rename mkdir rmdir mode owner fsync syncfs said end".split()
SYNCS = ("fsync", "syncfs")


@dataclass(frozen=True)
class Note:
    kind: str
    mode: int
    name: str  # within the tree; "" for none
    other: str
    file: tuple  # device and inode
    offset: int
    data: bytes  # of a write, or what was said

    def __str__(self):
        words = [self.kind, self.name, self.other]
        if self.kind in ("write", "size"):
            words.append(f"at {self.offset}, {len(self.data)} bytes")
        return " ".join(word for word in words if word)


@dataclass(frozen=True)
class Known:
    """A file of the tree as it lies there."""

    name: str
    file: tuple
    mode: int
    owner: tuple
    data: bytes  # None for a folder


def is_dropped(name):
    return name.endswith("-shm")


def tree(root):
    """Every file and folder of it, the root first as ""."""
    found = [known(root, "")]
    for entry in found:
        if entry.data is None:
            for name in sorted(os.listdir(os.path.join(root, entry.name))):
                if not is_dropped(name):
                    found.append(known(root, os.path.join(entry.name, name)))
    return found


def known(root, name):
    path = os.path.join(root, name)
    st, data = os.stat(path), None
    if not os.path.isdir(path):
        with open(path, "rb") as f:
            data = f.read()
    return Known(name, (st.st_dev, st.st_ino), st.st_mode & 0o7777, (st.st_uid, st.st_gid), data)


def raw(text):
    """All notes of a record as they are: (kind, mode, name, other name, file, offset, data)."""
    at = 0
    while at < len(text):
        number, mode, name, other, dev, ino, offset, length = HEAD.unpack_from(text, at)
        kind = KINDS[number]
        first = at + HEAD.size
        second, data = first + name, first + name + other
        at = data + (length if kind in ("write", "said") else 0)
        names = text[first:second].decode(), text[second:data].decode()
        yield kind, mode, *names, (dev, ino), offset, text[data:at]


class Record:
    def __init__(self, root, start, path):
        self.root, self.start = root, start
        self.notes = []
        self.raw, self.read = [], 0  # the number of each note among all that were read
        self.inside = {entry.file: entry.name for entry in start}
        with open(path, "rb") as f:
            self._read(f.read())

    def find(self, kind, end):
        """The places of notes of a kind, of names that end so."""
        places = [i for i, note in enumerate(self.notes) if note.kind == kind and note.name.endswith(end)]
        if not places:
            raise Broken(f"the run has no {kind} {end}")
        return places

    def without(self, place):
        """The same without the note at this place."""
        other = object.__new__(Record)
        other.root, other.start = self.root, self.start
        other.notes = self.notes[:place] + self.notes[place + 1 :]
        return other

    def syncs(self):
        return [i for i, note in enumerate(self.notes) if note.kind in SYNCS]

    def said(self, pattern):
        """After how many notes the program has said what matches, or has ended; None if never."""
        for i, note in enumerate(self.notes, 1):
            if note.kind == "end" or (note.kind == "said" and pattern.search(note.data)):
                return i
        return None

    def _read(self, text):
        for kind, mode, name, other, file, offset, data in raw(text):
            self._note(kind, mode, self._within(name), self._within(other), file, offset, data)

    def _within(self, path):
        """The name within the tree; "" for the root and for no name, None for what lies outside."""
        path = os.path.normpath(path) if path else self.root
        return path[len(self.root) + 1 :] if (path + "/").startswith(self.root + "/") else None

    def _note(self, kind, mode, name, other, file, offset, data):
        """Follows which files are of the tree: by the names they are made with."""
        self.read += 1
        if kind in ("create", "link", "mkdir"):
            self.inside.pop(file, None)  # an inode may be used again
            if name is not None and not is_dropped(name):
                self.inside[file] = name
        elif kind not in ("unlink", "rename", "rmdir", "said", "end"):
            name = self.inside.get(file)
        if kind not in ("said", "end") and (name is None or is_dropped(name)):
            return
        self.raw.append(self.read)
        self.notes.append(Note(kind, mode, name or "", other or "", file, offset, data))
