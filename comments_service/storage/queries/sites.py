"""Sites, threads and counts: which site, which thread, how many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Connection,
    ScalarSelect,
    Select,
    bindparam,
    delete,
    false,
    func,
    insert,
    select,
    update,
)

from comments_service.domain.policy import Policy
from comments_service.storage.standing import PUBLISHED
from comments_service.storage.tables import (
    commenter,
    site,
    site_origin,
    tally,
    thread,
    thread_key,
)


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site with its policy decoded and its origins in order."""

    id: int
    slug: str
    name: str
    policy: Policy
    origins: tuple[str, ...]
    version: int


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A thread with its two counts."""

    id: int
    url: str | None
    title: str | None
    title_verified: bool
    mode: str | None
    closed_at: datetime | None
    count: int
    pending_count: int


def encode_policy(policy: Policy) -> str:
    """A policy as the site's row keeps it."""
    return msgspec.json.encode(policy).decode()


def decode_policy(text: str) -> Policy:
    """A policy out of the site's row."""
    return msgspec.json.decode(text, type=Policy)


def _origins() -> ScalarSelect[str]:
    return (
        select(func.aggregate_strings(site_origin.c.origin, " "))
        .where(site_origin.c.site_id == site.c.id)
        .correlate(site)
        .scalar_subquery()
    )


SITE_COLUMNS: Final = (
    site.c.id,
    site.c.slug,
    site.c.name,
    site.c.policy,
    site.c.version,
    _origins().label("origins"),
)


def site_row(row: Any) -> SiteRow:
    """`SITE_COLUMNS` as a `SiteRow`."""
    origins = tuple(sorted((row.origins or "").split()))
    return SiteRow(row.id, row.slug, row.name, decode_policy(row.policy), origins, row.version)


def named_site(slug: str | None, host_port: str | None) -> Select[Any]:
    """The site meant: by slug, else by the page's host and port, else the first one made."""
    statement = select(*SITE_COLUMNS)
    if slug is not None:
        # PostgreSQL cannot even be asked for a text with NUL, and no stored one has any.
        return statement.where(false() if "\x00" in slug else site.c.slug == slug)
    by_host = (
        select(func.min(site_origin.c.site_id))
        .where(site_origin.c.host_port == host_port)
        .scalar_subquery()
    )
    first = select(func.min(site.c.id)).scalar_subquery()
    return statement.where(site.c.id == func.coalesce(by_host, first))


def find_site(conn: Connection, slug: str | None, host_port: str | None = None) -> SiteRow | None:
    """The site meant, or None where there is none of that name (or none at all)."""
    row = conn.execute(named_site(slug, host_port)).one_or_none()
    return None if row is None else site_row(row)


def find_site_by_id(conn: Connection, site_id: int) -> SiteRow | None:
    """The site of that id."""
    row = conn.execute(select(*SITE_COLUMNS).where(site.c.id == site_id)).one_or_none()
    return None if row is None else site_row(row)


def list_sites(conn: Connection) -> list[SiteRow]:
    """Every site, in the order they were made."""
    return [site_row(row) for row in conn.execute(select(*SITE_COLUMNS).order_by(site.c.id))]


def origin_is_known(conn: Connection, origin: str) -> bool:
    """Whether any site has this very origin (a preflight does not say which site it means)."""
    found = select(site_origin.c.site_id).where(site_origin.c.origin == origin)
    return conn.execute(found.limit(1)).one_or_none() is not None


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
    conn.execute(delete(tally).where(tally.c.scope == "site", tally.c.owner_id == site_id))
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


THREAD_COLUMNS: Final = (
    thread.c.id,
    thread.c.url,
    thread.c.title,
    thread.c.title_verified,
    thread.c.mode,
    thread.c.closed_at,
    tally_of("thread", thread.c.id, PUBLISHED).label("count"),
    tally_of("thread", thread.c.id, "pending").label("pending_count"),
)


def find_thread(conn: Connection, site_id: int, key: str) -> ThreadRow | None:
    """The thread of that name; None where nobody commented or set anything there yet."""
    row = conn.execute(
        select(*THREAD_COLUMNS)
        .join_from(thread_key, thread, thread.c.id == thread_key.c.thread_id)
        .where(thread_key.c.site_id == site_id, thread_key.c.key == key)
    ).one_or_none()
    return None if row is None else ThreadRow(**row._mapping)


def published_counts(conn: Connection, site_id: int, keys: Sequence[str]) -> dict[str, int]:
    """Count of published comments by key; a key without comments is absent."""
    rows = conn.execute(
        select(thread_key.c.key, tally.c.number)
        .join(
            tally,
            (tally.c.scope == "thread")
            & (tally.c.owner_id == thread_key.c.thread_id)
            & (tally.c.what == PUBLISHED),
        )
        .where(
            thread_key.c.site_id == site_id,
            thread_key.c.key.in_(bindparam("keys", expanding=True)),
        ),
        {"keys": list(keys)},
    )
    return {row.key: row.number for row in rows}


def add_thread(conn: Connection, values: Mapping[str, Any], key: str) -> None:
    """A new thread and its first name."""
    conn.execute(insert(thread).values(**values))
    add_thread_key(conn, values["site_id"], key, values["id"])


def add_thread_key(conn: Connection, site_id: int, key: str, thread_id: int) -> None:
    """One more name of a thread."""
    conn.execute(insert(thread_key).values(site_id=site_id, key=key, thread_id=thread_id))


def find_thread_by_id(conn: Connection, site_id: int, thread_id: int) -> ThreadRow | None:
    """The thread of that id, on that site."""
    row = conn.execute(
        select(*THREAD_COLUMNS).where(thread.c.id == thread_id, thread.c.site_id == site_id)
    ).one_or_none()
    return None if row is None else ThreadRow(**row._mapping)


def lock_thread(conn: Connection, site_id: int, thread_id: int) -> ThreadRow | None:
    """The thread of that site, kept from being closed or opened until the transaction ends."""
    row = conn.execute(
        select(*THREAD_COLUMNS)
        .where(thread.c.id == thread_id, thread.c.site_id == site_id)
        .with_for_update(of=thread, key_share=True)
    ).one_or_none()
    return None if row is None else ThreadRow(**row._mapping)


def change_thread(conn: Connection, thread_id: int, values: Mapping[str, Any]) -> None:
    """New settings of a thread (mode, closed, title)."""
    conn.execute(update(thread).where(thread.c.id == thread_id).values(**values))


def keys_of_thread(conn: Connection, thread_id: int) -> list[str]:
    """Every name of a thread, the URLs first."""
    found = select(thread_key.c.key).where(thread_key.c.thread_id == thread_id)
    return list(conn.scalars(found.order_by(thread_key.c.key.desc())))
