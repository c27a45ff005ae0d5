"""Ranges for search

Before this lands:
- It imports no model and no service: the code will move on, this file will not.
- It changes the schema or the data, never both.
- It has been run up from the release before it with rows in every table, on SQLite and PostgreSQL
  (`tests/test_migrations.py` does that for each revision).
- On PostgreSQL it takes no lock for longer than an instant on a large table: new columns are
  nullable or have a constant default, indexes are made concurrently.
- The old code still works after it, so that machines can be upgraded one by one.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

WORDS = ("comment_search_words", "(words)", "")

# Beside its words a comment is found by the two ranges of ids that it lies in, 2.3 hours and 6.2
# days of time wide. A range is called by its first id plus the bits of its width. What posts add is
# listed at the index's end first, and every search reads that list whole: so it stays short.
RANGES = (
    "comment_search_ranges",
    "(words, (ARRAY[(comment_id >> 44 << 44) + 44, (comment_id >> 50 << 50) + 50]))",
    "WITH (gin_pending_list_limit = 1024)",
)


def upgrade() -> None:
    _replace(WORDS, RANGES)


def downgrade() -> None:
    _replace(RANGES, WORDS)


def _replace(old: tuple[str, str, str], new: tuple[str, str, str]) -> None:
    """Make one index and drop the other, on PostgreSQL; SQLite finds words in order by itself."""
    if op.get_bind().dialect.name == "sqlite":
        return
    name, made_of, options = new
    with op.get_context().autocommit_block():
        # On a large table this takes minutes, and keeps nobody waiting.
        op.execute("SET statement_timeout = 0")
        if not _is_whole(name):
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(
                f"CREATE INDEX CONCURRENTLY {name} ON comment_search USING gin {made_of} {options}"
            )
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {old[0]}")
        op.execute("RESET statement_timeout")


def _is_whole(name: str) -> bool:
    """Whether it is there, and not what somebody left who was interrupted while making it."""
    found = op.get_bind().exec_driver_sql(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", (name,)
    )
    return bool(found.scalar())
