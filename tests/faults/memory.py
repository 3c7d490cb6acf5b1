#!/usr/bin/env python3
"""One run of each command under valgrind: nothing read that was never written, nothing lost. Prints TAP."""

import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from campaign import BUILD, from_env
from commands import TABLE
from order import sanitizer_of
from stages import Stage

WRONG = 99
VALGRIND = ["valgrind", "-q", f"--error-exitcode={WRONG}", "--leak-check=full",
            "--errors-for-leak-kinds=definite,indirect,possible", "--show-leak-kinds=definite,indirect,possible"]


def run(program, failat, root, number, command):
    """What is wrong, in lines."""
    stage = Stage(os.path.join(root, str(number)), command, command.modes[0], program, failat)
    stage.restore()
    done = subprocess.run([*VALGRIND, program, "--jobs", "2", *command.words], cwd=stage.folder,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    stage.finish(done.returncode == 0)
    golden = stage.golden.code
    stage.end()
    found = [line for line in done.stderr.splitlines() if line.startswith("==")]
    if done.returncode != golden:
        found.append(f"exit {done.returncode}, not {golden}")
    return found


def main():
    program = os.path.abspath(from_env("LOCKSTEP", "lockstep"))
    failat = os.path.abspath(from_env("FAILAT", "tests/faults/libfailat.so"))
    why = ("there is no valgrind" if not shutil.which("valgrind") else
           "the program has a sanitizer in it" if sanitizer_of(program) else "")
    if why:
        print(f"1..1\nok 1 - valgrind # SKIP {why}")
        return 0
    root = tempfile.mkdtemp(prefix="faults-memory-", dir=BUILD)
    failed = 0
    print(f"1..{len(TABLE)}")
    for number, command in enumerate(TABLE, 1):
        found = run(program, failat, root, number, command)
        failed += bool(found)
        print(f"{'not ok' if found else 'ok'} {number} - {command.name} under valgrind")
        print("".join(f"# {line}\n" for line in found), end="", flush=True)
    shutil.rmtree(root)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
