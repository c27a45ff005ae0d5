"""Policy as a table: what was found, in which mode, by whom; what happens, and why.

Each row's id is the rule in a sentence. Nobody needs to read the code to review it.
"""

import pytest

from comments_service.domain import policy
from comments_service.domain.comment import Status
from comments_service.domain.facts import History
from comments_service.domain.policy import (
    POLICY_REASONS,
    Action,
    CheckPolicy,
    Decision,
    Policy,
    PolicyMode,
    decide,
    why_not_trusted,
    words_at_fault,
)
from comments_service.domain.verdict import Category, Mode, Signal, Verdict

PRE, FIRST, POST = PolicyMode.PRE, PolicyMode.FIRST, PolicyMode.POST
APPROVE, HOLD, REJECT, SPAM = Action.APPROVE, Action.HOLD, Action.REJECT, Action.SPAM
APPROVED, PENDING, REJECTED, SPAMMED = (
    Status.APPROVED,
    Status.PENDING,
    Status.REJECTED,
    Status.SPAM,
)

STRANGER = History(has_key=True)
NO_KEY = History(approved_by_person=9)
ONCE_APPROVED = History(has_key=True, approved_by_person=1, last_statuses=(APPROVED,))
TRUSTED = History(has_key=True, approved_by_person=2, last_statuses=(APPROVED, APPROVED))
HISTORIES = (STRANGER, NO_KEY, ONCE_APPROVED, TRUSTED)


def saw(
    reason: str,
    signal: Signal,
    category: Category | None,
    *,
    score: float = 0.5,
    mode: Mode = Mode.ON,
) -> Verdict:
    check = reason.partition(".")[0]
    return Verdict(check, 1, mode, signal, score, reason, "A sentence.", category)


MANY_LINKS = saw("links.too_many", Signal.SUSPECT, Category.SPAM)
HONEYPOT = saw("honeypot.filled", Signal.BAD, Category.SPAM, score=1.0)
FLOOD = saw("flood.too_fast", Signal.BAD, Category.SPAM, score=0.7)
SLUR = saw("profanity.slur", Signal.BAD, Category.SLUR, score=0.9)
THREAT = saw("words.threat", Signal.BAD, Category.THREAT, score=0.6)
MILD = saw("profanity.mild", Signal.SUSPECT, Category.PROFANITY, score=0.8)
SHOUTING = saw("shouting.capitals", Signal.SUSPECT, Category.MANNER)
LOUD_SHOUTING = saw("shouting.capitals", Signal.BAD, Category.MANNER, score=1.0)
BROKEN = saw("repeats.errored", Signal.ERRORED, None, score=0.0)
CLEAN = saw("links.few", Signal.CLEAR, Category.SPAM)
SHADOW_SLUR = saw("profanity.slur", Signal.BAD, Category.SLUR, mode=Mode.SHADOW)
SHADOW_BROKEN = saw("repeats.errored", Signal.ERRORED, None, mode=Mode.SHADOW)


