"""Changes

Before this lands:
- It imports no model and no service: the code will move on, this file will not.
- It changes the schema or the data, never both.
- It has been run up from the release before it with rows in every table, on SQLite and PostgreSQL
  (`tests/test_migrations.py` does that for each revision).
- On PostgreSQL it takes no lock for longer than an instant on a large table: new columns are
  nullable or have a constant default, indexes are made concurrently.
- The old code still works after it, so that machines can be upgraded one by one: what it writes is
  noted by the triggers, too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# What is noted: table, events, a condition on the row, and the note's thread and page.
# A count of published comments moves, if only by 0, with every change that readers can see.
NOTED = (
    ("tally", ("INSERT", "UPDATE"), "new.scope = 'thread' AND new.what = 'published'",
     "new.owner_id", "NULL"),
    ("thread", ("UPDATE",), "true", "new.id", "NULL"),
    ("thread_key", ("INSERT", "UPDATE"), "true", "NULL", "new.site_id || ' ' || new.key"),
    ("thread_key", ("DELETE",), "true", "old.thread_id", "NULL"),
    ("site", ("INSERT", "UPDATE"), "true", "NULL", "NULL"),
    ("site", ("DELETE",), "true", "NULL", "NULL"),
    ("site_origin", ("INSERT", "UPDATE"), "true", "NULL", "NULL"),
    ("site_origin", ("DELETE",), "true", "NULL", "NULL"),
)  # fmt: skip
NOW_MS = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "postgresql": "(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
}


def _note_on_sqlite(table: str, event: str, condition: str, thread: str, page: str) -> None:
    values = f"{thread}, {page}, {NOW_MS['sqlite']}"
    op.execute(
        f"CREATE TRIGGER change_of_{table}_{event.lower()} AFTER {event} ON {table} "  # noqa: S608  Of `NOTED`.
        f"WHEN {condition} BEGIN INSERT INTO change (thread_id, page, at) VALUES ({values}); END"
    )


def _note_on_postgresql(table: str, event: str, condition: str, thread: str, page: str) -> None:
    name = f"change_of_{table}_{event.lower()}"
    values = f"{thread}, {page}, pg_current_xact_id()::text::bigint, {NOW_MS['postgresql']}"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "  # noqa: S608  Of `NOTED`.
        f"INSERT INTO change (thread_id, page, txid, at) VALUES ({values}); RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW WHEN ({condition}) "
        f"EXECUTE FUNCTION {name}()"
    )


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("thread_id", sa.BigInteger(), nullable=True),
        sa.Column("page", sa.Text(), nullable=True),
        sa.Column("txid", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("change_txid", "change", ["txid"], sqlite_where=sa.text("txid IS NOT NULL"))
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    note = _note_on_sqlite if on_sqlite else _note_on_postgresql
    for table, events, condition, thread, page in NOTED:
        for event in events:
            note(table, event, condition, thread, page)


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, events, *_ in NOTED:
        for event in events:
            name = f"change_of_{table}_{event.lower()}"
            if on_sqlite:
                op.execute(f"DROP TRIGGER {name}")
            else:
                op.execute(f"DROP TRIGGER {name} ON {table}")
                op.execute(f"DROP FUNCTION {name}")
    op.drop_table("change")
