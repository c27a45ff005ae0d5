"""What all pages of the console have in common: who looks, at which site, at what time."""

import hashlib
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flask import Response, make_response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from comments_service.domain.ids import encode_id
from comments_service.services.desk import Desk, desk_of
from comments_service.web.access import now, principal
from comments_service.web.console_forms import EmptyForm

_STATIC: Final = Path(__file__).parent.parent / "static" / "dashboard"
_FILES: Final = {
    "dashboard.css": "text/css",
    "passkey.js": "text/javascript",
    "queue.js": "text/javascript",
}
_AGES: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))
_YEAR: Final = 31_536_000


def desk() -> Desk:
    """The site that the address names, else the first of the caller's.

    Raises:
        NotFound: none of theirs.
    """
    return desk_of(principal(), request.args.get("site") or None)


def show(template: str, at: Desk | None = None, status: int = 200, **values: Any) -> Response:
    """A page of the console."""
    page = render_template(
        template,
        desk=at,
        site=at.site if at else None,
        me=principal(),
        sign_out=EmptyForm(),
        age=age,
        number=encode_id,
        **values,
    )
    return make_response(page, status)


def age(moment: datetime) -> str:
    """How long ago, in the largest unit that fits; beyond a month the date says more."""
    seconds = max(0, int((now() - moment).total_seconds()))
    if seconds >= timedelta(days=31).total_seconds():
        return f"{moment:%-d %b %Y}"
    return next((f"{seconds // size} {unit}" for size, unit in _AGES if seconds >= size), "now")


@lru_cache(maxsize=8)
def _file(name: str) -> tuple[bytes, str]:
    content = (_STATIC / name).read_bytes()
    return content, hashlib.blake2b(content, digest_size=8).hexdigest()


def static_url(name: str) -> str:
    """A style or script with its content's hash, so that it never grows stale in a cache."""
    return url_for("console.static_file", name=name, v=_file(name)[1])


def static_file(name: str) -> Response:
    """One of the console's files; no path is ever made from what was asked."""
    if name not in _FILES:
        raise NotFound
    content, mark = _file(name)
    response = Response(content, mimetype=_FILES[name])
    response.set_etag(mark)
    fresh = request.args.get("v") == mark
    response.headers["Cache-Control"] = (
        f"public, max-age={_YEAR}, immutable" if fresh else "no-cache"
    )
    response.make_conditional(request)
    return response
