"""A stand-in for the service that can be told to fail, for what the widget does about failure.

It speaks as much of the public API as the widget needs and keeps everything in memory. Whether the
real service answers so is for the tests that run against the real one.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from comments_service.web.widget import served

Json = dict[str, Any]


def stamp(ago: float = 0) -> str:
    """The time `ago` seconds before now, as the API writes times."""
    moment = datetime.now(UTC) - timedelta(seconds=ago)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Fault:
    """One scripted answer. Status 0 drops the connection; `after` does the work first."""

    status: int = 0
    body: Json = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    after: bool = False
    delay: float = 0


@dataclass
class Seen:
    """One request that arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Json


class FakeService:
    """Threads of one site, and the faults to come."""

    def __init__(self) -> None:
        self.url = ""
        self.comments: list[Json] = []
        self.own: dict[str, str] = {}
        self.answers: dict[str, tuple[int, Json]] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.seen: list[Seen] = []
        self.state = "open"
        self.status = "approved"
        self.min_seconds: float = 0
        self.tokens = 0
        self.edits_wait = False
        self.page_size = 50

    def fail(self, call: str, *faults: Fault) -> None:
        """The next answers to `call`, such as "POST comments", are these."""
        self.faults.setdefault(call, []).extend(faults)

    def asked(self, call: str) -> list[Seen]:
        """The requests of one kind that arrived."""
        return [s for s in self.seen if f"{s.method} {s.path}" == call]

    def say(self, name: str, text: str, *, ago: float = 0, **more: Any) -> Json:
        """Put a comment on the page."""
        parent = next((c for c in self.comments if c["id"] == more.get("parent_id")), None)
        comment = {
            "id": f"{len(self.comments) + 1:013d}",
            "parent_id": None,
            "depth": parent["depth"] + 1 if parent else 0,
            "author": {"name": name, "verified": False, "staff": False},
            "body_html": f"<p>{escape(text)}</p>",
            "body": text,
            "created_at": stamp(ago),
            "edited_at": None,
            "reply_count": 0,
            "removed": False,
            "status": "approved",
            "editable_until": stamp(ago - 600),
            **more,
        }
        if parent:
            parent["reply_count"] += 1
        self.comments.append(comment)
        return comment

    # What the doors do

    def public(self, comment: Json) -> Json:
        hidden = ("status", "body", "edit_pending", "editable_until")
        return {k: v for k, v in comment.items() if k not in hidden}

    def branch(self, comment: Json) -> list[Json]:
        """A comment and what hangs under it, replies oldest first."""
        kids = [c for c in self.comments if c["parent_id"] == comment["id"]]
        return [comment, *(row for kid in kids for row in self.branch(kid))]

    def get_comments(self, seen: Seen) -> tuple[int, Json]:
        newest = seen.query.get("sort") != ["oldest"]
        roots = [c for c in self.comments if c["parent_id"] is None]
        roots.sort(key=lambda c: str(c["created_at"]), reverse=newest)
        rows = [c for r in roots for c in self.branch(r) if c["status"] == "approved"]
        start = int(seen.query.get("cursor", ["0"])[0])
        end = start + self.page_size
        answer: Json = {
            "thread": {
                "id": "t1",
                "url": seen.query.get("url", [""])[0],
                "title": "Page",
                "state": self.state,
                "count": sum(not c["removed"] for c in rows),
            },
            "comments": [self.public(c) for c in rows[start:end]],
            "next": str(end) if end < len(rows) else None,
        }
        return 200, answer

    def get_form_token(self, _: Seen) -> tuple[int, Json]:
        self.tokens += 1
        token = f"token-{self.tokens}"
        return 200, {"token": token, "min_seconds": self.min_seconds, "expires_at": stamp(-3600)}

    def get_commenter(self, seen: Seen) -> tuple[int, Json]:
        key = seen.headers.get("commenter-key", "")
        mine = [c for c in self.comments if self.own.get(c["id"]) == key]
        return 200, {"comments": mine}

    def get_counts(self, seen: Seen) -> tuple[int, Json]:
        urls = seen.body.get("urls") or seen.query.get("url", [])
        ids = seen.body.get("ids") or seen.query.get("id", [])
        counts: list[Json] = [{"url": u, "count": len(u) % 7} for u in urls]
        return 200, {"counts": counts + [{"id": i, "count": 12} for i in ids]}

    def post_comments(self, seen: Seen) -> tuple[int, Json]:
        key = seen.headers.get("idempotency-key", "")
        if key in self.answers:
            return self.answers[key]
        said = self.say(
            seen.body["author_name"],
            seen.body["body"],
            parent_id=seen.body.get("parent_id"),
            status=self.status,
        )
        self.own[said["id"]] = seen.headers["commenter-key"]
        code = 201 if self.status == "approved" else 202
        self.answers[key] = code, {"comment": dict(said)}
        return self.answers[key]

    def change(self, seen: Seen) -> tuple[int, Json]:
        comment = next(c for c in self.comments if c["id"] == seen.path.split("/")[1])
        if self.own.get(comment["id"]) != seen.headers.get("commenter-key"):
            return 403, {"detail": "This comment is somebody else's."}
        if seen.method == "DELETE":
            self.comments.remove(comment)
            return 204, {}
        comment["body"] = seen.body["body"]
        if self.edits_wait:
            comment["edit_pending"] = True
        else:
            comment.update(body_html=f"<p>{escape(seen.body['body'])}</p>", edited_at=stamp())
        return 200, {"comment": comment}

    def answer(self, seen: Seen) -> tuple[int, Json]:
        doors: dict[str, Callable[[Seen], tuple[int, Json]]] = {
            "GET comments": self.get_comments,
            "POST comments": self.post_comments,
            "GET form-token": self.get_form_token,
            "GET commenter/comments": self.get_commenter,
            "GET counts": self.get_counts,
            "POST counts": self.get_counts,
        }
        return doors.get(f"{seen.method} {seen.path}", self.change)(seen)


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeService

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Keep the test's output to the test."""

    def do_GET(self) -> None:
        name = self.path.removeprefix("/")
        if name in ("embed.js", "count.js"):
            self.reply(200, served(name).encode(), "text/javascript; charset=utf-8")
        else:
            self.api()

    def do_POST(self) -> None:
        self.api()

    def do_PATCH(self) -> None:
        self.api()

    def do_DELETE(self) -> None:
        self.api()

    def do_OPTIONS(self) -> None:
        self.reply(204, b"", "text/plain")

    def api(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen = Seen(
            self.command,
            parts.path.removeprefix("/api/v1/"),
            parse_qs(parts.query),
            {k.lower(): v for k, v in self.headers.items()},
            json.loads(body or b"{}"),
        )
        self.fake.seen.append(seen)
        planned = self.fake.faults.get(f"{seen.method} {seen.path}")
        fault = planned.pop(0) if planned else None
        if fault:
            time.sleep(fault.delay)
        if fault is None or fault.after:
            status, data = self.fake.answer(seen)
        else:
            status, data = fault.status, fault.body
        if fault and (fault.after or not fault.status):
            self.close_connection = True
            return
        payload = b"" if status == 204 else json.dumps(data).encode()
        self.reply(status, payload, "application/json", fault.headers if fault else {})

    def reply(
        self, status: int, payload: bytes, kind: str, more: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(payload)),
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
            "Access-Control-Allow-Headers": "Content-Type, Commenter-Key, Idempotency-Key",
            "Access-Control-Expose-Headers": "Retry-After",
            **(more or {}),
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)


class _PageDoor(BaseHTTPRequestHandler):
    pages: dict[str, tuple[str, str]]

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Keep the test's output to the test."""

    def do_GET(self) -> None:
        html, policy = self.pages.get(urlsplit(self.path).path, ("", ""))
        self.send_response(200 if html else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if policy:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(html.encode())


@contextmanager
def _listening(door: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def fake_service() -> Iterator[FakeService]:
    """A fake that listens on a port of its own."""
    fake = FakeService()
    with _listening(type("Door", (_Door,), {"fake": fake})) as fake.url:
        yield fake


@contextmanager
def publisher(pages: dict[str, tuple[str, str]]) -> Iterator[str]:
    """A publisher's site: path to (HTML, Content-Security-Policy). Gives its origin."""
    with _listening(type("PageDoor", (_PageDoor,), {"pages": pages})) as origin:
        yield origin
