"""Chain of seals

Before this lands:
- It imports no model and no service: the code will move on, this file will not.
- It changes the schema or the data, never both.
- It has been run up from the release before it with rows in every table, on SQLite and PostgreSQL
  (`tests/test_migrations.py` does that for each revision).
- On PostgreSQL it takes no lock for longer than an instant on a large table: new columns are
  nullable or have a constant default, indexes are made concurrently.
- The old code still works after it, so that machines can be upgraded one by one.

Entries that are there already get their hashes from the job runner (`adopt_entries`). The indexes
come in 0005: made concurrently they are outside this transaction.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = ("salt", "said_hash", "text_hash", "number", "seal")


def upgrade() -> None:
    op.create_table(
        "chain",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id"),
    )
    for name in COLUMNS:
        kind = sa.BigInteger() if name == "number" else sa.Text()
        op.add_column("log", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("log", name)
    op.drop_table("chain")
