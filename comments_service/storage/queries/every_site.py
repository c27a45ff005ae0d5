"""Every site at once, as its moderators come to it: with whether something is the matter there."""

from typing import Final

from msgspec.structs import replace
from sqlalchemy import Connection, func, select

from comments_service.storage.prepared import Prepared
from comments_service.storage.queries.sites import SITE_COLUMNS, SiteRow, site_row
from comments_service.storage.tables import flood, site
from comments_service.storage.types import from_ms

_FLOODED_UNTIL: Final = (
    select(func.max(flood.c.until_at)).where(flood.c.site_id == site.c.id).scalar_subquery()
)
_SITES: Final = Prepared(
    select(*SITE_COLUMNS, _FLOODED_UNTIL.label("flooded_until")).order_by(site.c.id)
)


def list_sites(conn: Connection) -> list[SiteRow]:
    """Every site, in the order they were made; these alone tell of floods."""
    return [
        replace(site_row(row), flooded_until=None if until is None else from_ms(until))
        for *row, until in _SITES.rows(conn, {})
    ]
