"""Second factors

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

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "site", sa.Column("second_factor", sa.Text(), server_default="optional", nullable=False)
    )
    op.add_column("moderator", sa.Column("totp_secret", sa.Text(), nullable=True))
    op.add_column("moderator", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.add_column("session", sa.Column("confirmed_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "session",
        sa.Column("factor_due", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("session", sa.Column("agent", sa.Text(), nullable=True))
    op.create_table(
        "passkey",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("moderator_id", sa.BigInteger(), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["moderator_id"], ["moderator.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("credential_id"),
    )
    op.create_index("ix_passkey_moderator_id", "passkey", ["moderator_id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("moderator_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["moderator_id"], ["moderator.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("moderator_id", "code_hash"),
    )


def downgrade() -> None:
    op.drop_table("recovery_code")
    op.drop_table("passkey")
    op.drop_column("session", "agent")
    op.drop_column("session", "factor_due")
    op.drop_column("session", "confirmed_at")
    op.drop_column("moderator", "totp_step")
    op.drop_column("moderator", "totp_secret")
    op.drop_column("site", "second_factor")
