"""How probable the model finds it that a passage is abusive, and which words weighed most."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from comments_service.checks.abuse_model.features import figures, pieces
from comments_service.checks.abuse_model.weights import Weights
from comments_service.checks.lexicon.hits import Hit
from comments_service.domain.verdict import Span
from comments_service.text.arrays import np
from comments_service.text.language import is_little, is_surely_english, likely
from comments_service.text.ngrams import Grams
from comments_service.text.reading import Passage

MIN_WORDS: Final = 3
"""Words below which a text says too little for a statistic."""
SHOWS_ITSELF: Final = 8
"""Different words of which one is little if they are English (true of 99.7 % of real comments)."""
MOST_TOLD: Final = 3
"""Places that are named to moderators."""
_WORTH_NAMING: Final = 0.4
"""Severity from which a hit is named."""
_BESIDE_HEAVIEST: Final = 0.25
"""The share of the heaviest word's weight from which another is named beside it."""
_FARTHEST: Final = 30.0
"""Log odds beyond which a probability is as good as 0 or 1."""


class Judgement(NamedTuple):
    """What the model says of one passage."""

    probability: float
    """0 to 1. Calibrated for one abusive comment in `training.abuse.ONE_IN`."""
    grams: Grams


def judge(weights: Weights, passage: Passage, hits: Sequence[Hit]) -> Judgement | None:
    """None for a text that is too short, or in another language. Linear in the text's length."""
    if len(passage.wording) < MIN_WORDS or not is_english(passage):
        return None
    grams = pieces(passage)
    buckets = grams.buckets
    told = int(np.add.reduce(weights.piece.take(buckets), dtype=np.int64))
    told = told * weights.unit / len(buckets) ** 0.5
    odds = weights.bias + float(figures(passage, hits) @ weights.figure) + told
    odds = min(max(odds, -_FARTHEST), _FARTHEST)
    return Judgement(float(1 / (1 + np.exp(-odds))), grams)


def is_english(passage: Passage) -> bool:
    """Whether the text may be English.

    It is not where its little words speak for other languages alone, nor where so many words
    (`SHOWS_ITSELF`) hold not one that is little in any language known here.
    """
    if is_surely_english(passage.forms):
        return True
    languages = likely(passage.little_words, passage.little_words)
    return "en" in languages or (not languages and len(passage.forms) < SHOWS_ITSELF)


def telling(
    weights: Weights, judgement: Judgement, passage: Passage, hits: Sequence[Hit]
) -> list[Span]:
    """What spoke most for abuse, in the original text, the strongest first; at most `MOST_TOLD`.

    Where the lexicon found something, that is named. Else it is the heaviest words: a piece's
    weight is shared out evenly over the characters that it covers, a word's is the sum over its
    characters. Little words ("you are") are named only where nothing else speaks for abuse.
    """
    worst_first = sorted(hits, key=lambda h: -h.severity)
    found = [(h.match.start, h.match.end) for h in worst_first if h.severity >= _WORTH_NAMING]
    named: list[Span] = []
    for start, end in found or _heaviest(weights, judgement.grams, passage):
        if not any(start < e and s < end for s, e in named):
            named.append((start, end))
        if len(named) == MOST_TOLD:
            break
    return named


def _heaviest(weights: Weights, grams: Grams, passage: Passage) -> Iterator[Span]:
    places = grams.places()
    each = weights.piece[grams.buckets] / (places.ends - places.starts)
    length = len(passage.folded.text)
    edges = np.bincount(places.starts, weights=each, minlength=length + 1)
    edges -= np.bincount(places.ends, weights=each, minlength=length + 1)
    sums = np.concatenate([[0.0], np.cumsum(np.cumsum(edges)[:length])])
    words, starts, ends = zip(*passage.words, strict=True)
    little_forms = {word for word in passage.forms if is_little("en", word)}
    little = np.array([word in little_forms for word in words])
    heights = sums[np.array(ends)] - sums[np.array(starts)]
    heaviest_first = np.lexsort((starts, little, heights))[::-1]
    chosen = ~little & (heights > heights.max() * _BESIDE_HEAVIEST)
    told = heaviest_first[chosen[heaviest_first]] if chosen.any() else heaviest_first[:1]
    return (passage.folded.span(starts[at], ends[at]) for at in told.tolist())
