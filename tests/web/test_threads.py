"""`GET /api/v1/comments`: a thread in display order, page by page, the same for everybody."""

import secrets
from typing import Any

import pytest

from comments_service.domain.ids import WIDTH, decode_id, encode_id
from comments_service.storage.queries import display
from comments_service.storage.queries.display import MAX_PATH
from tests.cast import GAZETTE, HERALD_PAGE, OTHER_PAGE, PAGE, Cast, assert_problem

SORTS = ["newest", "oldest"]


def ids(comments: list[dict[str, Any]]) -> list[str]:
    return [comment["id"] for comment in comments]


def plant(cast: Cast) -> dict[str, str]:
    """Three branches: a with a1, a2 and a11 below a1; b; c with c1."""
    cast.publish_all()
    made: dict[str, str] = {}
    for name in ("a", "b", "c", "a1", "a2", "c1", "a11"):
        parent = {"parent_id": made[name[:-1]]} if name[:-1] else {}
        made[name] = cast.reader(name).says(f"I am {name}, and nobody else.", **parent)
    return made


ORDER = {"newest": "c c1 b a a1 a11 a2", "oldest": "a a1 a11 a2 b c c1"}


def test_replies_follow_their_root_on_pages_of_any_length(cast: Cast) -> None:
    made = plant(cast)
    for sort in SORTS:
        shown = [made[name] for name in ORDER[sort].split()]
        for limit in (1, 2, 3, 7, 100):
            assert ids(cast.paged(sort=sort, limit=limit)) == shown, (sort, limit)
            page = cast.thread(sort=sort, limit=limit)
            assert len(page["comments"]) == min(limit, 7)
            assert (page["next"] is None) == (limit >= 7)


def test_newest_comes_first_unless_asked(cast: Cast) -> None:
    plant(cast)
    assert cast.thread() == cast.thread(sort="newest", limit=50)


@pytest.mark.parametrize("sort", SORTS)
def test_nothing_is_skipped_or_shown_twice_when_others_arrive(cast: Cast, sort: str) -> None:
    made = plant(cast)
    page = cast.thread(sort=sort, limit=2)
    seen = ids(page["comments"])
    others = []
    while page["next"]:
        others.append(cast.reader().says("I have just come in.", parent_id=made["a"]))
        others.append(cast.reader().says("And so have I myself."))
        page = cast.thread(sort=sort, limit=2, cursor=page["next"])
        seen += ids(page["comments"])
    assert len(seen) == len(set(seen))
    assert [c for c in seen if c not in others] == [made[name] for name in ORDER[sort].split()]


@pytest.mark.parametrize("sort", SORTS)
def test_a_page_that_starts_inside_a_branch_carries_its_ancestors(cast: Cast, sort: str) -> None:
    made = plant(cast)
    names = {comment: name for name, comment in made.items()}
    above = {"a": [], "b": [], "c": [], "a1": ["a"], "a2": ["a"], "c1": ["c"], "a11": ["a", "a1"]}
    page = cast.thread(sort=sort, limit=1)
    assert "ancestors" not in page
    while page["next"]:
        page = cast.thread(sort=sort, limit=1, cursor=page["next"])
        found = [names[c] for c in ids(page.get("ancestors", []))]
        assert found == above[names[page["comments"][0]["id"]]]


def test_a_removed_comment_is_a_tombstone_for_as_long_as_it_has_visible_replies(
    cast: Cast,
) -> None:
    made = plant(cast)
    cast.decide(made["a1"], "reject")
    cast.decide(made["a"], "spam")
    shown = {c["id"]: c for c in cast.thread()["comments"]}
    for name in ("a", "a1"):
        tomb = shown[made[name]]
        assert tomb["removed"]
        assert (tomb["author"], tomb["body_html"], tomb["edited_at"]) == (None, None, None)
    assert cast.thread()["thread"]["count"] == cast.count() == 5
    cast.decide(made["a11"], "reject")
    assert made["a1"] not in ids(cast.thread()["comments"])
    cast.decide(made["a2"], "reject")
    assert ids(cast.thread()["comments"]) == [made[name] for name in ("c", "c1", "b")]
    cast.decide(made["a11"], "approve")
    assert ids(cast.thread(sort="oldest")["comments"])[:3] == [made[n] for n in ("a", "a1", "a11")]
    assert cast.broken() == []


def test_reply_counts_are_of_published_replies(cast: Cast) -> None:
    made = plant(cast)
    cast.decide(made["a2"], "reject")
    shown = {c["id"]: c["reply_count"] for c in cast.thread()["comments"]}
    assert {name: shown[made[name]] for name in ("a", "a1", "b", "c")} == {
        "a": 1,
        "a1": 1,
        "b": 0,
        "c": 1,
    }


def test_a_comment_has_the_contracts_fields_and_no_other(cast: Cast) -> None:
    cast.publish("Well *said*.", email="bob@bob.example")
    (comment,) = cast.thread()["comments"]
    assert set(comment) == {
        *("id", "parent_id", "depth", "author", "body_html"),
        *("created_at", "edited_at", "reply_count", "removed"),
    }
    assert comment["author"] == {"name": "Bob"}
    assert comment["body_html"] == "<p>Well <em>said</em>.</p>"


