"""`POST /api/v1/comments` under an Idempotency-Key: one answer, whatever came between."""

import pytest

from comments_service.domain.policy import PolicyMode
from tests.cast import (
    HERALD_PAGE,
    OTHER_PAGE,
    PAGE,
    Cast,
    assert_problem,
)
from tests.web.test_post_comment import POST, stored


@pytest.mark.parametrize("mode", [PolicyMode.FIRST, PolicyMode.POST])
def test_the_same_request_again_is_answered_the_same(cast: Cast, mode: PolicyMode) -> None:
    cast.set_site(mode=mode)
    key: dict[str, str | None] = {"Idempotency-Key": "k-1"}
    first = cast.bob.post(headers=key)
    again = cast.bob.post(headers=key)
    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert again.headers["Location"] == first.headers["Location"]
    assert stored(cast) == 1


def test_it_is_answered_the_same_after_a_moderator_decided(cast: Cast) -> None:
    key: dict[str, str | None] = {"Idempotency-Key": "k-1"}
    first = cast.bob.post(headers=key)
    cast.decide(first.json["comment"]["id"], "approve")  # type: ignore[index]
    assert cast.bob.post(headers=key).status_code == first.status_code == 202


def test_it_is_answered_even_when_the_form_has_expired_or_the_thread_is_closed(cast: Cast) -> None:
    key: dict[str, str | None] = {"Idempotency-Key": "k-1"}
    cast.bob.says(headers=key)
    cast.close()
    assert cast.bob.post(headers=key, token="stale").status_code == 202


DIFFERENCES = [
    {"body": "Another thing."},
    {"author_name": "Rob"},
    {"url": OTHER_PAGE},
    {"email": "bob@bob.example"},
]


def test_another_request_under_the_same_key_is_refused(cast: Cast) -> None:
    key: dict[str, str | None] = {"Idempotency-Key": "k-1"}
    cast.bob.says(headers=key)
    for changes in DIFFERENCES:
        form = cast.bob.form(url=changes.get("url", PAGE)) | changes
        assert_problem(cast.bob.call("POST", POST, json=form, headers=key), 422, "key-reused")
        assert stored(cast) == 1, changes


def test_mallory_learns_nothing_by_somebody_elses_key(cast: Cast) -> None:
    key: dict[str, str | None] = {"Idempotency-Key": "k-1"}
    cast.bob.says("My secret.", headers=key)
    answer = cast.mallory_at_the_gazette().post("My secret.", headers=key, author_name="Bob")
    assert_problem(answer, 422, "key-reused")
    assert "secret" not in answer.get_data(as_text=True)


def test_a_key_is_of_one_site(cast: Cast) -> None:
    key: dict[str, str | None] = {"Idempotency-Key": "k-1"}
    cast.bob.says("Here.", headers=key)
    cast.herald_reader.says("There.", HERALD_PAGE, headers=key)
    assert stored(cast) == 2


def test_posts_without_a_key_are_never_the_same(cast: Cast) -> None:
    cast.bob.says("I said so.")
    cast.bob.says("I say so.")
    assert stored(cast) == 2
