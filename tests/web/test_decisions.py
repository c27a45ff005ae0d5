"""`POST /api/v1/moderation/decisions` and `.../undo`: what moderators do to comments and edits."""

from typing import Any

import pytest

from comments_service.domain.ids import encode_id
from comments_service.domain.policy import PolicyMode
from comments_service.services.moderate import MAX_DECISIONS, MAX_NOTE, REJECT_REASONS
from tests.cast import GAZETTE, HERALD_PAGE, PAGE, Cast, assert_problem, one_database

DECISIONS = "/api/v1/moderation/decisions"
ACTIONS = {"approve": "approved", "reject": "rejected", "spam": "spam", "hold": "pending"}


def log_of(cast: Cast, comment: str) -> list[dict[str, Any]]:
    return cast.rows(
        "SELECT * FROM log WHERE comment_id = :id ORDER BY version", id=cast.row(comment)["id"]
    )


@pytest.mark.parametrize("first", ACTIONS)
def test_every_decision_leads_from_every_status_to_its_own(cast: Cast, first: str) -> None:
    for second, status in ACTIONS.items():
        comment = cast.bob.says(f"First {first}, then {second}.")
        cast.decide(comment, first)
        before = cast.row(comment)["version"]
        result = cast.decide(comment, second)
        changed = first != second
        assert result["status"] == cast.row(comment)["status"] == status
        assert result["version"] == cast.row(comment)["version"] == before + changed
        assert (result["decision_id"] is not None) == changed
        assert result["comment_id"] == comment
    assert cast.broken() == []


def test_a_decision_is_in_the_log_with_who_and_why(cast: Cast) -> None:
    comment = cast.bob.says()
    cast.decide(comment, "reject", reason="irrelevant", note="Not about parks.")
    arrived, decided = log_of(cast, comment)
    assert (arrived["actor_kind"], arrived["action"]) == ("policy", "hold")
    assert (decided["actor_kind"], decided["actor_name"]) == ("token", "moderate gazette")
    assert (decided["old_status"], decided["new_status"]) == ("pending", "rejected")
    assert (decided["reason"], decided["note"]) == ("moderator.irrelevant", "Not about parks.")


def test_a_stale_decision_is_told_who_decided_what(cast: Cast) -> None:
    comment = cast.bob.says()
    cast.decide(comment, "reject")
    decided_at = cast.clock.now
    colleague = cast.program("moderate", "gazette")
    (result,) = colleague.decide({"comment_id": comment, "version": 1, "action": "approve"})
    assert result == {
        "comment_id": comment,
        "conflict": {
            "status": "rejected",
            "decided_by": "moderate gazette",
            "decided_at": decided_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "version": 2,
        },
    }
    assert cast.row(comment)["status"] == "rejected"


def test_a_stale_wish_that_holds_already_is_no_conflict(cast: Cast) -> None:
    comment = cast.bob.says()
    cast.decide(comment, "approve")
    (result,) = cast.alice.decide({"comment_id": comment, "version": 1, "action": "approve"})
    assert result == {
        "comment_id": comment,
        "status": "approved",
        "version": 2,
        "decision_id": None,
    }


def test_a_conflict_names_the_last_of_several_in_one_millisecond(cast: Cast) -> None:
    for n in range(8):
        comment = cast.bob.says(f"Remark number {n}.")
        wishes = [
            {"comment_id": comment, "version": version, "action": action}
            for version, action in ((1, "approve"), (2, "spam"), (1, "hold"))
        ]
        results = cast.alice.decide(*wishes)
        assert [r.get("status") for r in results] == ["approved", "spam", None]
        assert results[2]["conflict"]["decided_by"] == "moderate gazette"


def test_a_withdrawn_comment_is_a_conflict(cast: Cast) -> None:
    comment = cast.bob.says()
    cast.bob.call("DELETE", f"/api/v1/comments/{comment}")
    for action in ACTIONS:
        conflict = cast.decide(comment, action)["conflict"]
        assert (conflict["status"], conflict["decided_by"]) == ("deleted", "commenter"), action


