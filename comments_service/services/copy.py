"""A whole instance moves to another database: copied, resumable, and compared row by row.

The caller brings both databases, each by its application's context; nothing here opens one. While a
copy is unfinished the new database says so itself, and no process serves from it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias

from msgspec import Struct
from sqlalchemy import Connection, Row, Table, text

from comments_service.domain.errors import CommentsError
from comments_service.storage import read, write
from comments_service.storage.begin import let_statements_take_long
from comments_service.storage.copying import (
    Reference,
    add_rows,
    batches,
    copied_tables,
    digest,
    forward_references,
    is_empty,
    last_key,
    mend,
    number_of_rows,
)
from comments_service.storage.queries.fingerprints import forget_fingerprints
from comments_service.storage.queries.upkeep import (
    UNFINISHED_COPY,
    find_lease,
    release_lease,
    take_lease,
)
from comments_service.storage.schema import found_revision, known_revisions

Context: TypeAlias = Callable[[], AbstractContextManager[object]]
"""Makes `read` and `write` speak of one of the two databases, inside a `with`."""
_FOREVER: Final = timedelta(days=36_500)


class CannotCopy(CommentsError):
    """The copy was not begun, or cannot go on; the sentence says why and what to do."""


class Progress(Struct, frozen=True):
    """So many rows of a table are in the new database."""

    table: str
    done: int
    total: int


def may_be_brought_up_to_date(target: Context, migrations: Path) -> bool:
    """Whether the new database has an older schema and nothing in it.

    So it is left by who was interrupted while its tables were made.
    """
    with target():
        found = found_revision()
        with read() as conn:
            return found in known_revisions(migrations) and is_empty(conn)


def copy_database(
    source: Context, target: Context, source_name: str, now: datetime
) -> Iterator[Progress]:
    """Copy every row that is not there yet, in batches; both databases have this code's schema.

    `source_name` stands for the database that is copied: an unfinished copy goes on only from it.

    Raises:
        CannotCopy: the old database is in use, or the new one holds something else.
    """
    with source(), read() as old:
        running = find_lease(old, "jobs")
        if running is not None and running > now:
            raise CannotCopy(
                "The service is still running on the old database: its job runner holds a lease. "
                "Stop it first; of a runner that was killed the lease ends after 90 seconds."
            )
        let_statements_take_long(old)
        _begin(target, source_name, now)
        for table in copied_tables():
            total = number_of_rows(old, table)
            with target():
                with read() as new:
                    let_statements_take_long(new)
                    after, known = last_key(new, table), number_of_rows(new, table)
                done = known
                for rows in batches(old, table, after):
                    _add(table, rows)
                    done += len(rows)
                    yield Progress(table.name, done, total)
                _mend(table, forward_references(old, table))
            if done == known:
                yield Progress(table.name, done, total)


def _add(table: Table, rows: Sequence[Row[Any]]) -> None:
    write(lambda conn: add_rows(conn, table, rows))


def _mend(table: Table, left_out: Sequence[Reference]) -> None:
    write(lambda conn: mend(conn, table, left_out))


def _begin(target: Context, source_name: str, now: datetime) -> None:
    def begin(conn: Connection) -> None:
        if find_lease(conn, UNFINISHED_COPY) is None and not is_empty(conn):
            raise CannotCopy(
                "The new database holds rows already and is no unfinished copy. Name an empty one."
            )
        if find_lease(conn, UNFINISHED_COPY) is None:
            # Its own `init` knew keys; the copy is of the old one, with whatever it knows.
            forget_fingerprints(conn, but=())
        if not take_lease(conn, UNFINISHED_COPY, source_name, now, now + _FOREVER):
            raise CannotCopy(
                "The new database holds an unfinished copy of another database. Name an empty one."
            )

    with target():
        write(begin)


def compare_databases(source: Context, target: Context) -> Iterator[str]:
    """One sentence for each table that differs."""
    for table in copied_tables():
        both = []
        for side in (source, target):
            with side(), read() as conn:
                let_statements_take_long(conn)
                both.append(digest(conn, table))
        old, new = both
        if old.rows != new.rows:
            yield f"{table.name}: {old.rows:,} rows in the old database, {new.rows:,} in the new."
        elif old != new:
            yield f"{table.name}: the rows of the new database are not those of the old."


def finish_copy(target: Context, source_name: str) -> None:
    """The copy is whole: processes may serve from the new database."""

    def finish(conn: Connection) -> None:
        let_statements_take_long(conn)
        if conn.dialect.name == "postgresql":
            # Until it knows its tables, the planner would read them from end to end.
            conn.execute(text("ANALYZE"))
        release_lease(conn, UNFINISHED_COPY, source_name)

    with target():
        write(finish)
