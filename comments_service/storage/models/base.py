"""What every table is made with: the one metadata, and indexes of some rows only."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Index, Text, text
from sqlalchemy.orm import DeclarativeBase

from comments_service.storage.types import Moment

PASSING: Final = "passing"
"""Marks, in a table's `info`, what tells of running processes: no copy of an instance has it."""

_CONDITION: Final = "condition"


class Base(DeclarativeBase):
    """The one metadata that migrations are compared with."""

    type_annotation_map = {datetime: Moment, str: Text, int: BigInteger}  # noqa: RUF012  Plain to SQLAlchemy.


def where(condition: str) -> dict[str, Any]:
    """What makes an index hold the rows of a condition only; see `say_to_postgresql`."""
    return {"sqlite_where": text(condition), "info": {_CONDITION: text(condition)}}


def say_to_postgresql() -> None:
    """Give PostgreSQL the conditions of indexes, too.

    Late, for who compares or makes tables: to hear of them it must be loaded, which takes a
    twentieth of the start of a service that uses SQLite.
    """
    for table in Base.metadata.tables.values():
        for index in table.indexes:
            if _CONDITION in index.info:
                index.dialect_options["postgresql"]["where"] = index.info[_CONDITION]


def kept_for_a_while(name: str, column: str) -> Index:
    """Finds the oldest rows that still have what the jobs will clear, and holds no others."""
    return Index(name, "id", **where(f"{column} IS NOT NULL"))
