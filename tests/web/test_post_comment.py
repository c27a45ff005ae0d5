"""`POST /api/v1/comments`: every answer of the contract, and what it leaves behind."""

from collections.abc import Callable
from typing import Any

import pytest

from comments_service.domain.comment import MAX_BODY, MAX_NAME
from comments_service.services.keys import sign_receipt
from comments_service.services.sites import SiteChange, create_site
from tests.cast import (
    EVIL,
    GAZETTE,
    HERALD,
    HERALD_PAGE,
    OTHER_PAGE,
    PAGE,
    Cast,
    assert_problem,
    one_database,
)

POST = "/api/v1/comments"
REFUSED_WORD = "zoltanesque"
"""Blocked on the gazette where a test asks for a refusal."""


def stored(cast: Cast) -> int:
    count: int = cast.one("SELECT COUNT(*) FROM comment")
    return count


def block_a_word(cast: Cast) -> None:
    cast.set_site(words=[REFUSED_WORD])


# --- What is taken ---------------------------------------------------------------------------


def test_a_stranger_waits_for_a_moderator(cast: Cast) -> None:
    answer = cast.bob.post("I walk there **every** day.")
    comment = answer.json["comment"]  # type: ignore[index]
    assert answer.status_code == 202
    assert comment["status"] == "pending"
    assert comment["author"] == {"name": "Bob"}
    assert comment["body"] == "I walk there **every** day."
    assert comment["body_html"] == "<p>I walk there <strong>every</strong> day.</p>"
    assert comment["created_at"] == cast.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (comment["parent_id"], comment["depth"], comment["removed"]) == (None, 0, False)
    assert answer.headers["Location"] == f"/api/v1/comments/{comment['id']}"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert cast.count() == 0
    assert cast.thread()["comments"] == []
    assert cast.broken() == []


def test_where_the_site_publishes_at_once_it_is_there(cast: Cast) -> None:
    cast.publish_all()
    answer = cast.bob.post()
    assert answer.status_code == 201
    assert answer.json["comment"]["status"] == "approved"  # type: ignore[index]
    assert cast.count() == 1
    assert [c["id"] for c in cast.thread()["comments"]] == [answer.json["comment"]["id"]]  # type: ignore[index]
    assert cast.broken() == []


def test_who_was_approved_twice_by_a_person_is_published(cast: Cast) -> None:
    cast.publish("The first one.")
    assert cast.bob.post("The second one.").status_code == 202
    cast.decide(cast.alice.queue()[0]["id"], "approve")
    assert cast.bob.post("The third one.").status_code == 201


def test_without_a_commenter_key_everything_waits(cast: Cast) -> None:
    for text in ("The first one.", "The second one.", "The third one."):
        answer = cast.bob.post(text, headers={"Commenter-Key": None})
        assert answer.status_code == 202
        cast.decide(answer.json["comment"]["id"], "approve")  # type: ignore[index]
    assert cast.rows("SELECT * FROM commenter") == []


def test_a_reply_hangs_below_its_parent(cast: Cast) -> None:
    parent = cast.publish("The parent.")
    child = cast.publish("The child.", parent_id=parent)
    grandchild = cast.publish("The grandchild.", parent_id=child)
    shown = [(c["id"], c["parent_id"], c["depth"]) for c in cast.thread()["comments"]]
    assert shown == [(parent, None, 0), (child, parent, 1), (grandchild, child, 2)]


def test_a_commenter_key_is_stored_as_its_hash_once(cast: Cast) -> None:
    cast.bob.says("One thing.")
    cast.bob.says("Another thing.", OTHER_PAGE)
    (row,) = cast.rows("SELECT * FROM commenter")
    assert len(row["key_hash"]) == 64
    assert cast.bob.key not in str(cast.rows("SELECT * FROM comment"))


@one_database
def test_an_address_is_stored_as_a_keyed_hash(cast: Cast) -> None:
    comment = cast.bob.says(address="203.0.113.77")
    row = cast.row(comment)
    assert row["address_hash"]
    assert "203.0.113.77" not in str(row)


@pytest.mark.parametrize(
    ("member", "kept"),
    [("id", "i:article-7"), ("url", "u://gazette.example/a-walk-in-the-park")],
)
def test_a_page_is_named_by_id_or_by_url(cast: Cast, member: str, kept: str) -> None:
    page = {"id": "article-7"} if member == "id" else {}
    cast.bob.says(**page)
    assert cast.one("SELECT key FROM thread_key") == kept


SAME_PAGE = [
    "http://gazette.example/a-walk-in-the-park",
    "https://GAZETTE.example:443/a-walk-in-the-park/#end",
    "https://gazette.example/a-walk-in-the-park/index.html?utm_source=mail",
]


def test_two_addresses_of_one_page_share_a_thread(cast: Cast) -> None:
    cast.bob.says("Here.")
    for url in SAME_PAGE:
        cast.bob.says("And here.", url)
        assert cast.one("SELECT COUNT(*) FROM thread") == 1, url


