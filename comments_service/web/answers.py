"""Answers: JSON out of structs, and the cache headers of the public reads."""

import hashlib
from typing import Any, Final

import msgspec
from flask import Response, request

from comments_service.web.access import settings

_ENCODER: Final = msgspec.json.Encoder()


def json_response(body: Any, status: int = 200) -> Response:
    """JSON in UTF-8. Not cached unless the caller says otherwise."""
    response = Response(_ENCODER.encode(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def cacheable(response: Response) -> Response:
    """The same for everybody: an ETag, a short life in shared caches, readable from any origin."""
    conf = settings()
    response.headers["Cache-Control"] = (
        f"public, max-age=0, s-maxage={conf.shared_max_age}, stale-if-error={conf.stale_if_error}"
    )
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.set_etag(hashlib.blake2b(response.get_data(), digest_size=12).hexdigest())
    response.make_conditional(request)
    return response
