"""Running the checks: all are asked, none is trusted to work, and settings are read with care."""

import logging
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import Struct

from comments_service import checks
from comments_service.domain.comment import MAX_BODY, Submission, make_submission
from comments_service.domain.errors import InvalidFields, NotFound
from comments_service.domain.facts import NO_HISTORY
from comments_service.domain.policy import CheckPolicy, Policy
from comments_service.domain.verdict import Category, Check, Finding, Mode, Signal, Verdict
from comments_service.text.reading import Reading


class Settings(Struct, frozen=True):
    most: int = 3


def find_long(reading: Reading, _facts: object, settings: Settings) -> Sequence[Finding]:
    length = len(reading.body.original)
    if length <= settings.most:
        return ()
    return (
        Finding(Signal.SUSPECT, 0.5, "long", Category.SPAM, ((0, 1),), values={"count": length}),
    )


def raise_always(_reading: object, _facts: object, _settings: object) -> Sequence[Finding]:
    raise RuntimeError("secret words of a reader")


def a_check(name: str, examine: Any = find_long) -> Check:
    return Check(name, 4, "A test.", {"long": "It has {count} letters."}, examine, Settings)


ALL = {"broken": a_check("broken", raise_always), "long": a_check("long")}
HELLO = make_submission(author_name="Bob", body="Hello")

LONG = Verdict(
    "long",
    4,
    Mode.ON,
    Signal.SUSPECT,
    0.5,
    "long.long",
    "It has 5 letters.",
    Category.SPAM,
    ((0, 1),),
)
BROKEN = Verdict(
    "broken", 4, Mode.ON, Signal.ERRORED, 0.0, "broken.could_not_be_checked", "could not be checked"
)


def run(submission: Submission = HELLO, **used: CheckPolicy) -> tuple[Verdict, ...]:
    return checks.run(submission, NO_HISTORY, Policy(checks=used), checks=ALL).verdicts


def test_all_are_asked_though_one_raises() -> None:
    examination = checks.run(HELLO, NO_HISTORY, Policy(), checks=ALL)
    assert examination.verdicts == (BROKEN, LONG)
    assert examination.examined_by == {"broken": 4, "long": 4}


def test_a_check_that_saw_nothing_leaves_its_name_only() -> None:
    shy = make_submission(author_name="Bob", body="Hi")
    examination = checks.run(shy, NO_HISTORY, Policy(), checks={"long": ALL["long"]})
    assert examination.verdicts == ()
    assert examination.examined_by == {"long": 4}


def test_what_is_off_is_not_asked() -> None:
    policy = Policy(checks={"broken": CheckPolicy(Mode.OFF)})
    examination = checks.run(HELLO, NO_HISTORY, policy, checks=ALL)
    assert examination.verdicts == (LONG,)
    assert examination.examined_by == {"long": 4}


def test_what_is_in_shadow_is_asked_and_marked() -> None:
    shadow = CheckPolicy(Mode.SHADOW)
    assert [v.mode for v in run(broken=shadow, long=shadow)] == [Mode.SHADOW, Mode.SHADOW]


def test_settings_reach_the_check() -> None:
    assert run(long=CheckPolicy(settings={"most": 5})) == (BROKEN,)


def test_settings_are_read_once() -> None:
    """Reading and trying them costs more than most checks."""
    tried: list[int] = []

    class Tried(Settings, frozen=True):
        def __post_init__(self) -> None:
            tried.append(self.most)

    check = Check("long", 4, "A test.", {"long": "{count}"}, find_long, Tried)
    for settings in ({}, {"most": 4}, {}, {"most": 4}, {"most": 9}):
        policy = Policy(checks={"long": CheckPolicy(settings=settings)})
        checks.run(HELLO, NO_HISTORY, policy, checks={"long": check})
    assert tried == [3, 4, 9]


@pytest.mark.parametrize("settings", [{"most": "many"}, {"least": 1}, {"most": 1 << 70}])
def test_settings_that_cannot_be_read_hold_the_comment(settings: dict[str, Any]) -> None:
    assert [v.reason for v in run(long=CheckPolicy(settings=settings))] == [
        "broken.could_not_be_checked",
        "long.could_not_be_checked",
    ]


def test_a_text_longer_than_any_comment_is_not_checked() -> None:
    verdicts = run(Submission("Bob", "x" * (MAX_BODY + 1)))
    assert [v.reason for v in verdicts] == [
        "broken.could_not_be_checked",
        "long.could_not_be_checked",
    ]


def test_the_log_names_the_check_and_quotes_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        run()
    assert [r.getMessage() for r in caplog.records] == ["check broken could not look: RuntimeError"]
    assert "secret" not in caplog.text


WHY = "below suspect nothing counts, so bad would not be what it says."
WRONG = [
    ("links", {"max": "two"}, "max", "Expected `int`, got `str`."),
    ("links", {"max": -1}, "max", "Expected `int` >= 0."),
    ("links", {"most": 1}, "most", "links has no such setting; it has: max."),
    ("honeypot", {"on": True}, "on", "honeypot has no such setting; it has: none."),
    ("words", {"suspect": 0}, "suspect", "Expected `float` > 0.0."),
    ("words", {"bad": 1.5}, "bad", "Expected `float` <= 1.0."),
    ("spam", {"suspect": float("nan")}, "suspect", "Expected `float` >= 0.05."),
    ("spam", {"suspect": 0.99}, "suspect", f"suspect (0.99) cannot be above bad (0.9): {WHY}"),
    ("words", {"bad": 0.4}, "suspect", f"suspect (0.45) cannot be above bad (0.4): {WHY}"),
    (
        "profanity",
        {"suspect": 0.5, "doubtful": 0.7, "bad": 0.6},
        "doubtful",
        f"doubtful (0.7) cannot be above bad (0.6): {WHY.replace('suspect', 'doubtful')}",
    ),
    ("words", {"words": ["x"]}, "words", "words has no such setting; it has: suspect, bad."),
]


@pytest.mark.parametrize(("name", "given", "field", "message"), WRONG)
def test_wrong_settings_are_named(
    name: str, given: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(InvalidFields) as raised:
        checks.validate_settings(name, given)
    assert [(e.field, e.message) for e in raised.value.errors] == [(field, message)]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("spam", {"suspect": 0.9}),
        ("words", {"suspect": 0.3, "bad": 0.3}),
        # `bad` of abuse asks for a strong word besides, so it may be lower, as delivered.
        ("abuse", {"suspect": 0.99}),
    ],
)
def test_thresholds_that_go_together_are_taken(name: str, given: dict[str, Any]) -> None:
    assert checks.validate_settings(name, given) == checks.read_settings(name, given)


def test_stored_settings_that_nobody_would_take_now_are_still_read() -> None:
    assert checks.read_settings("spam", {"suspect": 0.99}).suspect == 0.99
    with_them = Policy(checks={"spam": CheckPolicy(settings={"suspect": 0.99})})
    said = checks.run(Submission("Bob", "A walk."), NO_HISTORY, with_them)
    assert not [v for v in said.verdicts if v.signal is Signal.ERRORED]


def test_settings_of_no_check_are_refused() -> None:
    with pytest.raises(NotFound):
        checks.validate_settings("smell", {})


def test_settings_left_out_keep_their_defaults() -> None:
    read = checks.validate_settings("flood", {"minutes": 10})
    assert (read.minutes, read.by_commenter) == (10, 6)
