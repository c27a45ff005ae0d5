"""What every table is made with: the one metadata, and indexes of some rows only."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Index, Text, text
from sqlalchemy.orm import DeclarativeBase

from comments_service.storage.types import Moment

PASSING: Final = "passing"
"""Marks, in a table's `info`, what tells of running processes: no copy of an instance has it."""


class Base(DeclarativeBase):
    """The one metadata that migrations are compared with."""

    type_annotation_map = {datetime: Moment, str: Text, int: BigInteger}  # noqa: RUF012  Plain to SQLAlchemy.


def where(condition: str) -> dict[str, Any]:
    """What makes an index hold the rows of a condition only."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def kept_for_a_while(name: str, column: str) -> Index:
    """Finds the oldest rows that still have what the jobs will clear, and holds no others."""
    return Index(name, "id", **where(f"{column} IS NOT NULL"))