def test_a_batch_is_answered_one_by_one_in_the_order_asked(cast: Cast) -> None:
    comments = [cast.bob.says(f"Remark number {n}.") for n in range(3)]
    cast.decide(comments[1], "spam")
    wishes = [{"comment_id": c, "version": 1, "action": "approve"} for c in comments]
    nobody = {"comment_id": "0cl9s0mn0fcao", "version": 1, "action": "approve"}
    results = cast.alice.decide(wishes[2], wishes[1], nobody, wishes[0])
    assert [r["comment_id"] for r in results] == [
        comments[2],
        comments[1],
        nobody["comment_id"],
        comments[0],
    ]
    assert [sorted(set(r) - {"comment_id"}) for r in results] == [
        ["decision_id", "status", "version"],
        ["conflict"],
        ["error"],
        ["decision_id", "status", "version"],
    ]
    assert cast.count() == 2
    assert cast.broken() == []


def test_a_batch_of_a_parent_and_its_replies_counts_right(cast: Cast) -> None:
    parent = cast.publish("The parent.")
    replies = [cast.bob.says(f"Reply number {n}.", parent_id=parent) for n in range(3)]
    wishes = [{"comment_id": r, "version": 1, "action": "approve"} for r in replies]
    cast.alice.decide({"comment_id": parent, "version": 2, "action": "reject"}, *wishes)
    shown = cast.thread()["comments"]
    assert [(c["id"], c["removed"]) for c in shown] == [
        (parent, True),
        *((reply, False) for reply in replies),
    ]
    assert cast.count() == 3
    assert cast.broken() == []


MALFORMED = [
    ({}, 422, "invalid-fields"),
    ({"decisions": []}, 422, "invalid-fields"),
    ({"decisions": "all"}, 422, "invalid-fields"),
    ([], 400, "malformed"),
]
WRONG = {
    "no id at all": {"comment_id": "1 OR 1=1"},
    "another action": {"action": "delete"},
    "a version that is none": {"version": "1"},
    "a reason nobody knows": {"action": "reject", "reason": "ugly"},
    "a note too long": {"note": "x" * (MAX_NOTE + 1)},
    "a note that cannot be stored": {"note": "a\x00b"},
}


@one_database
def test_what_cannot_be_read_changes_nothing(cast: Cast) -> None:
    comment = cast.bob.says()
    good = {"comment_id": comment, "version": 1, "action": "approve"}
    for body, status, kind in MALFORMED:
        answer = cast.alice.call("POST", DECISIONS, json=body)
        assert (answer.status_code, answer.get_json()["type"]) == (status, f"urn:comments:{kind}")
    for which, change in WRONG.items():
        answer = cast.alice.call("POST", DECISIONS, json={"decisions": [good, good | change]})
        assert answer.status_code == 422, which
        assert cast.row(comment)["version"] == 1, which
    many = {"decisions": [good] * (MAX_DECISIONS + 1)}
    assert_problem(
        cast.alice.call("POST", DECISIONS, json=many), 422, "invalid-fields", "decisions"
    )


@one_database
def test_every_reason_is_taken(cast: Cast) -> None:
    for n, reason in enumerate(REJECT_REASONS):
        comment = cast.bob.says(f"Remark number {n}.")
        assert cast.decide(comment, "reject", reason=reason)["status"] == "rejected"


# --- Who may not -----------------------------------------------------------------------------


def test_the_other_sites_moderator_finds_nothing(cast: Cast) -> None:
    comment = cast.bob.says()
    (result,) = cast.carol.decide({"comment_id": comment, "version": 1, "action": "approve"})
    assert result == {"comment_id": comment, "error": "There is no such comment."}
    decided = cast.decide(comment, "approve")["decision_id"]
    assert_problem(cast.carol.undo(decided), 404, "not-found")
    assert cast.row(comment)["status"] == "approved"


