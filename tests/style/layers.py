#!/usr/bin/env python3
"""src/layers.txt against the code. Prints TAP: a case a layer, and one a rule."""
import re
import sys

from tap import Tap, code, files, text

PURE = {"assert.h", "ctype.h", "errno.h", "inttypes.h", "limits.h", "setjmp.h", "stdarg.h", "stdbool.h",
        "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "sys/types.h", "uthash.h",
        "utlist.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)', re.M)


class Rules:
    def __init__(self, name):
        self.layers, self.pure, self.only = {}, set(), []
        for line in text(name).splitlines():
            line = line.split("#")[0].strip()
            if line.startswith("pure "):
                self.pure |= set(line.split()[1:])
            elif line.startswith("only "):
                layers, words = line[5:].split(":", 1)
                self.only.append((layers.split(), words.split()))
            elif line:
                layer, items = line.split(":", 1)
                self.layers[layer] = items.split()

    def allows(self, layer, header):
        items = self.layers[layer]
        if "!" + header in items:
            return False
        return header.split("/")[0] in [layer, *items] or header in items


def includes(name):
    source = text(name)
    for match in INCLUDE.finditer(source):
        yield source.count("\n", 0, match.start()) + 1, match[1], match[2]


def wrong_includes(rules, layer, names):
    for name in names:
        for line, kind, header in includes(name):
            if kind == '"' and not rules.allows(layer, header):
                yield f'{name}:{line}: {layer} may not include "{header}" (src/layers.txt)'
            if kind == "<" and layer in rules.pure and header not in PURE:
                yield f"{name}:{line}: {layer} is pure and may not include <{header}>"


def wrong_words(layers, words, names):
    one = [w.replace("*", r"\w*").replace("(", r"(?=\s*\()") + (r"\b" if w[-1] != "(" else "")
           for w in words]
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(one) + ")")  # x.time() and x->time() are others
    for name in names:
        if name.split("/")[1] in layers or name == "src/base/banned.h":
            continue
        for line, source in enumerate(code(name), 1):
            if not source.lstrip().startswith("#") and (found := pattern.search(source)):
                yield f"{name}:{line}: only {' '.join(layers)} may use {found[1]}"


def cycles(rules):
    """Layers that stand on each other; single headers (a port) do not count."""
    above = {layer: [i for i in items if "/" not in i and i in rules.layers]
             for layer, items in rules.layers.items()}
    done = set()
    while ready := [layer for layer in above if layer not in done and set(above[layer]) <= done]:
        done |= set(ready)
    return [f"{layer} stands on itself" for layer in above if layer not in done]


def main():
    tap, rules = Tap(), Rules("src/layers.txt")
    names = [n for n in files(".c", ".h") if n.startswith("src/")]
    known = rules.layers.keys()
    tap.check("every folder under src is a layer of src/layers.txt",
              [f"{n}: no such layer" for n in names if n.split("/")[1] not in known])
    tap.check("no layer stands on itself", cycles(rules))
    for layer in rules.layers:
        mine = [n for n in names if n.startswith(f"src/{layer}/")]
        tap.check(f"{layer} includes only what it may", list(wrong_includes(rules, layer, mine)))
    for layers, words in rules.only:
        tap.check(f"only {' '.join(layers)} uses {words[0].strip('(*')} and its like",
                  list(wrong_words(layers, words, names)))
    return tap.end()


sys.exit(main())
