"""What the style tests share: TAP on standard output, and the files of the repository."""
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(os.environ.get("SOURCE_ROOT", Path(__file__).parents[2]))
BUILD = Path(os.environ.get("BUILD_ROOT", ROOT / "build"))


class Tap:
    """check(NAME, PROBLEMS) is one test case; it passes when there are no problems."""

    def __init__(self):
        self.cases = 0
        self.failed = 0

    def check(self, name, problems):
        self.cases += 1
        print(f"{'not ' if problems else ''}ok {self.cases} - {name}")
        for line in "\n".join(problems).splitlines():
            print(f"# {line}")
        self.failed += bool(problems)

    def skip(self, name, why):
        self.cases += 1
        print(f"ok {self.cases} - {name} # SKIP {why}")

    def end(self):
        print(f"1..{self.cases}")
        return 1 if self.failed else 0


def files(*suffixes):
    """Files that are in git or could be added to it, as paths from ROOT."""
    # safe.directory: the checkout may belong to somebody else than who runs the tests
    out = subprocess.check_output(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"], cwd=ROOT, text=True)
    names = sorted(set(filter(None, out.split("\0"))))
    return [n for n in names if (ROOT / n).is_file() and n.endswith(suffixes or ("",))]


def text(name):
    return (ROOT / name).read_text(errors="replace")


def code(name):
    """The lines of a C file with comments and the insides of literals blanked."""
    token = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', re.S)

    def blank(match):
        if match[0].startswith("/"):
            return "\n" * match[0].count("\n")
        return match[0][0] * 2

    return token.sub(blank, text(name)).split("\n")
