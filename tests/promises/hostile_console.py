"""Looks at hostile comments as moderators do: on every page of the console that shows them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final
from urllib.parse import quote, urlencode

from tests.promises.hostile_press import Press
from tests.support.hostile import Row
from tests.support.newsroom import OLGA, PASSWORD, Desk, Newsroom
from tests.support.watched import Watched

EVERY: Final = 10_000
"""More pages than there are."""
MARKUP: Final = ".text :not(mark), bdi :not(mark, strong), .note-said :not(bdi)"
"""In the console a comment is text: whatever stands in it but the marks is at fault."""


@dataclass
class Console:
    """The console in a watched tab, with an owner at it."""

    newsroom: Newsroom
    press: Press
    service: str
    watch: Watched

    def sign_in(self) -> None:
        """Olga at her desk."""
        page = self.watch.page
        page.goto(f"{self.service}/moderate/")
        page.get_by_label("E-mail address").fill(OLGA)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.locator("#help-button:visible").wait_for()

    def look(self, rows: Sequence[Row], most: int) -> None:
        """Every page of the console that shows what readers typed, as an owner sees it."""
        for row in rows[:: max(1, len(rows) // 5)][:5]:
            self._browse_as(row["payload"])
        for path, pages in (
            ("/moderate/?site=gazette&status=all", most),
            ("/moderate/words?site=gazette", EVERY),
            ("/moderate/log?site=gazette", most),
            ("/moderate/security?site=gazette", 1),
            ("/moderate/checks?site=gazette", 1),
            ("/moderate/settings?site=gazette", 1),
        ):
            self.walk(path, pages)
        self._try_a_change()
        some = self.press.pages[:: max(1, len(self.press.pages) // most)]
        for url in some:
            asked = urlencode({"site": "gazette", "url": url}, errors="replace")
            self.watch.visit(f"{self.service}/moderate/thread?{asked}", never=MARKUP)
        for row in rows[:: max(1, len(rows) // most)]:
            self._ask_for(row["payload"][:190])
        desk = self.newsroom.sign_in(OLGA)
        for row in rows:
            query_all(desk, row["payload"])

    def _browse_as(self, agent: str) -> None:
        """Sign Olga in with a browser that calls itself so; the page of her sessions shows it."""
        browser = Desk(self.newsroom.app.test_client(), self.newsroom.clock)
        plain = "".join(c for c in agent[:200] if c.isprintable() and c.isascii())
        browser.client.environ_base["HTTP_USER_AGENT"] = plain
        answer = browser.post("/moderate/sign-in", {"email": OLGA, "password": PASSWORD})
        assert answer.status_code == 303

    def walk(self, path: str, most: int) -> None:
        """A page, and what follows it, to the end or for so many pages."""
        address = self.service + path
        for _ in range(most):
            self.watch.visit(address, never=MARKUP)
            following = self.watch.page.locator("a[rel=next]")
            if not following.count():
                break
            address = str(following.first.evaluate("(link) => link.href"))

    def _try_a_change(self) -> None:
        """A backtest, which lists the comments that would be decided otherwise."""
        page = self.watch.page
        page.goto(f"{self.service}/moderate/settings?site=gazette")
        page.get_by_text("Thresholds of profanity").click()
        page.get_by_role("button", name="Try this change").click()
        page.wait_for_url("**/moderate/settings/try**")
        self.watch.inspect(never=MARKUP)

    def _ask_for(self, text: str) -> None:
        """A search's words come back in the page that answers it."""
        asked = quote(text, safe="", errors="replace")
        for path in ("/moderate/?status=all&q=", "/moderate/words?q="):
            self.watch.allowed = ("Failed to load resource",)
            self.watch.visit(f"{self.service}{path}{asked}", never=MARKUP)
        self.watch.allowed = ()


class Inert(HTMLParser):
    """Whether a page holds anything that could run but the service's own scripts."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("object", "embed", "base", "iframe", "svg", "math"):
            self.faults.append(tag)
        if tag == "script" and not (given.get("src") or "").startswith("/"):
            self.faults.append("script")
        self.faults += [name for name in given if name.startswith("on")]
        href = (given.get("href") or "").strip().lower()
        if href.startswith(("javascript:", "vbscript:")):
            self.faults.append(href)


QUERIES: Final = (
    "/moderate/?site=gazette&status=all&{}",
    "/moderate/words?site=gazette&{}",
    "/moderate/log?site=gazette&{}",
    "/moderate/thread?site=gazette&{}",
    "/embed/thread?site=gazette&{}",
    "/api/v1/comments?site=gazette&{}",
)
NAMES: Final = ("q", "url", "id", "cursor", "sort", "author", "reply", "next")


def query_all(desk: Desk, text: str) -> None:
    """A hostile text as every parameter of every page: there is an answer, and an inert one."""
    query = urlencode(dict.fromkeys(NAMES, text[:1_500]), errors="replace")
    for path in QUERIES:
        answer = desk.get(path.format(query))
        assert answer.status_code < 500, (path, text)
        if answer.mimetype == "text/html":
            assert Inert(answer.text).faults == [], (path, text)
        else:
            assert answer.mimetype in ("application/json", "application/problem+json")
            json.loads(answer.text)
