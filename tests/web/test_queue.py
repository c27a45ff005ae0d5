"""`GET /api/v1/moderation/queue` and `.../counts`: what waits, in every tab, order and search."""

from itertools import combinations, product
from typing import Any

import pytest

from comments_service.domain.policy import PolicyMode
from comments_service.domain.verdict import Mode
from comments_service.storage.queries import looking
from tests.cast import HERALD_PAGE, OTHER_PAGE, PAGE, Cast, Program, assert_problem

QUEUE = "/api/v1/moderation/queue"
COUNTS = "/api/v1/moderation/counts"
SORTS = ["oldest", "newest", "risk"]
LINKS = (
    "See what the council wrote in its report, https://one.example,"
    " and in the reply, https://two.example, for more."
)


def bodies(items: list[dict[str, Any]]) -> list[str]:
    return [item["body"] for item in items]


def paged(by: Program, **query: Any) -> list[dict[str, Any]]:
    """The whole tab, page by page."""
    page = by.get(QUEUE, query_string=query).get_json()
    items: list[dict[str, Any]] = page["items"]
    while page["next"]:
        page = by.get(QUEUE, query_string={**query, "cursor": page["next"]}).get_json()
        items += page["items"]
    return items


def fill(cast: Cast) -> None:
    """One comment in each tab, and a withdrawn one."""
    for action in ("hold", "spam", "reject", "approve"):
        comment = cast.reader(f"Reader {action}").says(f"This one is for: {action}.")
        cast.decide(comment, action)
    gone = cast.reader()
    comment = gone.says("This one is withdrawn.")
    gone.call("DELETE", f"/api/v1/comments/{comment}")


def test_an_item_tells_all_that_a_moderator_needs(cast: Cast) -> None:
    comment = cast.bob.says(LINKS, title="A walk", email="bob@bob.example")
    (item,) = cast.alice.queue()
    page = item.pop("thread")
    assert page == {"id": page["id"], "url": PAGE, "title": "A walk", "title_verified": False}
    verdicts = item.pop("verdicts")
    assert [(v["check"], v["reason"], v["signal"], v["mode"]) for v in verdicts] == [
        ("links", "links.too_many", "suspect", "on"),
        ("policy", "policy.first", "clear", "on"),
    ]
    first = verdicts[0]
    assert first["message"] == "Links to other sites: 2; up to 1 may pass."
    assert [LINKS[start:end] for start, end in first["spans"]] == [
        "https://one.example",
        "https://two.example",
    ]
    assert 0 < first["score"] < 1
    assert first["version"] >= 1
    assert item.pop("history") == {"approved": 0, "pending": 1, "rejected": 0, "spam": 0}
    assert item.pop("commenter")
    assert item.pop("body_html").startswith("<p>See")
    assert item == {
        "id": comment,
        "version": 1,
        "status": "pending",
        "parent_id": None,
        "depth": 0,
        "author": {"name": "Bob"},
        "email": "bob@bob.example",
        "body": LINKS,
        "edit": None,
        "created_at": cast.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "edited_at": None,
        "deleted_at": None,
    }


def test_history_counts_what_became_of_a_commenters_comments(cast: Cast) -> None:
    for n, action in enumerate(("approve", "approve", "reject", "spam", "hold")):
        cast.decide(cast.bob.says(f"Remark number {n}."), action)
    (item,) = cast.alice.queue()
    assert item["history"] == {"approved": 2, "pending": 1, "rejected": 1, "spam": 1}
    cast.bob.says("Without a key.", headers={"Commenter-Key": None})
    assert cast.alice.queue(sort="newest")[0]["history"] is None


def test_every_tab_holds_its_own(cast: Cast) -> None:
    fill(cast)
    for tab, action in (
        ("pending", "hold"),
        ("spam", "spam"),
        ("rejected", "reject"),
        ("approved", "approve"),
    ):
        assert bodies(cast.alice.queue(status=tab)) == [f"This one is for: {action}."], tab
    assert len(cast.alice.queue(status="all")) == 5
    assert cast.alice.queue() == cast.alice.queue(status="pending")


def test_counts_are_those_of_the_tabs(cast: Cast) -> None:
    empty = cast.alice.get(COUNTS).get_json()
    assert (empty["pending"], empty["spam"], empty["oldest_pending_at"]) == (0, 0, None)
    oldest = cast.bob.says("Who waits longest.")
    fill(cast)
    counts = cast.alice.get(COUNTS, query_string={"site": "gazette"}).get_json()
    for tab in ("pending", "spam"):
        assert counts[tab] == len(cast.alice.queue(status=tab))
    since = cast.bob.get(f"/api/v1/comments/{oldest}").get_json()["comment"]["created_at"]
    assert counts["oldest_pending_at"] == since


