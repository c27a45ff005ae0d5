"""Promise 8: no 5xx from the server itself, whatever bytes arrive: two sets of hostile requests.

`json_bodies` are sent as a publisher's program sends comments, so that they come as far as the
database; `raw_http` are requests that no library would send. The service answers as before after
all of them, its log's lines are whole, and `verify` finds nothing.
"""

import base64
import http.client
import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

import pytest

from tests.promises.outages import PAGE, Service, command, running
from tests.support.hostile import DATA, Row, rows

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not on this machine"),
]
ANSWERED_WITHIN: Final = 60.0
"""Seconds for an answer that must come, on a machine with much else to do."""
SILENCE: Final = 1.0
"""Seconds after which a request that may be left unanswered is taken to be; a later answer would be
missed, never invented."""
STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
LAST: Final = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
"""Asked after a first answer: whatever comes before its own answer was smuggled in."""


@pytest.fixture
def env(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Where the instance is, on each database."""
    found = {"COMMENTS_HOME": str(tmp_path / "instance")}
    if backend == "postgres":
        found["COMMENTS_DATABASE_URL"] = request.getfixturevalue("empty_postgres")
    return found


def test_promise_08_hostile_requests_break_nothing(env: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running(env, log) as service:
        service.post("before")
        (first,) = service.listed()
        wrong = [told for row in rows("json_bodies") for told in faults_of_body(service, row)]
        taken = service.listed()
        wrong += [told for row in rows("raw_http") for told in faults_of_bytes(service, row, first)]
        assert wrong == []
        assert service.listed() == taken, "No request without a token stores anything."
        assert service.post("after").status == 201
        command(env, "verify")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert not [line for line in lines if line.get("event") == "crash"]


def faults_of_body(service: Service, row: Row) -> Iterator[str]:
    """What is wrong with the answer to a body."""
    sent = base64.b64decode(row["body_b64"]) if "body_b64" in row else as_ours(row["body"])
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {service.token}"}
    at = urlsplit(service.url).netloc
    with closing(http.client.HTTPConnection(at, timeout=ANSWERED_WITHIN)) as connection:
        connection.request("POST", "/api/v1/comments", sent, headers)
        answer = connection.getresponse()
        said = answer.read()
    if f"{answer.status // 100}xx" not in row["want"]:
        yield f"{row['name']}: {answer.status} {said[:300]!r}"
    if answer.status >= 400 and json.loads(said)["status"] != answer.status:
        yield f"{row['name']}: no problem {said[:300]!r}"


def as_ours(body: str) -> bytes:
    ours = body.replace('"name"', '"author_name"').replace("https://news.example/x", PAGE)
    return ours.encode("utf-8", "surrogatepass")


def faults_of_bytes(service: Service, row: Row, comment: str) -> Iterator[str]:
    """What is wrong with the answer to a request of these bytes."""
    raw = row["raw_bytes"] if "raw_bytes" in row else base64.b64decode(row["raw_b64"])
    raw = addressed(raw, service, comment)
    may_close = "close" in row["want"]
    came = exchange(service, raw, SILENCE if may_close else ANSWERED_WITHIN)
    found = [int(status) for status in STATUS.findall(came)]
    said = f"{row['name']}: {found} {came[:300]!r}"
    if not found and not may_close:
        yield f"no answer, {said}"
    if found and not {str(found[0]), f"{found[0] // 100}xx"} & set(row["want"]):
        yield said
    if any(status >= 500 and str(status) not in row["want"] for status in found):
        yield said
    if b"/smuggled" in raw and 404 in found:
        yield f"smuggled, {said}"
    if "evil.example" in row["note"] and b"evil.example" in came:
        yield f"repeated, {said}"


def addressed(raw: bytes, service: Service, comment: str) -> bytes:
    """With this service's paths for the names that stand for them."""
    query = urlencode({"site": "gazette", "url": PAGE})
    for name, path in {
        "{POST}": "/api/v1/comments",
        "{LIST}": "/api/v1/comments",
        "{ITEM}": f"/api/v1/comments/{comment}",
        "{EMBED}": f"/embed/thread?{query}",
        "{EMBEDJS}": "/embed.js",
        "{ADMIN}": "/moderate/",
        "{HEALTH}": "/healthz",
        "{STREAM}": "/api/v1/stream",
        "TARGET": urlsplit(service.url).netloc,
    }.items():
        raw = raw.replace(name.encode(), path.encode())
    return raw


def exchange(service: Service, raw: bytes, patience: float) -> bytes:
    """Everything that comes back for these bytes, and for `LAST` where something did."""
    at = urlsplit(service.url)
    came = b""
    with socket.create_connection((at.hostname, at.port), timeout=ANSWERED_WITHIN) as connection:
        # A server may refuse and close before it has read everything.
        with suppress(ConnectionError):
            connection.sendall(raw)
        with suppress(ConnectionError, TimeoutError):
            connection.settimeout(patience)
            while b"\r\n\r\n" not in came:
                part = connection.recv(65_536)
                if not part:
                    return came
                came += part
            connection.settimeout(ANSWERED_WITHIN)
            connection.sendall(LAST)
            while part := connection.recv(65_536):
                came += part
    return came
