"""Logistic regression by L-BFGS, so that the same rows give the same bytes anywhere.

Sums are taken by `numpy.bincount`, which adds in the order of its input, and never by BLAS, whose
order depends on the processor. Errors are rounded to 2**-20, so that the last bit of an
exponential, which depends on it too, hardly ever makes a difference.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Sloped: TypeAlias = tuple[float, Floats]
"""A loss, and its gradient."""

LOSS_WEIGHT: Final = 1.0
"""What the rows' loss counts beside half the sum of the squared weights; .25, .5, 1 and 4 were
compared on sets that do not train (docs/decisions/0021)."""
STEPS: Final = 60
"""Near the optimum, not at it: after 200 the loss is 0.2 % less, and no figure measured better."""
REMEMBERED: Final = 10
"""Steps from which the curvature is estimated (Nocedal, 1980)."""
_GRID: Final = float(1 << 20)
_ENOUGH: Final = 1e-4
"""The share of the foreseen descent with which a step is accepted (Armijo)."""
_SHORTEST: Final = 1e-6


@dataclass(frozen=True)
class Examples:
    """A sparse matrix: row i has `values[ends[i-1]:ends[i]]` in the same part of `columns`."""

    columns: npt.NDArray[np.int32]
    values: Floats
    ends: npt.NDArray[np.int64]
    width: int

    def take(self, rows: npt.NDArray[np.int64]) -> "Examples":
        """The rows asked for, in that order."""
        starts = np.concatenate([[0], self.ends[:-1]])[rows]
        counts = self.ends[rows] - starts
        ends = np.cumsum(counts)
        at = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - counts), counts)
        return Examples(self.columns[at], self.values[at], ends, self.width)

    @cached_property
    def rows(self) -> npt.NDArray[np.int64]:
        """The row of each value."""
        return np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=0))

    def times(self, weights: Floats) -> Floats:
        """The sum of each row's values times their columns' weights."""
        products = self.values * weights[self.columns]
        return np.bincount(self.rows, products, len(self.ends)).astype(np.float64)

    def transposed_times(self, errors: Floats) -> Floats:
        """The sum of each column's values times their rows' errors."""
        products = self.values * errors[self.rows]
        return np.bincount(self.columns, products, self.width).astype(np.float64)


def stack(rows: Sequence[tuple[npt.NDArray[np.int32], Floats]], width: int) -> Examples:
    """Examples of (columns, values), one a row."""
    ends = np.cumsum([len(columns) for columns, _ in rows])
    columns = np.concatenate([columns for columns, _ in rows])
    return Examples(columns, np.concatenate([values for _, values in rows]), ends, width)


def sigmoid(odds: Floats) -> Floats:
    """Log odds to probabilities."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


def fit(examples: Examples, labels: Floats, row_weights: Floats) -> tuple[Floats, float]:
    """Weights by column and a bias: near those of the least loss, weights kept small, bias free.

    Always `STEPS` steps, or fewer where nothing goes further down.
    """

    def slope(at: Floats) -> Sloped:
        weights, bias = at[:-1], float(at[-1])
        odds = examples.times(weights) + bias
        errors = (sigmoid(odds) - labels) * row_weights * LOSS_WEIGHT
        errors = np.rint(errors * _GRID) / _GRID
        losses = (np.logaddexp(0, odds) - labels * odds) * row_weights * LOSS_WEIGHT
        gradient = np.append(examples.transposed_times(errors) + weights, _sum(errors))
        return _sum(losses) + _dot(weights, weights) / 2, gradient

    found = descend(slope, np.zeros(examples.width + 1))
    return found[:-1], float(found[-1])


def descend(slope: Callable[[Floats], Sloped], at: Floats) -> Floats:
    """Near where a convex function is least, by L-BFGS from `at` on."""
    loss, gradient = slope(at)
    moves: deque[tuple[Floats, Floats, float]] = deque(maxlen=REMEMBERED)
    for _ in range(STEPS):
        step = -_bent(gradient, moves)
        length = 1.0 if moves else min(1.0, 1 / max(_dot(gradient, gradient) ** 0.5, _SHORTEST))
        foreseen = _dot(gradient, step)
        after, then = slope(at + length * step)
        while after > loss + _ENOUGH * length * foreseen and length > _SHORTEST:
            length /= 2
            after, then = slope(at + length * step)
        if not after < loss:
            break
        moved, turned = length * step, then - gradient
        agreement = _dot(moved, turned)
        if agreement > 0:
            moves.append((moved, turned, agreement))
        at, loss, gradient = at + moved, after, then
    return at


def _bent(gradient: Floats, moves: Sequence[tuple[Floats, Floats, float]]) -> Floats:
    """The gradient, bent by the curvature that the latest moves met."""
    bent = gradient.copy()
    shares = []
    for moved, turned, agreement in reversed(moves):
        shares.append(_dot(moved, bent) / agreement)
        bent -= shares[-1] * turned
    if moves:
        _, turned, agreement = moves[-1]
        bent *= agreement / _dot(turned, turned)
    for (moved, turned, agreement), share in zip(moves, reversed(shares), strict=True):
        bent += (share - _dot(turned, bent) / agreement) * moved
    return bent


def _dot(one: Floats, other: Floats) -> float:
    return _sum(one * other)


def _sum(values: Floats) -> float:
    return float(np.bincount(np.zeros(len(values), np.int64), values)[0])
