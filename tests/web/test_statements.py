"""How much each request asks of the database, in its worst case: the numbers of the first issue."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from comments_service.services.memories import rebuild_memory
from comments_service.services.sites import show_site
from tests.cast import GAZETTE, OTHER_PAGE, PAGE, Cast
from tests.statements import watched

COUNTS, THREAD, POST, QUEUE = 2, 3, 10, 5
"""At most so many statements each."""
LESSONS = 1
"""One more for a post, where somebody decided since the process last looked."""
SHOUTED = "THIS IS WRITTEN IN CAPITALS FROM END TO END"
"""Published in mode `post`, and yet with a verdict: one more statement than a quiet comment."""


def assert_at_most(most: int, seen: list[tuple[str, Any]], answer: TestResponse) -> None:
    assert answer.status_code < 300, answer.get_data(as_text=True)
    assert 0 < len(seen) <= most, "\n\n".join(statement for statement, _ in seen)


@pytest.mark.parametrize("pages", [1, 20, 1_000])
def test_counts_of_any_batch(cast: Cast, pages: int) -> None:
    cast.publish()
    urls = [PAGE, *(f"{GAZETTE}/{n}" for n in range(1, pages))]
    client = cast.app.test_client()
    with watched(cast.app) as seen:
        answer = client.post("/api/v1/counts", json={"urls": urls})
    assert_at_most(COUNTS, seen, answer)
    if pages <= 200:
        with watched(cast.app) as seen:
            answer = client.get("/api/v1/counts", query_string={"url": urls})
        assert_at_most(COUNTS, seen, answer)


def test_a_thread_page(cast: Cast) -> None:
    parent = cast.publish("The parent.")
    for n in range(3):
        parent = cast.publish(f"Answer {n}.", parent_id=parent)
    client = cast.app.test_client()
    for sort in ("newest", "oldest"):
        query = {"url": PAGE, "sort": sort, "limit": 2}
        with watched(cast.app) as seen:
            answer = client.get("/api/v1/comments", query_string=query)
        assert_at_most(THREAD, seen, answer)
        query["cursor"] = answer.get_json()["next"]
        with watched(cast.app) as seen:
            answer = client.get("/api/v1/comments", query_string=query)
        assert_at_most(THREAD, seen, answer)
        assert len(answer.get_json()["ancestors"]) == 2


@pytest.mark.parametrize("path", ["/api/v1/feed.atom", "/embed/thread"])
def test_the_threads_other_pages(cast: Cast, path: str) -> None:
    cast.publish()
    with watched(cast.app) as seen:
        answer = cast.app.test_client().get(path, query_string={"url": PAGE})
    assert_at_most(THREAD, seen, answer)


@pytest.mark.parametrize("body", ["Well said.", SHOUTED])
def test_a_post_by_a_new_commenter_to_a_new_thread(cast: Cast, body: str) -> None:
    cast.publish_all()
    with watched(cast.app) as seen:
        answer = cast.bob.post(body, title="A walk", headers={"Idempotency-Key": "k-1"})
    assert_at_most(POST, seen, answer)


def test_a_post_after_decisions_that_the_process_has_not_seen(cast: Cast) -> None:
    for n in range(3):
        cast.decide(cast.reader().says(f"A remark of number {n}."), ("approve", "spam")[n % 2])
        with cast.app.app_context():
            rebuild_memory(show_site("gazette").id)
    cast.publish_all()
    for most in (POST + LESSONS, POST):
        with watched(cast.app) as seen:
            answer = cast.reader().post(SHOUTED, title="A walk", headers={"Idempotency-Key": "k"})
        assert_at_most(most, seen, answer)
        assert ("spam_lesson" in "".join(said for said, _ in seen)) is (most > POST)
        cast.execute("UPDATE comment SET idempotency_key = NULL")
    cast.decide(cast.reader().says("One more."), "spam")
    with watched(cast.app) as seen:
        answer = cast.bob.post(SHOUTED, title="A walk", headers={"Idempotency-Key": "k"})
    assert_at_most(POST + LESSONS, seen, answer)


def test_a_reply_by_a_new_commenter(cast: Cast) -> None:
    cast.publish_all()
    parent = cast.bob.says("The parent.")
    somebody = cast.reader()
    form = somebody.form(SHOUTED, parent_id=parent, title="A walk")
    with watched(cast.app) as seen:
        answer = somebody.call("POST", "/api/v1/comments", json=form)
    assert answer.status_code == 201
    assert_at_most(POST, seen, answer)


def test_a_post_by_a_server(cast: Cast) -> None:
    cast.publish_all()
    parent = cast.bob.says("The parent.", title="A walk")
    program = cast.program("comments:write", "gazette")
    for n, place in enumerate(({"url": OTHER_PAGE}, {"url": PAGE}, {"parent_id": parent})):
        form = {"site": "gazette", "url": PAGE, "author_name": "App", "body": SHOUTED, **place}
        key = {"Commenter-Key": f"{n}" * 22, "Idempotency-Key": f"k-{n}"}
        with watched(cast.app) as seen:
            answer = program.call(
                "POST", "/api/v1/comments", json=form | {"title": "The walk"}, headers=key
            )
        assert_at_most(POST, seen, answer)


def test_a_post_takes_last_what_others_wait_for(cast: Cast) -> None:
    """A hot page's counts and limit keep its other writers waiting for one commit, not for more."""
    cast.publish_all()
    cast.bob.says("The first.")
    with watched(cast.app) as seen:
        cast.bob.says("And another.")
    written = [s for s, _ in seen if s.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))]
    assert [s.split("(")[0].split()[2] for s in written[-2:]] == ["rate_limit", "tally"]


def test_a_repeated_post(cast: Cast) -> None:
    cast.bob.says(headers={"Idempotency-Key": "k-1"})
    with watched(cast.app) as seen:
        answer = cast.bob.post(headers={"Idempotency-Key": "k-1"})
    assert_at_most(3, seen, answer)


@pytest.mark.parametrize("query", [{}, {"status": "all", "sort": "risk"}, {"q": "walk park"}])
def test_a_queue_page(cast: Cast, query: dict[str, str]) -> None:
    for n in range(12):
        cast.reader(f"Reader {n}").says(f"A walk in the park, number {n}.")
    for site in ({}, {"site": "gazette"}):
        with watched(cast.app) as seen:
            answer = cast.alice.get("/api/v1/moderation/queue", query_string=query | site)
        # Which comments fit filters is found before their cards are read.
        assert_at_most(QUEUE + 2 * ("q" in query), seen, answer)
        assert len(answer.get_json()["items"]) == 12


def test_a_queue_page_by_a_signed_in_moderator_of_some_sites(cast: Cast) -> None:
    cast.bob.says()
    client = cast.signed_in("alice@gazette.example", "moderator", ["gazette"])
    with watched(cast.app) as seen:
        answer = client.get("/api/v1/moderation/queue", query_string={"site": "gazette"})
    assert_at_most(QUEUE, seen, answer)
    assert len(answer.get_json()["items"]) == 1
