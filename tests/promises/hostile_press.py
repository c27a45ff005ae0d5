"""Posts the hostile texts through every door, for the tests that look at what became of them.

A row of the data becomes three comments: one is created with it as body and name, one begins
harmless and is edited into it, and one stands on a page of its own whose address and title it is.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from werkzeug.test import TestResponse

from comments_service import checks
from comments_service.domain.comment import MAX_NAME
from comments_service.domain.errors import InvalidFields
from comments_service.domain.policy import PolicyMode
from comments_service.domain.verdict import Mode
from tests.cast import Reader, new_address
from tests.support.hostile import Row, rows
from tests.support.newsroom import GAZETTE, Newsroom

FILES: Final = ("html", "html_cc_by_sa", "markdown", "links", "names", "text", "slow")
BATCH: Final = 40
"""Rows a page: twice as many comments, so that a thread fits on two pages of a hundred."""
INNOCENT: Final = "Nothing to see here."
BODY: Final = '<img src=x onerror="alert(1)"> and [a link](javascript:alert(2))'


@dataclass
class Told:
    """A row, and what was stored of it."""

    row: Row
    created: dict[str, Any] | None = None
    edited: dict[str, Any] | None = None
    page: str = ""
    """The address that was made of it, if it could be one."""


@dataclass
class Press:
    """Everything that was posted."""

    newsroom: Newsroom
    threads: dict[str, list[Told]] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)
    answers: list[tuple[str, int]] = field(default_factory=list)
    """What each request was about, and the status it got."""

    def failed(self) -> list[tuple[str, int]]:
        """Requests that ended in an error of ours."""
        return [answer for answer in self.answers if answer[1] >= 500]

    def print_all(self, chosen: Sequence[Row]) -> None:
        """Post every row through every door; the checks speak, but everything waits."""
        shadows = dict.fromkeys(checks.discover(), Mode.SHADOW)
        self.newsroom.change_site(mode=PolicyMode.PRE, check_modes=shadows)
        for start in range(0, len(chosen), BATCH):
            url = f"{GAZETTE}/batch-{start}"
            batch = [Told(row) for row in chosen[start : start + BATCH]]
            self.threads[url] = batch
            for told in batch:
                self._create(told, url)
                self._edit(told, url)
                self._place(told)

    def _reader(self) -> Reader:
        return Reader(self.newsroom.app, self.newsroom.clock, "Ida")

    def _post(self, what: str, reader: Reader, body: str, url: str, **members: Any) -> TestResponse:
        answer = reader.post(body, url, address=new_address(), **members)
        self.answers.append((what, answer.status_code))
        return answer

    def _create(self, told: Told, url: str) -> None:
        text, what = told.row["payload"], f"create {told.row['id']}"
        answer = self._post(what, self._reader(), text, url, author_name=text[:MAX_NAME])
        if "author_name" in _faults(answer):
            answer = self._post(what, self._reader(), text, url)
        told.created = _comment(answer)

    def _edit(self, told: Told, url: str) -> None:
        text, reader = told.row["payload"], self._reader()
        first = _comment(self._post("innocent", reader, f"{INNOCENT} {told.row['id']}", url))
        assert first is not None
        answer = reader.call("PATCH", f"/api/v1/comments/{first['id']}", json={"body": text})
        self.answers.append((f"edit {told.row['id']}", answer.status_code))
        told.edited = _comment(answer)

    def _place(self, told: Told) -> None:
        text, what = told.row["payload"], f"place {told.row['id']}"
        short = text[:300]
        for tail in (short, quote(short, safe="", errors="replace")):
            told.page = f"{GAZETTE}/{told.row['id']}?q={tail}#{tail}"
            body = f"{BODY} {told.row['id']}"
            reader = self._reader()
            more = {"title": text, "token": _token(reader, told.page)}
            answer = self._post(what, reader, body, told.page, **more)
            if answer.status_code < 300:
                self.pages.append(told.page)
                return

    def approve_all(self, note: str) -> int:
        """A moderator approves whatever is not published yet, with a note; returns how many."""
        desk = self.newsroom.sign_in("rosa@example.org")
        decided = 0
        for status in ("pending", "spam", "rejected"):
            for items in self._queue(desk, status):
                wish = {"action": "approve", "note": note}
                wishes = [
                    {"comment_id": item["id"], "version": item["version"], **wish} for item in items
                ]
                self.newsroom.clock.advance(seconds=1)
                answer = desk.client.post(
                    "/api/v1/moderation/decisions",
                    json={"decisions": wishes},
                    headers={"X-CSRFToken": desk.token("/moderate/account")},
                )
                assert answer.status_code == 200, answer.text
                decided += len(wishes)
        return decided

    @staticmethod
    def _queue(desk: Any, status: str) -> Iterator[list[dict[str, Any]]]:
        path = f"/api/v1/moderation/queue?site=gazette&status={status}&limit=50"
        while items := desk.get(path).json["items"]:
            yield items


def chosen_rows(one_in: int, share: int = 0) -> list[Row]:
    """The rows of all files; of them one share of so many, that a hash of their id picks."""
    everything = [row for name in FILES for row in rows(name)]
    return [row for row in everything if _number(row["id"]) % one_in == share]


def more_rows() -> list[Row]:
    """Texts of the same kinds that the shared files do not have: ours to keep, and to add to."""
    lines = Path(__file__).with_name("hostile_more.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _token(reader: Reader, url: str) -> str:
    """The form's token; a made-up one where the address cannot be one."""
    try:
        return reader.token(url)
    except InvalidFields:
        return "made-up"


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])


def _faults(answer: TestResponse) -> list[str]:
    said = answer.get_json(silent=True) or {}
    return [error["field"] for error in said.get("errors", [])]


def _comment(answer: TestResponse) -> dict[str, Any] | None:
    said = answer.get_json(silent=True) or {}
    found: dict[str, Any] | None = said.get("comment")
    return found