def test_below_the_deepest_level_replies_stand_beside_each_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each keeps its parent, and none is lost."""
    monkeypatch.setattr(display, "MAX_PATH", 5 * WIDTH)
    cast.publish_all()
    chain = [cast.reader().says("This is the root.")]
    for n in range(9):
        chain.append(cast.reader().says(f"This is level {n}.", parent_id=chain[-1]))
    shown = cast.paged(limit=4)
    assert ids(shown) == chain
    assert [c["parent_id"] for c in shown] == [None, *chain[:-1]]
    assert [c["depth"] for c in shown] == list(range(len(chain)))


def test_a_path_of_the_deepest_level_can_be_stored_and_paged(cast: Cast) -> None:
    """PostgreSQL bounds a row of an index, and the schema a cursor."""
    root = cast.publish("The root.")
    replies = [cast.publish(f"Reply number {n}.", parent_id=root) for n in range(2)]
    for reply in replies:
        # No two ids alike: what repeats itself would be stored in less room.
        steps = (encode_id(secrets.randbits(62)) for _ in range(MAX_PATH // WIDTH - 1))
        path = "".join(steps) + reply
        cast.execute(
            "UPDATE comment SET path = :path WHERE id = :id", path=path, id=decode_id(reply)
        )
    assert set(ids(cast.paged(limit=1))) == {root, *replies}


def test_a_page_without_comments_is_an_empty_open_thread(cast: Cast) -> None:
    cast.bob.says("I wait.", OTHER_PAGE)
    page = cast.thread(url=f"{PAGE}?utm_source=mail#top")
    assert page == {
        "thread": {"id": None, "url": PAGE, "title": None, "state": "open", "count": 0},
        "comments": [],
        "next": None,
    }
    assert cast.one("SELECT COUNT(*) FROM thread") == 1


def test_a_closed_thread_says_so(cast: Cast) -> None:
    cast.publish()
    cast.close()
    thread = cast.thread()["thread"]
    assert (thread["state"], thread["count"], thread["url"]) == ("closed", 1, PAGE)


def test_threads_and_sites_keep_to_themselves(cast: Cast) -> None:
    cast.publish("Here.")
    cast.publish("There.", OTHER_PAGE)
    there = cast.herald_reader.says("At the herald.", HERALD_PAGE)
    cast.carol.decide({"comment_id": there, "version": 1, "action": "approve"})
    for url, said in ((PAGE, "Here."), (OTHER_PAGE, "There."), (HERALD_PAGE, "At the herald.")):
        assert [c["body_html"] for c in cast.thread(url)["comments"]] == [f"<p>{said}</p>"]


def test_a_thread_by_the_publishers_id(cast: Cast) -> None:
    cast.publish("Here.", id="article-7")
    client = cast.app.test_client()
    page = client.get("/api/v1/comments", query_string={"site": "gazette", "id": "article-7"})
    assert len(page.get_json()["comments"]) == 1
    assert cast.count() == 0


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"site": "nowhere", "url": PAGE}, 404, "not-found"),
    ({}, 422, "invalid-fields"),
    ({"url": "not a url"}, 422, "invalid-fields"),
    ({"url": "javascript:alert(1)"}, 422, "invalid-fields"),
    ({"url": PAGE, "limit": 0}, 400, "malformed"),
    ({"url": PAGE, "limit": 101}, 400, "malformed"),
    ({"url": PAGE, "limit": "ten"}, 400, "malformed"),
    ({"url": PAGE, "sort": "top"}, 400, "malformed"),
    ({"url": PAGE, "sort": "-1"}, 400, "malformed"),
    ({"url": PAGE + "\x00"}, 400, "malformed"),
    ({"url": PAGE, "cursor": "x"}, 422, "invalid-fields"),
    ({"url": PAGE, "cursor": "n" + "v" * 13}, 422, "invalid-fields"),
    ({"url": PAGE, "cursor": "n" + "0" * 20}, 422, "invalid-fields"),
    ({"url": PAGE, "cursor": "o" + "0" * 13}, 422, "invalid-fields"),
    ({"url": PAGE, "cursor": "n" * 3_001}, 400, "malformed"),
]


def test_what_cannot_be_read_is_a_problem_for_everybody(cast: Cast) -> None:
    for query, status, kind in WRONG:
        answer = cast.bob.get("/api/v1/comments", query_string=query)
        assert answer.status_code == status, query
        assert answer.get_json()["type"] == f"urn:comments:{kind}", query
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "no-store"


def test_mallory_may_not_see_what_waits(cast: Cast) -> None:
    """Not in the thread, its count, the feed, the counts, nor by a cursor placed upon it."""
    cast.publish("Here.")
    secret = cast.bob.says("My secret.")
    for path in ("comments", "feed.atom", "counts"):
        answer = cast.mallory.get(f"/api/v1/{path}", query_string={"url": PAGE})
        assert b"secret" not in answer.data
        assert secret.encode() not in answer.data
    below = cast.thread(cursor=f"n{secret}{secret}")
    assert "ancestors" not in below
    assert secret not in str(below)
    assert_problem(cast.mallory.get(f"/api/v1/comments/{secret}"), 404, "not-found")


def test_the_page_named_first_is_the_one_shown(cast: Cast) -> None:
    """A parameter given twice counts once, so that caches and the service mean the same page."""
    cast.publish("Here.")
    answer = cast.bob.get(f"/api/v1/comments?url={PAGE}&url={GAZETTE}/other")
    assert len(answer.get_json()["comments"]) == 1
