#!/usr/bin/env python3
"""What can be held about all files without understanding them. Prints TAP, a case a rule."""
import json
import re
import subprocess
import sys

from tap import BUILD, ROOT, Tap, code, files, text

MAX_FILE = 600      # lines; files should be near 250
MAX_FUNCTION = 80   # lines, braces included; clang-tidy holds src to 60
MAX_BYTES = 300000  # larger is data, and data is made, not kept
GENERATED = re.compile(r"\.(o|a|so|pc|db|sqlite|pyc|gcda|gcno|log|tar|gz|zip|deb)$|-journal$|-wal$|-shm$"
                       r"|(^|/)(build|build-\w+|node_modules|__pycache__)/")
SCRIPTS = (".sh", ".bats", ".bash")


def format_problems(names):
    if not names:
        return []
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *names], cwd=ROOT, text=True,
                          capture_output=True, check=False)
    return sorted(set(re.findall(r"^\S+:\d+:\d+: .*", done.stderr, re.M))) if done.returncode else []


def white_space(names):
    for name in names:
        for line, content in enumerate(text(name).split("\n"), 1):
            if content != content.rstrip():
                yield f"{name}:{line}: white space at the end of the line"
            if "\t" in content and name.endswith((".c", ".h", ".py", ".build", *SCRIPTS)):
                yield f"{name}:{line}: a tab"


def last_lines(names):
    for name in names:
        content = text(name)
        if content and (not content.endswith("\n") or content.endswith("\n\n")):
            yield f"{name}: must end in exactly one line feed"


def is_binary(name):
    return b"\0" in (ROOT / name).read_bytes()[:8000]


def kept_data(names):
    for name in names:
        if GENERATED.search(name):
            yield f"{name}: looks generated"
        elif is_binary(name):
            yield f"{name}: is binary"
        elif (ROOT / name).stat().st_size > MAX_BYTES:
            yield f"{name}: is larger than {MAX_BYTES} bytes"


def long_files(names):
    for name in names:
        lines = text(name).count("\n")
        if lines > MAX_FILE:
            yield f"{name}: {lines} lines, at most {MAX_FILE}"


def long_functions(names):
    """clang-format puts the braces of a function, and only those, alone into column one."""
    for name in names:
        start = None
        for line, content in enumerate(code(name), 1):
            if content == "{":
                start = line
            elif content == "}" and start:
                if line - start + 1 > MAX_FUNCTION:
                    yield f"{name}:{start}: {line - start + 1} lines, at most {MAX_FUNCTION}"
                start = None


def guards(names):
    for name in names:
        guard = re.sub(r"^(src|include)/", "", name).upper().replace("/", "_").replace(".", "_")
        if f"#ifndef {guard}\n#define {guard}\n" not in text(name):
            yield f"{name}: has no include guard {guard}"


def unbuilt(names):
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    built = {(BUILD / c["directory"] / c["file"]).resolve() for c in commands}
    return [f"{n}: no meson.build names it" for n in names if (ROOT / n).resolve() not in built]


def unregistered(names):
    tests = subprocess.check_output(["meson", "introspect", "--tests", str(BUILD)], text=True)
    return [f"{n}: no meson.build registers it" for n in names if n not in tests]


def packages_elsewhere(names):
    """What installs packages itself is a second packages.txt."""
    for name in names:
        if name != "tools/packages.sh" and re.search(r"apt(-get)?\b.* inst[a]ll\b", text(name)):
            yield f"{name}: installs packages; they are named in packages.txt only"


def shell_problems(names):
    for name in names:
        done = subprocess.run(["bash", "-n", name], cwd=ROOT, text=True, capture_output=True,
                              check=False)
        yield from done.stderr.splitlines()


def main():
    tap = Tap()
    every = files()
    readable = [n for n in every if not is_binary(n)]
    c_files = [n for n in files(".c", ".h")]
    code_files = [n for n in files(".c", ".h", ".py", *SCRIPTS)]
    tap.check("C code is formatted as .clang-format says", format_problems(c_files))
    tap.check("no white space at line ends, no tabs in code", list(white_space(readable)))
    tap.check("files end in one line feed", list(last_lines(readable)))
    tap.check("nothing generated or binary is kept", list(kept_data(every)))
    tap.check(f"no file is over {MAX_FILE} lines", list(long_files(code_files)))
    tap.check(f"no function is over {MAX_FUNCTION} lines", list(long_functions(c_files)))
    tap.check("headers have the guard of their path", list(guards(files(".h"))))
    tap.check("every C file is built", unbuilt([n for n in files(".c") if n.startswith(("src/", "tests/"))]))
    tap.check("every bats file is registered", unregistered(files(".bats")))
    tap.check("packages are named in packages.txt only",
              list(packages_elsewhere([n for n in code_files if n.startswith(("tools/", "tests/", "bench/"))]
                                      + ["Makefile", ".ci/run"])))
    tap.check("shell scripts parse", list(shell_problems(files(".sh", ".bash"))))
    return tap.end()


sys.exit(main())
