"""What a post needs to know before it is examined: two statements, whatever the past holds."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final, NamedTuple

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    ScalarSelect,
    String,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)

from comments_service.domain.comment import Status
from comments_service.domain.policy import LOOK_BACK
from comments_service.storage.counted import VOUCHED
from comments_service.storage.prepared import Prepared
from comments_service.storage.queries.addresses import IS_NEWEST, KEY_COLUMNS, AddressKey
from comments_service.storage.queries.bans import salts_in_use
from comments_service.storage.queries.floods import addresses_lately, oldest_counted
from comments_service.storage.queries.sites import (
    MEANT_BY_HOST,
    MEANT_BY_SLUG,
    SITE_COLUMNS,
    SiteRow,
    cannot_be_stored,
    site_row,
    tally_of,
)
from comments_service.storage.queries.threads import (
    THREAD_COLUMNS,
    ThreadRow,
    thread_row,
)
from comments_service.storage.tables import (
    address_key,
    comment,
    commenter,
    flood,
    site,
    thread,
    thread_key,
)
from comments_service.storage.types import Moment, from_ms, moment_or_none

EARLIER_EACH: Final = 25
"""Earlier comments looked at per commenter, per address and per text."""

_AT: Final = bindparam("at", type_=Moment)
_parent: Final = comment.alias("parent")
_replay: Final = comment.alias("replay")


class ParentRow(Struct, frozen=True):
    """The comment that is answered."""

    id: int
    root_id: int
    path: str
    depth: int
    published: bool


class ReplayRow(Struct, frozen=True):
    """The comment that an Idempotency-Key already stands for."""

    id: int
    request_hash: str
    arrived_as: Status


class Context(Struct, frozen=True):
    """Where a post goes and who sent it, as stored now."""

    site: SiteRow
    thread: ThreadRow | None
    commenter_id: int | None
    approved_by_person: int
    parent: ParentRow | None
    replay: ReplayRow | None
    address_key: AddressKey | None
    """The key that addresses are hashed under now."""
    addresses_lately: int
    """From how many addresses comments came to the thread within `floods.WINDOW`."""
    flood_until: datetime | None
    """Until when everything waits on the thread; None where there is no flood."""
    ban_salts: str | None
    """`bans.salts_in_use`: None where nobody is banned."""

    @property
    def is_flooded(self) -> bool:
        """Whether very many write on the thread just now."""
        return self.flood_until is not None

    @property
    def thread_id(self) -> int | None:
        """None of a page without a comment."""
        return self.thread.id if self.thread else None


class EarlierRow(NamedTuple):
    """An earlier comment of the same commenter, address or text."""

    id: int
    thread_id: int
    commenter_id: int | None
    address_hash: str | None
    fingerprint: str
    status: Status
    created_at: datetime


_PARENT_COLUMNS: Final = (
    *(_parent.c[name] for name in ("id", "root_id", "path", "depth", "status", "deleted_at")),
)
_REPLAY_COLUMNS: Final = (*(_replay.c[name] for name in ("id", "request_hash", "arrived_as")),)


def _context_of(meant: ColumnElement[bool]) -> Prepared:
    """Everything about one post to the site meant, in one statement."""
    chosen = select(site.c.id).where(meant).scalar_subquery()
    of_key = thread_key.c.key == bindparam("key", type_=String)
    of_hash = commenter.c.key_hash == bindparam("key_hash", type_=String)
    of_parent = _parent.c.id == bindparam("parent_id", type_=BigInteger)
    of_replay = _replay.c.idempotency_key == bindparam("idempotency_key", type_=String)
    return Prepared(
        select(
            *SITE_COLUMNS,
            *THREAD_COLUMNS,
            *_PARENT_COLUMNS,
            *_REPLAY_COLUMNS,
            *KEY_COLUMNS,
            commenter.c.id,
            tally_of("commenter", commenter.c.id, VOUCHED),
            addresses_lately(thread.c.id),
            flood.c.until_at,
            salts_in_use(chosen),
        )
        .select_from(site)
        .outerjoin(thread_key, and_(thread_key.c.site_id == site.c.id, of_key))
        .outerjoin(thread, thread.c.id == thread_key.c.thread_id)
        .outerjoin(commenter, and_(commenter.c.site_id == site.c.id, of_hash))
        .outerjoin(_parent, and_(of_parent, _parent.c.thread_id == thread.c.id))
        .outerjoin(_replay, and_(_replay.c.site_id == site.c.id, of_replay))
        .outerjoin(address_key, IS_NEWEST)
        .outerjoin(flood, and_(flood.c.thread_id == thread.c.id, flood.c.until_at > _AT))
        .where(site.c.id == chosen)
    )


_PARTS: Final = (SITE_COLUMNS, THREAD_COLUMNS, _PARENT_COLUMNS, _REPLAY_COLUMNS, KEY_COLUMNS)
_OF_SLUG: Final = _context_of(MEANT_BY_SLUG)
_OF_HOST: Final = _context_of(MEANT_BY_HOST)


def load_context(
    conn: Connection,
    *,
    slug: str | None,
    host_port: str | None,
    key: str,
    key_hash: str | None,
    parent_id: int | None,
    idempotency_key: str | None,
    now: datetime,
) -> Context | None:
    """Everything about one post in one statement; None where there is no such site."""
    if cannot_be_stored(slug):
        return None
    values: dict[str, Any] = {
        "key": key,
        "key_hash": key_hash,
        "parent_id": parent_id,
        "idempotency_key": idempotency_key,
        "at": now,
        "counted_from": oldest_counted(now),
    }
    if slug is not None:
        rows = _OF_SLUG.rows(conn, values | {"slug": slug})
    else:
        rows = _OF_HOST.rows(conn, values | {"host_port": host_port})
    return _context(iter(rows[0])) if rows else None


def _context(row: Iterator[Any]) -> Context:
    """The columns of `_context_of`, as the driver has them, from left to right."""
    told = [list(islice(row, len(columns))) for columns in _PARTS]
    site_found, at, answered, known, key = told
    by, vouched, lately, flood_until, ban_salts = row
    return Context(
        site=site_row(site_found),
        thread=None if at[0] is None else thread_row(at),
        commenter_id=by,
        approved_by_person=vouched,
        parent=None if answered[0] is None else _parent_row(answered),
        replay=None if known[0] is None else ReplayRow(known[0], known[1], Status(known[2])),
        address_key=None if key[0] is None else AddressKey(key[0], key[1], from_ms(key[2])),
        addresses_lately=lately,
        flood_until=moment_or_none(flood_until),
        ban_salts=ban_salts,
    )


def _parent_row(row: Sequence[Any]) -> ParentRow:
    number, root_id, path, depth, status, deleted_at = row
    published = status == Status.APPROVED and deleted_at is None
    return ParentRow(number, root_id, path, depth, published)


_TOLD: Final = (
    "id",
    "thread_id",
    "commenter_id",
    "address_hash",
    "fingerprint",
    "status",
    "created_at",
)
_UNIT: Final = "\x1f"
_RECORD: Final = "\x1e"
"""What stands between values, and between comments: characters that nothing stored here holds."""


def _written_out(mark: str) -> Any:
    """A text as SQL; as a value it would be put into the statement for every execution."""
    return literal_column(f"'{mark}'")


def _latest(*where: ColumnElement[bool]) -> ScalarSelect[Any]:
    """The newest comments of which all that holds, in one text.

    As rows they would keep a thread waiting for each: the driver lets another one go on meanwhile.
    """
    unit, record = (_written_out(mark) for mark in (_UNIT, _RECORD))
    columns = [comment.c[name] for name in _TOLD]
    latest = select(*columns).where(*where).order_by(comment.c.id.desc()).limit(EARLIER_EACH)
    told: Any = literal_column("''")
    for column in latest.subquery().c:
        told = told.concat(unit).concat(func.coalesce(cast(column, String), ""))
    return select(func.aggregate_strings(told, record)).scalar_subquery()


_SAME_SITE: Final = comment.c.site_id == bindparam("site_id", type_=BigInteger)
# As a sum no index serves it: else SQLite reads all that a site got in a day, and not an address's.
_OF_SITE_UNINDEXED: Final = comment.c.site_id + literal_column("0") == bindparam(
    "site_id", type_=BigInteger
)
_RECENT: Final = comment.c.id >= bindparam("oldest_id", type_=BigInteger)
_EARLIER: Final = Prepared(
    select(
        _latest(
            _SAME_SITE, comment.c.fingerprint == bindparam("fingerprint", type_=String), _RECENT
        ),
        # Without a key or an address these two compare with NULL, and find nothing at once.
        _latest(comment.c.commenter_id == bindparam("commenter_id", type_=BigInteger)),
        _latest(
            comment.c.address_hash == bindparam("address_hash", type_=String),
            _OF_SITE_UNINDEXED,
            _RECENT,
        ),
    )
)


def load_earlier(
    conn: Connection,
    *,
    site_id: int,
    commenter_id: int | None,
    address_hash: str | None,
    fingerprint: str,
    oldest_id: int,
) -> tuple[list[EarlierRow], tuple[Status, ...]]:
    """Earlier comments since `oldest_id`, newest first, and the commenter's last statuses ever."""
    values = {
        "site_id": site_id,
        "commenter_id": commenter_id,
        "address_hash": address_hash,
        "fingerprint": fingerprint,
        "oldest_id": oldest_id,
    }
    ((same_text, by_commenter, from_address),) = _EARLIER.rows(conn, values)
    own = _earlier_rows(by_commenter)
    known = _earlier_rows(same_text) | own | _earlier_rows(from_address)
    newest_first = [known[number] for number in sorted(known, reverse=True) if number >= oldest_id]
    last = sorted(own, reverse=True)[:LOOK_BACK]
    return newest_first, tuple(own[number].status for number in last)


