"""Sites, and what readers ask of their threads: which site, which thread, how many.

What readers ask is prepared: a statement is built once, when this file is read, and gets its values
by name. To build one anew costs more than to run it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Connection,
    ScalarSelect,
    String,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    type_coerce,
    update,
)

from comments_service.domain.policy import Policy
from comments_service.storage import judgements
from comments_service.storage.prepared import Prepared
from comments_service.storage.tables import (
    commenter,
    site,
    site_origin,
    spam_course,
    tally,
    thread,
    thread_key,
)
from comments_service.storage.tallies import PUBLISHED


class SiteRow(Struct, frozen=True):
    """A site with its policy decoded and its origins in order."""

    id: int
    slug: str
    name: str
    policy: Policy
    origins: tuple[str, ...]
    version: int
    words_version: int
    lessons: int = 0
    """The number of the last lesson that its spam filter was taught."""
    flooded_until: datetime | None = None
    """Until when one of its floods lasts, or lasted; told by `list_sites`."""


# Made as this file is loaded: two threads that first use a type at the same time end the process.
_POLICY: Final = msgspec.json.Decoder(Policy)


def encode_policy(policy: Policy) -> str:
    """A policy as the site's row keeps it."""
    return msgspec.json.encode(policy).decode()


@lru_cache(maxsize=256)
def decode_policy(text: str) -> Policy:
    """A policy out of the site's row; the same text is the same policy, which nobody changes."""
    return _POLICY.decode(text)


def origins_of(site_id: Any) -> ScalarSelect[str]:
    """A site's origins as one column, with spaces between."""
    return (
        # Written out: as a value the separator would be put into the text for every execution.
        select(func.aggregate_strings(site_origin.c.origin, literal_column("' '")))  # type: ignore[arg-type]  # It takes SQL, too.
        .where(site_origin.c.site_id == site_id)
        .correlate(site)
        .scalar_subquery()
    )


def _lessons_of(site_id: Any) -> ScalarSelect[int]:
    return func.coalesce(
        select(spam_course.c.number)
        .where(spam_course.c.site_id == site_id)
        .correlate(site)
        .scalar_subquery(),
        0,
    )  # type: ignore[return-value]  # coalesce of a scalar subquery is used as one.


SITE_COLUMNS: Final = (
    site.c.id,
    site.c.slug,
    site.c.name,
    site.c.policy,
    site.c.version,
    site.c.words_version,
    origins_of(site.c.id).label("origins"),
    _lessons_of(site.c.id).label("lessons"),
)


def site_row(row: Sequence[Any]) -> SiteRow:
    """`SITE_COLUMNS` as a `SiteRow`."""
    site_id, slug, name, policy, version, words_version, origins, lessons = row
    in_order = tuple(sorted((origins or "").split()))
    return SiteRow(
        site_id, slug, name, decode_policy(policy), in_order, version, words_version, lessons
    )


def _by_host() -> ScalarSelect[int]:
    """The id of the site of a page's host and port, else of the first one made."""
    of_host = (
        select(func.min(site_origin.c.site_id))
        .where(site_origin.c.host_port == bindparam("host_port", type_=String))
        .scalar_subquery()
    )
    first = select(func.min(site.c.id)).scalar_subquery()
    return func.coalesce(of_host, first)  # type: ignore[return-value]  # It is used as one.


MEANT_BY_SLUG: Final = site.c.slug == bindparam("slug", type_=String)
MEANT_BY_HOST: Final = site.c.id == _by_host()
_SITE_BY_SLUG: Final = Prepared(select(*SITE_COLUMNS).where(MEANT_BY_SLUG))
_SITE_BY_HOST: Final = Prepared(select(*SITE_COLUMNS).where(MEANT_BY_HOST))
_SITE_BY_ID: Final = Prepared(
    select(*SITE_COLUMNS).where(site.c.id == bindparam("site_id", type_=BigInteger))
)


def cannot_be_stored(slug: str | None) -> bool:
    """PostgreSQL cannot even be asked for a text with NUL, and no stored one has any."""
    return slug is not None and "\x00" in slug


def find_site(conn: Connection, slug: str | None, host_port: str | None = None) -> SiteRow | None:
    """The site meant: by slug, else by the page's host and port, else the first one made.

    None where there is none of that name, or none at all.
    """
    if cannot_be_stored(slug):
        return None
    if slug is not None:
        rows = _SITE_BY_SLUG.rows(conn, {"slug": slug})
    else:
        rows = _SITE_BY_HOST.rows(conn, {"host_port": host_port})
    return site_row(rows[0]) if rows else None


def find_site_by_id(conn: Connection, site_id: int) -> SiteRow | None:
    """The site of that id."""
    rows = _SITE_BY_ID.rows(conn, {"site_id": site_id})
    return site_row(rows[0]) if rows else None


_ORIGIN: Final = (
    select(site_origin.c.site_id)
    .where(site_origin.c.origin == bindparam("origin", type_=String))
    .limit(1)
)


def origin_is_known(conn: Connection, origin: str) -> bool:
    """Whether any site has this very origin (a preflight does not say which site it means)."""
    return conn.execute(_ORIGIN, {"origin": origin}).one_or_none() is not None


