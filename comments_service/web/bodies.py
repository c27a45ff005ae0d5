"""The layer that reads bodies, so that clients who send them slowly leave threads for the others.

A body is read by the thread that answers, which can do nothing else meanwhile; as many slow clients
as there are threads would silence a worker. So only half the threads may read a body at one time,
each for a while at most, and where all of these are kept waiting the next body is refused at once:
503, to be sent again. Requests without a body do not come by here.
"""

import threading
import time
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, request
from werkzeug.exceptions import BadRequest, RequestTimeout

from comments_service.domain.errors import Unavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

READERS: Final = 4
"""Bodies that a process reads at once: half of the server's eight threads."""
PATIENCE: Final = 0.25
"""Seconds to wait for a place; a body that has arrived is read in a thousandth of that."""
LONGEST: Final = 10.0
"""Seconds that a body may take: 4 MiB by a slow line; a comment comes in one piece."""
PIECE: Final = 65_536
AGAIN_AFTER: Final = 2
"""Seconds after which whose body was refused may try again."""
FAULT: Final = "comments.fault"
"""Where in the WSGI environment a layer before Flask says what is to be raised before any view."""


class Bodies:
    """WSGI, around the application: what it is given has its body in memory."""

    def __init__(self, application: "WSGIApplication", most_bytes: int) -> None:
        self._application = application
        self._most_bytes = most_bytes
        self._places = threading.Semaphore(READERS)
        self._moved_at = 0.0

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Read the body, if there is one that may be read; the application says what is wrong."""
        length = _length(environ)
        # One that is too long is refused unread, by the application.
        if 0 < length <= self._most_bytes:
            body, fault = self._read(environ["wsgi.input"], length)
            environ["wsgi.input"] = BytesIO(body)
            if fault is not None:
                environ[FAULT], environ["CONTENT_LENGTH"] = fault, "0"
        return self._application(environ, start_response)

    def _read(self, stream: Any, length: int) -> tuple[bytes, Exception | None]:
        if not self._take_place():
            return b"", Unavailable(AGAIN_AFTER)
        try:
            return _read(stream, length)
        finally:
            self._moved_at = time.monotonic()
            self._places.release()

    def _take_place(self) -> bool:
        """A place for a reader; where they all have been held for long, no waiting for one."""
        taken = self._places.acquire(blocking=False)
        if not taken and time.monotonic() - self._moved_at < PATIENCE:
            taken = self._places.acquire(timeout=PATIENCE)
        if taken:
            self._moved_at = time.monotonic()
        return taken


def _length(environ: "WSGIEnvironment") -> int:
    """The announced length; 0 without one, for then nothing is ever read."""
    text = environ.get("CONTENT_LENGTH", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def _read(stream: Any, length: int) -> tuple[bytes, Exception | None]:
    deadline = time.monotonic() + LONGEST
    pieces, left = [], length
    while left:
        piece = stream.read(min(left, PIECE))
        if not piece:
            return b"", BadRequest("The request's body ended before its announced length.")
        pieces.append(piece)
        left -= len(piece)
        if left and time.monotonic() > deadline:
            return b"", RequestTimeout("The request's body did not arrive in time.")
    return b"".join(pieces), None


def _raise_fault() -> None:
    """Before any view: what went wrong before Flask was asked."""
    fault = request.environ.get(FAULT)
    if fault is not None:
        raise fault


def init_bodies(app: Flask) -> None:
    """Put the layer around the application."""
    app.before_request(_raise_fault)
    app.wsgi_app = Bodies(app.wsgi_app, app.config["MAX_CONTENT_LENGTH"])  # type: ignore[method-assign]  # As Flask's documentation has it.
