"""The spam check: what it makes of a text, before and after it was taught."""

from collections.abc import Sequence

import pytest

from comments_service import checks
from comments_service.checks import spam
from comments_service.checks.learning import prior as shipped
from comments_service.checks.learning.features import features_of
from comments_service.checks.learning.memory import Memory
from comments_service.checks.learning.phrases import phrases_of
from comments_service.checks.learning.prior import shipped_prior
from comments_service.domain.comment import MAX_BODY, Submission
from comments_service.domain.facts import NO_HISTORY, Facts
from comments_service.domain.policy import Policy
from comments_service.domain.verdict import Category, Signal, Verdict
from comments_service.text.reading import Reading

PILLS = "Cheap pills at https://pills-now.example, order yours from home today!"
WALKS = (
    "We walked along the river all afternoon.",
    "The council should mend the bridge first.",
    "My grandmother told me the same story.",
    "I do not agree, but it was well argued.",
    "When will the second part be printed?",
    "Thank you for naming the sources.",
    "The photograph shows the old harbour.",
    "It rained on the day of the parade, too.",
    "Nobody asked the people who live there.",
    "A fine article about a sad affair.",
)


def reading(body: str, name: str = "Bob") -> Reading:
    return Reading(Submission(name, body))


def taught(lessons: Sequence[tuple[str, bool]]) -> Memory:
    memory = Memory(shipped_prior())
    for body, is_spam in lessons:
        read = reading(body)
        memory.learn(features_of(read), is_spam=is_spam, phrases=phrases_of(read))
    return memory


def ask(body: str, memory: Memory | None = None, name: str = "Bob") -> Verdict:
    facts = NO_HISTORY
    if memory is not None:
        facts = Facts(taught=memory.recall(features_of(reading(body, name))))
    only = {"spam": spam.check}
    (verdict,) = checks.run(Submission(name, body), facts, Policy(), checks=only).verdicts
    return verdict


@pytest.mark.parametrize("body", [*WALKS, "", ".", "🙂", "Ja, das stimmt.", "Спасибо за статью."])
def test_ordinary_comments_pass_with_nothing_learnt(body: str) -> None:
    verdict = ask(body)
    assert (verdict.signal, verdict.reason) == (Signal.CLEAR, "spam.passed")
    assert 0 <= verdict.score < 1


@pytest.mark.parametrize(
    "body",
    [
        "Check out my channel and subscribe! http://youtube.example/user/me",
        "FREE entry! Win £1000 cash, call 09061234567 now",
        'Very nice blog. <a href="http://replica.example">replica watches</a> cheap',
    ],
)
def test_what_is_spam_anywhere_is_held_and_no_more(body: str) -> None:
    verdict = ask(body)
    assert (verdict.signal, verdict.reason) == (Signal.SUSPECT, "spam.looks_like")
    assert verdict.category is Category.SPAM
    assert verdict.spans
    assert all(0 <= start < end <= len(body) for start, end in verdict.spans)


def test_one_lesson_is_enough_for_the_same_text_in_any_disguise() -> None:
    before = ask(PILLS)
    memory = taught([(WALKS[0], False), (PILLS, True), (WALKS[1], False)])
    for same in (PILLS, PILLS.upper(), PILLS.replace("pills", "ｐіⅼⅼѕ"), f"{PILLS} #7"):
        verdict = ask(same, memory)
        assert verdict.signal is Signal.SUSPECT, same
        assert verdict.score > before.score
    assert ask(WALKS[2], memory).signal is Signal.CLEAR


@pytest.mark.parametrize(
    "text", [PILLS, "Great post, thanks for sharing!", "Zorkcoin doubles money"]
)
@pytest.mark.parametrize(("marked", "others"), [(0, 0), (20, 0), (20, 10), (60, 0), (60, 1)])
def test_the_text_just_marked_is_caught_whatever_was_taught_before(
    text: str, marked: int, others: int
) -> None:
    lessons = [(f"Glimmerpills at http://glimmer.example, offer {n}", True) for n in range(marked)]
    lessons += [(f"{WALKS[n % len(WALKS)]} I said so {n} times.", False) for n in range(others)]
    memory = taught([*lessons, (text, True)])
    for again in (text, f"  {text.upper()}"):
        verdict = ask(again, memory, name="Zed")
        assert verdict.signal is Signal.SUSPECT
        assert verdict.reason in ("spam.marked_before", "spam.looks_like")
        assert 0.5 <= verdict.score < 1
    assert ask(WALKS[2], memory).signal is Signal.CLEAR


