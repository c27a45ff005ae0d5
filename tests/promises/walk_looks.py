"""What a site shows to strangers, to authors and to moderators, held against the small model.

Nothing in here changes anything; the steps are in `walk.py`.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import Program, Reader
from tests.promises.small_model import Remark, World

TABS: Final = ("pending", "spam", "rejected", "approved")
ATOM: Final = "{http://www.w3.org/2005/Atom}"
FEED: Final = 50
"""Entries of a feed, as docs/api.md has it."""


def said(answer: TestResponse) -> Any:
    """The JSON of an answer that must be one."""
    assert answer.status_code in (200, 201, 202), answer.text
    return answer.get_json()


@dataclass
class Looks:
    """Everybody who looks at a site, and what they should see."""

    site: str
    urls: Sequence[str]
    world: World
    readers: Sequence[Reader]
    moderator: Program

    def look(self, client: FlaskClient, step: int, touched: Sequence[Remark]) -> None:
        """A stranger's pages, an author's list, what was touched, and a tab of the queue.

        Lists and counts are looked at after every step, the rest by turns.
        """
        for page in range(len(self.urls)):
            self._thread(client, page, step)
        page = (step // len(self.readers)) % len(self.urls)
        self._elsewhere(client, page)
        self._own(self.readers[step % len(self.readers)], step % len(self.readers), page)
        for remark in touched:
            self._alone(client, remark)
        self._desk(TABS[step % len(TABS)])

    def _asked(self, page: int) -> dict[str, Any]:
        return {"site": self.site, "url": self.urls[page]}

    def _thread(self, client: FlaskClient, page: int, step: int) -> None:
        """What is listed is what is counted, and both are what is published."""
        sort, limit = ("oldest", "newest")[step % 2], (100, 3)[step % 3 == 0]
        rows, thread = self._paged(client, self._asked(page) | {"sort": sort, "limit": limit})
        assert rows == [self._row(remark) for remark in self.world.listed(page, sort)]
        count = len(self.world.published(page))
        assert thread["count"] == count == len([row for row in rows if not row[2]])
        assert thread["state"] == ("closed" if page in self.world.closed else "open")
        counts = said(client.get("/api/v1/counts", query_string=self._asked(page)))
        assert counts == {"counts": [{"url": self.urls[page], "count": count}]}

    @staticmethod
    def _paged(client: FlaskClient, asked: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        rows: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = said(client.get("/api/v1/comments", query_string=asked | cursor))
            rows += [
                (c["id"], c["parent_id"], c["removed"], c["reply_count"], c["body_html"])
                for c in page["comments"]
            ]
            if page["next"] is None:
                return rows, page["thread"]
            cursor = {"cursor": page["next"]}

    def _row(self, remark: Remark) -> tuple[object, ...]:
        replies = sum(r.published for r in self.world.replies(remark, remark.page))
        text = html_of(remark.state.body) if remark.published else None
        parent = remark.parent.id if remark.parent else None
        return remark.id, parent, not remark.published, replies, text

    def _elsewhere(self, client: FlaskClient, page: int) -> None:
        """The other count, the feed, and the page without scripts."""
        published = self.world.published(page)
        asked = {"site": self.site, "urls": [self.urls[page]]}
        counted = said(client.post("/api/v1/counts", json=asked))
        assert counted["counts"][0]["count"] == len(published)
        feed = ET.fromstring(client.get("/api/v1/feed.atom", query_string=self._asked(page)).data)
        entries = [(entry.text or "").strip() for entry in feed.iter(f"{ATOM}content")]
        assert entries == [html_of(remark.state.body) for remark in published[::-1][:FEED]]
        html = client.get("/embed/thread", query_string=self._asked(page)).text
        for remark in self.world.on(page):
            assert remark.published or remark.state.body not in html
            assert remark.state.edit is None or remark.state.edit not in html

    def own(self, reader: Reader, page: int) -> list[dict[str, Any]]:
        """What a reader is told of their own comments on a page."""
        answer = reader.get("/api/v1/commenter/comments", query_string=self._asked(page))
        found: list[dict[str, Any]] = said(answer)["comments"]
        return found

    def _own(self, reader: Reader, number: int, page: int) -> None:
        mine = [r for r in self.world.on(page) if r.author == number and not r.deleted]
        told = [as_own(comment) for comment in self.own(reader, page)]
        assert told == [own_of(remark) for remark in mine]

    def _alone(self, client: FlaskClient, remark: Remark) -> None:
        """Under its own address it is there for everybody, or for its author, or not at all."""
        path = f"/api/v1/comments/{remark.id}"
        assert client.get(path).status_code == (200 if remark.published else 404)
        for number in (remark.author, (remark.author + 1) % len(self.readers)):
            answer = self.readers[number].get(path)
            is_own = number == remark.author and not remark.deleted
            assert answer.status_code == (200 if remark.published or is_own else 404)
            if is_own:
                assert as_own(said(answer)["comment"]) == own_of(remark)
            elif remark.published:
                assert said(answer)["comment"]["body_html"].strip() == html_of(remark.state.body)

    def _desk(self, tab: str) -> None:
        """A moderator's counts, and one tab of the queue."""
        asked = {"site": self.site}
        counts = said(self.moderator.get("/api/v1/moderation/counts", query_string=asked))
        tabs = self.world.tabs()
        assert {name: counts[name] for name in TABS} == {name: tabs[name] for name in TABS}
        items = self.moderator.queue(site=self.site, status=tab, sort="oldest", limit=100)
        assert [(i["id"], i["version"], i["body"], i["edit"]) for i in items] == [
            (remark.id, remark.version, remark.state.body, remark.state.edit)
            for remark in self.world.remarks
            if remark.tab == tab
        ][:100]


def html_of(body: str) -> str:
    """How a text of words alone is rendered."""
    return f"<p>{body}</p>"


def as_own(told: dict[str, Any]) -> tuple[object, ...]:
    """What an author is told."""
    return told["id"], told["status"], told["body"], told["edit_pending"]


def own_of(remark: Remark) -> tuple[object, ...]:
    """What an author should be told: that it is taken for spam, nobody is."""
    status = "pending" if remark.state.status == "spam" else remark.state.status
    return remark.id, status, remark.newest, remark.state.edit is not None
