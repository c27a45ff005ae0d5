"""What holds for every check that is found in the folder, today's and tomorrow's."""

import random
import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import Struct, structs

from benchmarks.worst_cases import varied
from comments_service import checks
from comments_service.domain.comment import MAX_BODY, MAX_NAME, Submission
from comments_service.domain.facts import Earlier, Facts
from comments_service.domain.policy import CheckPolicy, Policy
from comments_service.domain.verdict import Category, Check, Mode, Signal, Verdict
from comments_service.domain.words import SiteWord, WordList
from comments_service.text.fold import fingerprint
from tests.support.hostile import DATA, rows
from tests.support.steps import steps_of

FOLDER = Path(checks.__file__).parent
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVERY = pytest.mark.parametrize("check", checks.discover().values(), ids=lambda c: c.name)

# A list with which the check has most to do.
BUSY = WordList(
    tuple(
        SiteWord(term, 1.0)
        for term in (*(f"word{i}" for i in range(1_000)), "a", "*b*", "x y", "fuck*", "*fuckin")
    )
)

# Each, repeated, is a text that some way of searching would be slow on.
UNITS = (
    "a |fuck |s h i t |f*ck |5h1t |you idiot |a.b.|a-|a_|http://a.com/x |fuckshit|word1 |**a|𝓯 |[|"
    "AB |&amp;|aab|\u202eab|x y |\u1b96k.fr |ffuux cclitts ffannyy "
).split("|")

VARIED = varied(random.Random(1))
MOST_STEPS = 200_000

PROVOCATIONS = [
    Submission("Bob", "Hello, all."),
    Submission("Fuck", "fuck you idiot, stupid slut nigger, kill yourself", website="x"),
    Submission("Admin ✓", "THIS IS ALL IN CAPITALS AND WORD1"),
    Submission("Bob", "http://a.example http://b.example http://c.example and more"),
]


def facts_for(body: str, copies: int = 50) -> Facts:
    """A commenter who has posted this very text again and again within minutes."""
    earlier = Earlier(NOW - timedelta(minutes=1), fingerprint(body), True, True, True)
    others = structs.replace(earlier, same_commenter=False, same_address=False)
    return Facts(now=NOW, earlier=(earlier,) * copies + (others,) * (50 - copies), words=BUSY)


def ask(check: Check, submission: Submission, copies: int = 50) -> tuple[Verdict, ...]:
    policy = Policy(checks={check.name: CheckPolicy()})
    facts = facts_for(submission.body, copies)
    return checks.run(submission, facts, policy, checks={check.name: check}).verdicts


@EVERY
def test_what_a_commenter_is_told_is_a_sentence_about_a_reason_of_the_checks(check: Check) -> None:
    assert set(check.to_commenter) <= set(check.reasons)
    for sentence in check.to_commenter.values():
        assert sentence.endswith(".")
        assert "{" not in sentence


def test_every_file_of_the_folder_with_a_check_is_found() -> None:
    files = {
        path.stem for path in FOLDER.glob("*.py") if "check = Check(" in path.read_text("utf-8")
    }
    assert set(checks.discover()) == files


@EVERY
def test_it_says_what_it_is(check: Check) -> None:
    assert check.name.isidentifier()
    assert check.version >= 1
    assert check.summary.endswith(("?", "."))
    assert check.reasons
    assert isinstance(check.settings_type(), Struct)


@EVERY
def test_its_reasons_can_be_filled_and_it_gives_them(check: Check) -> None:
    given = [v for s in PROVOCATIONS for copies in (50, 1, 0) for v in ask(check, s, copies)]
    assert given
    for verdict in given:
        assert verdict.signal is not Signal.ERRORED
        assert verdict.reason.removeprefix(f"{check.name}.") in check.reasons
        assert 0 <= verdict.score <= 1
        assert isinstance(verdict.category, Category)
        assert verdict.message
        left = [name for _, name, _, _ in string.Formatter().parse(verdict.message) if name]
        assert left == []


@EVERY
def test_hostile_text_gives_an_answer_and_twice_the_same(check: Check) -> None:
    hostile = [row["payload"] for row in rows("text")]
    if not hostile:
        pytest.skip(f"{DATA} is not on this machine")
    for text in hostile:
        submission = Submission(text[:MAX_NAME], text[:MAX_BODY])
        first = ask(check, submission)
        assert ask(check, submission) == first
        for verdict in first:
            assert verdict.signal is not Signal.ERRORED
            field = getattr(submission, verdict.field)
            assert all(0 <= start < end <= len(field) for start, end in verdict.spans)


@EVERY
@pytest.mark.parametrize("body", ["", " ", "\n", "\x00", "\ud800", "\U0010ffff", "\u202e"])
def test_empty_and_unstorable_text_gives_an_answer(check: Check, body: str) -> None:
    verdicts = ask(check, Submission("", body))
    assert all(v.signal is not Signal.ERRORED for v in verdicts)


@EVERY
@pytest.mark.parametrize("unit", UNITS)
def test_its_work_is_bounded_on_the_longest_text(check: Check, unit: str) -> None:
    """Ten times the text may take about ten times the Python steps, whatever the text.

    The long one may be found abusive where the short one is not, and its heaviest words looked for.
    """
    require_bounded(check, (unit * MAX_BODY)[:MAX_BODY])


@EVERY
@pytest.mark.parametrize("name", VARIED)
def test_its_work_is_bounded_where_no_piece_is_like_another(check: Check, name: str) -> None:
    require_bounded(check, VARIED[name])


def require_bounded(check: Check, long: str) -> None:
    short = long[: MAX_BODY // 10]
    ask(check, Submission("Bob", long))  # What a process works out once is none of this.
    assert steps_of(lambda: ask(check, Submission("Bob", long))) <= MOST_STEPS
    few, many = (steps_of(lambda t=t: ask(check, Submission("Bob", t))) for t in (short, long))  # type: ignore[misc]
    assert many <= 15 * few + 50_000


def sections(page: str) -> Iterator[tuple[str, str]]:
    for part in page.split("\n## `")[1:]:
        name, _, rest = part.partition("`")
        yield name, rest.split("\n## ")[0]


@EVERY
def test_its_page_names_its_reasons_and_settings(check: Check) -> None:
    documented = dict(sections((FOLDER.parents[1] / "docs" / "checks.md").read_text("utf-8")))
    told = documented[check.name]
    for reason in check.reasons:
        assert f"`{check.name}.{reason}`" in told
    for setting in structs.fields(check.settings_type):
        assert f"`{setting.name}`" in told


@EVERY
def test_off_and_shadow_are_kept(check: Check) -> None:
    for mode, expected in ((Mode.OFF, set()), (Mode.SHADOW, {Mode.SHADOW})):
        policy = Policy(checks={check.name: CheckPolicy(mode)})
        seen = {
            v.mode
            for s in PROVOCATIONS
            for v in checks.run(s, facts_for(s.body), policy, checks={check.name: check}).verdicts
        }
        assert seen == expected
