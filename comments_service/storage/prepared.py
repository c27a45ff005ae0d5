"""Statements that are made into text once: for the few that most reads wait for.

What SQLAlchemy does for each execution, and for each row, costs more than these statements do.
Values and rows pass as the driver has them: numbers, texts, times as they are stored, and what is
true or false as SQLite has it, 1 or 0.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.exc import DBAPIError

_Text: TypeAlias = tuple[str, tuple[str, ...] | None, dict[str, Any]]
"""The statement, its values' names in order where the driver counts them, and its constants."""


class Prepared:
    """A SELECT as text for each database.

    `lists` names the parameters that are lists of values (`bindparam(..., expanding=True)`). They
    are filled up to the next power of two by their last value, which changes no `IN`, so that few
    texts serve all lengths; no list may be empty.
    """

    def __init__(self, statement: Select[Any], *lists: str) -> None:
        self._statement = statement
        self._lists = lists
        self._texts: dict[tuple[str, int], _Text] = {}

    def rows(self, conn: Connection, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Every row, as the driver makes it.

        Raises:
            DBAPIError: as SQLAlchemy raises it for the same statement.
        """
        dialect = conn.dialect
        width = 1
        if self._lists:
            longest = max(len(values[name]) for name in self._lists)
            width = 1 << (longest - 1).bit_length()
        text, order, constants = self._texts.get((dialect.name, width)) or self._made(
            dialect, width
        )
        named = {**constants, **values}
        for name in self._lists:
            named |= _spread(name, values[name], width)
        sent = named if order is None else tuple(map(named.get, order))
        if not conn.in_transaction():
            conn.begin()
        raw: Any = conn.connection.driver_connection
        cursor = raw.cursor()
        try:
            # Who watches statements sees these, too.
            for watch in conn.dispatch.before_cursor_execute:
                watch(conn, cursor, text, sent, None, False)
            cursor.execute(text, sent)
            found: Sequence[tuple[Any, ...]] = cursor.fetchall()
        except dialect.loaded_dbapi.Error as problem:
            if dialect.is_disconnect(problem, raw, cursor):
                conn.invalidate(problem)
            raise _as_sqlalchemy(problem, conn, text) from problem
        finally:
            cursor.close()
        return found

    def _made(self, dialect: Dialect, width: int) -> _Text:
        compiled = self._statement.compile(dialect=dialect)
        binds = {name: bind.value for bind, name in compiled.bind_names.items()}
        if self._lists:
            filled = self._statement.params(binds | {name: [0] * width for name in self._lists})
            compiled = filled.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
            binds = {name: value for name, value in binds.items() if name not in self._lists}
        order = tuple(compiled.positiontup) if compiled.positiontup is not None else None
        made = (compiled.string, order, binds)
        self._texts[dialect.name, width] = made
        return made


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
