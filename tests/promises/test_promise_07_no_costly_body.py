"""Promise 7: no body costs much from the request to the answer, nor grows much when shown."""

import statistics
import time
from typing import Final

import pytest

from comments_service.domain.policy import PolicyMode
from tests.cast import Cast, one_database
from tests.support.hostile import DATA, rows

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not on this machine")
MOST_SECONDS: Final = 0.25
"""Of this process's CPU, for one request; the promise's number."""
MOST_GROWTH: Final = 20
TRIES: Final = 3
"""The median of so many: the collector of garbage may fall into any one."""


@one_database
def test_promise_07_no_costly_body(fresh_cast: Cast) -> None:
    fresh_cast.set_site(mode=PolicyMode.POST)
    grown = []
    for row in rows("slow"):
        body = row["payload"][:10_000]
        _, size = ask(fresh_cast, body)
        if size > MOST_GROWTH * len(body):
            grown.append((row["id"], row.get("title"), size))
    assert grown == []


@pytest.mark.long
@one_database
def test_promise_07_no_body_takes_a_quarter_of_a_second(fresh_cast: Cast) -> None:
    """Without coverage, which slows a request threefold, and on a machine that does little else."""
    fresh_cast.set_site(mode=PolicyMode.POST)
    fresh_cast.bob.post("The first comment, which loads what is loaded once.")
    costly = []
    for row in rows("slow"):
        spent = [ask(fresh_cast, row["payload"][:10_000])[0] for _ in range(TRIES)]
        if statistics.median(spent) > MOST_SECONDS:
            costly.append((row["id"], row.get("title"), spent))
    assert costly == []


def ask(cast: Cast, body: str) -> tuple[float, int]:
    """Post a body; seconds of this process's CPU, and the characters of what is shown of it."""
    reader = cast.reader()
    form = reader.form(body)
    began = time.process_time()
    answer = reader.call("POST", "/api/v1/comments", json=form)
    spent = time.process_time() - began
    assert answer.status_code < 500, body[:80]
    shown = (answer.get_json() or {}).get("comment") or {}
    return spent, len(shown.get("body_html", ""))
