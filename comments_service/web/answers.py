"""Answers: JSON out of structs, and the cache headers of the public reads."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from flask import Response, request

from comments_service.web.access import settings
from comments_service.web.direct import cache_control
from comments_service.web.whole import DEPENDS

_ENCODER: Final = msgspec.json.Encoder()


def json_response(body: Any, status: int = 200) -> Response:
    """JSON in UTF-8. Not cached unless the caller says otherwise."""
    response = Response(_ENCODER.encode(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def cacheable(response: Response, depends: Iterable[int] = ()) -> Response:
    """The same for everybody: a short life in shared caches, readable from any origin.

    It is true until something changes that it depends on: threads' ids, and `about_page` of pages
    that have no thread yet. Tag, 304 and gzip are the layer's before Flask (`edge`).
    """
    response.headers["Cache-Control"] = cache_control(settings())
    response.headers["Access-Control-Allow-Origin"] = "*"
    request.environ[DEPENDS] = frozenset(depends)
    return response
