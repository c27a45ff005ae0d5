"""Indexes of the chain

Before this lands:
- It imports no model and no service: the code will move on, this file will not.
- It changes the schema or the data, never both.
- It has been run up from the release before it with rows in every table, on SQLite and PostgreSQL
  (`tests/test_migrations.py` does that for each revision).
- On PostgreSQL it takes no lock for longer than an instant on a large table: new columns are
  nullable or have a constant default, indexes are made concurrently.
- The old code still works after it, so that machines can be upgraded one by one.

Concurrent building is outside any transaction. A build that was killed leaves an index that is
invalid, so each begins by dropping what may be there: to repeat is to resume.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEXES = {
    "log_number": (["site_id", "number"], True, "number IS NOT NULL"),
    "log_unsealed": (["id"], False, "number IS NULL"),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _make_indexes()
        return
    with op.get_context().autocommit_block():
        # On a large table this takes minutes, and keeps nobody waiting.
        op.execute("SET statement_timeout = 0")
        _make_indexes()
        op.execute("RESET statement_timeout")


def _make_indexes() -> None:
    for name, (columns, unique, condition) in INDEXES.items():
        op.drop_index(name, "log", if_exists=True)
        op.create_index(
            name,
            "log",
            columns,
            unique=unique,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "log")
