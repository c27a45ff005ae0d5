"""Errors as the contract has them: RFC 9457 for programs, a page for people."""

import logging
from http import HTTPStatus
from typing import Final

import structlog
from flask import Flask, Response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

from comments_service.domain import errors
from comments_service.web.answers import json_response
from comments_service.web.door import UnsupportedMediaType
from comments_service.web.observe import submissions_total

TYPE: Final = "application/problem+json"
_STATUS: Final[tuple[tuple[type[errors.CommentsError], int, str], ...]] = (
    (UnsupportedMediaType, 415, "unsupported-media-type"),
    (errors.Malformed, 400, "malformed"),
    (errors.InvalidUrl, 400, "malformed"),
    (errors.NotSignedIn, 401, "not-signed-in"),
    (errors.EditWindowOver, 403, "edit-window-over"),
    (errors.Banned, 403, "banned"),
    (errors.NotAllowed, 403, "not-allowed"),
    (errors.NotFound, 404, "not-found"),
    (errors.ThreadClosed, 409, "thread-closed"),
    (errors.InvalidFields, 422, "invalid-fields"),
    (errors.KeyReused, 422, "key-reused"),
    (errors.Refused, 422, "refused"),
    (errors.Reword, 422, "reword"),
    (errors.TooMany, 429, "too-many"),
    (errors.Raced, 503, "busy"),
    (errors.Unavailable, 503, "unavailable"),
)
"""Each error with its status and the last part of its `type`; the first that fits is taken."""
TITLES: Final = {
    "unsupported-media-type": "Not JSON",
    "malformed": "The request cannot be understood",
    "not-signed-in": "Not signed in",
    "edit-window-over": "The time to change this is over",
    "banned": "Banned for a while",
    "not-allowed": "Not allowed",
    "not-found": "Not found",
    "thread-closed": "Comments are closed",
    "invalid-fields": "Some fields need another look",
    "key-reused": "This Idempotency-Key was used before",
    "refused": "This comment was refused",
    "reword": "Please look at these words again",
    "too-many": "Too many requests",
    "busy": "Too busy",
    "unavailable": "Away for a moment",
}
log = structlog.get_logger()


def status_of(error: errors.CommentsError) -> tuple[int, str]:
    """HTTP status and kind of one of the domain's errors."""
    for kind, status, name in _STATUS:
        if isinstance(error, kind):
            return status, name
    raise TypeError(f"{type(error).__name__} has no status") from error


def problem(status: int, kind: str, detail: str, **more: object) -> Response:
    """An `application/problem+json` answer; never stored by caches."""
    title = TITLES.get(kind) or HTTPStatus(status).phrase
    body = {"type": f"urn:comments:{kind}", "title": title, "status": status, "detail": detail}
    body |= {name: value for name, value in more.items() if value is not None}
    response = json_response(body, status)
    response.mimetype = TYPE
    response.headers["Cache-Control"] = "no-store"
    return response


def wants_page() -> bool:
    """Whether a person is looking: the console and the embedded page answer with pages.

    Pages lead on to others. Where the host's name cannot be read nobody knows where these are, and
    no browser has sent it.
    """
    if isinstance(request.routing_exception, BadRequest):
        return False
    return not request.path.startswith(("/api/", "/metrics", "/healthz", "/readyz"))


def _answer(status: int, kind: str, error: Exception, detail: str) -> Response:
    if wants_page():
        title = TITLES.get(kind) or HTTPStatus(status).phrase
        page = render_template("errors/error.html", status=status, title=title, detail=detail)
        response = Response(page, status, mimetype="text/html")
        response.headers["Cache-Control"] = "no-store"
        return response
    return problem(status, kind, detail, **_members(error))


def _members(error: Exception) -> dict[str, object]:
    """What an error says beyond its kind and sentence."""
    match error:
        case errors.InvalidFields():
            return {"errors": [{"field": f.field, "message": f.message} for f in error.errors]}
        case errors.Refused() if error.messages:
            return {"errors": [{"field": "body", "message": m} for m in error.messages]}
        case errors.Reword():
            words = [
                {"field": w.field, "message": w.message, "spans": w.spans} for w in error.words
            ]
            return {"errors": words, "may_insist": error.may_insist}
    return {}


def on_comments_error(error: errors.CommentsError) -> Response:
    """One of the domain's errors, told as the caller reads it."""
    status, kind = status_of(error)
    detail = str(error)
    if isinstance(error, errors.Raced):
        detail = "Too many changes at once. Please try again."
    response = _answer(status, kind, error, detail)
    if status in (429, 503):
        retry_after = getattr(error, "retry_after", 1)
        response.headers["Retry-After"] = str(retry_after)
    if isinstance(error, (errors.Refused, errors.Reword)):
        submissions_total.labels(kind).inc()
    if status == 503:
        log.warning("unavailable", cause=repr(error.__cause__))
    return response


def on_http_error(error: HTTPException) -> Response:
    """Werkzeug's own errors: no such route, wrong method, too large."""
    status = error.code or 500
    detail = error.description or ""
    kind = HTTPStatus(status).phrase.lower().replace(" ", "-")
    if isinstance(error, RequestEntityTooLarge):
        # Python 3.13 has another phrase for it than 3.11; the contract has one.
        kind, detail = "too-large", "The request is larger than this service takes."
    response = _answer(status, kind, error, detail)
    if status == 405 and (allowed := getattr(error, "valid_methods", None)):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def on_csrf_error(error: CSRFError) -> Response:
    """A form that was not ours, or was open for too long."""
    return _answer(400, "form-expired", error, "This form has expired. Go back, reload, try again.")


def on_crash(error: Exception) -> Response:
    """A bug: logged with its trace, told without it."""
    log.error("crash", exc_info=error)
    return _answer(500, "internal-server-error", error, "Something went wrong on our side.")


def refuse_unreadable() -> None:
    """Before anybody reads the query string, which Werkzeug takes for UTF-8.

    Raises:
        Malformed: it holds other bytes, which nobody has encoded.
    """
    try:
        request.query_string.decode()
    except UnicodeDecodeError:
        raise errors.Malformed("The query string is not UTF-8 text.") from None


def init_problems(app: Flask) -> None:
    """Every error of every view goes through here."""
    app.before_request(refuse_unreadable)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    app.register_error_handler(errors.CommentsError, on_comments_error)
    app.register_error_handler(CSRFError, on_csrf_error)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(Exception, on_crash)
