"""`GET /api/v1/commenter/comments`, and `GET|PATCH|DELETE /api/v1/comments/ID`."""

from typing import Any

import pytest

from comments_service.domain.comment import MAX_BODY
from comments_service.domain.policy import PolicyMode
from tests.cast import (
    EVIL,
    HERALD,
    HERALD_PAGE,
    OTHER_PAGE,
    PAGE,
    Cast,
    Reader,
    assert_problem,
    one_database,
)

OWN = "/api/v1/commenter/comments"


def own(reader: Reader, url: str = PAGE) -> list[dict[str, Any]]:
    answer = reader.get(OWN, query_string={"site": reader.site, "url": url})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "private, no-store"
    comments: list[dict[str, Any]] = answer.get_json()["comments"]
    return comments


def one(comment: str) -> str:
    return f"/api/v1/comments/{comment}"


# --- One's own, on a page --------------------------------------------------------------------


def test_ones_own_are_there_whatever_became_of_them(cast: Cast) -> None:
    became = {"pending": None, "approved": "approve", "rejected": "reject", "spam": "spam"}
    for status, action in became.items():
        comment = cast.bob.says(f"I will be {status}.")
        if action:
            cast.decide(comment, action)
    assert [(c["body"], c["status"]) for c in own(cast.bob)] == [
        ("I will be pending.", "pending"),
        ("I will be approved.", "approved"),
        ("I will be rejected.", "rejected"),
        ("I will be spam.", "pending"),
    ]


def test_only_of_this_page_of_the_last_days_and_not_withdrawn(cast: Cast) -> None:
    cast.bob.says("Long ago.")
    cast.clock.advance(days=8)
    cast.bob.says("On another page.", OTHER_PAGE)
    gone = cast.bob.says("Withdrawn.")
    cast.bob.says("Here.")
    cast.bob.call("DELETE", one(gone))
    assert [c["body"] for c in own(cast.bob)] == ["Here."]


def test_mallory_may_not_list_another_commenters(cast: Cast) -> None:
    cast.bob.says("My secret.")
    assert own(cast.mallory) == []
    assert own(cast.reader()) == []
    assert own(cast.bob, OTHER_PAGE) == []


@one_database
def test_a_list_of_ones_own_needs_the_key(cast: Cast) -> None:
    for key in (None, "short"):
        answer = cast.bob.get(OWN, query_string={"url": PAGE}, headers={"Commenter-Key": key})
        assert_problem(answer, 422, "invalid-fields", "Commenter-Key")
    assert_problem(
        cast.bob.get(OWN, query_string={"site": "nowhere", "url": PAGE}), 404, "not-found"
    )
    assert_problem(cast.bob.get(OWN), 422, "invalid-fields", "url")


# --- One comment -----------------------------------------------------------------------------


def test_a_published_comment_is_anybodys_to_read(cast: Cast) -> None:
    comment = cast.publish()
    for reader in (cast.reader(), cast.mallory):
        seen = reader.get(one(comment)).get_json()["comment"]
        assert seen["body_html"] == "<p>Well said.</p>"
        assert not {"status", "body", "edit_pending", "editable_until"} & set(seen)
    seen = cast.bob.get(one(comment)).get_json()["comment"]
    assert (seen["status"], seen["body"]) == ("approved", "Well said.")


@pytest.mark.parametrize("action", [None, "reject", "spam"])
def test_mallory_may_not_read_what_is_not_published(cast: Cast, action: str | None) -> None:
    comment = cast.bob.says()
    if action:
        cast.decide(comment, action)
    assert_problem(cast.mallory.get(one(comment)), 404, "not-found")
    assert_problem(cast.bob.get(one(comment), headers={"Commenter-Key": None}), 404, "not-found")
    assert cast.bob.get(one(comment)).status_code == 200


@one_database
def test_no_such_comment(cast: Cast) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        for comment in ("0cl9s0mn0fcao", "nothing", "v" * 13, "%00"):
            answer = cast.bob.call(method, one(comment), json={"body": "x"})
            assert_problem(answer, 404, "not-found")


# --- Editing ---------------------------------------------------------------------------------


def edit(reader: Reader, comment: str, body: str, **request: Any) -> Any:
    return reader.call("PATCH", one(comment), json={"body": body}, **request)


