"""Public reads: the same answer for everybody, no cookie, cacheable."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

from flask import Blueprint, Response, render_template, request

from comments_service.config import Settings
from comments_service.domain.errors import Malformed
from comments_service.services.pages import PageRef
from comments_service.services.threads import MAX_KEYS, read_feed, read_page
from comments_service.web import present, schemas
from comments_service.web.access import Access, settings
from comments_service.web.answers import cacheable, json_response
from comments_service.web.direct import MAX_KEYS_IN_QUERY, Make, counts_of
from comments_service.web.door import Door
from comments_service.web.edge import Route

door: Final = Door(Blueprint("public", __name__))
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
MAX_COUNT_BYTES: Final = 4 * 1024 * 1024
"""Of a count request's body: 1,000 addresses at their longest, escaped."""


@door.route(
    "GET",
    "/api/v1/counts",
    Access.PUBLIC,
    query=schemas.CountsQuery,
    answers={200: schemas.Counts},
    problems=(400, 404, 503),
)
def get_counts(query: schemas.CountsQuery) -> Response:
    """Count the published comments of up to 200 pages."""
    keys = _keys_in_order() if query.url and query.id else _keys(query.url, query.id)
    answer, abouts = _counted(query.site, keys, MAX_KEYS_IN_QUERY)
    return cacheable(answer, abouts)


@door.route(
    "POST",
    "/api/v1/counts",
    Access.PUBLIC,
    body=schemas.CountsBody,
    max_bytes=MAX_COUNT_BYTES,
    faults=Malformed,
    answers={200: schemas.Counts},
    problems=(400, 404, 413, 415, 503),
)
def post_counts(body: schemas.CountsBody) -> Response:
    """Count the published comments of up to 1,000 pages."""
    return _counted(body.site, _keys(body.urls, body.ids), MAX_KEYS)[0]


def _keys(urls: list[str], ids: list[str]) -> list[tuple[str, str]]:
    return [("url", u) for u in urls] + [("id", i) for i in ids]


def _keys_in_order() -> list[tuple[str, str]]:
    """Urls and ids as they were mixed in the query string."""
    pairs = parse_qsl(request.query_string.decode(), keep_blank_values=True)
    return [(name, value) for name, value in pairs if name in ("url", "id")]


def _counted(
    site: str | None, keys: list[tuple[str, str]], most: int
) -> tuple[Response, list[int]]:
    if not keys:
        raise Malformed("Name at least one page, by url or by id.")
    counts, abouts = counts_of(settings(), site, keys, most)
    return json_response(counts), abouts


@door.route(
    "GET",
    "/api/v1/comments",
    Access.PUBLIC,
    query=schemas.ThreadQuery,
    answers={200: schemas.ThreadPage},
    problems=(400, 404, 422, 503),
)
def get_comments(query: schemas.ThreadQuery) -> Response:
    """List a page of a thread's comments in display order."""
    page = PageRef(query.site, query.url, query.id)
    view = read_page(settings(), page, query.sort, query.limit, query.cursor)
    return cacheable(json_response(present.thread_page(view)), [view.about])


@door.route(
    "GET",
    "/api/v1/feed.atom",
    Access.PUBLIC,
    query=schemas.PageQuery,
    answers={200: None},
    problems=(400, 404, 422, 503),
    media_type="application/atom+xml",
)
def get_feed(query: schemas.PageQuery) -> Response:
    """Follow the newest comments of a thread in a feed reader."""
    view = read_feed(settings(), PageRef(query.site, query.url, query.id))
    comments = [present.comment(row) for row in view.comments]
    page = render_template(
        "embed/feed.xml",
        view=view,
        about=present.thread(view),
        comments=comments,
        updated_at=max((c.edited_at or c.created_at for c in comments), default=_NEVER),
        address=_public_address(),
    )
    response = Response(page, mimetype="application/atom+xml")
    return cacheable(response, [view.about])


def kept_routes(settings: Settings, direct: Mapping[str, Make]) -> list[Route]:
    """What the layer before Flask may answer of these."""
    counts, thread, page = (
        frozenset(shape.__struct_fields__)
        for shape in (schemas.CountsQuery, schemas.ThreadQuery, schemas.PageQuery)
    )
    return [
        Route("/api/v1/counts", counts, frozenset({"url", "id"}), make=direct["/api/v1/counts"]),
        Route("/api/v1/comments", thread, make=direct["/api/v1/comments"]),
        # A feed says its own address, which is the caller's word where no setting says it.
        Route("/api/v1/feed.atom", page, by_host=settings.public_url is None),
    ]


def _public_address() -> str:
    """This request's address as readers know it, which behind a proxy only the setting tells."""
    base = settings().public_url or request.host_url.rstrip("/")
    # The query as it came, percent-encoded: decoded it may hold what XML cannot.
    return f"{base}{request.path}?{request.query_string.decode('ascii', 'ignore')}"
