"""The two reads that article pages make, without Flask: what it does for a request costs more.

They answer exactly what their views in `public` would, with the same parts, or not at all: whatever
is unusual (a fault, a text that is no UTF-8) is left to the view.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec
from flask import Flask

from comments_service.config import Settings
from comments_service.domain.errors import CommentsError
from comments_service.services.pages import PageRef
from comments_service.services.threads import count_comments, read_page
from comments_service.web import present, schemas
from comments_service.web.headers import ON_EVERY_ANSWER
from comments_service.web.whole import Headers, Whole

Pairs: TypeAlias = Sequence[tuple[str, str]]
Make: TypeAlias = Callable[[Pairs], Whole | None]
"""Makes the answer to a query's parameters; None: ask the view."""
MAX_KEYS_IN_QUERY: Final = 200
_ENCODER: Final = msgspec.json.Encoder()


def cache_control(settings: Settings) -> str:
    """How long others may keep a public answer."""
    shared, stale = settings.shared_max_age, settings.stale_if_error
    return f"public, max-age=0, s-maxage={shared}, stale-if-error={stale}"


def counts_of(
    settings: Settings, site: str | None, keys: Pairs, most: int
) -> tuple[schemas.Counts, list[int]]:
    """The counts of pages in the order asked, and what they depend on.

    Raises:
        Malformed, NotFound: as `count_comments`.
    """
    pages = [PageRef(site, **{name: value}) for name, value in keys]
    counted = count_comments(settings, site, pages, most)
    each = [
        schemas.Count(**{name: value}, count=count)
        for (name, value), count in zip(keys, counted.counts, strict=True)
    ]
    return schemas.Counts(each), counted.abouts


def direct_answers(app: Flask, settings: Settings) -> dict[str, Make]:
    """What makes answers, by path."""
    headers: Headers = [
        ("Content-Type", "application/json"),
        ("Cache-Control", cache_control(settings)),
        ("Access-Control-Allow-Origin", "*"),
        *ON_EVERY_ANSWER,
    ]

    def counts(pairs: Pairs) -> tuple[schemas.Counts, list[int]] | None:
        keys = [pair for pair in pairs if pair[0] != "site"]
        site = dict(pairs).get("site")
        return counts_of(settings, site, keys, MAX_KEYS_IN_QUERY) if keys else None

    def thread(pairs: Pairs) -> tuple[schemas.ThreadPage, list[int]]:
        query = msgspec.convert(dict(pairs), schemas.ThreadQuery, strict=False)
        page = PageRef(query.site, query.url, query.id)
        view = read_page(settings, page, query.sort, query.limit, query.cursor)
        return present.thread_page(view), [view.about]

    def making(make: Callable[[Pairs], tuple[msgspec.Struct, list[int]] | None]) -> Make:
        def made(pairs: Pairs) -> Whole | None:
            if any("\x00" in value for _, value in pairs):
                return None
            try:
                with app.app_context():
                    found = make(pairs)
            except (CommentsError, msgspec.ValidationError):
                return None
            if found is None:
                return None
            body, abouts = found
            return Whole(_ENCODER.encode(body), headers, frozenset(abouts))

        return made

    return {"/api/v1/counts": making(counts), "/api/v1/comments": making(thread)}
