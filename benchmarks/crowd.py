"""A crowd of comments, written past the service straight into the tables, in seconds.

For tests and benchmarks that need many rows and do not ask how they came. It knows the tables by
their names alone, on SQLite and on PostgreSQL.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from comments_service.domain.ids import id_at

HOT: Final = 5
"""Every so many-th comment stands on the hottest page, number 1."""
INDEXED: Final = ("comment", "comment_search", "log", "verdict")
"""The tables whose indexes are quicker to make anew than to keep."""


@dataclass(frozen=True)
class Size:
    """How many of each."""

    comments: int = 100_000
    threads: int = 2_000
    commenters: int = 5_000
    reader: int = 4_001
    """The number of the commenter whose key is known; the latest of theirs is three days old."""


@dataclass(frozen=True)
class Place:
    """Whose crowd it is: the site, the origin of its pages, when, and a commenter's key, hashed."""

    site: int
    origin: str
    now: datetime
    reader_hash: str
    html: str = "A remark"


def _series(count: int) -> str:
    return f"WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {count})"


def _id(number: str) -> str:
    """Numbers become ids in the order of time; `step` keeps the newest within the last day."""
    return f"(:base + {number} * :step)"


_PADDED: Final = "substr('0000000000000' || n, length('0000000000000' || n) - 12)"


def _threads(size: Size) -> str:
    return f"""
INSERT INTO thread (id, site_id, url, title, title_verified, mode, closed_at, created_at)
{_series(size.threads)}
SELECT {_id("n")}, :site, :origin || '/' || n, NULL, false, NULL, NULL, :now FROM g
"""


_KEYS: Final = """
INSERT INTO thread_key (site_id, key, thread_id)
SELECT site_id, 'u:' || substr(url, 7), id FROM thread
"""


def _commenters(size: Size) -> str:
    return f"""
INSERT INTO commenter (id, site_id, key_hash, created_at)
{_series(size.commenters)}
SELECT {_id("n")}, :site, CASE WHEN n = {size.reader} THEN :bob ELSE 'hash ' || n END, :now FROM g
"""


# Every tenth comment is a reply to the root before it. Of a hundred, five wait, three are spam and
# two rejected.
def _comments(size: Size) -> str:
    return f"""
INSERT INTO comment (
    id, site_id, thread_id, parent_id, root_id, root_rank, path, depth, commenter_id, author_name,
    author_key, body, body_html, fingerprint, status, queue, arrived_as, judged_by_person, risk,
    version, examined_by, examined_version, created_at, shown, reply_count, shown_replies,
    address_hash, idempotency_key, request_hash
)
{_series(size.comments)},
placed(n, root, status) AS (
    SELECT n, CASE WHEN n % 10 = 0 THEN n - {HOT} ELSE n END,
        CASE WHEN n % 100 IN (11, 12, 13, 14, 16) THEN 'pending'
             WHEN n % 100 IN (21, 22, 23) THEN 'spam'
             WHEN n % 100 IN (31, 32) THEN 'rejected' ELSE 'approved' END
    FROM g
)
SELECT {_id("n")}, :site,
    {_id(f"(CASE WHEN n % {HOT} = 0 THEN 1 ELSE 2 + n % ({size.threads} - 1) END)")},
    CASE WHEN root < n THEN {_id("root")} END,
    {_id("root")}, -{_id("root")},
    CASE WHEN root < n THEN {_PADDED} ELSE '' END,
    CASE WHEN root < n THEN 1 ELSE 0 END,
    {_id(f"(1 + n % {size.commenters})")}, 'Reader ' || (n % 700), 'reader ' || (n % 700),
    'A remark about the park, number ' || n || CASE WHEN n % 1000 = 0 THEN ' zebra' ELSE '' END,
    '<p>' || :html || '</p>', 'print ' || (n % 50000), status, status, status, true, n % 4000,
    1, '{{}}', 1, :now, status = 'approved', 0, 0,
    CASE WHEN n < 5 OR n > {size.comments * 9 // 10} THEN 'address ' || (n % 9000) END,
    CASE WHEN n < 5 OR n > {size.comments * 993 // 1000} THEN 'key ' || n END, 'hash'
FROM placed
"""


