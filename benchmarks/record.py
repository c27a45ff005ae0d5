"""What a run of the benchmarks found, as a page: conditions, tables, bounds, and bars."""

import os
import platform
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Final

RESULTS: Final = Path(__file__).parent / "results"
_WIDTH, _BAR, _GAP, _LEFT, _RIGHT = 760, 18, 6, 230, 90


@dataclass
class Record:
    """Collected while parts run; printed at once, written at the end."""

    at: datetime
    lines: list[str] = field(default_factory=list)
    plots: dict[str, str] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)

    def head(self, title: str, *said: str) -> None:
        self._say(f"\n## {title}\n", *said)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table whose first column is text, and whose others are numbers."""
        lines = [f"| {' | '.join(header)} |", "|---" + "|--:" * (len(header) - 1) + "|"]
        self._say("", *lines, *(f"| {' | '.join(row)} |" for row in rows))

    def bound(self, what: str, found: float, most: float, *, least: bool = False) -> None:
        """Compare with what must be true; `least` where more is better."""
        holds = found >= most if least else found <= most
        sign = ("at least" if least else "at most") + f" {most:g}"
        verdict = "holds" if holds else "**missed**"
        self._say(f"- {what}: {found:.2f}, {sign}: {verdict}")
        if not holds:
            self.missed.append(what)

    def bars(self, name: str, title: str, values: dict[str, float], unit: str) -> None:
        """A picture of the values beside each other."""
        file = f"{self.at:%Y-%m-%d}-{name}.svg"
        self.plots[file] = _bars(title, values, unit)
        self.lines.append(f"\n![{title}]({file})")

    def note(self, line: str) -> None:
        self._say(line)

    def quote(self, said: str) -> None:
        """What a program printed, as it is."""
        self._say("\n```", said.strip("\n"), "```")

    def _say(self, *lines: str) -> None:
        self.lines += lines
        print("\n".join(lines), flush=True)

    def write(self, folder: Path = RESULTS) -> Path:
        """The page `DATE-bench.md` and its pictures."""
        page = folder / f"{self.at:%Y-%m-%d}-bench.md"
        missed = "; ".join(self.missed) or "none"
        head = [f"# {self.at:%Y-%m-%d}: `make bench`", "", conditions(), "", f"Missed: {missed}."]
        page.write_text("\n".join([*head, *self.lines]) + "\n")
        for file, plot in self.plots.items():
            (folder / file).write_text(plot)
        return page


def conditions() -> str:
    """Where and on what it ran."""
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    versions = ", ".join(f"{name} {version(name)}" for name in ("granian", "Flask", "SQLAlchemy"))
    return (
        f"Conditions: {os.cpu_count()} processors, load averages at the end {load}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}. "
        "The load comes from the same processors. Absolute figures move by a factor of two "
        "between hours of one machine; ratios of figures that were taken in turn, and CPU time "
        "for each request, hold."
    )


def _bars(title: str, values: dict[str, float], unit: str) -> str:
    most = max(values.values(), default=1.0) or 1.0
    height = 40 + len(values) * (_BAR + _GAP)
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-size="12">',
        f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="8" y="20" font-size="14">{escape(title)} ({escape(unit)})</text>',
    ]
    for number, (name, value) in enumerate(values.items()):
        top = 32 + number * (_BAR + _GAP)
        wide = (_WIDTH - _LEFT - _RIGHT) * value / most
        parts += [
            f'<text x="{_LEFT - 8}" y="{top + 13}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{_LEFT}" y="{top}" width="{wide:.1f}" height="{_BAR}" fill="#3b6ea5"/>',
            f'<text x="{_LEFT + wide + 6:.1f}" y="{top + 13}">{value:,.3g}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
