"""Train the abuse model: `make train-abuse` writes `comments_service/checks/abuse_model/abuse.bin`.

    python -m training.abuse [--check]

The same sets and lexicon give the same bytes: nothing is drawn by chance. `--check` trains and
compares, and writes nothing. The report about the result is `training.report`'s.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from comments_service.checks.abuse_model import weights as model
from comments_service.checks.abuse_model.features import BITS, NAMES, figures, pieces
from comments_service.checks.abuse_model.judge import MIN_WORDS
from comments_service.checks.lexicon.hits import find_hits
from comments_service.text.reading import Passage
from training.augment import calm_complaints, calm_mentions, of_others, without_spans
from training.fit import Examples, Floats, fit, stack
from training.sets import TRAINED_ON, Row, read

ONE_IN: Final = 6
"""How many comments there are for one that is abusive, where the probabilities are to hold."""
HIGHEST: Final = 0.995
"""The share of buckets whose weight is kept as it is; measured to be better than keeping all."""
FILE: Final = Path(model.__file__).parent / model.FILE
_BUCKETS: Final = 1 << BITS


def rows() -> list[Row]:
    """Every row that feeds the weights, made ones included, in a fixed order."""
    found: list[Row] = []
    for name in TRAINED_ON:
        for row in read(name):
            found += (row, *without_spans(row), *of_others(row))
    found += calm_mentions()
    found += calm_complaints()
    return [row for row in found if len(Passage("body", row.text).words) >= MIN_WORDS]


def encode(texts: Iterable[str]) -> Examples:
    """What the model sees of each text: pieces first, then figures."""
    return stack([_seen(Passage("body", text)) for text in texts], _BUCKETS + len(NAMES))


def _seen(passage: Passage) -> tuple[npt.NDArray[np.int32], Floats]:
    grams = pieces(passage)
    buckets, counts = np.unique(grams.buckets, return_counts=True)
    told = figures(passage, find_hits(passage))
    used = np.flatnonzero(told)
    columns = np.concatenate([buckets, _BUCKETS + used]).astype(np.int32)
    return columns, np.concatenate([counts / len(grams.buckets) ** 0.5, told[used]])


def train(found: Sequence[Row], examples: Examples) -> model.Weights:
    """Fit, move the bias from the sets' share of abuse to one in `ONE_IN`, and round to 8 bits."""
    labels = np.array([float(row.abusive) for row in found])
    row_weights = np.array([row.weight for row in found])
    fitted, bias = fit(examples, labels, row_weights)
    share = float((labels * row_weights).sum() / row_weights.sum())
    bias += float(np.log((1 / ONE_IN) / (1 - 1 / ONE_IN)) - np.log(share / (1 - share)))
    # No piece shall decide alone: the few heaviest are cut to the height of the next.
    unit = max(float(np.quantile(np.abs(fitted[:_BUCKETS]), HIGHEST)) / 127, 1e-9)
    piece = np.clip(np.rint(fitted[:_BUCKETS] / unit), -127, 127).astype(np.int8)
    # Figures and bias are shortened, so that a last bit's difference cannot show.
    return model.Weights(round(bias, 6), round(unit, 9), np.round(fitted[_BUCKETS:], 6), piece)


def inputs() -> str:
    """A short name for all that the weights are made from besides the sets: lexicon and code."""
    here = Path(model.__file__).parents[2]
    files = [
        *sorted((here / "text").glob("*.py")),
        *sorted((here / "checks" / "lexicon").glob("*.*")),
        *sorted((here / "checks" / "abuse_model").glob("*.py")),
        here / "checks" / "abuse_model" / "tone.txt",
        *sorted(Path(__file__).parent.glob("*.py")),
    ]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="train, compare, write nothing")
    options = parser.parse_args(arguments)
    found = rows()
    raw = model.encode(train(found, encode(row.text for row in found)))
    print(f"{len(found):,} rows, {len(raw):,} bytes, sha256 {hashlib.sha256(raw).hexdigest()}")
    if not options.check:
        FILE.write_bytes(raw)
        return 0
    same = FILE.read_bytes() == raw
    print("The shipped model is the same." if same else "The shipped model is another one.")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
