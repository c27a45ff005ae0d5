"""A hundred thousand comments, written past the service straight into the tables, in seconds."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import text

from comments_service.domain.ids import id_at
from comments_service.services.keys import hash_secret
from comments_service.storage.db import db
from tests.cast import GAZETTE, PAGE, Cast

COMMENTS: Final = 100_000
THREADS: Final = 2_000
COMMENTERS: Final = 5_000
"""Number 4,001 is bob; the latest of his is three days old."""
HOT: Final = 5
"""Every so many-th comment stands on the hottest page, `PAGE`."""

# Numbers become ids in the order of time; `step` keeps the newest within the last day.
_SERIES: Final = "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {count})"
_ID: Final = "(:base + {n} * :step)"

_PADDED: Final = "substr('0000000000000' || n, length('0000000000000' || n) - 12)"

_THREADS: Final = f"""
INSERT INTO thread (id, site_id, url, title, title_verified, mode, closed_at, created_at)
{_SERIES.format(count=THREADS)}
SELECT {_ID.format(n="n")}, :site, :origin || '/' || n, NULL, false, NULL, NULL, :now FROM g
"""
_KEYS: Final = """
INSERT INTO thread_key (site_id, key, thread_id)
SELECT site_id, 'u:' || substr(url, 7), id FROM thread
"""
_COMMENTERS: Final = f"""
INSERT INTO commenter (id, site_id, key_hash, created_at)
{_SERIES.format(count=COMMENTERS)}
SELECT {_ID.format(n="n")}, :site, CASE WHEN n = 4001 THEN :bob ELSE 'hash ' || n END, :now FROM g
"""
# Every tenth comment is a reply to the root before it. Of a hundred, five wait, three are spam and
# two rejected.
_COMMENTS: Final = f"""
INSERT INTO comment (
    id, site_id, thread_id, parent_id, root_id, root_rank, path, depth, commenter_id, author_name,
    author_key, body, body_html, fingerprint, status, queue, arrived_as, judged_by_person, risk,
    version, examined_by, examined_version, created_at, shown, reply_count, shown_replies,
    address_hash, idempotency_key, request_hash
)
{_SERIES.format(count=COMMENTS)},
placed(n, root, status) AS (
    SELECT n, CASE WHEN n % 10 = 0 THEN n - {HOT} ELSE n END,
        CASE WHEN n % 100 IN (11, 12, 13, 14, 16) THEN 'pending'
             WHEN n % 100 IN (21, 22, 23) THEN 'spam'
             WHEN n % 100 IN (31, 32) THEN 'rejected' ELSE 'approved' END
    FROM g
)
SELECT {_ID.format(n="n")}, :site,
    {_ID.format(n=f"(CASE WHEN n % {HOT} = 0 THEN 1 ELSE 2 + n % ({THREADS} - 1) END)")},
    CASE WHEN root < n THEN {_ID.format(n="root")} END,
    {_ID.format(n="root")}, -{_ID.format(n="root")},
    CASE WHEN root < n THEN {_PADDED} ELSE '' END,
    CASE WHEN root < n THEN 1 ELSE 0 END,
    {_ID.format(n=f"(1 + n % {COMMENTERS})")}, 'Reader ' || (n % 700), 'reader ' || (n % 700),
    'A remark about the park, number ' || n || CASE WHEN n % 1000 = 0 THEN ' zebra' ELSE '' END,
    '<p>A remark</p>', 'print ' || (n % 50000), status, status, status, true, n % 4000,
    1, '{{}}', 1, :now, status = 'approved', 0, 0,
    CASE WHEN n < 5 OR n > 90000 THEN 'address ' || (n % 9000) END,
    CASE WHEN n < 5 OR n > 99300 THEN 'key ' || n END, 'hash'
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
_UNSEALED: Final = f"UPDATE log SET said_hash = NULL, number = NULL WHERE number > {COMMENTS - 50}"
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
_JUDGEMENTS: Final = f"""
INSERT INTO tally
{_SERIES.format(count=9_000)}
SELECT 'verdict', :site, (20260800 + n / 30) || ' links.reason' || (n % 10) || ' on '
    || CASE n / 10 % 3 WHEN 0 THEN 'agreed' WHEN 1 THEN 'overruled' ELSE 'waiting' END, 1 + n % 7
FROM g
"""


def gather(cast: Cast) -> None:
    """Fill the gazette with ten months of comments; of four the jobs have forgotten to forget."""
    now = cast.clock.now
    base = id_at(now - timedelta(days=300))
    values: dict[str, Any] = {
        "site": cast.one("SELECT id FROM site WHERE slug = 'gazette'"),
        "base": base,
        "step": (id_at(now) - base) // (COMMENTS + 100),
        "now": int(now.timestamp() * 1000),
        "origin": GAZETTE,
        "bob": hash_secret(cast.bob.key),
    }
    with cast.app.app_context(), db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # On a busy machine a crowd takes longer to gather than any request may.
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in (
            _THREADS,
            _KEYS,
            _COMMENTERS,
            _COMMENTS,
            _VERDICTS,
            _LOG,
            _UNSEALED,
            _CHAIN,
            _TALLIES,
            _JUDGEMENTS,
        ):
            said = text(statement)
            connection.execute(said, {k: v for k, v in values.items() if k in said._bindparams})
        connection.execute(
            text("UPDATE thread SET url = :page WHERE url = :first"),
            {"page": PAGE, "first": f"{GAZETTE}/1"},
        )
        connection.execute(
            text("UPDATE thread_key SET key = :page WHERE key = :first"),
            {"page": "u:" + PAGE.removeprefix("https:"), "first": "u://gazette.example/1"},
        )
    with cast.app.app_context(), db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
