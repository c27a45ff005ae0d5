"""Promise 14: what waits, was rejected, is spam or was withdrawn does not exist for others.

Strangers are told the same bytes before such comments come and after; an id of one is answered as
an id that nobody has, and the database is asked as much for it, so that no time tells either.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import pytest
from werkzeug.test import TestResponse

from comments_service.domain.ids import encode_id, new_id
from comments_service.domain.policy import PolicyMode
from comments_service.web.access import Access, access_of
from tests.authorisation.callers import CALLERS, Caller
from tests.cast import OTHER_PAGE, PAGE, Cast
from tests.statements import watched

SECRET: Final = "quetzal"
STRANGERS: Final = (
    "nobody",
    "other commenter",
    "moderator of B",
    "token for B",
    "token to write",
    "revoked token",
    "ended session",
)
"""Whose business the comments of site A that are not public are not."""
CHANGING: Final = re.compile(rb'(name="(?:key|csrf_token)"[^>]*value="|nonce-|nonce=")[^"\' ;]+')
"""What is new in each page, whatever it shows: the key of its form and the mark of its scripts."""
Told: TypeAlias = tuple[int, list[tuple[str, str]], bytes]


def withdrawn(cast: Cast, comment: str) -> None:
    answer = cast.bob.call("DELETE", f"/api/v1/comments/{comment}")
    assert answer.status_code == 204, answer.get_data(as_text=True)


def waits(cast: Cast, url: str) -> str:
    return cast.bob.says(f"A {SECRET} waits.", url, author_name=SECRET, title=SECRET)


def put_away(action: str) -> Callable[[Cast, str], str]:
    def made(cast: Cast, url: str) -> str:
        comment = waits(cast, url)
        cast.decide(comment, action)
        return comment

    return made


def once_published(action: str) -> Callable[[Cast, str], str]:
    def made(cast: Cast, url: str) -> str:
        comment = waits(cast, url)
        for decided in ("approve", action):
            cast.decide(comment, decided)
        return comment

    return made


def withdrawn_waiting(cast: Cast, url: str) -> str:
    comment = waits(cast, url)
    withdrawn(cast, comment)
    return comment


def withdrawn_published(cast: Cast, url: str) -> str:
    comment = put_away("approve")(cast, url)
    withdrawn(cast, comment)
    return comment


HIDDEN: Final[Mapping[str, Callable[[Cast, str], str]]] = {
    "waits": waits,
    "rejected": put_away("reject"),
    "spam": put_away("spam"),
    "held once more": once_published("hold"),
    "rejected later": once_published("reject"),
    "spam later": once_published("spam"),
    "withdrawn while it waited": withdrawn_waiting,
    "withdrawn": withdrawn_published,
}
"""How a comment comes to be nobody's business but its author's and the moderators'."""


@pytest.fixture
def newsroom(cast: Cast) -> Cast:
    """Everybody, a site on which every comment waits, and a page with three that are published."""
    cast.set_site(mode=PolicyMode.PRE)
    parent = cast.publish("The parent.")
    cast.publish("An answer.", parent_id=parent)
    cast.publish("Another.")
    return cast


def told(answer: TestResponse, but: str = "") -> Told:
    """All of an answer but its time and number, and but the id that was asked for."""
    said = CHANGING.sub(rb"\1", answer.get_data()).replace(but.encode(), b"")
    headers = [
        (name, CHANGING.sub(rb"\1", text.encode()).decode().replace(but, ""))
        for name, text in answer.headers
        if name not in ("Date", "X-Request-Id")
    ]
    return answer.status_code, headers, said


