"""The layer before Flask: the same bytes are made once, and sent from here until they change.

It answers GET and HEAD of the routes it is told of, and only those. What it does not have it asks
Flask for, with a request of its own in which nothing is left of who asks: no header, no cookie, no
address. So an answer cannot depend on them, whoever caused it to be made. It decides nothing about
comments; what an answer depends on, the view that made it says.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from flask import Flask

from comments_service.config import Settings
from comments_service.domain.errors import Unavailable
from comments_service.services.changes import Known, Watch
from comments_service.storage.db import after_leaving, after_writes, open_public_reader
from comments_service.web.bodies import FAULT
from comments_service.web.direct import Make, Pairs
from comments_service.web.kept import Kept, Making
from comments_service.web.observe import log_from_memory, note_edge
from comments_service.web.whole import DEPENDS, KEPT_HEADERS, Headers, Whole

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

EXTENSION: Final = "comments.edge"
LONGEST_QUERY: Final = 8_192
"""Characters of a query whose answer is kept: some eighty pages; scripts ask for more by POST."""
WAIT: Final = 5.0
"""Seconds to wait for those who make the same answer, and fail, or are late, or whose answer is old
before it is ready. After that it is 503: to make it beside them would not make it sooner."""
AGAIN_AFTER: Final = 2
"""Seconds after which to ask again then."""
NO_MARKS: Final[Headers] = []
_READS: Final = frozenset({"GET", "HEAD"})
_PASSED_ON: Final = (
    "PATH_INFO",
    "QUERY_STRING",
    "SCRIPT_NAME",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "wsgi.errors",
    "wsgi.multiprocess",
    "wsgi.multithread",
    "wsgi.run_once",
    "wsgi.url_scheme",
    "wsgi.version",
)


@dataclass(slots=True)
class Route:
    """A path whose answers are the same for everybody."""

    path: str
    names: frozenset[str] | None = None
    """The parameters it reads. None: the query says nothing, as of a script's address."""
    lists: frozenset[str] = frozenset()
    """Those of them that may come more than once."""
    by_host: bool = False
    """Whether the answer says the address it was asked at."""
    make: Make | None = None
    """Makes the answer without Flask, where there is nothing unusual about it."""
    sent: dict[int, int] = field(default_factory=lambda: {200: 0, 304: 0})
    """Answers sent from memory, by status, since they were last taken over into the metrics."""
    made: int = 0
    """Answers that were made; the same."""
    direct: int = 0
    """Those of them that Flask did not see."""
    stale: int = 0


@dataclass(slots=True)
class Answered:
    """What Flask said."""

    status: str = "500 Internal Server Error"
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    depends: frozenset[int] | None = None

    @property
    def is_public(self) -> bool:
        """Whether it may be told to everybody: its view says so, and it says nothing else."""
        said = dict(self.headers)
        return (
            self.depends is not None
            and self.status == "200 OK"
            and said.get("Cache-Control", "").startswith("public")
            and said.keys() - {"Content-Length"} <= KEPT_HEADERS
            and len(said) == len(self.headers)
        )

    def whole(self) -> Whole:
        """As it is kept and sent."""
        headers = [pair for pair in self.headers if pair[0] != "Content-Length"]
        return Whole(self.body, headers, self.depends or frozenset())


