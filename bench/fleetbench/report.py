"""What came out: figures beside their targets, tables of times, as text or as Markdown."""

import re
from dataclasses import dataclass, field


@dataclass
class Figure:
    """One number that has a target, or stands for information. met is None without a target."""

    name: str
    value: str
    target: str = ""
    met: bool | None = None
    note: str = ""

    def mark(self):
        return "" if self.met is None else "met" if self.met else "MISSED"


@dataclass
class Table:
    title: str
    head: list
    rows: list = field(default_factory=list)


def at_most(name, value, limit, form="{:.2f}", note="", below=False):
    words = "below" if below else "at most"
    met = value < limit if below else value <= limit
    return Figure(name, form.format(value), f"{words} {limit:g}", met, note)


def at_least(name, value, limit, form="{:.1f}", note=""):
    return Figure(name, form.format(value), f"at least {limit:g}", value >= limit, note)


def text_table(table):
    rows = [table.head] + table.rows
    widths = [max(len(str(r[i])) for r in rows) for i in range(len(table.head))]
    numbers = [all(is_number(r[i]) for r in table.rows) for i in range(len(table.head))]

    def line(row):
        cells = [str(c).rjust(w) if n else str(c).ljust(w) for c, w, n in zip(row, widths, numbers)]
        return "  ".join(cells).rstrip()

    return "\n".join([table.title, line(table.head)] + [line(r) for r in table.rows])


def is_number(cell):
    return re.fullmatch(r"([\d.,]+( to [\d.,]+)?)?", str(cell)) is not None


def markdown_table(table):
    def line(row):
        return "| " + " | ".join(str(c) for c in row) + " |"

    return "\n".join([f"**{table.title}**", "", line(table.head), "|" + "---|" * len(table.head)]
                     + [line(r) for r in table.rows])


def figures_table(figures):
    rows = [[f.name, f.value, f.target, f.mark(), f.note] for f in figures]
    return Table("Figures and their targets", ["figure", "measured", "target", "", "range, remarks"],
                 rows)


class Report:
    """Collects, and shows each table as soon as it is there."""

    def __init__(self, show=print):
        self.show = show
        self.about, self.tables, self.figures, self.failures = [], [], [], []

    def table(self, table):
        self.tables.append(table)
        self.show("\n" + text_table(table))

    def failed(self, what, why):
        self.failures.append(f"{what}: {why}")
        self.show(f"\nFAILED {what}: {why}")

    def text(self):
        parts = [text_table(figures_table(self.figures))] if self.figures else []
        return "\n\n".join(parts + [f"FAILED {f}" for f in self.failures])

    def markdown(self):
        parts = ["\n".join(f"- {line}" for line in self.about)]
        if self.figures:
            parts.append(markdown_table(figures_table(self.figures)))
        parts += [markdown_table(t) for t in self.tables]
        parts += [f"Failed: {f}" for f in self.failures]
        return "\n\n".join(parts) + "\n"