def reads(cast: Cast) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every door that strangers may read at, with each of the ways to ask there for a page."""
    cursor = cast.thread(limit=1)["next"]
    assert cursor
    place = {"site": "gazette"}
    queries: list[dict[str, Any]] = [
        {"url": PAGE},
        {"url": PAGE, "sort": "oldest", "limit": 1},
        {"url": PAGE, "limit": 1, "cursor": cursor},
        {"url": OTHER_PAGE},
        {"url": f"{OTHER_PAGE}?utm_source=mail", "sort": "oldest"},
        {"url": PAGE, "q": SECRET},
    ]
    for rule in cast.app.url_map.iter_rules():
        if access_of(cast.app.view_functions[rule.endpoint]) not in (
            Access.PUBLIC,
            Access.READER,
            Access.MODERATOR,
        ):
            continue
        if not rule.arguments:
            for method in sorted({"GET", "HEAD"} & (rule.methods or set())):
                for query in queries:
                    yield method, rule.rule, {"query_string": place | query}
    yield "POST", "/api/v1/counts", {"json": place | {"urls": [PAGE, OTHER_PAGE]}}
    yield "GET", "/api/v1/counts", {"query_string": place | {"url": [PAGE, OTHER_PAGE]}}


def everything_told(cast: Cast, strangers: Mapping[str, Caller]) -> dict[str, Told]:
    found = {}
    for method, path, request in reads(cast):
        for name, stranger in strangers.items():
            if method == "HEAD" and name != "nobody":
                continue
            asked = f"{name}: {method} {path} {request}"
            found[asked] = told(stranger.call(method, path, **request))
    return found


def test_promise_14_strangers_are_told_the_same_bytes_before_and_after(newsroom: Cast) -> None:
    strangers = {name: CALLERS[name](newsroom) for name in STRANGERS}
    then = newsroom.clock.advance(seconds=1)
    before = everything_told(newsroom, strangers)
    assert {status for status, _, _ in before.values()} >= {200, 401, 404}
    for url in (PAGE, OTHER_PAGE):
        for hide in HIDDEN.values():
            # A minute later each: no limit of the readers' is in the way.
            newsroom.clock.advance(minutes=1)
            hide(newsroom, url)
    newsroom.clock.now = then
    after = everything_told(newsroom, strangers)
    leaks = [asked for asked in before if after[asked] != before[asked]]
    assert leaks == []
    assert not [
        asked
        for asked, answer in after.items()
        if SECRET in str(answer[1:]) and SECRET not in asked
    ]
    assert newsroom.one("SELECT COUNT(*) FROM comment") == 3 + 2 * len(HIDDEN)


def test_promise_14_nor_does_an_edit_that_waits_show(newsroom: Cast) -> None:
    newsroom.clock.advance(minutes=1)
    comment = newsroom.publish("As it was approved.")
    strangers = {name: CALLERS[name](newsroom) for name in STRANGERS}
    then = newsroom.clock.advance(seconds=1)
    path = f"/api/v1/comments/{comment}"

    def all_told() -> dict[str, Told]:
        by_id = {name: told(stranger.call("GET", path)) for name, stranger in strangers.items()}
        return everything_told(newsroom, strangers) | by_id

    before = all_told()
    newsroom.clock.advance(minutes=1)
    changed = newsroom.bob.call("PATCH", path, json={"body": f"A {SECRET}."})
    assert changed.get_json()["comment"]["edit_pending"]
    newsroom.clock.now = then
    after = all_told()
    assert [asked for asked in before if after[asked] != before[asked]] == []


def asks_of(cast: Cast, comment: str, decision: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every door at which an id can be named, with a request that names this one."""
    bodies: dict[str, dict[str, Any]] = {
        "PATCH": {"json": {"body": "On second thoughts."}},
        "GET": {},
        "HEAD": {},
        "DELETE": {},
        "POST": {},
    }
    for rule in cast.app.url_map.iter_rules():
        if rule.arguments & {"comment_id", "decision_id"}:
            path = rule.rule.replace("<comment_id>", comment).replace("<decision_id>", decision)
            for method in sorted((rule.methods or set()) - {"OPTIONS"}):
                yield method, path, bodies[method]
    place = {"site": "gazette", "url": PAGE}
    form = cast.bob.form("I answer you.", parent_id=comment)
    yield "POST", "/api/v1/comments", {"json": form}
    sent = {name: form[name] for name in ("author_name", "body", "token", "parent_id")}
    page: dict[str, Any] = {"query_string": place}
    yield "POST", "/embed/thread", page | {"data": sent | {"key": "a-key-of-its-own"}}
    yield "GET", "/embed/thread", {"query_string": place | {"reply": comment}}
    for cursor in (f"n{comment}", f"n{comment}{comment}"):
        for path in ("/api/v1/comments", "/embed/thread"):
            yield "GET", path, {"query_string": place | {"cursor": cursor}}
    wish = {"comment_id": comment, "version": 1, "action": "approve"}
    yield "POST", "/api/v1/moderation/decisions", {"json": {"decisions": [wish]}}
    ban = {"site": "herald", "kind": "commenter", "comment_id": comment, "days": 7}
    yield "POST", "/api/v1/moderation/bans", {"json": ban | {"reason": "other"}}
    console: dict[str, Any] = {"query_string": {"site": "herald"}}
    yield "GET", "/moderate/bans", {"query_string": {"site": "herald", "comment": comment}}
    yield "POST", "/moderate/decide", console | {"data": {"comment": f"{comment}:1", **wish}}
    yield "POST", "/moderate/undo", console | {"data": {"decision": decision}}


@pytest.mark.parametrize("name", STRANGERS[:5])
def test_promise_14_an_id_that_is_hidden_is_an_id_that_nobody_has(
    name: str, newsroom: Cast
) -> None:
    stranger = CALLERS[name](newsroom)
    hidden = {}
    for how, hide in HIDDEN.items():
        newsroom.clock.advance(minutes=1)
        hidden[how] = hide(newsroom, PAGE)
    now = newsroom.clock.advance(minutes=1)
    decision = encode_id(newsroom.one("SELECT MIN(id) FROM log WHERE action = 'reject'"))

    def answers(comment: str, decision: str) -> dict[str, tuple[Told, int]]:
        found = {}
        for method, path, request in asks_of(newsroom, comment, decision):
            with watched(newsroom.app) as seen:
                answer = stranger.call(method, path, **request)
            asked = f"{method} {path} {request}".replace(comment, "ID").replace(decision, "D")
            status, headers, said = told(answer, comment)
            text = said.replace(decision.encode(), b"")
            found[asked] = (status, headers, text), len(seen)
        return found

    def unknown() -> str:
        return encode_id(new_id(now))

    answers(unknown(), unknown())  # What is done once in a process is done.
    nobodys = answers(unknown(), unknown())
    assert {"GET", "POST"} <= {asked.partition(" ")[0] for asked in nobodys}
    for how, comment in hidden.items():
        theirs = answers(comment, decision)
        told_apart = {
            asked: (nobodys.get(asked), theirs.get(asked))
            for asked in nobodys | theirs
            if nobodys.get(asked) != theirs.get(asked)
        }
        assert told_apart == {}, how
