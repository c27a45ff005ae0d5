"""Bans: who is refused, who is not, until when; made and lifted by moderators of the site alone."""

import json
from typing import Any

import pytest

from comments_service.services.privacy import as_json, erase_commenter, export_commenter
from comments_service.services.sites import SYSTEM
from tests.cast import HERALD_PAGE, OTHER_PAGE, PAGE, Cast, Program, assert_problem, one_database

BANS = "/api/v1/moderation/bans"
ADDRESS = "203.0.113.9"


def banned(cast: Cast, by: Program | None = None, **wish: Any) -> dict[str, Any]:
    """A ban that alice makes; the answer's."""
    cast.clock.advance(seconds=1)
    form = {"kind": "commenter", "days": 7, "reason": "abusive", **wish}
    answer = (by or cast.alice).call("POST", BANS, json=form)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()["ban"]
    return found


def test_a_banned_commenter_is_refused_until_it_ends(cast: Cast) -> None:
    comment = cast.bob.says("You are all fools.")
    made = banned(cast, comment_id=comment)
    assert (made["kind"], made["comment_id"], made["name"]) == ("commenter", comment, None)
    said = assert_problem(cast.bob.post("Fools, I say."), 403, "banned")
    assert "until 30 November 2026" in said["detail"]
    assert_problem(cast.bob.post("Elsewhere.", OTHER_PAGE, author_name="Bert"), 403, "banned")
    assert cast.reader("Bob").post("Another Bob.").status_code == 202, "the key, not the name"
    assert cast.one("SELECT COUNT(*) FROM comment") == 2, "nothing of theirs was stored"
    cast.clock.advance(days=7)
    assert cast.bob.post("I have slept over it.").status_code == 202


def test_the_same_request_again_is_answered_as_before_the_ban(cast: Cast) -> None:
    key: dict[str, str | None] = {"Idempotency-Key": "k-1"}
    comment = cast.bob.says("You are all fools.", headers=key)
    banned(cast, comment_id=comment)
    assert cast.bob.post("You are all fools.", headers=key).status_code == 202


def test_a_banned_commenter_changes_nothing_but_may_withdraw(cast: Cast) -> None:
    comment = cast.bob.says("You are all fools.")
    made = banned(cast, comment_id=comment)
    path = f"/api/v1/comments/{comment}"
    assert_problem(cast.bob.call("PATCH", path, json={"body": "And more."}), 403, "banned")
    assert cast.bob.call("DELETE", path).status_code == 204
    assert cast.alice.call("DELETE", f"{BANS}/{made['id']}").status_code == 204
    assert cast.bob.post("I am back.").status_code == 202


@pytest.mark.parametrize(
    ("name", "is_it"),
    [
        ("Troll King", True),
        ("troll  KING", True),
        ("Tr\u043ell K\u0456ng", True),  # Cyrillic o and i.
        ("\uff34\uff52\uff4f\uff4c\uff4c King", True),  # Full width.
        ("T.r.o.l.l King", True),
        ("Tr\u00f6ll King", True),
        ("Troll Kings", False),
        ("The Troll King", False),
        ("King", False),
    ],
)
@one_database
def test_a_banned_name_is_known_in_disguise(name: str, *, is_it: bool, cast: Cast) -> None:
    banned(cast, kind="name", who="Troll King")
    answer = cast.reader(name).post("Hello.")
    assert answer.status_code == (403 if is_it else 202)