class Edge:
    """WSGI, before the application."""

    def __init__(
        self,
        application: "WSGIApplication",
        routes: Iterable[Route],
        kept: Kept,
        watch: Watch,
        *,
        stale_seconds: int,
        note: Callable[[Iterable[Route], int], None],
        log: Callable[[Route, int], None] | None,
    ) -> None:
        self._application = application
        self.routes: Mapping[str, Route] = {route.path: route for route in routes}
        self.kept = kept
        self.watch = watch
        self._stale_seconds = stale_seconds
        self._note = note
        self._log = log

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer from memory where that is true; this is where most requests end."""
        route = self.routes.get(environ["PATH_INFO"])
        if route is None or environ["REQUEST_METHOD"] not in _READS:
            return self._application(environ, start_response)
        key = self._key(route, environ)
        if time.monotonic() >= self.watch.due and self._look() is Known.AWAY:
            return self._answer_while_away(route, key, environ, start_response)
        answer = self.kept.answers.get(key)
        if answer is None:
            return self._answer_anew(route, key, environ, start_response)
        return self._sent(route, answer, environ, start_response)

    def _sent(
        self, route: Route, answer: Whole, environ: "WSGIEnvironment", start: "StartResponse"
    ) -> list[bytes]:
        answer.asked += 1
        status, body = answer.send(environ, start, NO_MARKS)
        route.sent[status] += 1
        if self._log is not None:
            self._log(route, status)
        return body

    @staticmethod
    def _key(route: Route, environ: "WSGIEnvironment") -> str:
        if route.names is None:
            return route.path
        query: str = environ.get("QUERY_STRING", "")
        if route.by_host:
            # No header and no address holds a line's end, so no two questions share a key.
            host, scheme = environ.get("HTTP_HOST", ""), environ["wsgi.url_scheme"]
            return f"{route.path}?{query}\n{scheme}\n{host}"
        return f"{route.path}?{query}"

    def _look(self) -> Known:
        if not self.kept.capacity:
            # Nothing is kept, so nothing can be old.
            self.watch.due = float("inf")
            return Known.TRUE
        known = self.watch.look()
        self.note()
        return known

    def note(self) -> None:
        """Take what was counted over into the metrics."""
        self._note(self.routes.values(), self.kept.size)

    def _answer_anew(
        self, route: Route, key: str, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Make an answer, or wait for who makes it already."""
        pairs = _read_query(route, environ)
        if not self.kept.capacity or pairs is None:
            return self._made(route, environ, start_response, pairs)
        last = time.monotonic() + WAIT
        is_due = True
        while is_due:
            making, is_ours = self.kept.begin(key)
            answer = self.kept.answers.get(key)
            if is_ours and answer is None:
                return self._made(route, environ, start_response, pairs, (key, making))
            if is_ours:
                # It was made between our look at what is kept and our turn.
                self.kept.end(key, making, None)
            else:
                is_due = making.done.wait(max(0.0, last - time.monotonic()))
                answer = self.kept.answers.get(key)
            if answer is not None:
                return self._sent(route, answer, environ, start_response)
        environ[FAULT] = Unavailable(AGAIN_AFTER)
        return self._application(environ, start_response)

    def _made(
        self,
        route: Route,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        pairs: Pairs | None,
        place: tuple[str, Making] | None = None,
    ) -> Iterable[bytes]:
        """Make an answer and send it; keep it, if it has a place and is fit to be kept."""
        route.made += 1
        answer: Whole | None = None
        try:
            made = self._make(route, pairs, environ)
            answer = made if isinstance(made, Whole) else None
        finally:
            if place is not None:
                self.kept.end(*place, answer)
        if isinstance(made, Whole):
            if made.depends:
                self.watch.found()
            return made.send(environ, start_response, NO_MARKS)[1]
        start_response(made.status, made.headers)
        return [made.body] if environ["REQUEST_METHOD"] == "GET" else []

    def _make(
        self, route: Route, pairs: Pairs | None, environ: "WSGIEnvironment"
    ) -> "Whole | Answered":
        """A public answer, or whatever else Flask says."""
        if route.make is not None and pairs is not None:
            whole = route.make(pairs)
            if whole is not None:
                route.direct += 1
                if self._log is not None:
                    self._log(route, 200)
                return whole
        answered = self._ask(route, environ)
        return answered.whole() if answered.is_public else answered

    def _ask(self, route: Route, environ: "WSGIEnvironment") -> Answered:
        """Flask's answer to the same question, asked by nobody."""
        asked: dict[str, Any] = {name: environ[name] for name in _PASSED_ON if name in environ}
        asked |= {"REQUEST_METHOD": "GET", "wsgi.input": BytesIO(), "CONTENT_LENGTH": "0"}
        if route.by_host and "HTTP_HOST" in environ:
            asked["HTTP_HOST"] = environ["HTTP_HOST"]
        answered = Answered()

        def start_response(status: str, headers: Headers, *_: Any) -> Callable[[bytes], object]:
            answered.status, answered.headers = status, headers
            return _write_nothing

        parts = self._application(asked, start_response)
        try:
            answered.body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        answered.depends = asked.get(DEPENDS)
        return answered

    def _answer_while_away(
        self, route: Route, key: str, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """The database cannot be asked: what was true a while ago, said to be so, or an error."""
        answer = self.kept.answers.get(key)
        age = time.monotonic() - self.watch.known_at
        if answer is None or age > self._stale_seconds:
            return self._made(route, environ, start_response, None)
        route.stale += 1
        marks = [("Age", str(int(age) + 1)), ("Warning", '110 - "Response is Stale"')]
        return answer.send(environ, start_response, marks)[1]

    def close(self) -> None:
        """Leave the database and forget everything, ready to begin anew."""
        self.watch.close()


def _read_query(route: Route, environ: "WSGIEnvironment") -> Pairs | None:
    """The parameters of a query whose answer may be kept: what is read is in it, once, and no more.

    Else a page's answer could be kept under endless names, each at the cost of a word.
    """
    query: str = environ.get("QUERY_STRING", "")
    if route.names is None or not query:
        return []
    if len(query) > LONGEST_QUERY or not query.isascii():
        # Bytes that nobody encoded come as Latin letters: the view knows to read them as UTF-8.
        return None
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        return None
    single = [name for name, _ in pairs if name not in route.lists]
    is_plain = (
        len(pairs) == query.count("&") + 1
        and len(single) == len(set(single))
        and all(name in route.names for name, _ in pairs)
    )
    return pairs if is_plain else None


def _write_nothing(_data: bytes) -> object:
    raise AssertionError("no view of ours writes past its answer")


def init_edge(app: Flask, settings: Settings, routes: Iterable[Route]) -> None:
    """Put the layer before the application, which connects to nothing by it."""
    kept = Kept(settings.cache_mb * 1024 * 1024)
    watch = Watch(lambda: open_public_reader(app), kept.forget)
    after_writes(app, watch.wrote)
    after_leaving(app, watch.leave)
    edge = Edge(
        app.wsgi_app,
        routes,
        kept,
        watch,
        stale_seconds=settings.stale_if_error,
        note=note_edge,
        log=log_from_memory if settings.log_requests == "all" else None,
    )
    app.extensions[EXTENSION] = edge
    app.wsgi_app = edge  # type: ignore[method-assign]  # As Flask's documentation has it.


def edge_of(app: Flask) -> Edge:
    """The layer before this application."""
    edge: Edge = app.extensions[EXTENSION]
    return edge
