"""What a planted bug is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    bug: str
    file: str
    function: str
    right: str
    wrong: str
    catcher: object