def test_without_a_site_it_is_the_site_of_the_page(cast: Cast) -> None:
    token = cast.herald_reader.token(HERALD_PAGE)
    comment = cast.herald_reader.says("Hello.", HERALD_PAGE, site=None, token=token)
    herald = cast.one("SELECT id FROM site WHERE slug = 'herald'")
    assert cast.row(comment)["site_id"] == herald


# --- The honeypot ----------------------------------------------------------------------------


def test_who_fills_the_honeypot_is_told_that_it_waits(cast: Cast) -> None:
    plain, trapped = (
        cast.bob.post("Hello."),
        cast.mallory_at_the_gazette().post(website="spam.example"),
    )
    assert trapped.status_code == plain.status_code == 202
    told = trapped.json["comment"]  # type: ignore[index]
    assert told["status"] == "pending"
    assert set(told) == set(plain.json["comment"])  # type: ignore[index]
    assert cast.row(told["id"])["status"] == "spam"


# --- Refusals --------------------------------------------------------------------------------


def test_what_policy_refuses_is_stored_as_rejected(cast: Cast) -> None:
    block_a_word(cast)
    answer = cast.bob.post(f"You {REFUSED_WORD} fool.", headers={"Idempotency-Key": "k-1"})
    assert_problem(answer, 422, "refused", "body")
    (row,) = cast.rows("SELECT status, idempotency_key FROM comment")
    assert row == {"status": "rejected", "idempotency_key": None}
    assert cast.broken() == []


def test_a_refusal_is_not_remembered_under_its_key(cast: Cast) -> None:
    block_a_word(cast)
    key: dict[str, str | None] = {"Idempotency-Key": "k-1"}
    assert cast.bob.post(f"You {REFUSED_WORD} fool.", headers=key).status_code == 422
    assert cast.bob.post("You friend.", headers=key).status_code == 202


# --- The form's token ------------------------------------------------------------------------

TOKENS: dict[str, Callable[[Cast], str | None]] = {
    "missing": lambda cast: None,
    "of no form": lambda cast: "not.a-token",
    "not even ASCII": lambda cast: "ümlaut.ß.☃",
    "too young": lambda cast: cast.bob.token(age=0),
    "from the future": lambda cast: cast.bob.token(age=-60),
    "expired": lambda cast: cast.bob.token(age=12 * 3600 + 2),
    "of another thread": lambda cast: cast.bob.token(OTHER_PAGE),
    "of the page by id": lambda cast: cast.bob.token(page_id="article-7"),
    "of another site": lambda cast: cast.herald_reader.token(PAGE),
    "of another purpose": lambda cast: sign_receipt(
        cast.app.config["COMMENTS"], "0" * 13, published=True
    ),
}


@one_database
def test_a_token_that_does_not_fit_is_a_field_at_fault(cast: Cast) -> None:
    for which, token in TOKENS.items():
        assert_problem(cast.bob.post(token=token(cast)), 422, "invalid-fields", "token")
        assert stored(cast) == 0, which


# --- Where it may come from ------------------------------------------------------------------

FOREIGN: dict[str, dict[str, str | None]] = {
    "another origin": {"Origin": EVIL},
    "another site's origin": {"Origin": HERALD},
    "no origin at all": {"Origin": None},
    "the origin null": {"Origin": "null"},
    "another scheme": {"Origin": "http://gazette.example"},
    "another case": {"Origin": "https://GAZETTE.example"},
}


@one_database
def test_mallory_may_not_post_from_elsewhere(cast: Cast) -> None:
    for which, headers in FOREIGN.items():
        assert_problem(cast.bob.post(headers=headers), 403, "not-allowed")
        assert stored(cast) == 0, which


OUTSIDE = [
    "https://evil.example/a-walk-in-the-park",
    "https://gazette.example.evil.example/",
    "https://gazette.example:8443/a-walk-in-the-park",
    "https://gazette.example@evil.example/",
    HERALD_PAGE,
]


@one_database
def test_a_page_outside_the_site_takes_no_comment(cast: Cast) -> None:
    for url in OUTSIDE:
        assert_problem(cast.bob.post(url=url), 422, "invalid-fields", "url")
        assert cast.one("SELECT COUNT(*) FROM thread") == 0, url


@one_database
def test_an_id_does_not_open_a_page_outside_the_site(cast: Cast) -> None:
    answer = cast.bob.post(url="https://evil.example/", id="article-7")
    assert_problem(answer, 422, "invalid-fields", "url")


# --- What is not there -----------------------------------------------------------------------


def test_no_such_site(cast: Cast) -> None:
    assert_problem(cast.bob.post(site="nowhere"), 404, "not-found")


def parent_of_another_thread(cast: Cast) -> str:
    return cast.publish("Over there.", OTHER_PAGE)


def parent_of_another_site(cast: Cast) -> str:
    comment = cast.herald_reader.says("Over there.", HERALD_PAGE)
    cast.carol.decide({"comment_id": comment, "version": 1, "action": "approve"})
    return comment


