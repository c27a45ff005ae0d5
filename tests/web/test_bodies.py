"""The layer that reads bodies: what it gives on, what it refuses, and that its places come back."""

import threading
from collections.abc import Iterable
from typing import Any

import pytest
from werkzeug.exceptions import BadRequest, RequestTimeout

from comments_service.domain.errors import Unavailable
from comments_service.web import bodies
from comments_service.web.bodies import READERS, Bodies
from tests.cast import Cast, assert_problem, one_database

MOST = 1_000


class Line:
    """What arrives, piece by piece."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)

    def read(self, _size: int) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


class Stuck:
    """A client that sends nothing until it is let go."""

    def __init__(self) -> None:
        self.asked, self.go = threading.Event(), threading.Event()

    def read(self, _size: int) -> bytes:
        self.asked.set()
        assert self.go.wait(60)
        return b""


def through(layer: Bodies, stream: Any, length: object) -> dict[str, Any]:
    """The environment that the application gets."""
    environ = {"wsgi.input": stream, "CONTENT_LENGTH": str(length)}
    list(layer(environ, lambda *_: lambda _: None))
    return environ


def layer() -> Bodies:
    def application(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        return ()

    return Bodies(application, MOST)


def test_a_body_comes_whole() -> None:
    environ = through(layer(), Line(b"one ", b"two ", b"three"), 13)
    assert environ["wsgi.input"].read() == b"one two three"
    assert bodies.FAULT not in environ


@pytest.mark.parametrize("length", ["", "0", "nonsense", "\u00b2", MOST + 1, "9" * 30])
def test_what_is_none_or_too_long_is_left_alone(length: object) -> None:
    stream = Line(b"unread")
    assert through(layer(), stream, length)["wsgi.input"] is stream


def test_a_body_that_ends_too_soon_is_a_fault() -> None:
    environ = through(layer(), Line(b"half"), 8)
    assert isinstance(environ[bodies.FAULT], BadRequest)
    assert environ["CONTENT_LENGTH"] == "0"


def test_a_body_that_drips_too_long_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LONGEST", -1.0)
    environ = through(layer(), Line(b"a", b"b"), 2)
    assert isinstance(environ[bodies.FAULT], RequestTimeout)


def test_where_all_places_are_held_the_next_is_refused_and_later_taken() -> None:
    here, stuck = layer(), [Stuck() for _ in range(READERS)]
    threads = [threading.Thread(target=through, args=(here, one, 5)) for one in stuck]
    for thread, one in zip(threads, stuck, strict=True):
        thread.start()
        assert one.asked.wait(60)
    refused = through(here, Line(b"12345"), 5)
    assert isinstance(refused[bodies.FAULT], Unavailable)
    for thread, one in zip(threads, stuck, strict=True):
        one.go.set()
        thread.join()
    assert bodies.FAULT not in through(here, Line(b"12345"), 5)


@one_database
def test_a_refused_body_is_told_like_any_outage(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bodies, "_take_place", lambda _self: False)
    answer = cast.bob.post("Well said.")
    assert_problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "2"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert cast.one("SELECT COUNT(*) FROM comment") == 0
    assert cast.thread()["comments"] == [], "reading goes on"
