"""Promises 5 and 6: no comment breaks its thread, and nothing a reader typed runs.

Every hostile text goes through every door, and every place that shows one is opened in
Chromium with dialogs, errors, requests and policies watched.
`make test-long` takes all rows, `make test` some.
"""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from comments_service.domain.errors import CommentsError
from comments_service.domain.words import SiteWord
from tests.e2e.fake_service import publisher
from tests.promises.hostile_console import EVERY, Console
from tests.promises.hostile_press import Press, chosen_rows, more_rows
from tests.promises.hostile_readers import Readers
from tests.support.hostile import DATA, Row
from tests.support.in_thread import served
from tests.support.newsroom import GAZETTE, Newsroom, compiled_templates, newsroom
from tests.support.watched import watched

__all__ = ["compiled_templates", "newsroom"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),
    pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not on this machine"),
]
SHARE: Final = 60
"""One row in so many is in the short form."""
SHARES: Final = 8
"""The long form takes all rows, in so many tests: each is done in minutes, or tells where not."""
MORE: Final = -1
"""Instead of a share: the rows that are ours, on a telephone, where no page may scroll sideways."""
PHONE: Final = {"width": 320, "height": 700}
FEW: Final = 12
MANY: Final = 60
"""Pages of a kind that are opened in each form, where each row has one of its own."""
NASTY: Final = '"><script>alert(3)</script><img src=//elsewhere.example/x onerror=alert(4)>'
NOTE: Final = f"{NASTY} &quot;{{{{7*7}}}}"


@pytest.fixture
def service(newsroom: Newsroom) -> Iterator[str]:
    """The service's address."""
    with served(newsroom.app) as address:
        yield address


@pytest.mark.parametrize(
    ("one_in", "share"),
    [
        pytest.param(SHARE, 0, id="some"),
        *(
            pytest.param(
                *(SHARES, share),
                id=f"all-{share + 1}-of-{SHARES}",
                marks=[pytest.mark.long, pytest.mark.timeout(3_600)],
            )
            for share in range(SHARES)
        ),
        pytest.param(1, MORE, id="more", marks=[pytest.mark.long, pytest.mark.timeout(3_600)]),
    ],
)
def test_promise_06_nothing_a_reader_typed_runs(
    one_in: int, share: int, newsroom: Newsroom, service: str, chromium: Browser
) -> None:
    some = one_in == SHARE
    more, press = more_rows(), Press(newsroom)
    rows = more if share == MORE else chosen_rows(one_in, share)
    if some:
        rows += more[::SHARE]
    device: dict[str, Any] = {"flat": True, "viewport": PHONE} if share == MORE else {}
    list_words(newsroom, rows[:: max(1, len(rows) // 100)])
    press.print_all(rows)
    assert press.failed() == []
    pages: dict[str, tuple[str, str]] = {}
    with publisher(pages) as origin:
        newsroom.change_site(origins=[GAZETTE, origin], name=f"The {NASTY}")
        hosts = [urlsplit(service).netloc, urlsplit(origin).netloc]
        with watched(chromium, *hosts, **device) as moderator:
            console = Console(newsroom, press, service, moderator)
            console.sign_in()
            console.walk("/moderate/?site=gazette&status=pending", EVERY)
            assert press.approve_all(NOTE) > 2 * len(rows)
            with watched(chromium, *hosts, **device) as reader:
                Readers(press, service, origin, pages, reader).look(FEW if some else EVERY)
                assert reader.complaints == []
            console.look(rows, FEW if some else MANY)
            assert moderator.complaints == []


def list_words(newsroom: Newsroom, rows: list[Row]) -> None:
    """Owners list hostile words, whose notes are hostile, too: comments with them are marked."""
    for row in rows:
        try:
            word = SiteWord(row["payload"][:40], 1.0, note=row["payload"][:200])
            newsroom.list_words(word)
        except CommentsError:
            continue