def test_mallory_may_not_decide_or_undo(cast: Cast) -> None:
    comment = cast.bob.says()
    decided = cast.decide(comment, "approve")["decision_id"]
    writer = cast.program("comments:write", "gazette")
    body = {"decisions": [{"comment_id": comment, "version": 2, "action": "spam"}]}
    for path in (DECISIONS, f"{DECISIONS}/{decided}/undo"):
        assert_problem(cast.mallory.call("POST", path, json=body), 401, "not-signed-in")
        assert_problem(writer.call("POST", path, json=body), 403, "not-allowed")
    assert cast.row(comment)["version"] == 2


@one_database
def test_a_session_alone_is_not_enough_to_decide(cast: Cast) -> None:
    """Without the CSRF token, or from another page, a moderator's cookie counts for nothing."""
    comment = cast.bob.says()
    decided = cast.decide(comment, "approve")["decision_id"]
    client = cast.signed_in("alice@gazette.example", "moderator", ["gazette"])
    body = {"decisions": [{"comment_id": comment, "version": 2, "action": "spam"}]}
    for path in (DECISIONS, f"{DECISIONS}/{decided}/undo"):
        assert client.post(path, json=body).status_code == 400
        for header in ({"Origin": GAZETTE}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            assert client.post(path, json=body, headers=header).status_code == 403
    assert cast.row(comment)["version"] == 2


# --- Undo ------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["approve", "reject", "spam"])
def test_undo_restores_what_was_once(cast: Cast, action: str) -> None:
    comment = cast.bob.says()
    decided = cast.decide(comment, action)["decision_id"]
    undone = cast.alice.undo(decided)
    assert undone.status_code == 200
    assert undone.get_json()["status"] == cast.row(comment)["status"] == "pending"
    assert not cast.row(comment)["judged_by_person"]
    assert [entry["action"] for entry in log_of(cast, comment)] == ["hold", action, "undo"]
    again = cast.alice.undo(decided)
    assert again.status_code == 409
    assert again.get_json()["conflict"]["version"] == 3
    assert cast.broken() == []


def test_undo_takes_the_trust_back_with_the_approval(cast: Cast) -> None:
    decided = [cast.decide(cast.bob.says(f"Remark {n}."), "approve") for n in range(2)]
    cast.alice.undo(decided[0]["decision_id"])
    assert cast.bob.post("One more.").status_code == 202


def test_undo_after_a_later_change_is_told_of_it(cast: Cast) -> None:
    comment = cast.bob.says()
    decided = cast.decide(comment, "approve")["decision_id"]
    cast.decide(comment, "spam")
    answer = cast.alice.undo(decided)
    assert answer.status_code == 409
    assert answer.get_json()["conflict"]["status"] == "spam"
    assert cast.row(comment)["status"] == "spam"


def test_only_a_persons_decision_can_be_undone(cast: Cast) -> None:
    comment = cast.bob.says()
    decided = cast.decide(comment, "approve")["decision_id"]
    undone = cast.alice.undo(decided).get_json()["decision_id"]
    arrived = encode_id(log_of(cast, comment)[0]["id"])
    for which in (arrived, undone, comment, "nothing", "0" * 13):
        assert_problem(cast.alice.undo(which), 404, "not-found")


# --- Edits of approved comments --------------------------------------------------------------

OLD = (
    "See what the council wrote in its report, https://one.example,"
    " and in the reply, https://two.example, for more."
)
NEW = "A plain remark."


def edited(cast: Cast, old: str = OLD, new: str = NEW) -> str:
    """An approved comment with an edit that waits."""
    comment = cast.bob.says(old)
    cast.decide(comment, "approve")
    cast.set_site(mode=PolicyMode.PRE)
    answer = cast.bob.call("PATCH", f"/api/v1/comments/{comment}", json={"body": new})
    assert answer.get_json()["comment"]["edit_pending"]
    return comment


def examination(cast: Cast, comment: str) -> dict[str, Any]:
    """How moderators see the comment examined."""
    (item,) = [i for i in cast.alice.queue(status="all") if i["id"] == comment]
    row = cast.row(comment)
    return {
        "verdicts": [verdict["reason"] for verdict in item["verdicts"]],
        "risk": row["risk"],
        "fingerprint": row["fingerprint"],
    }


def test_approving_an_edit_takes_it_over(cast: Cast) -> None:
    comment = edited(cast)
    (item,) = cast.alice.queue()
    assert (item["status"], item["body"], item["edit"]) == ("approved", OLD, NEW)
    assert cast.decide(comment, "approve")["status"] == "approved"
    row = cast.row(comment)
    assert (row["body"], row["edit_body"], row["before_edit"]) == (NEW, None, None)
    assert cast.thread()["comments"][0]["body_html"] == f"<p>{NEW}</p>"
    assert examination(cast, comment)["verdicts"] == ["policy.pre"]
    assert cast.broken() == []


def test_rejecting_an_edit_leaves_the_approved_text_and_its_verdicts(cast: Cast) -> None:
    comment = cast.bob.says(OLD)
    before = examination(cast, comment)
    assert before["verdicts"] == ["links.too_many", "policy.first"]
    cast.decide(comment, "approve")
    cast.set_site(mode=PolicyMode.PRE)
    for text in (NEW, "Another plain remark."):
        cast.bob.call("PATCH", f"/api/v1/comments/{comment}", json={"body": text})
        assert examination(cast, comment)["verdicts"] == ["policy.pre"]
    result = cast.decide(comment, "reject")
    assert result["status"] == "approved"
    row = cast.row(comment)
    assert (row["body"], row["edit_body"]) == (OLD, None)
    assert examination(cast, comment) == before
    assert cast.alice.queue() == []
    assert cast.count() == 1
    assert cast.broken() == []


@pytest.mark.parametrize("action", ["approve", "reject", "spam"])
def test_undo_brings_a_judged_edit_back(cast: Cast, action: str) -> None:
    comment = edited(cast)
    before = cast.row(comment)
    decided = cast.decide(comment, action)["decision_id"]
    assert cast.alice.undo(decided).status_code == 200
    after = cast.row(comment)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"version"}
    assert cast.broken() == []


