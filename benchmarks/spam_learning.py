"""How well the spam filter learns: the spam rows of the table, and what its prior is worth.

    python -m benchmarks.spam_learning [--data FOLDER] [--shuffles N]

Everything runs through the check itself, at its default settings, as `spam evaluate` does. The
prior is trained anew without the set that is measured, so nothing that is asked was ever seen;
the last rows say what the shipped one does.
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from comments_service.checks.learning.prior import Prior, decode_prior, shipped_prior
from comments_service.services.evaluate import Evaluation
from training.spam_prior import (
    DATA,
    SETS,
    Example,
    choose_stand_ins,
    quantised,
    read_examples,
    read_features,
    rows_of,
    train,
)

YOUTUBE: Final = "youtube-spam"
AFTER: Final = (50, 100, 200)
AT_WORK: Final = 300
"""Comments after which a site has taught most of what it ever will."""
CLEAN: Final = ("wiki-talk", "globe-news", "insults-impermium", "fox-news", "blog-comments-spam")
"""Sets whose comments, neither abusive nor swearing, must not be held."""


@dataclass(frozen=True)
class Said:
    """One prediction beside the truth."""

    is_spam: bool
    flag: bool
    score: float


def f1(said: Sequence[Said]) -> float:
    right = sum(s.flag and s.is_spam for s in said)
    asked = sum(s.flag for s in said) + sum(s.is_spam for s in said)
    return 2 * right / asked if asked else 0.0


def auc(said: Sequence[Said]) -> float:
    """The chance that spam is scored above what is none; equal scores count half."""
    ordered = sorted(said, key=lambda s: s.score)
    ranks, at = 0.0, 0
    while at < len(ordered):
        end = at
        while end < len(ordered) and ordered[end].score == ordered[at].score:
            end += 1
        ranks += (at + end + 1) / 2 * sum(s.is_spam for s in ordered[at:end])
        at = end
    spam = sum(s.is_spam for s in said)
    return (ranks - spam * (spam + 1) / 2) / (spam * (len(said) - spam))


def accuracy(said: Sequence[Said]) -> float:
    return fmean(s.flag == s.is_spam for s in said)


def predicted(prior: Prior, rows: Sequence[dict[str, Any]], lessons: int) -> Iterator[Said]:
    """Predict each row, then learn it; from the first `lessons` rows alone."""
    evaluation = Evaluation(prior)
    for number, row in enumerate(rows):
        answer, reading = evaluation.predict(row["text"], "")
        yield Said(bool(row["label"]), answer["flag"], answer["score"])
        if number < lessons:
            evaluation.learn(reading, is_spam=bool(row["label"]))


def shuffled(rows: Sequence[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    mixed = list(rows)
    random.Random(seed).shuffle(mixed)
    return mixed


def one_video_out(prior: Prior, rows: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """Learn from four videos, then judge the fifth: mean F1 and AUC."""
    figures = []
    for video in sorted({row["video"] for row in rows}):
        known = shuffled([row for row in rows if row["video"] != video], 1)
        unseen = [row for row in rows if row["video"] == video]
        said = list(predicted(prior, known + unseen, len(known)))
        figures.append((f1(said[len(known) :]), auc(said[len(known) :])))
    return fmean(f for f, _ in figures), fmean(a for _, a in figures)


def after(prior: Prior, rows: Sequence[dict[str, Any]], lessons: int, shuffles: int) -> float:
    """F1 on all the others after so many lessons; the mean of several orders."""
    return fmean(
        f1(list(predicted(prior, shuffled(rows, seed), lessons))[lessons:])
        for seed in range(shuffles)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the sets")
    parser.add_argument("--shuffles", type=int, default=5, help="orders, whose mean is told")
    options = parser.parse_args(arguments)
    if not options.data.exists():
        print(f"Skipped: there is no {options.data}.")
        return 0
    examples = read_examples(options.data, SETS)
    print_learning(examples, options.data, options.shuffles)
    print_prior(examples, options.data)
    return 0


def prior_of(examples: Sequence[Example]) -> Prior:
    return decode_prior(quantised(train(examples), choose_stand_ins(examples)))


def print_learning(examples: Sequence[Example], data: Path, shuffles: int) -> None:
    rows = list(rows_of(data, YOUTUBE))
    prior = prior_of([e for e in examples if e.name != YOUTUBE])
    print(f"| {YOUTUBE}, a prior that never saw it | |\n|---|--:|")
    f, a = one_video_out(prior, rows)
    print(f"| leave one video out, F1 / AUC | {f:.3f} / {a:.3f} |")
    told = " / ".join(f"{after(prior, rows, n, shuffles):.3f}" for n in AFTER)
    print(f"| F1 after {' / '.join(map(str, AFTER))} decisions | {told} |")
    orders = [list(predicted(prior, shuffled(rows, s), len(rows))) for s in range(shuffles)]
    print(f"| predict-then-learn accuracy over {len(rows)} | {fmean(map(accuracy, orders)):.3f} |")
    late = [accuracy(said[AT_WORK:]) for said in orders]
    print(f"| the same from comment {AT_WORK} on | {fmean(late):.3f} |")
    in_order = list(predicted(prior, rows, len(rows)))
    print(f"| the same, in the order of the file | {accuracy(in_order):.3f} |")


def print_prior(examples: Sequence[Example], data: Path) -> None:
    print("\n| nothing learnt, each set left out of the prior | F1 | AUC |\n|---|--:|--:|")
    for name in (YOUTUBE, "sms-spam", "blog-comments-spam"):
        prior = prior_of([e for e in examples if e.name != name])
        said = list(predicted(prior, list(rows_of(data, name)), 0))
        print(f"| {name} | {f1(said):.3f} | {auc(said):.3f} |")
    print("\n| clean comments held, nothing learnt | |\n|---|--:|")
    halves = [e for e in examples if e.name != "wiki-talk" or e.place[0] % 2]
    unseen = prior_of(halves)
    seen = {e.features.encode() for e in halves}
    for what, prior in (("prior without them", unseen), ("shipped prior", shipped_prior())):
        said = [s for name in CLEAN for s in predicted(prior, clean_rows(data, name, seen), 0)]
        print(f"| {what}, of {len(said):,} | {100 * fmean(s.flag for s in said):.2f} % |")


def clean_rows(data: Path, name: str, seen: set[bytes]) -> list[dict[str, Any]]:
    """Neither abusive nor swearing; of the talk pages the half that was not learnt."""
    rows = [r for r in rows_of(data, name) if not r["label"] and not r.get("swears")]
    if name != "wiki-talk":
        return rows
    return [row for row in rows if read_features(row).encode() not in seen]


if __name__ == "__main__":
    sys.exit(main())