@pytest.mark.parametrize(
    ("kind", "came_from", "comes_from", "is_it"),
    [
        ("address", ADDRESS, ADDRESS, True),
        ("address", ADDRESS, "203.0.113.10", False),
        ("network", ADDRESS, "203.0.113.10", True),
        ("network", ADDRESS, "203.0.114.9", False),
        ("address", "2001:db8:1:2::1", "2001:db8:1:2:f::9", True),
        ("address", "2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("network", "2001:db8:1:2::1", "2001:db8:1:3::1", True),
        ("network", "2001:db8:1:2::1", "2001:db8:2:2::1", False),
    ],
)
def test_an_address_is_banned_by_its_prefix(
    kind: str, came_from: str, comes_from: str, *, is_it: bool, cast: Cast
) -> None:
    comment = cast.reader().says("Buy now.", address=came_from)
    banned(cast, kind=kind, comment_id=comment)
    answer = cast.reader("Somebody else").post("Buy more.", address=comes_from)
    assert answer.status_code == (403 if is_it else 202)


@pytest.mark.parametrize(
    ("kind", "who", "is_good"),
    [
        ("address", ADDRESS, True),
        ("address", f"{ADDRESS}/32", True),
        ("address", f"{ADDRESS}/24", False),
        ("address", "2001:db8:1:2::/64", True),
        ("address", "2001:db8:1:2::/48", False),
        ("address", "nonsense", False),
        ("address", f"::ffff:{ADDRESS}", True),
        ("address", f"::ffff:{ADDRESS}/64", False),
        ("network", "203.0.113.0/24", True),
        ("network", "203.0.113.0", True),
        ("network", "203.0.0.0/16", False),
        ("network", "2001:db8:1::/48", True),
        ("network", "2001:db8:1::/32", False),
        ("name", "\u2800", False),
        ("name", "Z" + "\u0321" * 5, False),
        ("name", "x" * 81, False),
        ("commenter", "Bob", False),
    ],
)
@one_database
def test_what_is_written_out_can_be_banned(
    kind: str, who: str, *, is_good: bool, cast: Cast
) -> None:
    form = {"kind": kind, "who": who, "days": 1, "reason": "other"}
    answer = cast.alice.call("POST", BANS, json=form)
    assert answer.status_code == (201 if is_good else 422)
    if is_good:
        comes_from = ADDRESS if "." in who else "2001:db8:1:2::77"
        assert cast.bob.post("Hello.", address=comes_from).status_code == 403
        assert cast.bob.post("Hello.", address="198.51.100.1").status_code == 202


@one_database
def test_a_banned_name_is_kept_as_a_comment_would_carry_it(cast: Cast) -> None:
    made = banned(cast, kind="name", who="\u202e Troll\u200b \n King\u202c ")
    assert made["name"] == "Troll King"


def test_a_ban_by_address_outlives_the_key_of_its_hash_and_leaves_nothing(cast: Cast) -> None:
    comment = cast.reader().says("Buy now.", address=ADDRESS)
    banned(cast, kind="address", comment_id=comment, days=90)
    for _ in range(8):
        cast.clock.advance(days=11)
        cast.run_jobs()
        assert cast.reader().post("Buy more.", address=ADDRESS).status_code == 403
    salt = cast.one("SELECT salt FROM ban")
    assert cast.one("SELECT COUNT(*) FROM address_key WHERE salt = :salt", salt=salt) == 0
    cast.clock.advance(days=2)
    assert cast.reader().post("A year older.", address=ADDRESS).status_code == 202
    cast.run_jobs()
    assert cast.one("SELECT COUNT(*) FROM ban") == 0


def test_no_address_is_stored_or_logged(cast: Cast) -> None:
    banned(cast, kind="address", who="203.0.113.200")
    banned(cast, kind="network", who="198.51.100.0/24")
    for table in ("ban", "log", "rate_limit", "address_key"):
        rows = str(cast.rows(f"SELECT * FROM {table}"))
        assert "203.0.113" not in rows
        assert "198.51.100" not in rows


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"kind": "address", "days": 91}, "days"),
        ({"reason": "because"}, "reason"),
        ({"note": "x" * 1_001}, "note"),
        ({"kind": "address"}, "kind"),
    ],
)
@one_database
def test_a_ban_that_cannot_be_is_refused(wish: dict[str, Any], field: str, cast: Cast) -> None:
    comment = cast.bob.says()
    cast.execute("UPDATE comment SET address_hash = NULL, network_hash = NULL, address_key = NULL")
    form = {"kind": "commenter", "days": 7, "reason": "other", "comment_id": comment, **wish}
    assert_problem(cast.alice.call("POST", BANS, json=form), 422, "invalid-fields", field)
    assert cast.one("SELECT COUNT(*) FROM ban") == 0