def test_spam_takes_the_whole_comment_away(cast: Cast) -> None:
    comment = edited(cast)
    assert cast.decide(comment, "spam")["status"] == "spam"
    assert cast.count() == 0
    assert cast.row(comment)["edit_body"] is None
    assert cast.broken() == []


def test_holding_an_edited_comment_keeps_its_edit(cast: Cast) -> None:
    comment = edited(cast)
    assert cast.decide(comment, "hold")["status"] == "pending"
    assert cast.decide(comment, "hold")["decision_id"] is None
    assert cast.row(comment)["edit_body"] == NEW
    assert cast.decide(comment, "approve")["status"] == "approved"
    assert cast.row(comment)["body"] == NEW
    assert cast.broken() == []


def test_a_decision_on_the_text_before_an_edit_is_stale(cast: Cast) -> None:
    comment = cast.bob.says("One thing.")
    cast.bob.call("PATCH", f"/api/v1/comments/{comment}", json={"body": "Another thing."})
    (result,) = cast.alice.decide({"comment_id": comment, "version": 1, "action": "approve"})
    assert result["conflict"]["decided_by"] == "commenter"
    assert cast.row(comment)["status"] == "pending"


def test_decisions_reach_only_the_token_holders_sites(cast: Cast) -> None:
    """A token of every site decides on every site."""
    everywhere = cast.program("moderate", None)
    here, there = cast.bob.says("Here.", PAGE), cast.herald_reader.says("There.", HERALD_PAGE)
    wishes = [{"comment_id": c, "version": 1, "action": "approve"} for c in (here, there)]
    assert [r["status"] for r in everywhere.decide(*wishes)] == ["approved", "approved"]
    assert [r.get("status") for r in cast.alice.decide(*wishes)] == ["approved", None]
