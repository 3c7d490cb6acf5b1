"""All that the benchmarks know of lockstep's command line, configuration and output, in one place."""

import json
import os
import shutil

STATE = ".lockstep"
HELD_BYTES = 256 << 20  # the default of held_pages

# Where `--json up` and `--json show last` tell how many decisions a run took: the first path found.
DECISIONS = (("decisions",), ("run", "decisions"), ("report", "decisions"), ("plan", "decisions"))

# On a busy machine the largest fleets would take longer than max_hold allows, and be cut into groups.
PATIENT = ("--max-hold", "1h")


def up(program):
    return [program, "up", "--yes", "--quiet", *PATIENT]


def up_json(program):
    return [program, "--json", "up", "--yes", "--quiet", *PATIENT]


def show_json(program):
    return [program, "--json", "show", "last"]


def forget(folder):
    """The machine loses lockstep's state: history is in the tenants only."""
    shutil.rmtree(os.path.join(folder, STATE), ignore_errors=True)


def value_at(document, path):
    for key in path:
        if not isinstance(document, dict) or key not in document:
            return None
        document = document[key]
    return len(document) if isinstance(document, list) else document


def decisions(text):
    """How many decisions a run took, or None where the document does not say."""
    try:
        document = json.loads(text)
    except ValueError:
        return None
    found = (value_at(document, path) for path in DECISIONS)
    return next((n for n in found if n is not None), None)
