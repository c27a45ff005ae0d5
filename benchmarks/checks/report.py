"""The table and the plots: what was measured, side by side, as text and as pictures.

The pictures are SVG on a white card, so that they can be read on a dark page too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from benchmarks.checks.figures import Answers, Quality, any_of, flagged, precision_recall
from benchmarks.checks.sets import SIX, Sets

POINTS: Final = 150
"""Points of a curve: more cannot be told apart at its size."""


@dataclass(frozen=True, slots=True)
class Measured:
    """All that was measured of one filter."""

    name: str
    version: str
    quality: Quality
    answers: Answers
    sets: Sets
    """The texts it was given."""
    cpu: Mapping[int, float]
    """CPU microseconds for a text of so many characters."""
    start_ms: float
    """CPU milliseconds from the start to the first answer."""
    peak_mib: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    of: Callable[[Measured], float | None]
    form: str


def _of(name: str) -> Callable[[Measured], float | None]:
    def figure(measured: Measured) -> float | None:
        value: float | None = getattr(measured.quality, name)
        return value

    return figure


def _cpu(length: int) -> Callable[[Measured], float | None]:
    return lambda measured: measured.cpu[length]


ROWS: Final[Sequence[Row]] = (
    Row("clean comments flagged", _of("clean_flagged"), "{:.2%}"),
    Row("F1-any, mean of six sets", _of("f1_any"), "{:.3f}"),
    Row("AUC, mean of six sets", _of("auc"), "{:.3f}"),
    Row("impermium: F1", _of("impermium_f1"), "{:.3f}"),
    Row("impermium: AUC", _of("impermium_auc"), "{:.3f}"),
    Row("toxic news comments caught at 2 % clean flagged", _of("civil_caught"), "{:.2f}"),
    Row("refused outright: F1-any", _of("refused_f1_any"), "{:.3f}"),
    Row("refused outright: clean", _of("refused_clean"), "{:.2%}"),
    Row("disguised profanity caught", _of("obfuscated"), "{:.3f}"),
    Row("harmless words in disguise flagged", _of("controls_flagged"), "{:.3f}"),
    Row("tricky clean sentences flagged", _of("tricky"), "{:.0f}"),
    Row("dictionary words flagged", _of("dictionary"), "{:.0f}"),
    Row("swearing comments flagged (impermium)", _of("swearing"), "{:.3f}"),
    Row("identity templates, clean flagged", _of("identity_flagged"), "{:.3f}"),
    Row("HateCheck, not hateful flagged", _of("hatecheck_flagged"), "{:.3f}"),
    Row("CPU us, 165 characters", _cpu(165), "{:,.0f}"),
    Row("CPU us, 5,000 characters", _cpu(5_000), "{:,.0f}"),
    Row("CPU ms from start to first answer", lambda m: m.start_ms, "{:,.0f}"),
    Row("memory of the process, MiB", lambda m: m.peak_mib, "{:,.0f}"),
    Row("texts judged", lambda m: len(m.answers), "{:,.0f}"),
)


def table(measured: Sequence[Measured]) -> str:
    """The whole table in Markdown, a column for each filter."""
    names = [f"{m.name} {m.version}".strip() for m in measured]
    lines = [
        f"| | {' | '.join(names)} |",
        f"|---|{'--:|' * len(names)}",
    ]
    for row in ROWS:
        cells = [_cell(row, m) for m in measured]
        lines.append(f"| {row.what} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(row: Row, measured: Measured) -> str:
    value = row.of(measured)
    return "-" if value is None else row.form.format(value)


def draw_precision_recall(measured: Sequence[Measured], path: Path) -> None:
    """Six small pictures, one a set: curves where a filter has scores, and the setting it ships."""
    figure = import_module("matplotlib.figure").Figure(figsize=(10, 6.6), layout="constrained")
    axes = figure.subplots(2, 3, sharex=True, sharey=True)
    for axis, name in zip(axes.flat, SIX, strict=True):
        axis.set_title(name, fontsize=10)
        for at, one in enumerate(measured):
            texts = one.sets[name]
            if len({answer["score"] for answer in one.answers.values()}) > 2:
                recalls, precisions = precision_recall(texts, one.answers)
                every = max(1, len(recalls) // POINTS)
                axis.plot(recalls[::every], precisions[::every], color=f"C{at}", linewidth=1)
            found = [t for t in texts if flagged(one.answers, t)]
            hits = sum(map(any_of, found))
            if found:
                axis.plot(
                    hits / sum(map(any_of, texts)),
                    hits / len(found),
                    marker="os^vDPX*<>"[at % 10],
                    color=f"C{at}",
                    linestyle="",
                    label=one.name,
                )
        axis.set(xlim=(0, 1), ylim=(0.3, 1.01))
        axis.grid(alpha=0.3)
    figure.supylabel("precision, by recall of abusive or swearing comments")
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=8)
    save(figure, path)


def draw_cost(measured: Sequence[Measured], path: Path) -> None:
    """CPU time by length, on two logarithmic scales."""
    figure = import_module("matplotlib.figure").Figure(figsize=(8, 5), layout="constrained")
    axis = figure.subplots()
    for at, one in enumerate(measured):
        lengths = sorted(one.cpu)
        axis.loglog(
            lengths,
            [one.cpu[length] for length in lengths],
            marker="os^vDPX*<>"[at % 10],
            color=f"C{at}",
            label=one.name,
        )
    axis.set(xlabel="characters", ylabel="CPU microseconds for one text")
    axis.grid(which="both", alpha=0.2)
    axis.legend(fontsize=8)
    save(figure, path)


def save(figure: Any, path: Path) -> None:
    """Write a figure as SVG: the same figures give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with import_module("matplotlib").rc_context(
        {"svg.hashsalt": "comments-service", "svg.fonttype": "none"}
    ):
        figure.savefig(path, format="svg", metadata={"Date": None})
