"""Who may come through which door: every rule of the URL map, and nobody forgotten."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from comments_service.storage.db import db
from comments_service.storage.models import Base
from comments_service.web.access import Access, access_of
from tests.cast import EVIL, GAZETTE, HERALD, PAGE, Cast, assert_problem, one_database
from tests.support.hostile import DATA, rows

READS = ("GET", "HEAD")


def rules(app: Flask, *wanted: Access) -> Iterator[tuple[Rule, str]]:
    """Every rule of these kinds with each of its methods, OPTIONS aside."""
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint])
        if not wanted or access in wanted:
            for method in sorted((rule.methods or set()) - {"OPTIONS"}):
                yield rule, method


def address_of(rule: Rule, comment: str = "0" * 13) -> str:
    """An address that the rule answers."""
    parts = dict.fromkeys(rule.arguments, comment) | {"name": "queue.js"}
    path = rule.rule
    for name in rule.arguments:
        path = path.replace(f"<{name}>", parts[name])
    return path


QUERY = {"site": "gazette", "url": PAGE}


def call(cast: Cast, method: str, path: str, **request: Any) -> TestResponse:
    client = request.pop("client", None) or cast.app.test_client()
    return client.open(path, method=method, query_string=QUERY, **request)


def test_every_view_is_marked(app: Flask) -> None:
    unmarked = [
        rule.rule for rule, _ in rules(app) if access_of(app.view_functions[rule.endpoint]) is None
    ]
    assert unmarked == []


@one_database
def test_a_view_that_nobody_marked_is_not_served(fresh_cast: Cast) -> None:
    fresh_cast.app.add_url_rule("/api/v1/forgotten", "forgotten", lambda: "secret")
    assert_problem(call(fresh_cast, "GET", "/api/v1/forgotten"), 403, "not-allowed")


@one_database
def test_mallory_may_not_moderate(cast: Cast) -> None:
    """Without a session or token, with a made-up one, or with a token for something else."""
    writer = cast.program("comments:write", None).secret
    for rule, method in rules(cast.app, Access.MODERATOR):
        path = address_of(rule)
        for headers, status in (
            ({}, 401),
            ({"Authorization": "Bearer cst_made-up"}, 401),
            ({"Authorization": "Basic YWxpY2U6YWxpY2U="}, 401),
            ({"Cookie": "comments_session=made-up"}, 401),
            ({"Authorization": f"Bearer {writer}"}, 403),
        ):
            answer = call(cast, method, path, headers=headers)
            assert answer.status_code == status, (method, path, headers)
            assert "Access-Control-Allow-Origin" not in answer.headers


@one_database
def test_mallory_may_not_enter_the_console(cast: Cast) -> None:
    token = {"Authorization": f"Bearer {cast.alice.secret}"}
    for rule, method in rules(cast.app, Access.CONSOLE):
        for headers in ({}, token):
            answer = call(cast, method, address_of(rule), headers=headers)
            if method in READS:
                assert answer.status_code == 302, rule.rule
                assert answer.headers["Location"].startswith("/moderate/sign-in?next=/moderate/")
            else:
                # Flask-WTF may be first to miss its token; nobody comes past either.
                assert answer.status_code in (400, 401), rule.rule


@one_database
def test_every_form_wants_its_token_and_its_own_page(cast: Cast) -> None:
    client = cast.signed_in("alice@gazette.example", "owner", [])
    for rule, method in rules(cast.app, Access.CONSOLE, Access.FORM):
        if method in READS:
            continue
        path = address_of(rule)
        assert call(cast, method, path, client=client).status_code == 400, path
        for headers in ({"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = call(cast, method, path, client=client, headers=headers)
            assert answer.status_code in (400, 403), (path, headers)


def test_a_moderators_sites_are_theirs_alone(cast: Cast) -> None:
    """Whoever has no part in a site does not learn that it exists."""
    cast.publish()
    for path in ("/api/v1/moderation/queue", "/api/v1/moderation/counts"):
        there = cast.carol.get(path, query_string={"site": "gazette"})
        nowhere = cast.carol.get(path, query_string={"site": "nowhere"})
        assert there.status_code == nowhere.status_code == 404
        assert there.get_json() == nowhere.get_json()


@one_database
def test_metrics_are_for_loopback(cast: Cast) -> None:
    for rule, method in rules(cast.app, Access.OPERATOR):
        for address, status in (("127.0.0.1", 200), ("::1", 200), ("203.0.113.9", 403)):
            answer = call(cast, method, rule.rule, environ_overrides={"REMOTE_ADDR": address})
            assert answer.status_code == status
        spoofed = {"X-Forwarded-For": "127.0.0.1"}
        far = {"REMOTE_ADDR": "203.0.113.9"}
        answer = call(cast, method, rule.rule, environ_overrides=far, headers=spoofed)
        assert answer.status_code == 403


# --- Public answers --------------------------------------------------------------------------

NOT_CACHED = {"/healthz", "/readyz", "/demo/"}


def test_public_answers_are_the_same_for_everybody(cast: Cast) -> None:
    """No cookie, nothing that varies but the encoding, any origin, and a 304 for who has it."""
    cast.publish()
    moderator = cast.signed_in("alice@gazette.example", "moderator", ["gazette"])
    seen = 0
    for rule, method in rules(cast.app, Access.PUBLIC):
        if method != "GET" or rule.rule in NOT_CACHED:
            continue
        plain = call(cast, method, rule.rule)
        known = call(
            cast, method, rule.rule, client=moderator, headers={"Origin": EVIL, **cast.bob.headers}
        )
        for answer in (plain, known):
            assert answer.status_code == 200, rule.rule
            assert answer.data == plain.data, rule.rule
            assert "Set-Cookie" not in answer.headers
            assert answer.headers.get("Vary", "Accept-Encoding") == "Accept-Encoding", rule.rule
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert "Access-Control-Allow-Credentials" not in answer.headers
            assert answer.headers["Cache-Control"].startswith("public, max-age=")
        again = call(cast, method, rule.rule, headers={"If-None-Match": plain.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b""), rule.rule
        head = call(cast, "HEAD", rule.rule)
        assert (head.status_code, head.data) == (200, b"")
        seen += 1
    assert seen >= 8


@one_database
def test_a_changed_thread_has_another_etag(cast: Cast) -> None:
    for path in ("/api/v1/comments", "/api/v1/counts", "/api/v1/feed.atom"):
        before = call(cast, "GET", path).headers["ETag"]
        cast.publish(f"For {path}, only for that.")
        after = call(cast, "GET", path, headers={"If-None-Match": before})
        assert after.status_code == 200, path
        assert after.headers["Cache-Control"] == (
            "public, max-age=0, s-maxage=2, stale-if-error=600"
        )


# --- Origins ---------------------------------------------------------------------------------


def reader_reads(cast: Cast) -> list[str]:
    comment = cast.publish()
    found = {
        address_of(rule, comment)
        for rule, method in rules(cast.app, Access.READER)
        if method == "GET"
    }
    return sorted(found)


@one_database
def test_a_readers_answers_are_for_the_sites_own_pages(cast: Cast) -> None:
    for path in reader_reads(cast):
        for origin in (EVIL, HERALD, "null", "http://gazette.example", GAZETTE + ":8443"):
            answer = cast.bob.get(path, query_string=QUERY, headers={"Origin": origin})
            assert answer.status_code == 200, path
            assert "Access-Control-Allow-Origin" not in answer.headers, (path, origin)
            assert "Origin" in answer.headers["Vary"]
        answer = cast.bob.get(path, query_string=QUERY)
        if path.startswith("/api/"):
            assert answer.headers["Access-Control-Allow-Origin"] == GAZETTE, path
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers


@one_database
def test_a_post_is_answered_to_its_own_origin(cast: Cast) -> None:
    answer = cast.bob.post()
    assert answer.headers["Access-Control-Allow-Origin"] == GAZETTE
    assert "Location" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in cast.mallory.post().headers
    assert cast.bob.post(token="").headers["Access-Control-Allow-Origin"] == GAZETTE


@one_database
def test_a_preflight_says_what_may_be_sent(cast: Cast) -> None:
    asked = {"Access-Control-Request-Method": "POST"}
    for origin, allowed in ((GAZETTE, GAZETTE), (EVIL, None), ("null", None)):
        answer = cast.bob.call("OPTIONS", "/api/v1/comments", headers={"Origin": origin, **asked})
        assert answer.status_code == 204
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        for name in ("Content-Type", "Idempotency-Key", "Commenter-Key"):
            assert name in answer.headers["Access-Control-Allow-Headers"]
    counts = cast.mallory.call("OPTIONS", "/api/v1/counts", headers=asked)
    assert counts.headers["Access-Control-Allow-Origin"] == "*"


ORIGINS = rows("origins")


@pytest.mark.skipif(not ORIGINS, reason=f"{DATA} is not on this machine")
@one_database
def test_mallorys_origins_are_not_the_sites(cast: Cast) -> None:
    for row in ORIGINS:
        cast.set_site(origins=[row["registered"]])
        page, origin = row["registered"] + "/x", " ".join(row["origin"].split())
        query = {"url": page}
        answer = cast.bob.get("/api/v1/form-token", query_string=query, headers={"Origin": origin})
        assert ("Access-Control-Allow-Origin" in answer.headers) == row["allow"], row["id"]
        form = cast.bob.form(url=page)
        posted = cast.bob.call("POST", "/api/v1/comments", json=form, headers={"Origin": origin})
        assert (posted.status_code == 202) == row["allow"], row["id"]


# --- Reading changes nothing -----------------------------------------------------------------


def digest(cast: Cast) -> dict[str, str]:
    """What stands in each table, in short."""
    with cast.app.app_context(), db.engine.connect() as connection:
        found = {}
        for table in Base.metadata.tables:
            rows = sorted(str(tuple(r)) for r in connection.execute(text(f"SELECT * FROM {table}")))
            found[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def test_a_get_changes_no_row(cast: Cast) -> None:
    comment = cast.publish()
    cast.bob.says("I wait.")
    owner = cast.signed_in("alice@gazette.example", "owner", [])
    before = digest(cast)
    statuses = set()
    for rule, method in rules(cast.app):
        if method not in READS:
            continue
        path = address_of(rule, comment)
        for client in (None, owner):
            answer = call(cast, method, path, client=client, headers=cast.bob.headers)
            statuses.add(answer.status_code)
            assert answer.status_code < 500, path
        for prefetch in (
            {"Sec-Purpose": "prefetch"},
            {"Authorization": f"Bearer {cast.alice.secret}"},
        ):
            call(cast, method, path, headers=prefetch)
    assert statuses >= {200, 302}
    assert digest(cast) == before
