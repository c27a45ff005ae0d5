"""`POST /api/v1/comments` by a publisher's server, and the titles that it gives to pages."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.cast import (
    HERALD_PAGE,
    PAGE,
    Cast,
    assert_problem,
    one_database,
)
from tests.web.test_post_comment import POST, stored


def by_server(cast: Cast, limited_to: str | None = "gazette", **members: Any) -> TestResponse:
    program = cast.program("comments:write", limited_to)
    form = {"site": "gazette", "url": PAGE, "author_name": "Bob", "body": "From the app."}
    sent = {k: v for k, v in (form | members).items() if v is not None}
    return program.call("POST", POST, json=sent)


@pytest.mark.parametrize("site", ["gazette", None])
def test_a_server_needs_neither_form_nor_origin(cast: Cast, site: str | None) -> None:
    assert by_server(cast, site).status_code == 202


def test_a_server_may_say_whose_comment_it_is(cast: Cast) -> None:
    cast.publish("The first one.")
    cast.publish("The second one.")
    program = cast.program("comments:write", "gazette")
    form = {"site": "gazette", "url": PAGE, "author_name": "Bob", "body": "From the app."}
    answer = program.call("POST", POST, json=form, headers={"Commenter-Key": cast.bob.key})
    assert answer.status_code == 201


def test_mallory_may_not_use_one_sites_token_on_another(cast: Cast) -> None:
    for site in ("herald", None):
        answer = by_server(cast, "gazette", site=site, url=HERALD_PAGE)
        assert_problem(answer, 404, "not-found")
        assert stored(cast) == 0, site


def test_mallory_may_not_post_with_a_token_of_another_scope(cast: Cast) -> None:
    answer = cast.alice.call("POST", POST, json=cast.bob.form())
    assert_problem(answer, 403, "not-allowed")


@one_database
def test_mallory_may_not_post_with_a_made_up_token(cast: Cast) -> None:
    for secret in ("cst_unknown", "ünknown"):
        answer = cast.bob.post(headers={"Authorization": f"Bearer {secret}"})
        assert_problem(answer, 401, "not-signed-in")


def test_a_revoked_token_ends_at_once(cast: Cast) -> None:
    program = cast.program("comments:write", "gazette")
    cast.execute("UPDATE api_token SET revoked = true WHERE scope = 'comments:write'")
    assert_problem(program.call("POST", POST, json=cast.bob.form()), 401, "not-signed-in")


# --- The page's title ------------------------------------------------------------------------


def title(cast: Cast) -> tuple[str | None, bool]:
    (row,) = cast.rows("SELECT title, title_verified FROM thread")
    return row["title"], bool(row["title_verified"])


def test_a_readers_title_is_for_moderators_and_unverified(cast: Cast) -> None:
    cast.publish(title="  A   walk\nin the park ")
    assert title(cast) == ("A walk in the park", False)
    assert cast.thread()["thread"]["title"] is None
    thread = cast.alice.queue(status="approved")[0]["thread"]
    assert (thread["title"], thread["title_verified"]) == ("A walk in the park", False)


def test_a_readers_title_changes_no_other(cast: Cast) -> None:
    cast.bob.says(title="A walk in the park")
    cast.mallory_at_the_gazette().says("Ha!", title="Buy gold")
    assert title(cast) == ("A walk in the park", False)


def test_the_publishers_title_is_verified(cast: Cast) -> None:
    by_server(cast, title="A walk in the park")
    assert title(cast) == ("A walk in the park", True)
    # It came with a comment that waits, and would tell that one is there.
    assert cast.thread()["thread"]["title"] is None
    cast.publish()
    assert cast.thread()["thread"]["title"] == "A walk in the park"


def test_the_publishers_title_goes_before_a_readers(cast: Cast) -> None:
    cast.mallory_at_the_gazette().says("Ha!", title="Buy gold")
    by_server(cast, title="A walk in the park")
    assert title(cast) == ("A walk in the park", True)
    by_server(cast, body="Nothing to add.")
    assert title(cast) == ("A walk in the park", True)
