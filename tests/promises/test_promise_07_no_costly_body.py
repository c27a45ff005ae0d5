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
    fresh_cast.bob.post("The first comment, which loads what is loaded once.")
    costly = []
    for row in rows("slow"):
        body, spent, size = row["payload"][:10_000], [], 0
        for _ in range(TRIES):
            reader = fresh_cast.reader()
            form = reader.form(body)
            began = time.process_time()
            answer = reader.call("POST", "/api/v1/comments", json=form)
            spent.append(time.process_time() - began)
            assert answer.status_code < 500, row["id"]
            shown = (answer.get_json() or {}).get("comment") or {}
            size = max(size, len(shown.get("body_html", "")))
        if statistics.median(spent) > MOST_SECONDS or size > MOST_GROWTH * len(body):
            costly.append((row["id"], row.get("title"), spent, size))
    assert costly == []
