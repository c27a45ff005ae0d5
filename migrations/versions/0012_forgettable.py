"""What sites may forget

Before this lands:
- It imports no model and no service: the code will move on, this file will not.
- It changes the schema or the data, never both.
- It has been run up from the release before it with rows in every table, on SQLite and PostgreSQL
  (`tests/test_migrations.py` does that for each revision).
- On PostgreSQL it takes no lock for longer than an instant on a large table: new columns are
  nullable or have a constant default, indexes are made concurrently.
- The old code still works after it, so that machines can be upgraded one by one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NAME = "comment_forgettable"
CONDITION = "queue IN ('rejected', 'spam', 'deleted') AND body <> ''"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _make_index()
        return
    with op.get_context().autocommit_block():
        # On a large table this takes minutes, and keeps nobody waiting.
        op.execute("SET statement_timeout = 0")
        _make_index()
        op.execute("RESET statement_timeout")


def _make_index() -> None:
    op.drop_index(NAME, "comment", if_exists=True)
    op.create_index(
        NAME,
        "comment",
        ["site_id", "id"],
        sqlite_where=sa.text(CONDITION),
        postgresql_where=sa.text(CONDITION),
        postgresql_concurrently=True,
    )


def downgrade() -> None:
    op.drop_index(NAME, "comment")
