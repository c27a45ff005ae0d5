"""Looks at hostile comments as readers do: in the widget, without scripts, in feeds and in JSON."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import quote, urlencode

from playwright.sync_api import expect

from tests.promises.hostile_press import Press, Told
from tests.support.newsroom import GAZETTE
from tests.support.watched import Watched

FRAMES: Final = 8
"""Pages shown at once, each in two frames: with 20 a busy machine's widgets gave up."""
WIDGET: Final = ".prose"
PLAIN: Final = ".body"
ATOM: Final = "{http://www.w3.org/2005/Atom}"
ARTICLE: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>{title}</title><link rel="icon" href="data:,"></head>
<body><div id="comments" data-site="gazette" data-url="{url}"></div>
<script async src="{service}/embed.js"></script></body></html>"""
FRAMED: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Frames</title>
<link rel="icon" href="data:,"></head><body>{frames}</body></html>"""


def escaped(text: str) -> str:
    """Text as a publisher's template writes it; half characters are no text."""
    signs = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
    whole = text.encode("utf-8", "replace").decode()
    return "".join(signs.get(c, c) for c in whole)


@dataclass
class Readers:
    """What readers see: the widget, the page without scripts, the feed and the JSON behind it."""

    press: Press
    service: str
    origin: str
    pages: dict[str, tuple[str, str]]
    """What the publisher serves; grows as it is looked at."""
    watch: Watched

    def __post_init__(self) -> None:
        self.client = self.press.newsroom.app.test_client()

    def look(self, most: int) -> None:
        for number, (url, batch) in enumerate(self.press.threads.items()):
            stored = self._stored(url)
            self._check_stored(batch, stored)
            self._in_widget(number, url, stored)
            self._without_scripts(url, len(stored))
        for url in self.press.pages:
            self._stored(url)
        some = self.press.pages[:: max(1, len(self.press.pages) // most)]
        for start in range(0, len(some), FRAMES):
            self._in_frames(start, some[start : start + FRAMES])

    def _stored(self, url: str) -> dict[str, dict[str, Any]]:
        """A thread's comments by id, as JSON has them; its feed is read beside it."""
        found: dict[str, dict[str, Any]] = {}
        cursor: str | None = None
        while cursor or not found:
            asked = {"site": "gazette", "url": url, "limit": 100}
            answer = self.client.get("/api/v1/comments", query_string=_page(asked, cursor))
            assert answer.status_code == 200, answer.text
            assert answer.mimetype == "application/json"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            page = answer.get_json()
            assert page["thread"]["count"]
            found |= {comment["id"]: comment for comment in page["comments"]}
            cursor = page["next"]
            if cursor is None:
                assert len(found) == page["thread"]["count"]
                break
        self._read_feed(url)
        return found

    def _read_feed(self, url: str) -> None:
        asked = {"site": "gazette", "url": url}
        answer = self.client.get("/api/v1/feed.atom", query_string=asked)
        assert answer.mimetype == "application/atom+xml"
        known = "feed title id link updated entry author name published content".split()
        for element in ET.fromstring(answer.data).iter():
            assert element.tag in {ATOM + name for name in known}
            href = element.get("href", "https:")
            assert href.startswith(("https:", "http:")), href

    @staticmethod
    def _check_stored(batch: list[Told], stored: dict[str, dict[str, Any]]) -> None:
        """What was taken is there, and says what was typed where the row says that it must."""
        for told in batch:
            for comment in (told.created, told.edited):
                if comment is None:
                    continue
                shown = stored[comment["id"]]
                if told.row["expect"].get("text_shown_as_typed"):
                    text = _text(shown["body_html"])
                    assert _letters(told.row["payload"]) in _letters(text), told.row["id"]

    def _in_widget(self, number: int, url: str, stored: dict[str, dict[str, Any]]) -> None:
        path, page = f"/article-{number}", self.watch.page
        html = ARTICLE.format(title="An article", url=escaped(url), service=self.service)
        self.pages[path] = (html, "")
        page.goto(self.origin + path)
        heading = page.get_by_role("heading", name=f"Comment ({len(stored)})")
        expect(heading).to_be_visible()
        more = page.get_by_role("button", name="Load more comments")
        rows = page.locator("#comments article")
        for shown in range(50, len(stored), 50):
            expect(rows).to_have_count(shown)
            more.click()
        expect(rows).to_have_count(len(stored))
        names = page.evaluate(
            "() => [...document.querySelector('#comments').shadowRoot.querySelectorAll('bdi.name')]"
            ".map((name) => name.textContent)"
        )
        typed = [comment["author"]["name"] for comment in stored.values()]
        assert sorted(names) == sorted(typed)
        self.watch.inspect(WIDGET)
        assert page.url == self.origin + path

    def _without_scripts(self, url: str, count: int) -> None:
        page = self.watch.page
        address = f"{self.service}/embed/thread?" + urlencode({"site": "gazette", "url": url})
        shown, cursor = 0, address
        while cursor:
            self.watch.visit(cursor, PLAIN)
            shown += page.locator("ol.comments > li").count()
            more = page.locator(".more a")
            cursor = self.service + (more.get_attribute("href") or "") if more.count() else ""
        assert shown == count

    def _in_frames(self, start: int, urls: list[str]) -> None:
        """Pages whose address and title are hostile: without scripts, and with the widget."""
        frames = []
        for number, url in enumerate(urls):
            asked = urlencode({"site": "gazette", "url": url}, errors="replace")
            frames.append(
                f'<iframe src="{escaped(f"{self.service}/embed/thread?{asked}")}"></iframe>'
            )
            path, title = f"/frame-{start + number}", escaped(url)
            html = ARTICLE.format(title=title, url=escaped(url), service=self.service)
            self.pages[path] = (html, "")
            tail = escaped(quote(url[len(GAZETTE) :], safe="/?&=;:@<>'\"()", errors="replace"))
            frames.append(f'<iframe src="{path}?{tail}"></iframe>')
        self.pages["/frames"] = (FRAMED.format(frames="".join(frames)), "")
        page = self.watch.page
        page.goto(f"{self.origin}/frames")
        for frame in page.frames[1:]:
            expect(frame.locator("li article").first).to_be_attached()
        self.watch.inspect(f"{WIDGET}, {PLAIN}")
        assert page.url == f"{self.origin}/frames"


def _page(asked: dict[str, Any], cursor: str | None) -> dict[str, Any]:
    return asked | ({"cursor": cursor} if cursor else {})


class _Shown(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data


def _text(html: str) -> str:
    return _Shown(html).text


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())