_VERDICTS: Final = """
INSERT INTO verdict (
    comment_id, comment_version, position, site_id, check_name, check_version, mode, signal, score,
    reason, message, category, field, spans
)
SELECT id, 1, 0, site_id, 'links', 1, 'on', 'suspect', 0.5, 'links.too_many', 'Links.', 'spam',
    'body', '[]'
FROM comment WHERE status <> 'approved'
"""


_LOG: Final = """
INSERT INTO log (
    id, site_id, thread_id, comment_id, at, actor_kind, actor_name, action, new_status, version,
    said_hash, number, seal
)
SELECT id, site_id, thread_id, id, created_at, 'policy', 'policy', 'approve', status, 1,
    'hash', ROW_NUMBER() OVER (ORDER BY id), 'seal'
FROM comment
"""


def _unsealed(size: Size) -> str:
    return f"UPDATE log SET said_hash = NULL, number = NULL WHERE number > {size.comments - 50}"


_CHAIN: Final = """
INSERT INTO chain SELECT site_id, MAX(number), 'seal', 1 FROM log GROUP BY site_id
HAVING MAX(number) IS NOT NULL
"""


_TALLIES: Final = """
INSERT INTO tally
SELECT 'thread', thread_id, 'published', COUNT(*) FROM comment WHERE status = 'approved'
GROUP BY thread_id
UNION ALL SELECT 'site', site_id, status, COUNT(*) FROM comment GROUP BY site_id, status
UNION ALL
SELECT 'commenter', commenter_id, status, COUNT(*) FROM comment GROUP BY commenter_id, status
"""


# Three hundred days, of ten reasons with three outcomes each.
def _judgements() -> str:
    return f"""
INSERT INTO tally
{_series(9_000)}
SELECT 'verdict', :site, (20260800 + n / 30) || ' links.reason' || (n % 10) || ' on '
    || CASE n / 10 % 3 WHEN 0 THEN 'agreed' WHEN 1 THEN 'overruled' ELSE 'waiting' END, 1 + n % 7
FROM g
"""


# The remarks hold no character that the trigger would take out before.
_SEARCH: Final = """
INSERT INTO comment_search (comment_id, words)
SELECT id, to_tsvector('simple', body) FROM comment ON CONFLICT DO NOTHING
"""


def fill(connection: Connection, place: Place, size: Size) -> None:
    """Ten months of comments; of four the jobs have forgotten to forget. Commits nothing."""
    base = id_at(place.now - timedelta(days=300))
    values: dict[str, Any] = {
        "site": place.site,
        "base": base,
        "step": (id_at(place.now) - base) // (size.comments + 100),
        "now": int(place.now.timestamp() * 1000),
        "origin": place.origin,
        "bob": place.reader_hash,
        "html": place.html,
    }
    search: tuple[str, ...] = ()
    if connection.dialect.name == "postgresql":
        # On a busy machine a crowd takes longer to gather than any request may. Triggers, those of
        # foreign keys among them, would look at each row: what they do is done for all at once.
        for setting in (
            "statement_timeout = 0",
            "maintenance_work_mem = '256MB'",
            "session_replication_role = 'replica'",
        ):
            connection.execute(text(f"SET LOCAL {setting}"))
        search = (_SEARCH,)
    with _without_indexes(connection):
        for statement in (
            _threads(size),
            _KEYS,
            _commenters(size),
            _comments(size),
            _VERDICTS,
            _LOG,
            _unsealed(size),
            _CHAIN,
            _TALLIES,
            _judgements(),
            *search,
            "DELETE FROM change",
        ):
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), named)


@contextmanager
def _without_indexes(connection: Connection) -> Iterator[None]:
    """Take the plain indexes off, and put them back when the rows are there."""
    dropped = _indexes(connection)
    for name, _ in dropped:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    for _, definition in dropped:
        connection.exec_driver_sql(definition)


def _indexes(connection: Connection) -> list[tuple[str, str]]:
    """Names and definitions of those that no constraint rests on."""
    on_sqlite = connection.dialect.name == "sqlite"
    rows = connection.exec_driver_sql(
        "SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        if on_sqlite
        else "SELECT indexname, indexdef, tablename FROM pg_indexes WHERE schemaname = 'public' "
        "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    )
    return [(name, definition) for name, definition, table in rows if table in INDEXED]
