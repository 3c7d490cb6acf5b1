"""What the kill test takes for granted about the program: the one place to change when it changes.

Everything else here knows the program only by its commands, its exit codes, the history table in the
tenants and the files it leaves.
"""

import re

# Names used on the command line of the campaign -> lines of lockstep.conf. "rows" makes the tenants
# large enough for the option to matter.
OPTIONS = {
    "cap64k": {"title": "64 kB of held pages", "lines": ['held_pages = "64kB"'], "rows": 700},
    # The third tenant, of large pages, fills most of it: those that have voted go to disk (relief.c).
    "relief": {"title": "pages that go to disk together", "lines": ['held_pages = "650kB"']},
    "groups": {"title": "a group a tenant", "lines": ["group_size = 1"]},
    "owners": {"title": "tenants of another user", "lines": []},
    # The checksum in a journal samples every 200th byte: all of them zeros in such text.
    "utf16": {"title": "UTF-16 text", "lines": []},
    "fsync": {"title": "fsync of each file", "lines": ['durability = "fsync"']},
}

STATE_FOLDER = ".lockstep"
CONFIGURATION = "lockstep.conf"
HISTORY = "lockstep_history"

DONE, FAILED = 0, 1  # exit codes

# In the output of a run that was killed: it says that all is done.
SAYS_DONE = re.compile(rb"^done: ", re.MULTILINE)


def up(threads):
    return ["--jobs", str(threads), "up", "--yes"]


def undo(run, threads):
    return ["--jobs", str(threads), "undo", run, "--yes"]


def recover(threads):
    return ["--jobs", str(threads), "recover", "--yes"]


def verify():
    return ["log", "--verify"]
