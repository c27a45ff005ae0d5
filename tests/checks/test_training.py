"""Training: the same rows give the same bytes, in any process, and no set feeds it that may not."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from training import sets
from training.abuse import encode, train
from training.augment import (
    GROUPS,
    calm_complaints,
    calm_mentions,
    of_others,
    without_spans,
)
from training.fit import fit, sigmoid, stack
from training.sets import FOLDS, MEASURED_ON, TRAINED_ON, Row, fold_of

ROOT = Path(__file__).parents[2]
TRAINS = """
import hashlib, itertools
from comments_service.checks.abuse_model import weights
from training.abuse import encode, train
from training.augment import calm_mentions
from training.sets import Row
found = list(itertools.islice(calm_mentions(), 300))
found += [Row("x", f"You are a {w} and a fool, number {i}", True, False, 0)
          for i in range(60) for w in ("liar", "worm")]
raw = weights.encode(train(found, encode(row.text for row in found)))
print(hashlib.sha256(raw).hexdigest())
"""


def test_the_same_rows_give_the_same_bytes_in_any_process() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", TRAINS],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


def test_only_sets_whose_licence_allows_it_feed_weights() -> None:
    assert not TRAINED_ON.keys() & set(MEASURED_ON)
    if not sets.DATA.exists():
        pytest.skip(f"{sets.DATA} is not on this machine")
    told = (sets.DATA / "README.md").read_text("utf-8")
    for name in TRAINED_ON:
        (line,) = [x for x in told.splitlines() if x.startswith(f"| `{name}`")]
        licence = line.rsplit("|", 2)[1]
        assert any(word in licence for word in ("CC0", "MIT", "CC BY 4.0", "Apache-2.0"))


def test_near_copies_share_a_fold() -> None:
    assert fold_of("Hello, world!") == fold_of("hello   WORLD")
    assert {fold_of(f"text {chr(97 + i)}{chr(97 + j)}") for i in range(9) for j in range(9)} == {
        *range(FOLDS)
    }


def test_rows_are_made_of_rows() -> None:
    row = Row("s", "You utter fool, my Muslim friend", True, False, 0, raw={"spans": [[4, 14]]})
    (calm,) = without_spans(row)
    assert (calm.text, calm.abusive) == ("You  , my Muslim friend", False)
    (other,) = of_others(row)
    assert other.abusive
    assert other.weight < row.weight
    word = other.text.split()[-2]
    assert word != "muslim"
    assert word in GROUPS["faith"]
    assert all(not made.abusive for made in calm_mentions())


def test_complaints_about_things_and_oneself_abuse_nobody() -> None:
    made = list(calm_complaints())
    assert not any(row.abusive or row.swears for row in made)
    texts = {row.text for row in made}
    assert len(texts) == len(made)
    assert {"That was a stupid idea.", "I am such a fool, I forgot my keys."} <= texts
    assert not any("{" in text or " an f" in text or " a i" in text for text in texts)


def test_it_learns_what_tells_rows_apart() -> None:
    rows = [(np.array([i % 2, 2], np.int32), np.array([1.0, 1.0])) for i in range(400)]
    labels = np.array([float(i % 2) for i in range(400)])
    learnt, bias = fit(stack(rows, 3), labels, np.ones(400))
    said = sigmoid(stack(rows, 3).times(learnt) + bias)
    assert ((said > 0.5) == labels.astype(bool)).all()


def test_no_piece_decides_alone() -> None:
    rows = [
        Row("s", f"a {'bad' if i % 2 else 'fair'} thing {i}", bool(i % 2), False, 0)
        for i in range(80)
    ]
    piece = train(rows, encode(row.text for row in rows)).piece
    assert piece.dtype == np.int8
    assert piece.any()
    assert int(np.abs(piece.astype(int)).max()) <= 127
