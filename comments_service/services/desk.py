"""A moderator's desk: their sites, the one in hand, and the page behind one of its threads."""

from collections.abc import Sequence

from msgspec import Struct

from comments_service.domain.errors import NotFound
from comments_service.domain.ids import decode_id
from comments_service.services.accounts import Principal
from comments_service.services.pages import PageRef
from comments_service.services.queue import sites_of
from comments_service.services.views import SiteRow
from comments_service.storage import read
from comments_service.storage.queries.threads import (
    find_thread_by_id,
    keys_of_thread,
)


class Desk(Struct, frozen=True):
    """The site in hand, and all that its moderator may turn to."""

    site: SiteRow
    sites: Sequence[SiteRow]


def desk_of(principal: Principal, slug: str | None) -> Desk:
    """The desk with the named site in hand, else with the first one; one statement.

    Raises:
        NotFound: the moderator has no such site, or none at all.
    """
    sites = sites_of(principal)
    for site in sites:
        if slug is None or site.slug == slug:
            return Desk(site, sites)
    raise NotFound("site")


def page_of_thread(site: SiteRow, thread_id: str) -> PageRef:
    """A name under which a known thread of the site can be found again.

    Raises:
        NotFound: no such thread on this site.
    """
    number = decode_id(thread_id)
    with read() as conn:
        thread = find_thread_by_id(conn, site.id, number) if number is not None else None
        names = keys_of_thread(conn, thread.id) if thread is not None else []
    for name in names:
        kind, _, rest = name.partition(":")
        # A key has lost its scheme; which of the two is put back makes no difference to it.
        return PageRef(url="https:" + rest) if kind == "u" else PageRef(id=rest)
    raise NotFound("page")