def _earlier_rows(told: str | None) -> dict[int, EarlierRow]:
    """What `_latest` tells, by the comments' ids."""
    found: dict[int, EarlierRow] = {}
    for one in told.split(_RECORD) if told else ():
        _, number, at_thread, by, address, mark, status, at = one.split(_UNIT)
        found[int(number)] = EarlierRow(
            id=int(number),
            thread_id=int(at_thread),
            commenter_id=int(by) if by else None,
            address_hash=address or None,
            fingerprint=mark,
            status=Status(status),
            created_at=from_ms(int(at)),
        )
    return found


_OPEN: Final = and_(
    thread.c.id == bindparam("thread_id", type_=BigInteger), thread.c.closed_at.is_(None)
)
_LOCK_OPEN: Final = Prepared(select(thread.c.id).where(_OPEN).with_for_update(read=True))
_LOCK_PUBLISHED: Final = Prepared(
    select(thread.c.id)
    .join(comment, comment.c.thread_id == thread.c.id)
    .where(
        _OPEN,
        comment.c.id == bindparam("parent_id", type_=BigInteger),
        comment.c.status == Status.APPROVED.value,
        comment.c.deleted_at.is_(None),
    )
    .with_for_update(read=True, of=thread)
)


def lock_parent(conn: Connection, thread_id: int, parent_id: int | None) -> bool:
    """Whether the thread is still open and the parent still published; keeps the thread so.

    One statement. On PostgreSQL the thread is locked until the transaction ends; a parent taken
    away meanwhile leaves the reply below a tombstone, as if it had come an instant earlier.
    """
    if parent_id is None:
        return bool(_LOCK_OPEN.rows(conn, {"thread_id": thread_id}))
    return bool(_LOCK_PUBLISHED.rows(conn, {"thread_id": thread_id, "parent_id": parent_id}))
