"""Floods

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

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flood",
        sa.Column("thread_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("thread_id"),
    )
    op.create_index("ix_flood_site_id", "flood", ["site_id"], unique=False)
    op.create_index("ix_flood_until_at", "flood", ["until_at"], unique=False)


def downgrade() -> None:
    op.drop_table("flood")
