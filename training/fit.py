"""Logistic regression by AdaGrad, so that the same rows give the same bytes anywhere.

Sums are taken by `numpy.bincount`, which adds in the order of its input, and never by BLAS, whose
order depends on the processor. Errors are rounded to 2**-16, so that the last bit of an
exponential, which depends on it too, makes no difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

EPOCHS: Final = 6
BATCH: Final = 256
RATE: Final = 0.2
_GRID: Final = 65_536.0


@dataclass(frozen=True, slots=True)
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

    def times(self, weights: Floats) -> Floats:
        """The sum of each row's values times their columns' weights."""
        counts = np.diff(np.concatenate([[0], self.ends]))
        rows = np.repeat(np.arange(len(self.ends)), counts)
        products = self.values * weights[self.columns]
        return np.bincount(rows, weights=products, minlength=len(self.ends)).astype(np.float64)

    def transposed_times(self, errors: Floats) -> Floats:
        """The sum of each column's values times their rows' errors."""
        counts = np.diff(np.concatenate([[0], self.ends]))
        products = self.values * np.repeat(errors, counts)
        return np.bincount(self.columns, products, self.width).astype(np.float64)


def stack(rows: Sequence[tuple[npt.NDArray[np.int32], Floats]], width: int) -> Examples:
    """Examples of (columns, values), one a row."""
    ends = np.cumsum([len(columns) for columns, _ in rows])
    columns = np.concatenate([columns for columns, _ in rows])
    return Examples(columns, np.concatenate([values for _, values in rows]), ends, width)


def sigmoid(odds: Floats) -> Floats:
    """Log odds to probabilities."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


def fit(examples: Examples, labels: Floats, row_weights: Floats, seed: int) -> tuple[Floats, float]:
    """Weights by column and a bias, averaged over the second half of the epochs."""
    order = np.random.RandomState(seed)  # Its stream is frozen for ever.
    weights, squares = np.zeros(examples.width), np.full(examples.width, 1e-6)
    bias, bias_squares = 0.0, 1e-6
    summed, summed_bias = np.zeros(examples.width), 0.0
    for epoch in range(EPOCHS):
        shuffled = order.permutation(len(labels))
        for start in range(0, len(labels), BATCH):
            rows = shuffled[start : start + BATCH]
            batch = examples.take(rows)
            errors = (sigmoid(batch.times(weights) + bias) - labels[rows]) * row_weights[rows]
            errors = np.rint(errors * _GRID) / _GRID
            gradient = batch.transposed_times(errors)
            squares += gradient * gradient
            weights -= RATE * gradient / np.sqrt(squares)
            slope = float(np.bincount(np.zeros(len(rows), np.int64), weights=errors)[0])
            bias_squares += slope * slope
            bias -= RATE * slope / bias_squares**0.5
        if epoch >= EPOCHS // 2:
            summed += weights
            summed_bias += bias
    kept = EPOCHS - EPOCHS // 2
    return summed / kept, summed_bias / kept
