"""The figures of the table: what a filter's answers are worth on each set.

Pure arithmetic; `sets.py` says what the words mean.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.checks.sets import CLEAN_FROM, SIX, Sets, Text

REFUSED_CLEAN: Final = 0.001
"""The share of clean comments that the refusing tier may take."""
HELD_CLEAN: Final = 0.02
"""The share of clean comments at which catching toxic news comments is compared."""

Answers = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Quality:
    """What one filter's answers are worth; shares from 0 to 1, counts as integers."""

    clean_flagged: float
    f1_any: float
    """Mean over the six sets: F1 against abusive-or-swearing."""
    auc: float
    """Mean over the six sets: area under the receiver operating characteristic."""
    impermium_f1: float
    impermium_auc: float
    civil_caught: float | None
    """At `HELD_CLEAN`, by the score; None where the scores do not go that low."""
    refused_f1_any: float | None
    """Of the tier that refuses; None for a filter without tiers."""
    refused_clean: float | None
    obfuscated: float
    controls_flagged: float
    tricky: int
    dictionary: int
    swearing: float
    identity_flagged: float
    hatecheck_flagged: float


def flagged(answers: Answers, text: Text) -> bool:
    """Whether a text was flagged as abuse; what is only spam does not count here."""
    answer = answers[text.id]
    categories = answer.get("categories")
    return bool(answer["flag"]) and (categories is None or any(c != "spam" for c in categories))


def score(answers: Answers, text: Text) -> float:
    """How abusive a text was found, 0 to 1."""
    answer = answers[text.id]
    scores = answer.get("scores")
    return float(scores["abuse"] if scores else answer["score"])


def refused(answers: Answers, text: Text) -> bool:
    """Whether a text was refused outright."""
    return answers[text.id].get("decision") == "reject"


def weigh(sets: Sets, answers: Answers) -> Quality:
    """All figures of one filter, which has answered every text of the sets."""
    clean = clean_of(sets)
    has_tiers = any("decision" in answer for answer in answers.values())
    impermium = sets["insults-impermium"]
    return Quality(
        clean_flagged=_share(answers, clean),
        f1_any=_mean(f1(sets[name], lambda t: flagged(answers, t), any_of) for name in SIX),
        auc=_mean(auc(sets[name], answers) for name in SIX),
        impermium_f1=f1(impermium, lambda t: flagged(answers, t), lambda t: t.label),
        impermium_auc=auc(impermium, answers),
        civil_caught=_caught_at(sets["civil-toxic-spans"], clean, answers, HELD_CLEAN),
        refused_f1_any=_mean(f1(sets[name], lambda t: refused(answers, t), any_of) for name in SIX)
        if has_tiers
        else None,
        refused_clean=sum(refused(answers, t) for t in clean) / len(clean) if has_tiers else None,
        obfuscated=_share(answers, [t for t in sets["obfuscation"] if t.label and not t.hard]),
        controls_flagged=_share(
            answers, [t for t in sets["obfuscation"] if not t.label and not t.hard]
        ),
        tricky=sum(flagged(answers, t) for t in sets["tricky-clean"]),
        dictionary=sum(flagged(answers, t) for t in sets["dictionary"]),
        swearing=_share(answers, [t for t in impermium if t.swears]),
        identity_flagged=_share(answers, [t for t in sets["identity-templates"] if not t.label]),
        hatecheck_flagged=_share(answers, [t for t in sets["hatecheck"] if not t.label]),
    )


def clean_of(sets: Sets) -> Sequence[Text]:
    """The clean comments."""
    return [text for name in CLEAN_FROM for text in sets[name] if text.is_clean]


def any_of(text: Text) -> bool:
    """Abusive or swearing: what a moderator wants held."""
    return text.label or text.swears


def f1(
    texts: Sequence[Text], found: Callable[[Text], bool], wanted: Callable[[Text], bool]
) -> float:
    """F1 of what was found against what was wanted; 0 where nothing was either."""
    both = sum(found(t) and wanted(t) for t in texts)
    either = sum(map(found, texts)) + sum(map(wanted, texts))
    return 2 * both / either if either else 0.0


def auc(texts: Sequence[Text], answers: Answers) -> float:
    """How often an abusive text scores above another, ties counting half."""
    ranked = sorted((score(answers, t), t.label) for t in texts)
    positives = sum(label for _, label in ranked)
    above, at = 0.0, 0
    while at < len(ranked):
        until = at
        while until < len(ranked) and ranked[until][0] == ranked[at][0]:
            until += 1
        above += (at + until + 1) / 2 * sum(label for _, label in ranked[at:until])
        at = until
    return (above - positives * (positives + 1) / 2) / (positives * (len(ranked) - positives))


def precision_recall(
    texts: Sequence[Text], answers: Answers
) -> tuple[Sequence[float], Sequence[float]]:
    """Recall and precision against abusive-or-swearing at every score, from the highest down."""
    ranked = sorted(((score(answers, t), any_of(t)) for t in texts), reverse=True)
    wanted = sum(label for _, label in ranked)
    recalls: list[float] = []
    precisions: list[float] = []
    hits = 0
    for at, (value, label) in enumerate(ranked, 1):
        hits += label
        if at == len(ranked) or ranked[at][0] != value:
            recalls.append(hits / wanted)
            precisions.append(hits / at)
    return recalls, precisions


def _caught_at(
    texts: Sequence[Text], clean: Sequence[Text], answers: Answers, share: float
) -> float | None:
    """The share of texts above the score that at most `share` of the clean ones are above."""
    scores = sorted((score(answers, t) for t in clean), reverse=True)
    threshold = scores[int(len(scores) * share)]
    caught = sum(score(answers, t) > threshold for t in texts) / len(texts)
    return caught or None


def _share(answers: Answers, texts: Sequence[Text]) -> float:
    return sum(flagged(answers, t) for t in texts) / max(1, len(texts))


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)