def test_an_approved_comment_with_a_waiting_edit_waits(cast: Cast) -> None:
    comment = cast.publish("One thing.")
    cast.bob.call("PATCH", f"/api/v1/comments/{comment}", json={"body": "Another thing."})
    assert [item["edit"] for item in cast.alice.queue()] == ["Another thing."]
    assert cast.alice.get(COUNTS).get_json()["pending"] == 1
    assert cast.alice.queue(status="approved") == []
    assert cast.count() == 1


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_pages_without_gaps_while_others_arrive(cast: Cast, sort: str) -> None:
    # What weighs every text would rank the plain ones, too.
    cast.set_site(check_modes={"abuse": Mode.OFF, "spam": Mode.OFF})
    texts = ["Plain words.", LINKS, "More plain words.", f"{LINKS} https://three.example", "Ha."]
    made = [cast.reader().says(text) for text in texts]
    order = {
        "oldest": made,
        "newest": made[::-1],
        "risk": [made[3], made[1], made[4], made[2], made[0]],
    }[sort]
    for limit in (1, 2, 5):
        assert [item["id"] for item in paged(cast.alice, sort=sort, limit=limit)] == order
    first = cast.alice.get(QUEUE, query_string={"sort": sort, "limit": 2}).get_json()
    late = cast.reader().says("Here I come.")
    rest = paged(cast.alice, sort=sort, limit=2, cursor=first["next"])
    seen = [item["id"] for item in [*first["items"], *rest]]
    assert [comment for comment in seen if comment != late] == order
    assert len(seen) == len(set(seen))


def test_who_waits_longest_comes_first_and_elsewhere_the_newest(cast: Cast) -> None:
    for n in range(3):
        cast.reader().says(f"Remark number {n}.")
    assert cast.alice.queue() == cast.alice.queue(sort="oldest")
    assert cast.alice.queue(status="all") == cast.alice.queue(status="all", sort="newest")


def test_filters_by_author_check_reason_and_commenter(cast: Cast) -> None:
    cast.reader("Ｚoé  Müller").says(LINKS)
    cast.bob.says("Plain words.")
    (links,) = cast.alice.queue(check="links")
    assert links["author"]["name"] == "Ｚoé Müller"
    commenter = links["commenter"]
    for query, found in (
        ({"author": "zoé müller"}, 1),
        ({"author": "ZOÉ MÜLLER"}, 1),
        ({"author": "zoé"}, 0),
        ({"check": "links"}, 1),
        ({"check": "policy"}, 2),
        ({"reason": "links.too_many"}, 1),
        ({"reason": "links"}, 0),
        ({"check": "links", "reason": "policy.first"}, 0),
        ({"commenter": commenter}, 1),
        ({"author": "zoé müller", "check": "links", "q": "more"}, 1),
        ({"author": "bob", "check": "links"}, 0),
    ):
        assert len(cast.alice.queue(**query)) == found, query


def test_a_filter_by_check_is_of_the_present_text(cast: Cast) -> None:
    comment = cast.bob.says(LINKS)
    cast.bob.call("PATCH", f"/api/v1/comments/{comment}", json={"body": "No link any more."})
    assert cast.alice.queue(check="links") == []
    assert cast.alice.queue(reason="links.too_many") == []
    assert len(cast.alice.queue(check="policy")) == 1


