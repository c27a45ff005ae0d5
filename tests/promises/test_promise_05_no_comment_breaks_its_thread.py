"""Promise 5: whatever is taken can be read: every hostile text in one thread, on both databases."""

from typing import Final

import pytest

from comments_service.domain.policy import PolicyMode
from tests.cast import PAGE, Cast
from tests.promises.hostile_press import chosen_rows
from tests.support.hostile import DATA

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not on this machine")
SHARE: Final = 40
"""One row in so many is in the short form."""


@pytest.mark.parametrize(
    "share",
    [
        pytest.param(SHARE, id="some"),
        pytest.param(1, id="all", marks=[pytest.mark.long, pytest.mark.timeout(1_800)]),
    ],
)
def test_promise_05_no_comment_breaks_its_thread(share: int, fresh_cast: Cast) -> None:
    fresh_cast.set_site(mode=PolicyMode.POST)
    taken, failed = [], []
    for row in chosen_rows(share):
        answer = fresh_cast.reader().post(row["payload"], author_name="Ida")
        if answer.status_code >= 500:
            failed.append(row["id"])
        if answer.status_code in (201, 202):
            taken.append(answer.json["comment"]["id"])  # type: ignore[index]  # As the API says.
    assert failed == []
    waiting = [comment for comment in taken if fresh_cast.row(comment)["status"] != "approved"]
    for comment in waiting:
        fresh_cast.decide(comment, "approve")
    listed = [comment["id"] for comment in fresh_cast.paged(limit=100)]
    assert sorted(listed) == sorted(taken)
    assert fresh_cast.count() == len(taken)
    client = fresh_cast.app.test_client()
    asked = {"site": "gazette", "url": PAGE}
    assert client.get("/embed/thread", query_string=asked).status_code == 200
    assert client.get("/api/v1/feed.atom", query_string=asked).status_code == 200
