"""What the self-tests share: TAP on standard output."""


class Tap:
    def __init__(self):
        self.number = self.failed = 0

    def check(self, name, fine, detail=""):
        self.number += 1
        self.failed += not fine
        print(f"{'ok' if fine else 'not ok'} {self.number} - {name}")
        if not fine:
            print("".join(f"# {line}\n" for line in detail.splitlines()), end="", flush=True)