def test_filters_miss_nothing_however_few_a_page_looks_at(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, texts = ("Ada", "Bea"), ("The zebra.", LINKS, f"The zebra. {LINKS}", "Plain words.")
    for n in range(16):
        comment = cast.reader(names[n % 2], key="k" * 21 + str(n % 3)).says(
            f"{texts[n % 4]} Number {n}.", (PAGE, OTHER_PAGE)[n % 2]
        )
        if n % 5 > 2:
            cast.decide(comment, ("approve", "spam")[n % 2])
    commenter = cast.alice.queue(status="all")[0]["commenter"]
    filters = {"author": "Ada", "commenter": commenter, "check": "links", "q": "zebra"}
    filters |= {"reason": "links.too_many"}
    seen = set()
    for some in (chosen for r in (1, 2, 5) for chosen in combinations(filters, r)):
        query = {name: filters[name] for name in some}
        for status, sort in product(("pending", "all"), SORTS):
            asked = query | {"status": status, "sort": sort, "limit": 2}
            all_looked_at = [item["id"] for item in paged(cast.alice, **asked)]
            with monkeypatch.context() as few:
                few.setattr(looking, "MOST", 4)
                found = [item["id"] for item in paged(cast.alice, **asked)]
            assert found == all_looked_at, asked
            seen.update(found)
    assert len(seen) > 8, "the filters leave something"


SEARCHES = [
    ("zebra", ["The zebra, at night."]),
    ("ZEBRA night", ["The zebra, at night."]),
    ("night zebra", ["The zebra, at night."]),
    ("zebra day", []),
    ("zeb", []),
    ("zebra AND night", []),
    ('"zebra" OR (night)', []),
    ("don't", ["I don't know."]),
    ("cheap-pills.example", ["Buy at cheap-pills.example/now?id=7 today"]),
    ("pills", ["Buy at cheap-pills.example/now?id=7 today"]),
    ("bob@mail.example", ["Write to bob@mail.example please"]),
    ("straße", ["Die Straße, “zitiert”."]),
    ("zitiert", ["Die Straße, “zitiert”."]),
    ("公園", ["公園 は 静か です"]),
    ("***", []),
    ("' OR 1=1 --", []),
    ("a" * 200, []),
]


def test_a_search_finds_every_word_in_any_order(cast: Cast) -> None:
    texts = dict.fromkeys(text for _, found in SEARCHES for text in found)
    for text in texts:
        cast.reader().says(text)
    for words, found in SEARCHES:
        assert bodies(cast.alice.queue(q=words)) == found, words


def test_a_search_keeps_up_with_edits_and_tabs(cast: Cast) -> None:
    comment = cast.bob.says("The zebra.")
    cast.bob.call("PATCH", f"/api/v1/comments/{comment}", json={"body": "The horse."})
    assert bodies(cast.alice.queue(q="zebra")) == []
    assert bodies(cast.alice.queue(q="horse")) == ["The horse."]
    cast.decide(comment, "spam")
    assert bodies(cast.alice.queue(q="horse")) == []
    assert bodies(cast.alice.queue(q="horse", status="spam")) == ["The horse."]
    assert cast.carol.queue(q="horse", status="all") == []


def test_a_check_in_shadow_is_shown_and_counts_for_nothing(cast: Cast) -> None:
    cast.set_site(mode=PolicyMode.POST, check_modes={"links": Mode.SHADOW})
    assert cast.bob.post(LINKS).status_code == 201
    (item,) = cast.alice.queue(status="approved")
    assert [(v["check"], v["mode"]) for v in item["verdicts"]] == [("links", "shadow")]
    cast.set_site(check_modes={"links": Mode.OFF})
    cast.reader().says(f"{LINKS} Again?")
    assert cast.alice.queue(status="approved")[0]["verdicts"] == []


WRONG: list[tuple[dict[str, Any], int]] = [
    ({"site": "nowhere"}, 404),
    ({"site": "herald"}, 404),
    ({"status": "deleted"}, 400),
    ({"sort": "random"}, 400),
    ({"limit": 0}, 400),
    ({"limit": 101}, 400),
    ({"q": "x" * 201}, 400),
    ({"q": "a\x00b"}, 400),
    ({"commenter": "nobody"}, 422),
    ({"cursor": "x"}, 422),
    ({"cursor": "n" + "0" * 13}, 422),
    ({"cursor": "o" + "v" * 13}, 422),
    ({"cursor": "r" + "0" * 13 + "9" * 9, "sort": "risk"}, 422),
    ({"cursor": "r" + "0" * 13 + "-1", "sort": "risk"}, 422),
]


def test_what_cannot_be_read_is_a_problem(cast: Cast) -> None:
    for query, status in WRONG:
        answer = cast.alice.get(QUEUE, query_string=query)
        assert answer.status_code == status, query
        assert answer.mimetype == "application/problem+json"


def test_mallory_may_not_read_the_queue(cast: Cast) -> None:
    for path in (QUEUE, COUNTS):
        assert_problem(cast.mallory.get(path), 401, "not-signed-in")


def test_each_moderator_sees_the_own_site(cast: Cast) -> None:
    cast.bob.says("At the gazette.", OTHER_PAGE)
    cast.herald_reader.says("At the herald.", HERALD_PAGE)
    assert bodies(cast.alice.queue()) == ["At the gazette."]
    assert bodies(cast.carol.queue()) == ["At the herald."]
    everywhere = cast.program("moderate", None)
    assert bodies(everywhere.queue(site="herald")) == ["At the herald."]
    assert bodies(everywhere.queue()) == ["At the gazette."]
