#!/usr/bin/env python3
"""What a user would write in Python: a pool of threads, each tenant in a transaction of its own.

    pool.py [--threads 10] SCRIPT FOLDER

The statements are split once; each runs through `execute`, because `executescript` would commit the
open transaction first.
"""

import argparse
import glob
import os
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor


def split(script):
    statements, text = [], ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            statements.append(text)
            text = ""
    if text.strip():
        statements.append(text)
    return statements


def migrate(path, statements):
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("BEGIN IMMEDIATE")
        for statement in statements:
            db.execute(statement)
        db.execute("COMMIT")
    finally:
        db.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=10)
    parser.add_argument("script")
    parser.add_argument("folder")
    args = parser.parse_args()
    with open(args.script, encoding="utf-8") as f:
        statements = split(f.read())
    paths = sorted(glob.glob(os.path.join(args.folder, "*.db")))
    failed = 0
    with ThreadPoolExecutor(args.threads) as pool:
        for path, job in [(p, pool.submit(migrate, p, statements)) for p in paths]:
            if job.exception():
                print(f"{path}: {job.exception()}", file=sys.stderr)
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