@pytest.mark.parametrize(
    ("mode", "history", "verdicts", "action", "reasons"),
    [
        # Nothing was found: the mode and the commenter's past decide.
        pytest.param(PRE, TRUSTED, [], HOLD, ["policy.pre"], id="In mode pre everybody waits."),
        pytest.param(FIRST, TRUSTED, [], APPROVE, [], id="In mode first the trusted do not wait."),
        pytest.param(FIRST, STRANGER, [], HOLD, ["policy.first"], id="Strangers wait."),
        pytest.param(
            FIRST, ONCE_APPROVED, [], HOLD, ["policy.first"], id="One approval is not enough."
        ),
        pytest.param(
            FIRST, NO_KEY, [], HOLD, ["policy.no_key"], id="Who cannot be recognised waits."
        ),
        pytest.param(POST, STRANGER, [], APPROVE, [], id="In mode post nobody waits."),
        pytest.param(POST, NO_KEY, [], APPROVE, [], id="In mode post not even without a key."),
        # What looks suspect waits for a person, in every mode.
        pytest.param(
            POST,
            TRUSTED,
            [MILD],
            HOLD,
            ["profanity.mild"],
            id="Suspect words wait, trusted or not.",
        ),
        pytest.param(
            POST, STRANGER, [MANY_LINKS], HOLD, ["links.too_many"], id="Suspect links wait."
        ),
        pytest.param(
            PRE,
            TRUSTED,
            [MILD],
            HOLD,
            ["profanity.mild", "policy.pre"],
            id="Who waits anyway is told what was found as well.",
        ),
        pytest.param(
            FIRST,
            STRANGER,
            [MANY_LINKS, MILD],
            HOLD,
            ["profanity.mild", "links.too_many", "policy.first"],
            id="The strongest finding is named first.",
        ),
        # What is bad is refused, but where a person sees everything.
        pytest.param(POST, TRUSTED, [SLUR], REJECT, ["profanity.slur"], id="A slur is refused."),
        pytest.param(
            PRE,
            STRANGER,
            [SLUR],
            HOLD,
            ["profanity.slur", "policy.pre"],
            id="In mode pre everything waits, even what would be refused.",
        ),
        pytest.param(
            POST,
            TRUSTED,
            [THREAT, SLUR, MILD],
            REJECT,
            ["profanity.slur", "words.threat"],
            id="A refusal names what was bad, not what was suspect.",
        ),
        pytest.param(
            POST, TRUSTED, [HONEYPOT], SPAM, ["honeypot.filled"], id="A program's work is spam."
        ),
        pytest.param(PRE, STRANGER, [FLOOD], SPAM, ["flood.too_fast"], id="Whatever the mode."),
        pytest.param(
            FIRST,
            STRANGER,
            [SLUR, FLOOD, HONEYPOT],
            SPAM,
            ["honeypot.filled", "flood.too_fast"],
            id="Spam that swears is spam: it earns no explanation.",
        ),
        # A check that could not look never passes a comment, and never refuses one.
        pytest.param(
            POST,
            TRUSTED,
            [BROKEN],
            HOLD,
            ["repeats.errored"],
            id="What could not be checked waits.",
        ),
        pytest.param(
            POST,
            TRUSTED,
            [MILD, BROKEN],
            HOLD,
            ["repeats.errored", "profanity.mild"],
            id="And says so first.",
        ),
        pytest.param(
            POST,
            TRUSTED,
            [BROKEN, SLUR],
            REJECT,
            ["profanity.slur"],
            id="It does not protect what another check found.",
        ),
        # Manner, shadow and clear verdicts are recorded and change nothing.
        pytest.param(POST, STRANGER, [SHOUTING], APPROVE, [], id="Shouting alone changes nothing."),
        pytest.param(POST, STRANGER, [LOUD_SHOUTING], APPROVE, [], id="However loud."),
        pytest.param(
            POST, STRANGER, [SHOUTING, MILD], HOLD, ["profanity.mild"], id="It lends no reason."
        ),
        pytest.param(POST, STRANGER, [SHADOW_SLUR], APPROVE, [], id="A shadow refuses nothing."),
        pytest.param(
            POST, STRANGER, [SHADOW_BROKEN], APPROVE, [], id="A broken shadow holds none."
        ),
        pytest.param(POST, STRANGER, [CLEAN], APPROVE, [], id="A clear verdict is no finding."),
        # A reason is given once.
        pytest.param(
            POST, TRUSTED, [SLUR, SLUR], REJECT, ["profanity.slur"], id="A reason is given once."
        ),
    ],
)
def test_policy(
    mode: PolicyMode,
    history: History,
    verdicts: list[Verdict],
    action: Action,
    reasons: list[str],
) -> None:
    assert decide(verdicts, mode, history) == Decision(action, tuple(reasons))


@pytest.mark.parametrize(
    ("mode", "verdicts", "action", "reasons"),
    [
        pytest.param(
            POST, [MILD], HOLD, ["profanity.mild", "policy.insisted"], id="Suspect words wait."
        ),
        pytest.param(
            POST, [SLUR], REJECT, ["profanity.slur", "policy.insisted"], id="Bad ones are refused."
        ),
        pytest.param(
            PRE,
            [SLUR],
            HOLD,
            ["profanity.slur", "policy.pre", "policy.insisted"],
            id="In mode pre they wait like everything.",
        ),
        pytest.param(POST, [HONEYPOT, MILD], SPAM, ["honeypot.filled"], id="Spam is spam."),
        pytest.param(POST, [MANY_LINKS], HOLD, ["links.too_many"], id="Nobody insists on links."),
        pytest.param(POST, [BROKEN], HOLD, ["repeats.errored"], id="Nor on what is not known."),
        pytest.param(POST, [SHOUTING, SHADOW_SLUR, CLEAN], APPROVE, [], id="Nor without need."),
    ],
)
def test_insisting_is_told_and_changes_no_action(
    mode: PolicyMode, verdicts: list[Verdict], action: Action, reasons: list[str]
) -> None:
    insisted = decide(verdicts, mode, TRUSTED, insisted=True)
    assert insisted == Decision(action, tuple(reasons))
    assert decide(verdicts, mode, TRUSTED).action is action


def test_words_are_at_fault_that_count_and_that_other_words_would_undo() -> None:
    everything = [
        *(SLUR, THREAT, MILD),
        *(MANY_LINKS, HONEYPOT, SHOUTING, BROKEN, CLEAN, SHADOW_SLUR, SHADOW_BROKEN),
    ]
    assert words_at_fault(everything) == (SLUR, THREAT, MILD)


