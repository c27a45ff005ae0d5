"""Security headers: what a page of this service may load, and who may frame it."""

from collections.abc import Sequence
from typing import Final

from flask import Flask, Response, request

_PAGE: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "require-trusted-types-for 'script'; frame-ancestors "
)


ON_EVERY_ANSWER: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
)


def frame_ancestors(response: Response, origins: Sequence[str]) -> Response:
    """Let the site's own pages show this page in a frame, and nobody else's."""
    response.headers["Content-Security-Policy"] = _PAGE + (" ".join(origins) or "'none'")
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def add_headers(response: Response) -> Response:
    """What every answer carries; a page that may not be framed unless it said so."""
    for name, value in ON_EVERY_ANSWER:
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        # An error page of the embedded thread tells a reader inside an article's frame what is the
        # matter; it offers nothing to click that a framing page could profit from.
        told_in_frame = request.path.startswith("/embed/") and response.status_code >= 400
        framed_by = "*" if told_in_frame else "'none'"
        response.headers.setdefault("Content-Security-Policy", _PAGE + framed_by)
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.path.startswith("/moderate"):
        response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def init_headers(app: Flask) -> None:
    """Put the headers on every answer."""
    app.after_request(add_headers)
