"""A person agrees with what policy decided by itself: it is a decision, and readers see nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from comments_service.domain.policy import PolicyMode
from comments_service.services.privacy import erase_commenter
from comments_service.storage.changes import NOTHING, Reader, open_reader
from comments_service.storage.db import engine_of_reads
from comments_service.storage.standing import Actor
from tests.cast import PAGE, Cast
from tests.services.test_lessons import SPAM, WALK, lessons, recalled
from tests.services.test_races import at_once, decision
from tests.web.test_precision import SHOUTED, lines, told

COUNTS = "/api/v1/moderation/counts"
CASINO = "The casino calls"
AFTER = {"approve": "approved", "reject": "rejected", "spam": "spam"}
HONEYPOT = "https://pills.example"
UNSEEN = (1, 0, 0, 0, 0, 1)


@pytest.fixture(autouse=True)
def _publishes_at_once(cast: Cast) -> None:
    cast.publish_all()
    cast.set_site(words=["casino"])


def decided(cast: Cast, action: str) -> str:
    """A comment that policy alone decided on so."""
    reader = cast.reader()
    match action:
        case "approve":
            return reader.says(SHOUTED)
        case "reject":
            assert reader.post(f"{CASINO}.").status_code == 422
        case _:
            assert reader.post(f"{WALK} Really.", website=HONEYPOT).status_code == 202
    (newest,) = cast.alice.queue(status=AFTER[action], limit=1)
    comment: str = newest["id"]
    return comment


def finding(cast: Cast, action: str) -> dict[str, Any]:
    """The line of the check that found something in it."""
    of = {"approve": ("shouting", "manner"), "reject": ("words", "on"), "spam": ("honeypot", "on")}
    return lines(cast)[of[action]]


OUTCOMES = [
    ("approve", (1, 0, 0, 1, 0, 0), [(1, False, True)]),
    ("reject", (1, 1, 0, 0, 0, 0), []),
    ("spam", (1, 1, 0, 0, 0, 0), [(1, True, True)]),
]


@pytest.mark.parametrize(("action", "counts", "learnt"), OUTCOMES)
def test_confirming_is_logged_learnt_counted_and_taken_back(
    cast: Cast, action: str, counts: tuple[int, ...], learnt: list[tuple[Any, ...]]
) -> None:
    comment = decided(cast, action)
    assert told(finding(cast, action)) == UNSEEN
    before, tabs = cast.row(comment), cast.alice.get(COUNTS).get_json()
    done = cast.decide(comment, action)
    assert done["decision_id"]
    assert (done["status"], done["version"]) == (AFTER[action], 2)
    entry = cast.rows("SELECT * FROM log WHERE comment_id = :id AND version = 2", id=before["id"])
    assert [(e["old_status"], e["new_status"], e["action"]) for e in entry] == [
        (AFTER[action], AFTER[action], action)
    ]
    assert told(finding(cast, action)) == counts
    assert lessons(cast) == learnt
    assert cast.alice.get(COUNTS).get_json() == tabs
    assert cast.broken() == []

    assert cast.alice.undo(done["decision_id"]).status_code == 200
    after = cast.row(comment)
    assert {name for name in before if before[name] != after[name]} == {"version"}
    assert told(finding(cast, action)) == UNSEEN
    assert not any(holds for _, is_spam, holds in lessons(cast) if is_spam is not None)
    assert cast.broken() == []
    # Policy alone has decided on it again, so it can be confirmed again.
    assert cast.decide(comment, action)["decision_id"]


@pytest.mark.parametrize("action", AFTER)
def test_what_a_person_decided_is_so_already(cast: Cast, action: str) -> None:
    comment = decided(cast, action)
    cast.decide(comment, action)
    again = cast.decide(comment, action)
    assert (again["decision_id"], again["version"]) == (None, 2)
    stale = {"comment_id": comment, "version": 1, "action": action}
    assert cast.program("moderate", "gazette").decide(stale)[0]["decision_id"] is None


def test_waiting_cannot_be_confirmed(cast: Cast) -> None:
    comment = cast.bob.says("See https://one.example and https://two.example for more.")
    assert cast.row(comment)["status"] == "pending"
    assert cast.decide(comment, "hold")["decision_id"] is None


def test_two_confirm_at_once_and_one_did(cast: Cast) -> None:
    colleague = cast.program("moderate", "gazette")
    for action in AFTER:
        comment = decided(cast, action)
        results = at_once(*(decision(who, comment, 1, action) for who in (cast.alice, colleague)))
        assert sorted(r["decision_id"] is None for r in results) == [False, True]
        assert [r["version"] for r in results] == [2, 2]
    assert [(is_spam, holds) for _, is_spam, holds in lessons(cast)] == [
        (False, True),
        (True, True),
    ]
    assert cast.broken() == []


def test_many_are_confirmed_at_once_among_others(cast: Cast) -> None:
    spam = [decided(cast, "spam") for _ in range(3)]
    cast.decide(spam[0], "spam")
    approved = decided(cast, "approve")
    wishes = [
        {"comment_id": c, "version": cast.row(c)["version"], "action": "spam"}
        for c in (*spam, approved)
    ]
    results = cast.alice.decide(*wishes)
    assert [r["decision_id"] is None for r in results] == [True, False, False, False]
    assert told(lines(cast)["honeypot", "on"]) == (3, 3, 0, 0, 0, 0)
    assert cast.count() == 0
    assert cast.broken() == []


def test_a_check_that_moderators_confirm_is_not_mostly_overruled(cast: Cast) -> None:
    """The reviewed case: some 23 of its comments confirmed, 11 approved."""
    for n in range(34):
        cast.decide(decided(cast, "spam"), "spam" if n < 23 else "approve")
    line = lines(cast)["honeypot", "on"]
    assert told(line) == (34, 23, 0, 11, 0, 0)
    assert line["precision"] == pytest.approx(23 / 34, abs=0.0001)
    assert not line["mostly_overruled"]


def test_approving_what_was_published_at_once_teaches_and_vouches(cast: Cast) -> None:
    for body in (WALK, f"{WALK} Again."):
        comment = cast.bob.says(body)
        assert cast.row(comment)["status"] == "approved"
        cast.decide(comment, "approve")
    spam = cast.reader().says(SPAM)
    cast.decide(spam, "spam")
    known = recalled(cast.app)
    assert (known.lessons, known.spam) == (3, 1)
    # In mode `first` bob has two vouched comments now.
    cast.set_site(mode=PolicyMode.FIRST)
    assert cast.bob.post("One more walk.").status_code == 201


# --- An edit ---------------------------------------------------------------------------------


def edited(cast: Cast) -> str:
    """Approved by alice, then changed by bob, which policy let through at version 3."""
    comment = cast.bob.says(WALK)
    cast.decide(comment, "approve")
    answer = cast.bob.call("PATCH", f"/api/v1/comments/{comment}", json={"body": SHOUTED})
    assert answer.get_json()["comment"]["status"] == "approved"
    assert cast.row(comment)["version"] == cast.row(comment)["examined_version"] == 3
    return comment


def test_an_edit_that_policy_let_through_is_confirmed_for_itself(cast: Cast) -> None:
    comment = edited(cast)
    assert cast.decide(comment, "approve")["decision_id"]
    assert cast.decide(comment, "approve")["decision_id"] is None
    # The lesson of the text that is gone has made way for that of the new one.
    assert lessons(cast) == [(1, False, False), (2, False, True)]
    assert cast.broken() == []


def test_a_text_that_was_not_seen_is_not_confirmed(cast: Cast) -> None:
    comment = edited(cast)
    (stale,) = cast.alice.decide({"comment_id": comment, "version": 2, "action": "approve"})
    assert stale["conflict"]["decided_by"] == "commenter"


@pytest.mark.parametrize("action", ["approve", "reject", "spam"])
def test_undo_leaves_an_edit_as_unseen_as_it_was(cast: Cast, action: str) -> None:
    comment = edited(cast)
    before = cast.row(comment)
    (shown,) = cast.alice.queue(status="approved")
    seen = lines(cast)
    done = cast.decide(comment, action)
    assert lines(cast) != seen
    assert cast.alice.undo(done["decision_id"]).status_code == 200
    after = cast.row(comment)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"version", "examined_version"}
    assert lines(cast) == seen
    (again,) = cast.alice.queue(status="approved")
    assert again["verdicts"] == shown["verdicts"] != []
    assert cast.decide(comment, "approve")["decision_id"], "nobody has looked at this text"
    assert cast.broken() == []
    with cast.app.app_context():
        erase_commenter(comment, Actor("system", "the test"), cast.clock.now)
    assert cast.broken() == []


# --- Readers see nothing of it ---------------------------------------------------------------


@pytest.fixture
def reader(cast: Cast) -> Iterator[Reader]:
    found = open_reader(engine_of_reads(cast.app))
    yield found
    found.close()


@pytest.mark.parametrize("action", AFTER)
def test_confirming_and_its_undo_drop_no_kept_answer(
    cast: Cast, reader: Reader, action: str
) -> None:
    comment = decided(cast, action)
    page = cast.thread(PAGE)
    reader.changed()
    done = cast.decide(comment, action)
    assert reader.changed() == NOTHING
    cast.alice.undo(done["decision_id"])
    assert reader.changed() == NOTHING
    assert cast.thread(PAGE) == page
    cast.decide(comment, "spam" if action == "approve" else "approve")
    assert reader.changed() != NOTHING
