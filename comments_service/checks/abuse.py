"""Abuse: does the comment insult, threaten or demean, with or without words that a list knows?

A small statistical model weighs the text (`abuse_model`), told also what the lexicon found. By
itself it only makes a comment wait; refused is what both the model and a strong word speak against.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Struct

from comments_service.checks.abuse_model import weights
from comments_service.checks.abuse_model.judge import Judgement, judge, telling
from comments_service.checks.abuse_model.tone import tone_of
from comments_service.checks.lexicon.aim import TO_READER
from comments_service.checks.lexicon.hits import Hit, find_hits
from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Check, Finding, Signal
from comments_service.text.reading import Passage, Reading

_Share = Annotated[float, msgspec.Meta(gt=0, le=1)]

_MILDEST: Final = 0.4
"""Severity from which an insult, a slur or a threat makes swearing more than swearing."""
_MAX_QUOTED: Final = 40
"""Characters of a place that a reason repeats."""


class Settings(Struct, frozen=True):
    """From which probability on the model counts."""

    suspect: _Share = 0.535
    """A comment that is abusive with this probability waits."""
    bad: _Share = 0.3
    """A comment with a strong word that insults or threatens, too, is refused from here on."""
    swearing: _Share = 0.5
    """The same where a strong word merely swears, and nobody is spoken to."""
    delighted: _Share = 0.7
    """The same for insults beside a word of delight; mere swearing beside one is never refused."""
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
        signal = signal_of(judgement.probability, passage, hits, settings)
        if signal is not Signal.CLEAR:
            yield _found(known, signal, judgement, passage, hits)
        elif passage.field == "body":
            # How far from abuse it is ranks comments that wait for other reasons.
            yield Finding(signal, judgement.probability, "calm", Category.INSULT)


def signal_of(
    probability: float, passage: Passage, hits: Sequence[Hit], settings: Settings
) -> Signal:
    """What a probability and the lexicon's finds mean together."""
    # It reads English, and says nothing of another language's words.
    strong = any(h.plain >= settings.strong and h.certain and h.language == "en" for h in hits)
    if strong and _is_refused(probability, passage, hits, settings):
        return Signal.BAD
    return Signal.SUSPECT if probability >= settings.suspect else Signal.CLEAR


def _is_refused(
    probability: float, passage: Passage, hits: Sequence[Hit], settings: Settings
) -> bool:
    """Whether what stands around a strong word is enough to refuse it."""
    delighted = tone_of(passage).delight > 0
    if all(h.severity < _MILDEST or h.category is Category.PROFANITY for h in hits):
        # "This is fucking great news" and its like are for a person to judge.
        at_nobody = TO_READER.isdisjoint(passage.forms)
        return not delighted and probability >= (settings.swearing if at_nobody else settings.bad)
    return probability >= (settings.delighted if delighted else settings.bad)


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
    version=3,
    summary="Does the comment insult, threaten or demean, with or without words that a list knows?",
    reasons={
        "likely": "Reads like abuse ({percent} % sure), most of all {found}.",
        "strong": "Strong words, and abuse as a whole ({percent} % sure): {found}.",
        "calm": "Reads calm.",
    },
    examine=examine,
    settings_type=Settings,
)
