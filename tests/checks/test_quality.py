"""Floors of quality on the shared labelled texts, so that a change of a list cannot rot unseen.

The figures reached stand in `docs/checks.md`; these floors lie a little below them.
"""

import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from comments_service import checks
from comments_service.checks.report import flag_and_scores
from comments_service.domain.comment import MAX_BODY, Submission
from comments_service.domain.facts import NO_HISTORY
from comments_service.domain.policy import Policy
from comments_service.services.evaluate import Evaluation
from comments_service.services.examine import examine_text

DATA = Path(__file__).parents[3] / "shared" / "data" / "moderation"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not on this machine")


def rows(name: str) -> Iterator[dict[str, Any]]:
    for path in DATA.glob(f"{name}.jsonl*"):
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
        yield from map(json.loads, text.split("\n")[:-1])


def flagged(texts: list[str]) -> float:
    """The share of texts that something was found in."""
    reports = [
        flag_and_scores(checks.run(Submission("Reader", text[:MAX_BODY]), NO_HISTORY, Policy()))
        for text in texts
    ]
    assert texts
    return sum(report.flag for report in reports) / len(texts)


def refused(texts: list[str]) -> float:
    """The share of texts that mode `post` would refuse a stranger."""
    wanted = checks.discover()
    decisions = [examine_text(text[:MAX_BODY], "R", wanted)["decision"] for text in texts]
    return decisions.count("reject") / len(decisions)


def test_disguised_profanity_is_caught() -> None:
    assert flagged([r["text"] for r in rows("obfuscation") if r["label"] and not r["hard"]]) >= 0.98


def test_harmless_words_in_the_same_disguises_pass() -> None:
    controls = [r["text"] for r in rows("obfuscation") if not r["label"] and not r["hard"]]
    assert flagged(controls) <= 0.005


def test_sentences_that_trip_naive_filters_pass() -> None:
    assert flagged([r["text"] for r in rows("tricky-clean")]) <= 3 / 140


def test_words_of_dictionaries_pass() -> None:
    words = [r["text"] for r in rows("dictionary")]
    # All places and names beside each other would make phrases; a sample of single texts will do.
    assert flagged(words[::25]) <= 0.0005


def test_ordinary_comments_pass() -> None:
    calm = (r["text"] for r in rows("wiki-talk") if not r["label"] and not r["swears"])
    assert flagged(list(islice(calm, 2_000))) <= 0.01


def test_swearing_comments_are_held() -> None:
    swearing = (r["text"] for r in rows("insults-impermium") if r["swears"])
    assert flagged(list(islice(swearing, 500))) >= 0.98


def evaluated(rows_in_order: list[dict[str, Any]], lessons: int) -> list[tuple[bool, bool]]:
    """Truth and prediction for each row after so many that were learnt."""
    evaluation, found = Evaluation(), []
    for number, row in enumerate(rows_in_order):
        said, reading = evaluation.predict(row["text"], "")
        found.append((bool(row["label"]), said["flag"]))
        if number < lessons:
            evaluation.learn(reading, is_spam=bool(row["label"]))
    return found[lessons:]


def test_spam_of_a_site_is_learnt_from_its_decisions() -> None:
    """Blog spam, on which the shipped prior was not trained."""
    mixed = sorted(rows("blog-comments-spam"), key=lambda row: row["id"])
    found = evaluated(mixed, 150)
    caught = [flag for is_spam, flag in found if is_spam]
    held = [flag for is_spam, flag in found if not is_spam]
    assert sum(caught) / len(caught) >= 0.35
    assert sum(held) / len(held) <= 0.06


def test_ordinary_comments_are_not_held_as_spam_with_nothing_learnt() -> None:
    clean = [
        row
        for name in ("globe-news", "fox-news", "insults-impermium")
        for row in rows(name)
        if not row["label"] and not row["swears"]
    ]
    found = evaluated(clean[::4], 0)
    assert sum(flag for _, flag in found) / len(found) <= 0.01


def test_abuse_is_caught_and_calm_comments_beside_it_pass() -> None:
    comments = list(islice(rows("insults-impermium"), 1_000))
    assert flagged([r["text"] for r in comments if r["label"]]) >= 0.6
    assert flagged([r["text"] for r in comments if not r["label"] and not r["swears"]]) <= 0.12


def test_toxic_comments_on_news_are_caught() -> None:
    assert flagged([r["text"] for r in islice(rows("civil-toxic-spans"), 600)]) >= 0.6


def test_who_is_spoken_of_holds_nothing() -> None:
    fair = [r["text"] for r in rows("identity-templates") if not r["label"]]
    assert flagged(fair[::4]) <= 0.01


def test_quoting_reclaiming_and_denying_hatred_mostly_pass() -> None:
    assert flagged([r["text"] for r in rows("hatecheck") if not r["label"]]) <= 0.3


def test_few_clean_comments_are_refused_and_most_swearing_abuse_is() -> None:
    comments = list(islice(rows("insults-impermium"), 1_500))
    clean = [r["text"] for r in comments if not r["label"] and not r["swears"]]
    harsh = [r["text"] for r in comments if r["label"] and r["swears"]]
    assert refused(clean) <= 0.01
    assert refused(harsh) >= 0.6