def test_a_waiting_comment_gets_the_new_text(cast: Cast) -> None:
    comment = cast.bob.says("One thing.")
    answer = edit(cast.bob, comment, "*Another* thing.")
    seen = answer.get_json()["comment"]
    assert (seen["status"], seen["body"], seen["edit_pending"]) == (
        "pending",
        "*Another* thing.",
        False,
    )
    assert seen["body_html"] == "<p><em>Another</em> thing.</p>"
    assert seen["edited_at"] is not None
    assert [item["body"] for item in cast.alice.queue()] == ["*Another* thing."]
    assert cast.broken() == []


def test_an_approved_text_stays_until_the_edit_is_judged(cast: Cast) -> None:
    comment = cast.publish("One thing.")
    seen = edit(cast.bob, comment, "Another thing.").get_json()["comment"]
    assert (seen["status"], seen["body"], seen["edit_pending"]) == (
        "approved",
        "Another thing.",
        True,
    )
    assert cast.thread()["comments"][0]["body_html"] == "<p>One thing.</p>"
    assert cast.mallory.get(one(comment)).get_json()["comment"]["body_html"] == "<p>One thing.</p>"
    assert b"Another" not in cast.bob.get("/api/v1/feed.atom", query_string={"url": PAGE}).data
    assert cast.count() == 1
    (item,) = cast.alice.queue()
    assert (item["body"], item["edit"]) == ("One thing.", "Another thing.")
    cast.decide(comment, "approve")
    assert cast.thread()["comments"][0]["body_html"] == "<p>Another thing.</p>"
    assert cast.broken() == []


def test_where_policy_approves_an_edit_is_there_at_once(cast: Cast) -> None:
    cast.publish_all()
    comment = cast.bob.says("One thing.")
    seen = edit(cast.bob, comment, "Another thing.").get_json()["comment"]
    assert (seen["status"], seen["edit_pending"]) == ("approved", False)
    assert cast.thread()["comments"][0]["edited_at"] is not None
    assert cast.broken() == []


def test_writing_the_approved_text_again_takes_the_edit_back(cast: Cast) -> None:
    comment = cast.publish("One thing.")
    edit(cast.bob, comment, "Another thing.")
    seen = edit(cast.bob, comment, "One thing.").get_json()["comment"]
    assert (seen["body"], seen["edit_pending"], seen["edited_at"]) == ("One thing.", False, None)
    assert cast.alice.queue() == []
    assert cast.broken() == []


def test_the_same_text_again_changes_nothing(cast: Cast) -> None:
    comment = cast.publish("One thing.")
    edit(cast.bob, comment, "One thing.")
    assert cast.row(comment)["version"] == 2
    edit(cast.bob, comment, "Another thing.")
    edit(cast.bob, comment, "Another thing.")
    assert cast.row(comment)["version"] == 3


def test_an_edit_that_policy_refuses_changes_nothing(cast: Cast) -> None:
    comment = cast.publish("One thing.")
    before = cast.row(comment)
    cast.set_site(words=["zoltanesque"])
    assert_problem(edit(cast.bob, comment, "You zoltanesque fool."), 422, "refused", "body")
    assert cast.row(comment) == before


@pytest.mark.parametrize("mode", [PolicyMode.FIRST, PolicyMode.POST])
def test_an_edit_brings_nothing_out_that_was_put_away(cast: Cast, mode: PolicyMode) -> None:
    """Spam stays spam, what was put back stays back, what was rejected cannot be changed."""
    spam, held, rejected = (cast.bob.says(f"Remark number {n}.") for n in range(3))
    cast.decide(spam, "spam")
    cast.decide(held, "approve")
    cast.decide(held, "hold")
    cast.decide(rejected, "reject")
    cast.set_site(mode=mode)
    assert edit(cast.bob, spam, "A new text.").get_json()["comment"]["status"] == "pending"
    assert cast.row(spam)["status"] == "spam"
    assert edit(cast.bob, held, "A new text, too.").get_json()["comment"]["status"] == "pending"
    assert_problem(edit(cast.bob, rejected, "A new text as well."), 403, "not-allowed")
    assert cast.count() == 0
    assert cast.broken() == []