def test_a_ban_is_of_its_site(cast: Cast) -> None:
    comment = cast.bob.says("You are all fools.", address=ADDRESS)
    made = banned(cast, kind="address", comment_id=comment)
    assert cast.herald_reader.post("Hello.", HERALD_PAGE, address=ADDRESS).status_code == 202
    elsewhere = {"kind": "commenter", "days": 7, "reason": "other", "comment_id": comment}
    assert_problem(cast.carol.call("POST", BANS, json=elsewhere), 404, "not-found")
    assert_problem(cast.carol.call("DELETE", f"{BANS}/{made['id']}"), 404, "not-found")
    assert cast.carol.get(BANS).get_json() == {"bans": [], "next": None}
    assert [ban["id"] for ban in cast.alice.get(BANS).get_json()["bans"]] == [made["id"]]


def test_a_second_ban_on_the_same_stands_instead(cast: Cast) -> None:
    comment = cast.bob.says("You are all fools.")
    banned(cast, comment_id=comment, days=30)
    second = banned(cast, comment_id=comment, days=1)
    assert [ban["id"] for ban in cast.alice.get(BANS).get_json()["bans"]] == [second["id"]]
    cast.clock.advance(days=1)
    assert cast.bob.post("Back.").status_code == 202


def test_the_log_says_that_there_was_a_ban_and_not_on_whom(cast: Cast) -> None:
    made = banned(cast, kind="name", who="Troll King", note="As agreed with Carol.")
    cast.clock.advance(seconds=1)
    assert cast.alice.call("DELETE", f"{BANS}/{made['id']}").status_code == 204
    entries = cast.rows("SELECT * FROM log WHERE action LIKE 'ban%' ORDER BY id")
    assert [(e["action"], e["actor_name"], e["reason"]) for e in entries] == [
        ("ban", "moderate gazette", "moderator.abusive"),
        ("ban_lifted", "moderate gazette", "moderator.abusive"),
    ]
    assert "Troll" not in str(entries)
    assert cast.broken() == []


@one_database
def test_bans_are_listed_by_pages(cast: Cast) -> None:
    made = [banned(cast, kind="name", who=f"Troll {n}")["id"] for n in range(5)][::-1]
    first = cast.alice.get(BANS, query_string={"limit": 3}).get_json()
    query = {"limit": 3, "cursor": first["next"]}
    second = cast.alice.get(BANS, query_string=query).get_json()
    assert [ban["id"] for ban in first["bans"] + second["bans"]] == made
    assert second["next"] is None
    answer = cast.alice.get(BANS, query_string={"cursor": "nonsense"})
    assert_problem(answer, 422, "invalid-fields", "cursor")


def test_who_is_erased_takes_along_the_bans_on_them_and_is_told_of_them_before(cast: Cast) -> None:
    """Only of their site: another one's ban on that name is on somebody else who has it."""
    comment = cast.bob.says("You are all fools.")
    banned(cast, comment_id=comment, note="Again.")
    mine = banned(cast, kind="name", who="Bob")
    banned(cast, kind="name", who="Another Bob")
    banned(cast, cast.carol, kind="name", who="Bob")
    with cast.app.app_context():
        told = json.loads(as_json(export_commenter(comment)))["bans"]
        erase_commenter(comment, SYSTEM, cast.clock.now)
    assert [(row["kind"], row["name"], row["note"]) for row in told] == [
        ("commenter", "", "Again."),
        ("name", "Bob", ""),
    ]
    assert told[1]["ends_at"] == mine["ends_at"]
    left = [program.get(BANS).get_json()["bans"] for program in (cast.alice, cast.carol)]
    assert [[row["name"] for row in rows] for rows in left] == [["Another Bob"], ["Bob"]]
    assert_problem(cast.herald_reader.post("Hm.", HERALD_PAGE, author_name="Bob"), 403, "banned")


def test_the_page_without_javascript_keeps_the_text(cast: Cast) -> None:
    banned(cast, kind="name", who="Bob")
    form = cast.bob.form("A long thought.")
    sent = {k: form[k] for k in ("author_name", "body", "token")} | {"key": "k-1"}
    answer = cast.app.test_client().post(
        "/embed/thread", query_string={"site": "gazette", "url": PAGE}, data=sent
    )
    assert answer.status_code == 403
    assert "Comments under this name are not taken here until" in answer.text
    assert "A long thought." in answer.text
