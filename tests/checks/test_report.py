"""The figures of `comments-service check`: what counts for the flag, the scores and the spans."""

import pytest

from comments_service.checks.report import Report, flag_and_scores
from comments_service.domain.verdict import (
    Category,
    Examination,
    Field,
    Mode,
    Signal,
    Span,
    Verdict,
)

NOTHING = Report(False, 0.0, {"abuse": 0.0, "spam": 0.0}, [], [])


def verdict(
    signal: Signal = Signal.SUSPECT,
    category: Category | None = Category.INSULT,
    *,
    score: float = 0.5,
    mode: Mode = Mode.ON,
    spans: tuple[Span, ...] = (),
    field: Field = "body",
) -> Verdict:
    return Verdict("c", 1, mode, signal, score, "c.r", "R.", category, spans, field)


FLAGS = [
    ([], False, "nothing found"),
    ([verdict()], True, "something suspect"),
    ([verdict(Signal.BAD)], True, "something bad"),
    ([verdict(Signal.CLEAR)], False, "something clear"),
    ([verdict(Signal.ERRORED, None)], False, "a check that could not look"),
    ([verdict(category=Category.MANNER)], False, "manner alone"),
    ([verdict(mode=Mode.SHADOW)], False, "a check in shadow"),
    ([verdict(category=Category.MANNER), verdict()], True, "manner and an insult"),
]


@pytest.mark.parametrize(("found", "flag", "why"), FLAGS, ids=[why for *_, why in FLAGS])
def test_the_flag(found: list[Verdict], flag: bool, why: str) -> None:
    report = flag_and_scores(Examination(tuple(found)))
    assert report.flag is flag


def test_a_check_that_measures_has_its_say_in_the_scores_alone() -> None:
    report = flag_and_scores(Examination((verdict(Signal.CLEAR, score=0.2),)))
    assert report == Report(False, 0.0, {"abuse": 0.2, "spam": 0.0}, [], [])


def test_nothing_found_is_all_zero() -> None:
    assert flag_and_scores(Examination()) == NOTHING


def test_the_scores_are_the_strongest_of_their_kind() -> None:
    report = flag_and_scores(
        Examination(
            (
                verdict(score=0.4),
                verdict(category=Category.THREAT, score=0.7),
                verdict(category=Category.SPAM, score=0.6),
                verdict(category=Category.MANNER, score=1.0),
            )
        )
    )
    assert report.scores == {"abuse": 0.7, "spam": 0.6}
    assert report.score == 0.7
    assert report.categories == [
        Category.INSULT,
        Category.THREAT,
        Category.SPAM,
        Category.MANNER,
    ]


def test_spans_are_of_the_body_in_order_and_joined() -> None:
    report = flag_and_scores(
        Examination(
            (
                verdict(spans=((8, 9), (0, 3))),
                verdict(spans=((2, 5),)),
                verdict(spans=((0, 20),), field="author_name"),
                verdict(category=Category.MANNER, spans=((0, 20),)),
            )
        )
    )
    assert report.spans == [(0, 5), (8, 9)]


def test_how_grave_a_word_is_counts_for_less_than_how_likely_abuse_is() -> None:
    grave = Verdict(
        "profanity", 1, Mode.ON, Signal.BAD, 0.9, "profanity.slur", "S.", Category.SLUR, ((0, 4),)
    )
    alone = flag_and_scores(Examination((grave,)))
    assert alone.score == 0.9
    assert alone.scores["abuse"] == pytest.approx(0.63)
    surer = flag_and_scores(Examination((grave, verdict(score=0.7))))
    assert surer.scores["abuse"] == 0.7
