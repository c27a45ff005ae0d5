"""Statements that are made into text once: for the few that most reads and every post wait for.

What SQLAlchemy does for each execution, and for each row, costs more than these statements do.
Rows pass as the driver has them: numbers, texts, times as they are stored, and what is true or
false as SQLite has it, 1 or 0. Values do, too, but that a time may come as what it is.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Connection,
    Delete,
    Dialect,
    Insert,
    Select,
    TextClause,
    Update,
)
from sqlalchemy.exc import DBAPIError

from comments_service.storage.types import Moment, to_ms

Statement: TypeAlias = Select[Any] | CompoundSelect[Any] | TextClause | Insert | Update | Delete


class _Text(NamedTuple):
    """A statement as one database's driver takes it."""

    text: str
    order: tuple[str, ...] | None
    """The values' names in order, where the driver counts them."""
    constants: dict[str, Any]
    moments: tuple[str, ...]
    """Names of values that are times."""

    def sent(self, values: Mapping[str, Any]) -> Any:
        """The values as the driver takes them; a column that was not named gets NULL."""
        named = {**self.constants, **values}
        for name in self.moments:
            if isinstance(named[name], datetime):
                named[name] = to_ms(named[name])
        return named if self.order is None else tuple(map(named.get, self.order))


class Prepared:
    """A statement as text for each database. An INSERT names every column of its table.

    `lists` names the parameters that are lists of values (`bindparam(..., expanding=True)`). They
    are filled up to the next power of two by their last value, which changes no `IN`, so that few
    texts serve all lengths; no list may be empty.
    """

    def __init__(self, statement: Statement, *lists: str) -> None:
        self._statement = statement
        self._lists = lists
        self._texts: dict[tuple[str, int], _Text] = {}

    def rows(self, conn: Connection, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Run it; every row, as the driver makes it, or none of a statement that gives none.

        Raises:
            DBAPIError: as SQLAlchemy raises it for the same statement.
        """
        width = 1
        if self._lists:
            longest = max(len(values[name]) for name in self._lists)
            width = 1 << (longest - 1).bit_length()
            values = {**values}
            for name in self._lists:
                values |= _spread(name, values[name], width)
        made = self._text(conn.dialect, width)
        return _run(conn, made.text, made.sent(values), many=False)

    def each(self, conn: Connection, values: Sequence[Mapping[str, Any]]) -> None:
        """Run it once with each of these values; it has no lists and gives no rows.

        Raises:
            DBAPIError: as `rows`.
        """
        made = self._text(conn.dialect, 1)
        _run(conn, made.text, list(map(made.sent, values)), many=True)

    def _text(self, dialect: Dialect, width: int) -> _Text:
        return self._texts.get((dialect.name, width)) or self._made(dialect, width)

    def _made(self, dialect: Dialect, width: int) -> _Text:
        compiled = self._statement.compile(dialect=dialect)
        binds = {name: bind.value for bind, name in compiled.bind_names.items()}
        moments = [name for bind, name in compiled.bind_names.items() if _is_moment(bind)]
        if self._lists:
            filled = self._statement.params(binds | {name: [0] * width for name in self._lists})
            compiled = filled.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
            binds = {name: value for name, value in binds.items() if name not in self._lists}
        order = tuple(compiled.positiontup) if compiled.positiontup is not None else None
        made = _Text(compiled.string, order, binds, tuple(moments))
        self._texts[dialect.name, width] = made
        return made


def _run(conn: Connection, text: str, sent: Any, *, many: bool) -> Sequence[tuple[Any, ...]]:
    if not conn.in_transaction():
        conn.begin()
    raw: Any = conn.connection.driver_connection
    cursor = raw.cursor()
    try:
        # Who watches statements sees these, too.
        for watch in conn.dispatch.before_cursor_execute:
            watch(conn, cursor, text, sent, None, many)
        if many:
            cursor.executemany(text, sent)
            return ()
        cursor.execute(text, sent)
        return () if cursor.description is None else cursor.fetchall()
    except conn.dialect.loaded_dbapi.Error as problem:
        if conn.dialect.is_disconnect(problem, raw, cursor):
            conn.invalidate(problem)
        raise _as_sqlalchemy(problem, conn, text) from problem
    finally:
        cursor.close()


def _is_moment(bind: BindParameter[Any]) -> bool:
    return isinstance(bind.type, Moment)


def _spread(name: str, values: Sequence[Any], width: int) -> dict[str, Any]:
    """A list's values under the names that SQLAlchemy gives to each."""
    last = values[-1]
    filled = [*values, *[last] * (width - len(values))]
    return {f"{name}_{n}": value for n, value in enumerate(filled, 1)}


def _as_sqlalchemy(problem: Exception, conn: Connection, text: str) -> BaseException:
    """The driver's error as everybody else knows it; without values, which are readers' words."""
    dialect = conn.dialect
    return DBAPIError.instance(
        text, None, problem, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
    )
