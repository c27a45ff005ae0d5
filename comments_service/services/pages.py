"""Which site and which thread a caller means."""

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from comments_service.config import Settings
from comments_service.domain.errors import InvalidFields, InvalidUrl, NotFound
from comments_service.domain.urls import DEFAULT_TRACKING, Tracking, host_port, page_key
from comments_service.storage.queries.sites import SiteRow, find_site

MAX_PAGE_ID: Final = 200
"""Characters of a publisher's own article id."""


class PageRef(Struct, frozen=True):
    """A page as a caller names it: by `url`, or by the publisher's own `id`, which wins."""

    site: str | None = None
    url: str | None = None
    id: str | None = None


def tracking_of(settings: Settings) -> Tracking:
    """The tracking parameters in force: the built-in list and the setting's additions."""
    return _tracking(settings.extra_tracking)


_known: dict[tuple[str, ...], Tracking] = {(): DEFAULT_TRACKING}


def _tracking(extra: tuple[str, ...]) -> Tracking:
    if extra not in _known:
        more = Tracking.of(extra)
        _known[extra] = Tracking(
            DEFAULT_TRACKING.names | more.names, DEFAULT_TRACKING.prefixes + more.prefixes
        )
    return _known[extra]


def thread_name(page: PageRef, settings: Settings) -> str:
    """The name under which the page's thread is kept.

    Raises:
        InvalidFields: neither `url` nor `id`, or one that cannot name a page.
    """
    if page.id is not None:
        return name_of_id(page.id)
    if page.url is None:
        raise InvalidFields.one("url", "Name the page, by url or by id.")
    return name_of_url(page.url, settings)


def name_of_id(page_id: str) -> str:
    """The thread's name by the publisher's own id."""
    if not 0 < len(page_id) <= MAX_PAGE_ID or not page_id.isprintable():
        message = f"An id has 1 to {MAX_PAGE_ID} printable characters."
        raise InvalidFields.one("id", message)
    return "i:" + page_id


def name_of_url(url: str, settings: Settings) -> str:
    """The thread's name by the page's address."""
    try:
        return "u:" + page_key(url, tracking_of(settings))
    except InvalidUrl as problem:
        raise InvalidFields.one("url", str(problem)) from None


def host_of(page: PageRef) -> str | None:
    """Host and port of the page's address, where it has one that can be read."""
    if page.url is None:
        return None
    try:
        return host_port(page.url)
    except InvalidUrl:
        return None


def site_of(conn: Connection, page: PageRef) -> SiteRow:
    """The site meant.

    Raises:
        NotFound: no site of that name, or none at all.
    """
    site = find_site(conn, page.site, host_of(page))
    if site is None:
        raise NotFound("site")
    return site


def is_inside(site: SiteRow, url: str) -> bool:
    """Whether a page belongs to the site: its host and port are those of one of its origins."""
    try:
        wanted = host_port(url)
    except InvalidUrl:
        return False
    return any(host_port(origin) == wanted for origin in site.origins)
