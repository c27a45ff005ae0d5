"""Watching what is asked of the database: how many statements, and which."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from comments_service.storage.db import db


@contextmanager
def watched(app: Flask) -> Iterator[list[tuple[str, Any]]]:
    """Every statement of the block, with its parameters as the driver gets them."""
    seen: list[tuple[str, Any]] = []

    def remember(
        _conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> None:
        seen.append((statement, parameters))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", remember)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", remember)
