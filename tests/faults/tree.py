"""A folder that is brought back to what it was after each try, and what tells two of its states apart."""

import hashlib
import os
import shutil
import struct

import fleet as fleets

LONG_AGO = 10**18  # ns; whoever writes to a file changes its time, however coarse the clock is
CACHE = ".lockstep/cache"
CACHE_HEAD, CACHE_LOOK = struct.Struct("=16sQIIQQQ"), struct.Struct("=QQqqq100sxxxxII")


def walk(folder, below=""):
    """{path: stat}; None for a folder."""
    found = {}
    with os.scandir(os.path.join(folder, below)) as entries:
        for entry in entries:
            path = below + entry.name
            if entry.is_dir(follow_symlinks=False):
                found[path + "/"] = None
                found.update(walk(folder, path + "/"))
            else:
                found[path] = entry.stat(follow_symlinks=False)
    return found


def mark(st):
    return st and (st.st_ino, st.st_size, st.st_mtime_ns, st.st_ctime_ns, st.st_mode, st.st_uid)


def digest(path):
    with open(path, "rb") as f:
        return hashlib.blake2b(f.read(), digest_size=16).digest()


class Tree:
    """What lies in `template` again and again in `folder`."""

    def __init__(self, template, folder):
        self.template, self.folder = template, folder
        self.files = walk(template)
        self.digests = {p: digest(os.path.join(template, p)) for p, st in self.files.items() if st}
        self.marks = {}

    def restore(self):
        found = walk(self.folder) if os.path.isdir(self.folder) else None
        if found is None or any(p.endswith("/") and p not in found for p in self.files):
            self._all()
            return
        for path in sorted(found, reverse=True):
            if path not in self.files:
                self._remove(path)
        for path, st in self.files.items():
            if st and mark(found.get(path)) != self.marks[path]:
                self._put(path)

    def changed(self, found):
        """The files that are not as restored."""
        return [p for p, st in found.items() if st and mark(st) != self.marks.get(p)]

    def key(self):
        """Equal for two states that nobody who reads files can tell apart, but by times and inodes."""
        found = walk(self.folder)
        changed = set(self.changed(found))
        parts = []
        for path, st in sorted(found.items()):
            if path.endswith("-shm") or st is None:
                parts.append((path, st and st.st_mode, None))
            elif path == CACHE:
                parts.append((path, st.st_mode, self._cache(found)))
            else:
                full = os.path.join(self.folder, path)
                what = digest(full) if path in changed else self.digests[path]
                parts.append((path, st.st_mode, st.st_uid, what))
        return tuple(parts)

    def _cache(self, found):
        """The cache of looks: what it says of files as they are now. Of others it says nothing."""
        with open(os.path.join(self.folder, CACHE), "rb") as f:
            data = f.read()
        if len(data) < CACHE_HEAD.size:
            return data
        looks, text = CACHE_HEAD.unpack_from(data)[4], []
        if CACHE_HEAD.size + looks * CACHE_LOOK.size > len(data):
            return data
        files = {(st.st_dev, st.st_ino): (path, st) for path, st in found.items() if st}
        for i in range(looks):
            look = CACHE_LOOK.unpack_from(data, CACHE_HEAD.size + i * CACHE_LOOK.size)
            path, st = files.get(look[:2], (None, None))
            if st and look[2:5] == (st.st_size, st.st_mtime_ns, st.st_ctime_ns):
                text.append((path, look[5:]))
        return tuple(sorted(text)), data[CACHE_HEAD.size + looks * CACHE_LOOK.size:]

    def _remove(self, path):
        full = os.path.join(self.folder, path)
        if path.endswith("/"):
            os.rmdir(full)
        else:
            os.unlink(full)

    def _all(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder)
        fleets.give(self.folder, os.stat(self.template))
        for path, st in self.files.items():
            if st is None:
                os.mkdir(os.path.join(self.folder, path))
                fleets.give(os.path.join(self.folder, path), os.stat(os.path.join(self.template, path)))
            else:
                self._put(path)

    def _put(self, path):
        full, st = os.path.join(self.folder, path), self.files[path]
        if os.path.lexists(full):
            os.unlink(full)
        shutil.copyfile(os.path.join(self.template, path), full)
        fleets.give(full, st)
        os.utime(full, ns=(LONG_AGO, LONG_AGO))
        self.marks[path] = mark(os.stat(full))
