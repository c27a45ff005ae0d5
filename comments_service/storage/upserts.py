"""INSERT with ON CONFLICT, which SQLAlchemy has in each dialect's own module.

Only that of the database in use is loaded: PostgreSQL's takes a twentieth of a start on SQLite.
"""

from importlib import import_module
from typing import Any

from sqlalchemy import Table


def insert_on(dialect: str, into: Table) -> Any:
    """The dialect's own `insert`, by the dialect's name (sqlite, postgresql)."""
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(into)
