"""Statements that are made into text once: for the few that most reads wait for.

What SQLAlchemy does for each execution, and for each row, costs more than these statements do.
Values and rows pass as the driver has them: for plain columns alone, numbers, texts, stored times.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.exc import DBAPIError


class Prepared:
    """A SELECT without lists of values, as text for each database."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._texts: dict[str, tuple[str, tuple[str, ...] | None, dict[str, Any]]] = {}

    def rows(self, conn: Connection, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Every row, as the driver makes it.

        Raises:
            DBAPIError: as SQLAlchemy raises it for the same statement.
        """
        dialect = conn.dialect
        text, order, constants = self._texts.get(dialect.name) or self._made(dialect)
        named = {**constants, **values}
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

    def _made(self, dialect: Dialect) -> tuple[str, tuple[str, ...] | None, dict[str, Any]]:
        compiled = self._statement.compile(dialect=dialect)
        binds = {name: bind.value for bind, name in compiled.bind_names.items()}
        order = tuple(compiled.positiontup) if compiled.positiontup is not None else None
        made = (compiled.string, order, binds)
        self._texts[dialect.name] = made
        return made


def _as_sqlalchemy(problem: Exception, conn: Connection, text: str) -> BaseException:
    """The driver's error as everybody else knows it; without values, which are readers' words."""
    dialect = conn.dialect
    return DBAPIError.instance(
        text, None, problem, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
    )
