"""The database: tables, connections, and every statement. Nothing above this folder writes SQL."""

from comments_service.storage.db import db, read, read_public, write

__all__ = ["db", "read", "read_public", "write"]
