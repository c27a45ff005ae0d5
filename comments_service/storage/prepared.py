"""Statements that are made into text once: for the few that most reads wait for.

What SQLAlchemy does for each execution, and for each row, costs more than these statements do.
Values and rows pass as the driver has them: for plain columns alone, numbers, texts, stored times.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Select


class Prepared:
    """A SELECT without lists of values, as text for each database."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._texts: dict[str, tuple[str, tuple[str, ...] | None, dict[str, Any]]] = {}

    def rows(self, conn: Connection, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Every row, as the driver makes it."""
        text, order, constants = self._texts.get(conn.dialect.name) or self._made(conn.dialect)
        named = {**constants, **values}
        # By way of SQLAlchemy still: errors are its own, and who watches statements sees these.
        result = conn.exec_driver_sql(
            text, named if order is None else tuple(map(named.get, order))
        )
        try:
            found: Sequence[tuple[Any, ...]] = result.cursor.fetchall()
            return found
        finally:
            result.close()

    def _made(self, dialect: Dialect) -> tuple[str, tuple[str, ...] | None, dict[str, Any]]:
        compiled = self._statement.compile(dialect=dialect)
        binds = {name: bind.value for bind, name in compiled.bind_names.items()}
        order = tuple(compiled.positiontup) if compiled.positiontup is not None else None
        made = (compiled.string, order, binds)
        self._texts[dialect.name] = made
        return made
