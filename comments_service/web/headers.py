"""Security headers: what a page of this service may load, and who may frame it."""

import secrets
from collections.abc import Sequence
from typing import Final

from flask import Flask, Response, g, request

_PAGE: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'; "
)
_NONCE: Final = "script_nonce"

ON_EVERY_ANSWER: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
)


def script_nonce() -> str:
    """What marks this answer's own scripts; a page that asks for none may run none."""
    if _NONCE not in g:
        g.script_nonce = secrets.token_urlsafe(16)
    nonce: str = g.get(_NONCE)
    return nonce


def _policy(framed_by: str) -> str:
    nonce = g.get(_NONCE)
    scripts = f"script-src 'nonce-{nonce}'; connect-src 'self'; " if nonce else ""
    return f"{_PAGE}{scripts}frame-ancestors {framed_by}"


def frame_ancestors(response: Response, origins: Sequence[str]) -> Response:
    """Let the site's own pages show this page in a frame, and nobody else's."""
    response.headers["Content-Security-Policy"] = _policy(" ".join(origins) or "'none'")
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
        response.headers.setdefault("Content-Security-Policy", _policy(framed_by))
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.path.startswith("/moderate"):
        response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def init_headers(app: Flask) -> None:
    """Put the headers on every answer, and the scripts' mark within reach of templates."""
    app.jinja_env.globals["script_nonce"] = script_nonce
    app.after_request(add_headers)
