"""Promise 12: whoever reads, by whatever door and however often, changes no row of the database.

Link scanners click, and browsers fetch ahead: what is asked for by GET or HEAD must be harmless.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest
from sqlalchemy import select

from comments_service.domain.policy import PolicyMode
from comments_service.storage.db import db
from comments_service.storage.models import Base
from tests.authorisation.callers import CALLERS, Caller
from tests.authorisation.requests import QUERY, Asking, path_of
from tests.cast import PAGE, Cast

READERS: Final = ("nobody", "commenter", "moderator of A", "owner", "token for A")
AHEAD: Final[tuple[dict[str, str], ...]] = (
    {},
    {"Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Purpose": "prefetch"},
)
"""What a browser says that asks for a page before its reader does."""


@pytest.fixture
def newsroom(cast: Cast) -> Cast:
    """A site with a published comment, one that waits, and one that was rejected."""
    cast.set_site(mode=PolicyMode.PRE)
    cast.publish("The parent.")
    cast.decide(cast.bob.says("No."), "reject")
    cast.bob.says("I wait.")
    return cast


def stored(cast: Cast) -> dict[str, Counter[tuple[object, ...]]]:
    """Every row of every table, how often it is there."""
    found = {}
    with cast.app.app_context(), db.engine.connect() as connection:
        for name, table in Base.metadata.tables.items():
            found[name] = Counter(tuple(row) for row in connection.execute(select(table)))
    return found


def read_doors(cast: Cast) -> Iterator[tuple[str, str]]:
    """Every rule that answers GET, with that and with HEAD."""
    for rule in cast.app.url_map.iter_rules():
        for method in sorted({"GET", "HEAD"} & (rule.methods or set())):
            yield method, rule.rule


def read_everything(cast: Cast, times: int) -> None:
    callers = {name: CALLERS[name](cast) for name in READERS}
    asking = Asking(cast, Caller(cast))
    asked = [(method, path_of(rule, asking)) for method, rule in read_doors(cast)]
    assert len(asked) > 50
    before, statuses = stored(cast), Counter[int]()
    assert before["comment"]
    assert before["log"]
    for _ in range(times):
        for method, path in asked:
            for name, caller in callers.items():
                for headers in AHEAD:
                    query = QUERY | {"url": PAGE}
                    answer = caller.call(method, path, query_string=query, headers=dict(headers))
                    statuses[answer.status_code] += 1
                    assert answer.status_code < 500, (name, method, path)
    assert set(statuses) >= {200, 302, 401, 404}
    after = stored(cast)
    assert [name for name in before if after[name] != before[name]] == []
    assert cast.broken() == []


def test_promise_12_a_get_changes_nothing(newsroom: Cast) -> None:
    read_everything(newsroom, 1)


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_promise_12_a_hundred_gets_of_everything_change_nothing(newsroom: Cast) -> None:
    read_everything(newsroom, 100)
