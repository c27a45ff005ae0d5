"""Abuse: does the comment insult, threaten or demean, with or without words that a list knows?

A small statistical model weighs the text (`abuse_model`), told also what the lexicon found. By
itself it only makes a comment wait; refused is what both the model and a strong word speak against.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from comments_service.checks.abuse_model import weights
from comments_service.checks.abuse_model.judge import Judgement, judge, telling
from comments_service.checks.lexicon.hits import Hit, find_hits
from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Check, Finding, Signal
from comments_service.text.reading import Passage, Reading

_Share = Annotated[float, msgspec.Meta(gt=0, le=1)]

_MAX_QUOTED: Final = 40
"""Characters of a place that a reason repeats."""


@dataclass(frozen=True, slots=True)
class Settings:
    """From which probability on the model counts."""

    suspect: _Share = 0.5
    """A comment that is abusive with this probability waits."""
    bad: _Share = 0.3
    """A comment with a strong word is refused from this probability on."""
    strong: _Share = 0.6
    """The severity from which on a word is strong, whoever it is said to."""


def examine(reading: Reading, facts: Facts, settings: Settings) -> Sequence[Finding]:
    """One finding for each field of three words or more; CLEAR for a body without abuse."""
    return list(_findings(reading, facts, settings))


def _findings(reading: Reading, facts: Facts, settings: Settings) -> Iterator[Finding]:
    known = weights.load()
    for passage in reading.passages:
        hits = find_hits(passage, facts.words)
        judgement = judge(known, passage, hits)
        if judgement is None:
            continue
        signal = signal_of(judgement.probability, hits, settings)
        if signal is not Signal.CLEAR:
            yield _found(known, signal, judgement, passage, hits)
        elif passage.field == "body":
            # How far from abuse it is ranks comments that wait for other reasons.
            yield Finding(signal, judgement.probability, "calm", Category.INSULT)


def signal_of(probability: float, hits: Sequence[Hit], settings: Settings) -> Signal:
    """What a probability and the lexicon's finds mean together."""
    strong = any(h.plain >= settings.strong and h.certain for h in hits)
    if strong and probability >= settings.bad:
        return Signal.BAD
    return Signal.SUSPECT if probability >= settings.suspect else Signal.CLEAR


def _found(
    known: weights.Weights,
    signal: Signal,
    judgement: Judgement,
    passage: Passage,
    hits: Sequence[Hit],
) -> Finding:
    spans = telling(known, judgement, passage, hits)
    quoted = dict.fromkeys(passage.original[a:b][:_MAX_QUOTED] for a, b in spans)
    worst = max(hits, key=lambda h: h.severity, default=None)
    return Finding(
        signal=signal,
        score=judgement.probability,
        reason="strong" if signal is Signal.BAD else "likely",
        category=worst.category if worst else Category.INSULT,
        spans=tuple(sorted(spans)),
        field=passage.field,
        values={
            "found": ", ".join(f"'{text}'" for text in quoted),
            "percent": round(100 * judgement.probability),
        },
    )


check = Check(
    name="abuse",
    version=1,
    summary="Does the comment insult, threaten or demean, with or without words that a list knows?",
    reasons={
        "likely": "Reads like abuse ({percent} % sure), most of all {found}.",
        "strong": "Strong words, and abuse as a whole ({percent} % sure): {found}.",
        "calm": "Reads calm.",
    },
    examine=examine,
    settings_type=Settings,
)