def add_site(conn: Connection, values: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    """A new site; `origins` maps each origin to its host and port."""
    conn.execute(insert(site).values(**values))
    _write_origins(conn, values["id"], origins)


def change_site(
    conn: Connection,
    site_id: int,
    seen_version: int,
    values: Mapping[str, Any],
    origins: Mapping[str, str],
) -> bool:
    """Replace a site's settings; False where somebody changed them since `seen_version`."""
    changed = conn.execute(
        update(site)
        .where(site.c.id == site_id, site.c.version == seen_version)
        .values(**values, version=seen_version + 1)
    )
    if changed.rowcount != 1:
        return False
    conn.execute(delete(site_origin).where(site_origin.c.site_id == site_id))
    _write_origins(conn, site_id, origins)
    return True


def delete_site(conn: Connection, site_id: int) -> None:
    """The site and everything that belongs to it."""
    threads = select(thread.c.id).where(thread.c.site_id == site_id)
    conn.execute(delete(tally).where(tally.c.scope == "thread", tally.c.owner_id.in_(threads)))
    commenters = select(commenter.c.id).where(commenter.c.site_id == site_id)
    of_commenters = tally.c.owner_id.in_(commenters)
    conn.execute(delete(tally).where(tally.c.scope == "commenter", of_commenters))
    of_site = tally.c.scope.in_(("site", judgements.SCOPE))
    conn.execute(delete(tally).where(of_site, tally.c.owner_id == site_id))
    conn.execute(delete(site).where(site.c.id == site_id))


def _write_origins(conn: Connection, site_id: int, origins: Mapping[str, str]) -> None:
    rows = [{"site_id": site_id, "origin": o, "host_port": h} for o, h in origins.items()]
    if rows:
        conn.execute(insert(site_origin), rows)


def tally_of(scope: str, owner: Any, what: str) -> ScalarSelect[int]:
    """One stored count as a column; 0 where nothing was counted yet."""
    return func.coalesce(
        select(tally.c.number)
        .where(tally.c.scope == scope, tally.c.owner_id == owner, tally.c.what == what)
        .scalar_subquery(),
        0,
    )  # type: ignore[return-value]  # coalesce of a scalar subquery is used as one.


class SeenThread(Struct, frozen=True):
    """A thread as its readers see it."""

    id: int
    url: str | None
    title: str | None
    title_verified: bool
    closed_at: int | None
    """As stored; that it is closed is all that readers are told."""
    count: int


_SEEN: Final = (
    select(
        site.c.id,
        thread.c.id,
        thread.c.url,
        thread.c.title,
        thread.c.title_verified,
        type_coerce(thread.c.closed_at, BigInteger),
        tally_of("thread", thread.c.id, PUBLISHED),
    )
    .outerjoin_from(
        site,
        thread_key,
        (thread_key.c.site_id == site.c.id) & (thread_key.c.key == bindparam("key", type_=String)),
    )
    .outerjoin(thread, thread.c.id == thread_key.c.thread_id)
)
_SEEN_BY_SLUG: Final = Prepared(_SEEN.where(MEANT_BY_SLUG))
_SEEN_BY_HOST: Final = Prepared(_SEEN.where(MEANT_BY_HOST))


def find_seen_thread(
    conn: Connection, slug: str | None, host_port: str | None, key: str
) -> tuple[int | None, SeenThread | None]:
    """The id of the site meant, and the thread of that name, as far as readers see it."""
    if cannot_be_stored(slug):
        return None, None
    if slug is not None:
        rows = _SEEN_BY_SLUG.rows(conn, {"slug": slug, "key": key})
    else:
        rows = _SEEN_BY_HOST.rows(conn, {"host_port": host_port, "key": key})
    if not rows:
        return None, None
    site_id, *seen = rows[0]
    return site_id, None if seen[0] is None else SeenThread(*seen)


_SITE_AND_COUNTS: Final = (
    select(site.c.id, thread_key.c.key, thread_key.c.thread_id, func.coalesce(tally.c.number, 0))
    .outerjoin_from(
        site,
        thread_key,
        (thread_key.c.site_id == site.c.id)
        & thread_key.c.key.in_(bindparam("keys", expanding=True)),
    )
    .outerjoin(
        tally,
        (tally.c.scope == "thread")
        & (tally.c.owner_id == thread_key.c.thread_id)
        & (tally.c.what == PUBLISHED),
    )
)
_COUNTS_BY_SLUG: Final = Prepared(_SITE_AND_COUNTS.where(MEANT_BY_SLUG), "keys")
_COUNTS_BY_HOST: Final = Prepared(_SITE_AND_COUNTS.where(MEANT_BY_HOST), "keys")


def published_counts(
    conn: Connection, slug: str | None, host_port: str | None, keys: Sequence[str]
) -> tuple[int, dict[str, tuple[int, int]]] | None:
    """The site meant, and of each page with a thread, by key, thread and count; None: no site."""
    if cannot_be_stored(slug):
        return None
    meant = {"slug": slug} if slug is not None else {"host_port": host_port}
    statement = _COUNTS_BY_SLUG if slug is not None else _COUNTS_BY_HOST
    rows = statement.rows(conn, {**meant, "keys": keys})
    if not rows:
        return None
    return rows[0][0], {key: (thread_id, n) for _, key, thread_id, n in rows if key is not None}
