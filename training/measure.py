"""What the checks of words and abuse say of each labelled text, by weights that never saw it.

For sets that feed the weights, each fold is judged by a model trained on the others; for the rest
the shipped model speaks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from comments_service.checks.abuse import Settings, signal_of
from comments_service.checks.abuse_model import weights as model
from comments_service.checks.abuse_model.judge import judge
from comments_service.checks.lexicon.hits import find_hits
from comments_service.checks.profanity import check as profanity
from comments_service.checks.report import likely
from comments_service.domain.comment import Submission
from comments_service.domain.facts import NO_HISTORY
from comments_service.domain.verdict import Signal
from comments_service.text.reading import Reading
from training.abuse import encode, rows, train
from training.sets import FOLDS, MEASURED_ON, TRAINED_ON, Row, read

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

SIX: Final = (
    "insults-impermium", "olid-tweets", "ruddit", "youtube-toxic", "surge-toxicity", "wiki-toxic",
)  # fmt: skip
"""Sets of comments over which F1 and AUC are averaged."""
_KEPT: Final = ("target", "functionality", "template")
CLEAN: Final = ("wiki-talk", "globe-news", "insults-impermium", "fox-news", "blog-comments-spam")
"""Sets whose rows that neither abuse nor swear are the clean comments."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of one text."""

    row: Row
    score: float
    """As `checks.report` ranks: the model's probability or the lexicon's severity, 0 to 1."""
    probability: float | None
    """None where the text is too short for the model."""
    signal: Signal
    """The strongest of both checks'."""


def folds() -> tuple[model.Weights, list[model.Weights]]:
    """The shipped model trained again, and for each fold one that never saw it."""
    found = rows()
    examples = encode(row.text for row in found)
    fold = np.array([row.fold for row in found])
    held_out = []
    for k in range(FOLDS):
        others = np.flatnonzero(fold != k)
        held_out.append(train([found[i] for i in others], examples.take(others)))
    return train(found, examples), held_out


def measure(
    shipped: model.Weights, held_out: Sequence[model.Weights], more: Sequence[str] = ()
) -> dict[str, list[Said]]:
    """Every set's rows with what was said of them."""
    told: dict[str, list[Said]] = {}
    for name in (*TRAINED_ON, *MEASURED_ON, *more):
        known = (lambda row: held_out[row.fold]) if name in TRAINED_ON else (lambda _: shipped)
        told[name] = [say(row, known) for row in read(name)]
    return told


def say(row: Row, known: Callable[[Row], model.Weights]) -> Said:
    """Ask both checks with the given weights, as they are set by default."""
    reading = Reading(Submission("", row.text))
    body, hits = reading.body, find_hits(reading.body)
    judgement = judge(known(row), body, hits)
    found = profanity.examine(reading, NO_HISTORY, profanity.settings_type())
    signals = [f.signal for f in found]
    scores = [likely(profanity.name, f.score) for f in found]
    if judgement:
        signals.append(signal_of(judgement.probability, body, hits, Settings()))
        scores.append(judgement.probability)
    return Said(
        replace(row, raw={k: v for k, v in (row.raw or {}).items() if k in _KEPT}),
        max(scores, default=0.0),
        judgement.probability if judgement else None,
        max(signals, default=Signal.CLEAR),
    )
