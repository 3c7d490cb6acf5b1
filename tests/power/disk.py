"""A file system at a moment of a record: what of it is durable, and what is not yet.

A file's content is durable after fsync of the file, a name after fsync of its folder, and everything after
syncfs. Nothing else is: fsync of a new file does not make its name durable, a rename or an unlink may be
lost for as long as its folder was not synced. Whatever is not durable is a list of changes in order, and a
power failure leaves, for each thing on its own, the state after some of them:
    - each sector (or block) of a file: its content after the k-th change that touched it, or the durable one.
      Writing back takes what is in memory at some moment, so a later change is never there without an
      earlier one of the same sector, but any two sectors are of different moments: torn and reordered writes
    - the size of a file. Bytes below it that were lost and were never written before read as zeros; what a cut
      took away is gone when the new size is there, and not before
    - each name in each folder
Which, is said by a function choose(what, times) -> how many of these changes are there (choices.py).
"""

import os


class File:
    def __init__(self, mode, owner, data):
        self.mode, self.owner = mode, owner
        self.durable = data
        self.pending = []  # (time, offset, data); data None: the size is now offset
        self.size = len(data)
        self.sizes = []  # (time, size)
        self.is_cut = False
        self.cache = {}

    def write(self, time, offset, data):
        self._change(time, offset, data, max(self.size, offset + len(data)))

    def resize(self, time, size):
        self.is_cut = self.is_cut or size < self.size
        self._change(time, size, None, size)

    def settle(self):
        if self.pending:
            self.durable = self._content(self.size)
            self.pending, self.sizes, self.is_cut = [], [], False
            self.cache.clear()

    def times(self):
        return [change[0] for change in self.pending]

    def image(self, choose, unit):
        """The content that a power failure leaves."""
        if not self.pending:
            return self.durable
        cut, times = self.is_cut, [time for time, _ in self.sizes]
        k = choose("cut" if cut else "size", times) if times else 0
        size = self.sizes[k - 1][1] if k else len(self.durable)
        moment = times[k - 1] if k else 0
        out = bytearray(self.durable[:size].ljust(size, b"\0"))
        newest, touched = self._units(unit)
        old = len(self.durable)
        for start, (changes, times) in touched.items():
            if start < size:
                what = "cut" if cut else "added" if start >= old else "data"
                k = choose(what, times)
                end = min(start + unit, size)
                if k == len(times) and not cut:
                    out[start:end] = newest[start:end].ljust(end - start, b"\0")
                elif k:
                    there = [c for c in changes[:k] if c[2] is not None or c[0] <= moment]
                    out[start:end] = self._unit(start, there, unit)[: end - start]
        return bytes(out)

    def _change(self, time, offset, data, size):
        self.pending.append((time, offset, data))
        if size != self.size:
            self.sizes.append((time, size))
        self.size = size
        self.cache.clear()

    def _content(self, size):
        out = bytearray(self.durable)
        for _, offset, data in self.pending:
            end = offset if data is None else offset + len(data)
            if len(out) < end:
                out.extend(bytes(end - len(out)))
            if data is None:
                del out[end:]
            else:
                out[offset:end] = data
        assert len(out) == size
        return bytes(out)

    def _units(self, unit):
        """The newest content, and {start of a unit: (its changes, their times)}."""
        if unit not in self.cache:
            touched, size = {}, len(self.durable)
            for change in self.pending:
                time, offset, data = change
                end = max(offset, size) if data is None else offset + len(data)
                for start in range(offset // unit * unit, end, unit):
                    changes, times = touched.setdefault(start, ([], []))
                    changes.append(change)
                    times.append(time)
                size = offset if data is None else max(size, end)
            self.cache[unit] = self._content(self.size), touched
        return self.cache[unit]

    def _unit(self, start, changes, unit):
        out = bytearray(self.durable[start : start + unit].ljust(unit, b"\0"))
        for _, offset, data in changes:
            at = offset - start
            if data is None:
                keep = max(at, 0)
                out[keep:] = bytes(unit - keep)
            else:
                skip = max(-at, 0)
                piece = data[skip : skip + unit - max(at, 0)]
                out[max(at, 0) : max(at, 0) + len(piece)] = piece
        return out


class Folder:
    def __init__(self, mode, owner):
        self.mode, self.owner = mode, owner
        self.durable, self.now = {}, {}  # name -> File or Folder
        self.pending = []  # (time, name, node or None)

    def put(self, time, name, node):
        self.pending.append((time, name, node))
        if node is None:
            self.now.pop(name, None)
        else:
            self.now[name] = node

    def settle(self):
        if self.pending:
            self.durable, self.pending = dict(self.now), []

    def times(self):
        return [time for time, _, _ in self.pending]

    def image(self, choose):
        """The names that a power failure leaves."""
        changes = {}
        for time, name, node in self.pending:
            changes.setdefault(name, []).append((time, node))
        left = dict(self.durable)
        for name, of_name in changes.items():
            k = choose("name", [time for time, _ in of_name])
            if k:
                left[name] = of_name[k - 1][1]
        return {name: node for name, node in left.items() if node is not None}


class Disk:
    """A record carried out up to its n-th note."""

    def __init__(self, record):
        self.record, self.n = record, 0
        self.committed = 0  # the last time at which a journaling file system had to commit
        self.nodes = {}
        for entry in record.start:
            made = Folder(entry.mode, entry.owner)
            if entry.data is not None:
                made = File(entry.mode, entry.owner, entry.data)
            self.nodes[entry.file] = made
            if entry.name:
                folder, name = self._place(entry.name)
                folder.durable[name] = folder.now[name] = made
            else:
                self.root = made

    def advance(self, n):
        while self.n < n:
            note = self.record.notes[self.n]
            self.n += 1
            getattr(self, "_" + note.kind)(note)

    def times(self):
        """Of all that is not durable."""
        return sorted({time for node in self.nodes.values() for time in node.times()})

    def image(self, choose, unit):
        """[(name, node, content or None)]: what a power failure leaves, folders ahead of what is in them."""
        found = [("", self.root, None)]
        for path, node, _ in found:
            if isinstance(node, Folder):
                for name, child in node.image(choose).items():
                    data = child.image(choose, unit) if isinstance(child, File) else None
                    found.append((os.path.join(path, name), child, data))
        return found

    def _place(self, path):
        folder = self.root
        *parents, name = path.split("/")
        for parent in parents:
            folder = folder.now[parent]
        return folder, name

    def _put(self, path, node):
        folder, name = self._place(path)
        folder.put(self.n, name, node)

    def _create(self, note):
        self.nodes[note.file] = File(note.mode, (os.geteuid(), os.getegid()), b"")
        if note.name:
            self._put(note.name, self.nodes[note.file])

    def _mkdir(self, note):
        self.nodes[note.file] = Folder(note.mode, (os.geteuid(), os.getegid()))
        self._put(note.name, self.nodes[note.file])

    def _link(self, note):
        self._put(note.name, self.nodes[note.file])

    def _unlink(self, note):
        self._put(note.name, None)

    def _rmdir(self, note):
        self._put(note.name, None)

    def _rename(self, note):
        folder, name = self._place(note.name)
        node = folder.now[name]
        folder.put(self.n, name, None)
        self._put(note.other, node)

    def _write(self, note):
        self.nodes[note.file].write(self.n, note.offset, note.data)

    def _size(self, note):
        self.nodes[note.file].resize(self.n, note.offset)

    def _mode(self, note):
        self.nodes[note.file].mode = note.offset & 0o7777

    def _owner(self, note):
        self.nodes[note.file].owner = (note.offset & 0xFFFFFFFF, note.offset >> 32)

    def _fsync(self, note):
        self.nodes[note.file].settle()
        self.committed = self.n

    def _syncfs(self, _note):
        for node in self.nodes.values():
            node.settle()
        self.committed = self.n

    def _said(self, _note):
        pass

    _end = _said
