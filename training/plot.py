"""The calibration plot: a small SVG, drawn by hand so that it follows the reader's dark mode."""

from collections.abc import Sequence
from typing import Final

SIDE: Final = 320
MARGIN: Final = 46
_TITLE: Final = "share that was abusive (larger dots: more texts)"
_STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#333}.grid{stroke:#ccc}.even{stroke:#888;"
    "stroke-dasharray:4 4}.line{stroke:#1f6feb;fill:none;stroke-width:2}.dot{fill:#1f6feb}"
    ".paper{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#444}"
    ".even{stroke:#999}.line{stroke:#79b8ff}.dot{fill:#79b8ff}.paper{fill:#0d1117}}"
)


def calibration(bins: Sequence[tuple[float, float, int, float, float]]) -> str:
    """A point for each bin: the mean probability said, and the share that was abusive."""
    full = SIDE + 2 * MARGIN
    points = [(_x(said), _y(was), n) for _, _, n, said, was in bins]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full} {full}" width="{full}" '
        f'height="{full}" role="img" aria-label="Probability said against share abusive">'
    )
    paper = f'<rect class="paper" width="{full}" height="{full}"/>'
    parts = [head, f"<style>{_STYLE}</style>", paper]
    for tenth in range(0, 11, 2):
        at = tenth / 10
        parts += [
            _line("grid", _x(at), _y(0), _x(at), _y(1)),
            _line("grid", _x(0), _y(at), _x(1), _y(at)),
            f'<text x="{_x(at)}" y="{_y(0) + 18}" text-anchor="middle">{at}</text>',
            f'<text x="{_x(0) - 8}" y="{_y(at) + 4}" text-anchor="end">{at}</text>',
        ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    parts += [
        _line("even", _x(0), _y(0), _x(1), _y(1)),
        f'<polyline class="line" points="{path}"/>',
        *map(_dot, points),
        f'<text x="{full / 2}" y="{full - 8}" text-anchor="middle">probability said</text>',
        f'<text x="{full / 2}" y="18" text-anchor="middle">{_TITLE}</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _dot(point: tuple[float, float, int]) -> str:
    x, y, texts = point
    size = 2 + min(texts, 4000) ** 0.5 / 14
    title = f"<title>{texts} texts</title>"
    return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}">{title}</circle>'


def _x(value: float) -> float:
    return round(MARGIN + value * SIDE, 1)


def _y(value: float) -> float:
    return round(MARGIN + (1 - value) * SIDE, 1)


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'
