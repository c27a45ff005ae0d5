"""Keys for hashes of addresses

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

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address_key",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.add_column("comment", sa.Column("network_hash", sa.Text(), nullable=True))
    op.add_column("comment", sa.Column("address_key", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("comment", "address_key")
    op.drop_column("comment", "network_hash")
    op.drop_table("address_key")