def withdrawn_parent(cast: Cast) -> str:
    comment = cast.publish("Here.")
    assert cast.bob.call("DELETE", f"{POST}/{comment}").status_code == 204
    return comment


def rejected(cast: Cast) -> str:
    comment = cast.bob.says("I was here.")
    cast.decide(comment, "reject", reason="other")
    return comment


PARENTS: dict[str, Callable[[Cast], str]] = {
    "no id at all": lambda cast: "1 OR 1=1",
    "nobody's id": lambda cast: "0cl9s0mn0fcao",
    "beyond 63 bits": lambda cast: "v" * 13,
    "waiting": lambda cast: cast.bob.says("I wait."),
    "rejected": rejected,
    "withdrawn": withdrawn_parent,
    "on another thread": parent_of_another_thread,
    "on another site": parent_of_another_site,
}


def test_a_reply_needs_a_published_parent_on_its_thread(cast: Cast) -> None:
    cast.publish("There is a thread.")
    for which, make in PARENTS.items():
        parent = make(cast)
        before = stored(cast)
        assert_problem(cast.bob.post("I disagree.", parent_id=parent), 404, "not-found")
        assert stored(cast) == before, which


def test_a_closed_thread_takes_nothing(cast: Cast) -> None:
    cast.bob.says()
    cast.close()
    assert_problem(cast.bob.post("Too late."), 409, "thread-closed")
    assert stored(cast) == 1


# --- What was typed --------------------------------------------------------------------------

TYPED: list[tuple[dict[str, Any], list[str]]] = [
    ({"author_name": ""}, ["author_name"]),
    ({"author_name": None}, ["author_name"]),
    ({"author_name": "\u200b\u2060"}, ["author_name"]),
    ({"author_name": "x" * (MAX_NAME + 1)}, ["author_name"]),
    ({"body": " \n\t "}, ["body"]),
    ({"body": "x" * (MAX_BODY + 1)}, ["body"]),
    ({"body": "a\x00b"}, ["body"]),
    ({"email": "nobody"}, ["email"]),
    ({"website": "a\x00b"}, ["website"]),
    ({"author_name": "", "body": ""}, ["author_name", "body"]),
    ({"body": 7}, ["body"]),
    ({"parent_id": 1}, ["parent_id"]),
    ({"id": ""}, ["id"]),
    ({"id": "x" * 201}, ["id"]),
    ({"id": "a\x00b"}, ["id"]),
    ({"url": "not a url"}, ["url"]),
    ({"url": "https://gazette.example/" + "x" * 9_000}, ["url"]),
]


@one_database
def test_every_field_at_fault_is_named(cast: Cast) -> None:
    for changes, fields in TYPED:
        form = cast.bob.form() | changes
        answer = cast.bob.call("POST", POST, json={k: v for k, v in form.items() if v is not None})
        assert_problem(answer, 422, "invalid-fields", *fields)
        assert stored(cast) == 0, changes


def test_odd_text_in_any_field_is_no_crash(cast: Cast) -> None:
    for member in ("site", "title", "token", "parent_id", "email"):
        for text in ("a\x00b", "\x01\x7f", "😀" * 60, "' OR 1=1 --", "%s{}$1"):
            answer = cast.bob.call("POST", POST, json=cast.bob.form() | {member: text})
            assert answer.status_code in (202, 404, 422), (member, text)


HEADERS = [
    ("Commenter-Key", "short"),
    ("Commenter-Key", "spaces are not base64url"),
    ("Commenter-Key", "x" * 65),
    ("Idempotency-Key", ""),
    ("Idempotency-Key", "x" * 201),
    ("Idempotency-Key", "t\tb"),
    ("Idempotency-Key", "é"),
]


@one_database
def test_a_header_that_cannot_be_kept_is_a_field_at_fault(cast: Cast) -> None:
    for name, value in HEADERS:
        assert_problem(cast.bob.post(headers={name: value}), 422, "invalid-fields", name)
        assert stored(cast) == 0, value


@one_database
def test_a_body_too_large_is_not_read(cast: Cast) -> None:
    answer = cast.bob.call("POST", POST, json={"body": "x" * 200_000})
    assert_problem(answer, 413, "too-large")


@one_database
def test_only_what_says_it_is_json_is_read_as_json(cast: Cast) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", ""):
        answer = cast.bob.call("POST", POST, data="{}", headers={"Content-Type": kind})
        assert_problem(answer, 415, "unsupported-media-type")


# --- No site at all, no database at all ------------------------------------------------------


def test_a_service_without_a_site_says_so(app: Any, clock: Any) -> None:
    answer = app.test_client().post(POST, json={"url": PAGE, "author_name": "B", "body": "x"})
    assert_problem(answer, 404, "not-found")


def test_a_second_site_may_share_an_origin(cast: Cast) -> None:
    with cast.app.app_context():
        create_site("annex", SiteChange(name="Annex", origins=[GAZETTE]), cast.clock.now)
    comment = cast.reader(site="annex").says("In the annex.")
    annex = cast.one("SELECT id FROM site WHERE slug = 'annex'")
    assert cast.row(comment)["site_id"] == annex
