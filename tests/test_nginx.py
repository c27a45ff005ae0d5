"""nginx as `deploy/nginx` has it keeps what the service says, and for as long as it says."""

import gzip
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import Path
from urllib.parse import quote

import pytest

from comments_service.web.bodies import READERS
from tests.promises.outages import PAGE, Service, running, wait_until
from tests.support.proxy import proxied

pytestmark = pytest.mark.slow
THREAD = f"/api/v1/comments?site=gazette&url={quote(PAGE, safe='')}"
COUNT = f"/api/v1/counts?site=gazette&url={quote(PAGE, safe='')}"


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def came(self) -> str | None:
        """Where nginx has it from: MISS, HIT, STALE, ...; None where it keeps nothing."""
        return self.headers.get("X-Cache")


@dataclass
class Reader:
    url: str

    def get(self, path: str, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._ask(urllib.request.Request(self.url + path, headers=sent))

    def post(self, path: str, body: bytes) -> Answer:
        json = {"Content-Type": "application/json"}
        return self._ask(urllib.request.Request(self.url + path, body, json))

    @staticmethod
    def _ask(request: urllib.request.Request) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as problem:
            with problem:
                return Answer(problem.code, problem.headers, problem.read())


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("nginx")
    # So long that nothing grows old by itself while a test looks.
    env = {"COMMENTS_HOME": str(folder / "instance"), "COMMENTS_SHARED_MAX_AGE": "60"}
    with running(env, folder / "log") as found:
        assert found.post("first").status == 201
        yield found


@pytest.fixture
def reader(service: Service, tmp_path: Path) -> Iterator[Reader]:
    port = int(service.url.rpartition(":")[2])
    with proxied([port, port], tmp_path / "nginx") as url:
        yield Reader(url)


@pytest.mark.parametrize("path", [THREAD, COUNT, "/embed.js", "/api/v1/openapi.json"])
def test_public_answers_are_asked_for_once(reader: Reader, path: str) -> None:
    first, second = reader.get(path), reader.get(path)
    assert (first.came, second.came) == ("MISS", "HIT")
    assert first.body == second.body
    known = reader.get(path, If_None_Match=first.headers["ETag"])
    assert (known.status, known.body) == (304, b"")


def test_each_form_is_kept_once_however_browsers_ask_for_it(reader: Reader) -> None:
    assert reader.get("/embed.js").came == "MISS"
    packed = reader.get("/embed.js", Accept_Encoding="gzip, deflate, br")
    assert packed.came == "MISS"
    assert packed.headers["Content-Encoding"] == "gzip"
    for spelling in ("br,gzip", "zstd, gzip;q=0.8"):
        assert reader.get("/embed.js", Accept_Encoding=spelling).came == "HIT"
    plain = reader.get("/embed.js", Accept_Encoding="br")
    assert plain.came == "HIT"
    assert gzip.decompress(packed.body) == plain.body
    for refused in ("gzip;q=0", "br, gzip; q=0.000, *"):
        assert reader.get("/embed.js", Accept_Encoding=refused).body == plain.body


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/form-token?site=gazette&url={quote(PAGE, safe='')}",
        f"/embed/thread?site=gazette&url={quote(PAGE, safe='')}",
        "/moderate/sign-in",
        "/healthz",
    ],
)
def test_what_is_for_one_reader_is_not_kept(reader: Reader, path: str) -> None:
    for _ in range(2):
        answer = reader.get(path)
        assert (answer.status, answer.came) == (200, None)


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_what_is_for_the_machines_inside_is_not_told(reader: Reader, path: str) -> None:
    assert reader.get(path).status == 403


@pytest.mark.parametrize("path", [THREAD, "/embed.js", "/moderate/sign-in", "/metrics"])
def test_every_answer_has_the_headers_of_the_server(reader: Reader, path: str) -> None:
    """A location that sets one of its own would have none of them."""
    assert reader.get(path).headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("path", ["/api/v1/comments", "/api/v1/moderation/decisions"])
def test_how_much_is_too_much_the_service_says(reader: Reader, path: str) -> None:
    """A hundred decisions with their notes are more than most doors take."""
    answer = reader.post(path, b'{"decisions": [' + b" " * 600_000 + b"]}")
    assert answer.status in (401, 413)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_faults_are_not_kept(reader: Reader) -> None:
    path = "/api/v1/comments?site=nobodys&url=https://gazette.example/"
    answers = [reader.get(path) for _ in range(2)]
    assert [answer.status for answer in answers] == [404, 404]
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 2


def test_a_new_comment_shows_when_the_answer_is_as_old_as_it_may_be(tmp_path: Path) -> None:
    env = {"COMMENTS_HOME": str(tmp_path / "instance"), "COMMENTS_SHARED_MAX_AGE": "1"}
    with running(env, tmp_path / "log") as service:
        port = int(service.url.rpartition(":")[2])
        with proxied([port, port], tmp_path / "nginx") as url:
            through = Reader(url)
            before = through.get(THREAD)
            assert service.post("A new one.").status == 201
            wait_until(lambda: through.get(THREAD).body != before.body, "it never shows")
            old = through.get(THREAD)
            service.process.kill()
            service.process.wait(30)
            wait_until(lambda: through.get(THREAD).came == "STALE", "it is not given when old")
            assert through.get(THREAD).body == old.body
            assert through.get(COUNT).status == 502, "what nobody had asked for"


def test_who_announces_a_body_and_sends_nothing_keeps_nobody_from_posting(
    service: Service, reader: Reader
) -> None:
    """More of them than both workers read bodies at one time; nginx waits for them all."""
    host, port = reader.url.removeprefix("http://").split(":")
    head = f"POST /api/v1/comments HTTP/1.1\r\nHost: {host}\r\nContent-Length: 200\r\n\r\n"
    through = replace(service, url=reader.url, kept={})
    with ExitStack() as stack:
        for _ in range(5 * READERS):
            silent = stack.enter_context(socket.create_connection((host, int(port))))
            silent.sendall(head.encode())
        for number in range(3):
            assert through.post(f"between the silent {number}").status in (201, 202)
