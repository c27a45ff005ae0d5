"""Many who ask the layer before Flask for the same at once: one makes it, and all get it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from comments_service.web import edge as edge_module
from comments_service.web.edge import Edge
from comments_service.web.kept import Making
from tests.cast import Cast, one_database
from tests.statements import watched
from tests.web.test_edge import COUNTS, THREAD, asked, edge, get, told

__all__ = ["edge"]


def test_a_hundred_at_once_make_it_once(
    cast: Cast, edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine the one that makes it may be slow to get its turn.
    monkeypatch.setattr(edge_module, "WAIT", 60.0)
    cast.publish()
    for path in (COUNTS, THREAD):
        get(cast.app, path)
        edge.kept.forget(None)
        start = threading.Barrier(20)

        def ask(_: int, path: str = path, start: threading.Barrier = start) -> list[bytes]:
            start.wait(60)
            return [get(cast.app, path).data for _ in range(5)]

        with watched(cast.app) as seen, ThreadPoolExecutor(20) as pool:
            answers = {body for bodies in pool.map(ask, range(20)) for body in bodies}
        assert len(answers) == 1
        assert len(seen) <= 3, "the statements of one answer"


def test_what_was_made_in_the_moment_before_is_not_made_again(cast: Cast, edge: Edge) -> None:
    cast.publish()
    get(cast.app, THREAD)
    edge.kept.forget(None)
    once = asked(cast, THREAD)
    edge.kept.forget(None)
    begin = edge.kept.begin

    def begin_late(key: str) -> tuple[Making, bool]:
        edge.kept.begin = begin  # type: ignore[method-assign]  # Somebody else was faster, once.
        get(cast.app, THREAD)
        return begin(key)

    edge.kept.begin = begin_late  # type: ignore[method-assign]
    assert asked(cast, THREAD) == once


def test_who_waits_for_an_answer_that_is_old_makes_it_anew(cast: Cast, edge: Edge) -> None:
    """Somebody makes an answer; meanwhile a comment is published, and its author reads the page."""
    cast.publish_all()
    cast.bob.says("One.")
    began, go = threading.Event(), threading.Event()
    made = edge._make

    def slowly(*asked: Any) -> Any:
        answered = made(*asked)
        if not began.is_set():
            began.set()
            assert go.wait(10)
        return answered

    edge._make = slowly  # type: ignore[assignment,method-assign]  # The first one stops on its way.
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(get, cast.app, THREAD)
        assert began.wait(10)
        cast.bob.says("Two.")
        second = pool.submit(get, cast.app, THREAD)
        go.set()
        assert len(first.result(10).json["comments"]) == 1  # type: ignore[index]
        assert len(second.result(10).json["comments"]) == 2  # type: ignore[index]
    assert len(get(cast.app, THREAD).json["comments"]) == 2  # type: ignore[index]
    del edge._make


@one_database
def test_who_makes_an_answer_for_too_long_is_joined_by_nobody(
    cast: Cast, edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.publish()
    began, go, made = threading.Event(), threading.Event(), edge._make
    makings: list[str] = []

    def for_long(*asked: Any) -> Any:
        makings.append(THREAD)
        began.set()
        assert go.wait(60)
        return made(*asked)

    monkeypatch.setattr(edge, "_make", for_long)
    monkeypatch.setattr(edge_module, "WAIT", 0.05)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(get, cast.app, THREAD)
        assert began.wait(60)
        for method in ("GET", "HEAD"):
            late = get(cast.app, THREAD, method)
            assert (late.status_code, late.headers["Retry-After"]) == (503, "2")
            assert late.headers["Access-Control-Allow-Origin"] == "*"
        go.set()
        assert first.result(60).status_code == 200
    assert told(get(cast.app, THREAD)) == told(first.result())
    assert makings == [THREAD]


@one_database
def test_an_answer_that_fails_is_tried_by_one_after_the_other(
    cast: Cast, edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_module, "WAIT", 60.0)
    at_work, most, makings = 0, 0, 0
    start = threading.Barrier(8)

    def in_vain(*_: Any) -> Any:
        nonlocal at_work, most, makings
        at_work, makings = at_work + 1, makings + 1
        most = max(most, at_work)
        threading.Event().wait(0.01)  # Others come meanwhile, and find it being made.
        at_work -= 1
        raise OSError("in vain")

    def ask(_: int) -> None:
        start.wait(60)
        with pytest.raises(OSError, match="in vain"):
            get(cast.app, THREAD)

    monkeypatch.setattr(edge, "_make", in_vain)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert (most, makings) == (1, 8)
    monkeypatch.undo()
    assert get(cast.app, THREAD).status_code == 200