def test_approvals_outweigh_a_text_that_was_marked_once() -> None:
    praise = "Great post, thanks for sharing!"
    lessons = [(f"{PILLS} Offer {n}.", True) for n in range(20)]
    lessons += [(f"{WALKS[n % len(WALKS)]} I said so {n} times.", False) for n in range(20)]
    marked = [*lessons, (praise, True)]
    assert ask(praise, taught(marked)).signal is Signal.SUSPECT
    assert ask(praise, taught([*marked, *[(praise, False)] * 4])).signal is Signal.CLEAR


def test_it_tells_the_pieces_and_how_often_they_were_marked() -> None:
    lessons = [(walk, False) for walk in WALKS]
    lessons += [(f"{n} at http://pills-now.example today", True) for n in ("one", "two", "tre")]
    verdict = ask("Look at HTTP://www.pills-now.example/again", taught(lessons))
    assert verdict.reason == "spam.marked_before"
    assert "pills-now.example (3 times)" in verdict.message
    assert verdict.spans == ((8, 42),)


def test_the_count_is_of_decisions_and_not_of_words() -> None:
    memory = taught([("pills pills pills, http://a.example pills", True), (WALKS[0], False)])
    known = memory.recall(features_of(reading("pills")))
    assert known.times(["pills", "pills pills", "a.example", "walked", "never"]) == [1, 1, 1, 0, 0]


def many(spam_lessons: int, others: int) -> Memory:
    lessons = [(f"{PILLS} Offer {n}.", True) for n in range(spam_lessons)]
    lessons += [(f"{WALKS[n % len(WALKS)]} I said so {n} times.", False) for n in range(others)]
    return taught(lessons[::2] + lessons[1::2])


@pytest.mark.parametrize(
    ("marked", "others", "signal"),
    [
        (30, 30, Signal.BAD),
        (25, 24, Signal.SUSPECT),  # 49 decisions.
        (9, 91, Signal.SUSPECT),  # Little spam seen.
        (91, 9, Signal.SUSPECT),  # Little else seen.
        (0, 60, Signal.SUSPECT),  # Nothing marked: the prior alone.
    ],
)
def test_it_calls_spam_outright_only_after_many_decisions_of_both_kinds(
    marked: int, others: int, signal: Signal
) -> None:
    verdict = ask(f"{PILLS} Offer 1000.", many(marked, others))
    assert verdict.signal is signal
    if signal is Signal.BAD:
        assert verdict.reason == "spam.again_and_again"


def test_what_was_never_marked_is_not_called_spam_outright() -> None:
    memory = many(40, 40)
    other = "Subscribe to my channel, win cash prizes! http://elsewhere.example"
    assert ask(other, memory).signal is not Signal.BAD


def test_who_marks_nothing_but_spam_still_gets_ordinary_comments() -> None:
    memory = taught([(f"{PILLS} Offer {n}.", True) for n in range(60)])
    held = [walk for walk in WALKS if ask(walk, memory).signal is not Signal.CLEAR]
    assert held == []


@pytest.mark.parametrize("body", ["a " * 5_000, "http://a.example/ " * 600, "\ud800" * 99])
def test_odd_texts_can_be_judged_and_learnt(body: str) -> None:
    body = body[:MAX_BODY]
    memory = taught([(body, True), (WALKS[0], False)])
    verdict = ask(body, memory, name="\ud800")
    assert verdict.signal is not Signal.ERRORED
    assert all(0 <= start < end <= len(body) for start, end in verdict.spans)


def test_a_damaged_prior_holds_every_comment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = shipped.FILE.read_bytes()
    for damaged in (b"", whole[:-1], whole[:500] + b"x" + whole[501:], b"other" + whole):
        monkeypatch.setattr(spam, "shipped_prior", lambda data=damaged: shipped.decode_prior(data))
        assert ask(WALKS[0]).signal is Signal.ERRORED
