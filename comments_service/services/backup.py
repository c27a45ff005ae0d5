"""A whole instance into one file, and back: while it serves, on both databases, and across them.

A backup is what one transaction saw, so it costs writers nothing and is of one moment. A restore
is one transaction, too: until it commits everybody reads what was there before, and killed at any
point it has done nothing.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, Table

from comments_service import __version__
from comments_service.services.archive import (
    FORMAT,
    Manifest,
    Unusable,
    check_file,
    sections,
    written,
)
from comments_service.services.seal import HEADS_FILE, note_heads
from comments_service.storage import read, write
from comments_service.storage.begin import let_statements_take_long
from comments_service.storage.copying import (
    add_saved_rows,
    batches,
    clear_tables,
    copied_tables,
    number_of_rows,
)
from comments_service.storage.schema import found_revision, go_to, known_revisions

OF_THE_MOMENT: Final = frozenset({"rate_limit", "session"})
"""Tables that no backup holds: an old one would bring back who was signed out since."""


class Done(Struct, frozen=True):
    """What a backup holds."""

    schema: str
    rows: Mapping[str, int]


def _kept() -> list[Table]:
    return [table for table in copied_tables() if table.name not in OF_THE_MOMENT]


def back_up(path: Path, now: datetime) -> Done:
    """Write everything that is stored into a new file.

    Raises:
        Unusable: the file is there already, or cannot be written; nothing is left of it.
    """
    with read() as conn:
        let_statements_take_long(conn)
        tables = _kept()
        rows = {str(table.name): number_of_rows(conn, table) for table in tables}
        schema = found_revision()
        manifest = Manifest(FORMAT, __version__, schema, now.isoformat(), rows)
        with written(path, manifest) as file:
            for table in tables:
                columns = [str(column.name) for column in table.columns]
                rows_of = chain.from_iterable(batches(conn, table))
                file.add_table(table.name, columns, map(tuple, rows_of))
    return Done(schema, rows)


def restore(path: Path, home: Path, migrations: Path, now: datetime, *, replace: bool) -> Done:
    """Put what a file holds in the place of what is stored.

    `home` is the instance folder: its heads file is set to the ends of the restored chains, and the
    old one kept beside it. A file of an older release goes into an empty database only, which is
    then brought up to date.

    Raises:
        Unusable: the file is not whole, is of a later release, or something is stored here and
            `replace` does not say that it may go. Nothing was changed.
    """
    manifest = check_file(path)
    if manifest.schema not in known_revisions(migrations):
        raise Unusable(f"{path} is of a later release ({manifest.service}); update this one first.")
    head = known_revisions(migrations)[0]
    stored = _stored()
    if stored and not replace:
        raise Unusable(
            f"Something is stored here already ({stored}). With --replace it is deleted, and what "
            "the file holds takes its place."
        )
    if manifest.schema != head and stored:
        raise Unusable(
            f"{path} is of an older release ({manifest.service}): it needs an empty database."
        )
    go_to(migrations, manifest.schema)
    write(lambda conn: _put(conn, path, manifest, all_here=manifest.schema == head))
    go_to(migrations, head)
    with suppress(FileNotFoundError):
        (home / HEADS_FILE).rename(home / f"{HEADS_FILE}.before-restore")
    note_heads(home, now)
    return Done(manifest.schema, manifest.rows)


def _stored() -> str:
    """What is here that a restore would delete, in words; empty where there is nothing."""
    if found_revision() == "none":
        return ""
    with read() as conn:
        names = ("site", "comment", "moderator")
        counts = {t.name: number_of_rows(conn, t) for t in copied_tables() if t.name in names}
    return ", ".join(f"{number} rows of {name}" for name, number in counts.items() if number)


def _put(conn: Connection, path: Path, manifest: Manifest, *, all_here: bool) -> None:
    let_statements_take_long(conn)
    if all_here:
        clear_tables(conn)
    known = {table.name: table for table in copied_tables()}
    with sections(path) as tables:
        for section, rows in tables:
            number = add_saved_rows(conn, known[section.table], section.columns, rows)
            if number != manifest.rows[section.table]:
                raise Unusable(
                    f"{path}: {section.table} has {number} rows, and should have others."
                )