def test_edits_have_a_limit(cast: Cast) -> None:
    comment = cast.bob.says()
    answers = [edit(cast.bob, comment, f"Version {n}.") for n in range(6)]
    assert [a.status_code for a in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1


@one_database
def test_what_cannot_be_read_changes_nothing(cast: Cast) -> None:
    comment = cast.bob.says()
    for body in ("", " \n ", "a\x00b", "x" * (MAX_BODY + 1)):
        assert_problem(edit(cast.bob, comment, body), 422, "invalid-fields", "body")
    plain = cast.bob.call("PATCH", one(comment), data="body=x")
    assert_problem(plain, 415, "unsupported-media-type")
    large = cast.bob.call("PATCH", one(comment), json={"body": "x" * 200_000})
    assert_problem(large, 413, "too-large")
    assert cast.row(comment)["version"] == 1


# --- Withdrawing -----------------------------------------------------------------------------


def test_a_withdrawn_comment_is_gone_for_everybody(cast: Cast) -> None:
    comment = cast.publish()
    answer = cast.bob.call("DELETE", one(comment))
    assert (answer.status_code, answer.data) == (204, b"")
    for reader in (cast.bob, cast.mallory):
        assert_problem(reader.get(one(comment)), 404, "not-found")
    assert cast.thread()["comments"] == []
    assert cast.count() == 0
    assert own(cast.bob) == []
    assert cast.alice.queue(status="approved") == []
    assert_problem(cast.bob.call("DELETE", one(comment)), 404, "not-found")
    assert_problem(edit(cast.bob, comment, "Still here?"), 404, "not-found")
    assert cast.broken() == []


def test_a_withdrawn_comment_with_replies_leaves_a_tombstone(cast: Cast) -> None:
    parent = cast.publish("The parent.")
    reply = cast.publish("The reply.", parent_id=parent)
    cast.bob.call("DELETE", one(parent))
    tombstone, below = cast.thread()["comments"]
    assert (tombstone["id"], tombstone["removed"], below["id"]) == (parent, True, reply)
    assert (tombstone["author"], tombstone["body_html"]) == (None, None)
    assert cast.count() == 1
    cast.bob.call("DELETE", one(reply))
    assert cast.thread()["comments"] == []
    assert cast.broken() == []


# --- Whose, from where, until when -----------------------------------------------------------


def test_mallory_may_not_change_another_commenters(cast: Cast) -> None:
    comment = cast.publish()
    before = cast.row(comment)
    for reader in (cast.mallory_at_the_gazette(), Reader(cast.app, cast.clock, "Bob")):
        assert_problem(edit(reader, comment, "Ha!"), 404, "not-found")
        assert_problem(reader.call("DELETE", one(comment)), 404, "not-found")
    keyless: dict[str, str | None] = {"Commenter-Key": None}
    assert_problem(edit(cast.bob, comment, "Ha!", headers=keyless), 404, "not-found")
    assert_problem(cast.bob.call("DELETE", one(comment), headers=keyless), 404, "not-found")
    assert cast.row(comment) == before


def test_nobody_owns_what_came_without_a_key(cast: Cast) -> None:
    comment = cast.bob.says(headers={"Commenter-Key": None})
    assert_problem(edit(cast.bob, comment, "Ha!"), 404, "not-found")


def test_a_key_is_known_on_its_own_site_only(cast: Cast) -> None:
    cast.bob.says()
    twin = cast.reader(origin=HERALD, site="herald", key=cast.bob.key)
    there = twin.says("Over there.", HERALD_PAGE)
    assert len({row["id"] for row in cast.rows("SELECT id FROM commenter")}) == 2
    assert_problem(edit(cast.bob, there, "Ha!"), 403, "not-allowed")


@pytest.mark.parametrize("origin", [EVIL, HERALD, "null", None])
@one_database
def test_nothing_is_changed_from_another_origin(cast: Cast, origin: str | None) -> None:
    comment = cast.publish()
    headers = {"Origin": origin}
    assert_problem(edit(cast.bob, comment, "Ha!", headers=headers), 403, "not-allowed")
    answer = cast.bob.call("DELETE", one(comment), headers=headers)
    assert_problem(answer, 403, "not-allowed")
    assert cast.row(comment)["version"] == 2


@one_database
def test_the_edit_window_ends(cast: Cast) -> None:
    comment = cast.bob.says()
    until = own(cast.bob)[0]["editable_until"]
    cast.clock.advance(minutes=15)
    assert until == cast.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert edit(cast.bob, comment, "Just in time.").status_code == 200
    cast.clock.advance(seconds=1)
    assert_problem(edit(cast.bob, comment, "Too late."), 403, "edit-window-over")
    assert_problem(cast.bob.call("DELETE", one(comment)), 403, "edit-window-over")