@pytest.mark.parametrize("mode", [FIRST, POST])
@pytest.mark.parametrize("history", HISTORIES, ids=["stranger", "no key", "once", "trusted"])
@pytest.mark.parametrize(
    ("verdict", "action"),
    [(HONEYPOT, SPAM), (SLUR, REJECT), (THREAT, REJECT), (BROKEN, HOLD), (MILD, HOLD)],
    ids=["spam", "slur", "threat", "errored", "suspect"],
)
def test_a_finding_decides_alike_in_modes_first_and_post_and_for_everybody(
    mode: PolicyMode, history: History, verdict: Verdict, action: Action
) -> None:
    decision = decide([verdict], mode, history)
    assert decision.action is action
    assert verdict.reason in decision.reasons


@pytest.mark.parametrize(
    "category", [c for c in Category if c not in (Category.SPAM, Category.MANNER)]
)
def test_every_kind_of_abuse_is_refused_when_bad_and_waits_when_suspect(category: Category) -> None:
    bad, suspect = (saw("words.found", s, category) for s in (Signal.BAD, Signal.SUSPECT))
    assert decide([bad], POST, TRUSTED).action is REJECT
    assert decide([suspect], POST, TRUSTED).action is HOLD


@pytest.mark.parametrize(
    ("history", "why"),
    [
        pytest.param(TRUSTED, (), id="Two approved by a person: trusted."),
        pytest.param(
            History(has_key=True, approved_by_person=2, last_statuses=(PENDING,) * 5),
            (),
            id="What waits does not count against anybody.",
        ),
        pytest.param(
            History(has_key=True, approved_by_person=9, last_statuses=(APPROVED, REJECTED)),
            ("policy.recently_refused",),
            id="A rejected one among the last five: not trusted.",
        ),
        pytest.param(
            History(has_key=True, approved_by_person=9, last_statuses=(*(APPROVED,) * 4, SPAMMED)),
            ("policy.recently_refused",),
            id="Spam as the fifth: not trusted.",
        ),
        pytest.param(
            History(has_key=True, approved_by_person=9, last_statuses=(*(APPROVED,) * 5, SPAMMED)),
            (),
            id="Spam as the sixth: forgiven.",
        ),
        pytest.param(
            History(has_key=True, approved_by_person=0, last_statuses=(APPROVED,) * 5),
            ("policy.first",),
            id="Approvals that policy gave earn no trust.",
        ),
        pytest.param(
            History(has_key=True, last_statuses=(SPAMMED,)),
            ("policy.recently_refused",),
            id="A refusal is the reason before a short past.",
        ),
        pytest.param(NO_KEY, ("policy.no_key",), id="Without a key there is no past."),
    ],
)
def test_who_is_trusted_in_mode_first(history: History, why: tuple[str, ...]) -> None:
    assert why_not_trusted(history) == why
    assert decide([], FIRST, history).action is (HOLD if why else APPROVE)


@pytest.mark.parametrize(
    ("mode", "verdicts", "action", "reasons"),
    [
        (POST, [], HOLD, ["policy.flood"]),
        (FIRST, [], HOLD, ["policy.flood"]),
        (PRE, [], HOLD, ["policy.pre", "policy.flood"]),
        # What is refused or spam at other times is so now.
        (POST, [SLUR], REJECT, ["profanity.slur"]),
        (POST, [HONEYPOT], SPAM, ["honeypot.filled"]),
    ],
)
def test_in_a_flood_everything_waits_the_trusted_too(
    mode: PolicyMode, verdicts: list[Verdict], action: Action, reasons: list[str]
) -> None:
    decision = decide(verdicts, mode, TRUSTED, flooded=True)
    assert (decision.action, list(decision.reasons)) == (action, reasons)


def test_every_reason_of_policys_own_has_a_sentence() -> None:
    given = {
        reason
        for mode in PolicyMode
        for history in (*HISTORIES, History(has_key=True, last_statuses=(SPAMMED,)))
        for reason in decide([MILD], mode, history, insisted=True, flooded=True).reasons
        if reason.startswith("policy.")
    }
    assert given == set(POLICY_REASONS)
    assert all(sentence.endswith(".") for sentence in POLICY_REASONS.values())


@pytest.mark.parametrize(
    ("action", "status"),
    [(APPROVE, APPROVED), (HOLD, PENDING), (REJECT, REJECTED), (SPAM, SPAMMED)],
)
def test_an_action_leads_to_a_status(action: Action, status: Status) -> None:
    assert action.status is status


def test_a_check_that_a_site_does_not_name_is_on_with_its_defaults() -> None:
    quiet = Policy(checks={"shouting": CheckPolicy(Mode.OFF)})
    assert quiet.mode is FIRST
    assert quiet.of("shouting").mode is Mode.OFF
    assert quiet.of("links") == CheckPolicy(Mode.ON, {})


def test_the_numbers_of_mode_first_are_those_of_the_contract() -> None:
    assert (policy.TRUSTED_AFTER, policy.LOOK_BACK) == (2, 5)
