"""Which other origins may read which answers.

Public reads: any, without credentials. What concerns one reader: the exact origins of the site. The
service never sends `Access-Control-Allow-Credentials`, so no cookie ever counts across origins.
"""

from collections.abc import Iterable
from typing import Final

from flask import Flask, Response, current_app, g, request
from werkzeug.routing import Rule

from comments_service.domain.errors import Unavailable
from comments_service.services.sites import knows_origin
from comments_service.web.access import Access, access_of

_ASKED: Final = "Content-Type, Idempotency-Key, Commenter-Key"
_SHOWN: Final = "Location, Retry-After"


def allow_origins(origins: Iterable[str | None]) -> None:
    """Say whose pages may read this answer: those of its site."""
    g.allowed_origins = frozenset(origins)


def preflight() -> Response | None:
    """Answer an OPTIONS request.

    It does not say which site it means, so any site's origin will do; the request that follows is
    checked against its own.
    """
    if request.method != "OPTIONS" or request.url_rule is None:
        return None
    response = Response(status=204)
    offered = {m for rule in _rules_of_path() for m in rule.methods or ()}
    methods = sorted(offered - {"HEAD", "OPTIONS"})
    response.headers["Allow"] = ", ".join([*methods, "OPTIONS"])
    response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
    response.headers["Access-Control-Allow-Headers"] = _ASKED
    response.headers["Access-Control-Max-Age"] = "600"
    return response


def add_headers(response: Response) -> Response:
    """The CORS headers: any origin for public answers, the site's own for one reader's."""
    access = _access()
    # Whose origin it is cannot be asked while the database is away, and "away" is no secret.
    if access is Access.PUBLIC or (access is Access.READER and response.status_code == 503):
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response
    if access is not Access.READER:
        return response
    response.vary.add("Origin")
    origin = request.headers.get("Origin")
    if origin and _is_allowed(origin, response):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = _SHOWN
    return response


def _is_allowed(origin: str, response: Response) -> bool:
    if "allowed_origins" in g:
        return origin in g.allowed_origins
    if response.status_code < 400 and request.method != "OPTIONS":
        return False
    # What went wrong may be read by any site's pages: it may be that no site was found.
    try:
        return knows_origin(origin)
    except Unavailable:
        return False


def _access() -> Access | None:
    if request.url_rule is None:
        return None
    views = [r.endpoint for r in _rules_of_path()]
    found = [access_of(current_app.view_functions[v]) for v in views]
    return next((a for a in found if a is not None), None)


def _rules_of_path() -> list[Rule]:
    """The rule that answers; to a preflight, those of the same path that would."""
    assert request.url_rule is not None
    if request.method != "OPTIONS":
        return [request.url_rule]
    asked = request.headers.get("Access-Control-Request-Method")
    same = [r for r in current_app.url_map.iter_rules() if r.rule == request.url_rule.rule]
    return [r for r in same if asked in (r.methods or ())] or same


def init_cors(app: Flask) -> None:
    """Preflights first, headers last."""
    app.before_request(preflight)
    app.after_request(add_headers)
