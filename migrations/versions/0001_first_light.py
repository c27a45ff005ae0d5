"""First light

Before this lands:
- It imports no model and no service: the code will move on, this file will not.
- It changes the schema or the data, never both.
- It has been run up from the release before it with rows in every table, on SQLite and PostgreSQL
  (`tests/test_migrations.py` does that for each revision).
- On PostgreSQL it takes no lock for longer than an instant on a large table: new columns are
  nullable or have a constant default, indexes are made concurrently.
- The old code still works after it, so that machines can be upgraded one by one.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


TABLES = (
    "lease",
    "moderator",
    "rate_limit",
    "site",
    "tally",
    "api_token",
    "commenter",
    "moderator_site",
    "session",
    "site_origin",
    "thread",
    "comment",
    "thread_key",
    "log",
    "verdict",
)
SORTED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# The full-text index stands beside the comments, kept by triggers, so that no statement of the
# service can forget it. SQLite: FTS5 with external content. PostgreSQL: a stored tsvector.
SQLITE_SEARCH = """
CREATE VIRTUAL TABLE comment_search USING fts5(
    body, content='comment', content_rowid='id', tokenize='unicode61 remove_diacritics 0'
);
CREATE TRIGGER comment_search_insert AFTER INSERT ON comment BEGIN
    INSERT INTO comment_search(rowid, body) VALUES (new.id, new.body);
END;
CREATE TRIGGER comment_search_delete AFTER DELETE ON comment BEGIN
    INSERT INTO comment_search(comment_search, rowid, body) VALUES ('delete', old.id, old.body);
END;
CREATE TRIGGER comment_search_update AFTER UPDATE OF body ON comment BEGIN
    INSERT INTO comment_search(comment_search, rowid, body) VALUES ('delete', old.id, old.body);
    INSERT INTO comment_search(rowid, body) VALUES (new.id, new.body);
END;
"""

# PostgreSQL's parser keeps an address or a file name as one word, and beyond ASCII what a letter is
# depends on the database's locale. So punctuation is taken out first, and words are found by parts.
POSTGRESQL_SEARCH = r"""
CREATE TABLE comment_search (
    comment_id BIGINT PRIMARY KEY REFERENCES comment (id) ON DELETE CASCADE,
    words TSVECTOR NOT NULL
);
CREATE INDEX comment_search_words ON comment_search USING gin (words);
CREATE FUNCTION comment_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO comment_search (comment_id, words)
    VALUES (new.id, to_tsvector('simple', regexp_replace(new.body,
        '[!-/:-@[-`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7'
        '\u2010-\u206f\u2e00-\u2e7f\u3000-\u3004\u3008-\u303f]+', ' ', 'g')))
    ON CONFLICT (comment_id) DO UPDATE SET words = excluded.words;
    RETURN NULL;
END $$;
CREATE TRIGGER comment_search_insert AFTER INSERT ON comment
    FOR EACH ROW EXECUTE FUNCTION comment_search_keep();
CREATE TRIGGER comment_search_update AFTER UPDATE OF body ON comment
    FOR EACH ROW EXECUTE FUNCTION comment_search_keep();
"""


def _make_search() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(POSTGRESQL_SEARCH)
        return
    for statement in re.split(r"(?m)(?<=^END;)\n|(?<=^\);)\n", SQLITE_SEARCH):
        if statement.strip():
            connection.exec_driver_sql(statement)


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "moderator",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("all_sites", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("password_is_one_time", sa.Boolean(), nullable=False),
        sa.Column("shortcuts", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
    )
    op.create_table(
        "rate_limit",
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("free_at", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bucket"),
    )
    op.create_index("ix_rate_limit_free_at", "rate_limit", ["free_at"], unique=False)

    op.create_table(
        "site",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "tally",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "owner_id", "what"),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_table(
        "commenter",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("site_id", "key_hash"),
    )
    op.create_table(
        "moderator_site",
        sa.Column("moderator_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["moderator_id"], ["moderator.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("moderator_id", "site_id"),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("moderator_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["moderator_id"], ["moderator.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("ix_session_expires_at", "session", ["expires_at"], unique=False)
    op.create_index("ix_session_moderator_id", "session", ["moderator_id"], unique=False)

    op.create_table(
        "site_origin",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("host_port", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", "origin"),
    )
    op.create_index("ix_site_origin_origin", "site_origin", ["origin"], unique=False)
    op.create_index("ix_site_origin_host_port", "site_origin", ["host_port"], unique=False)

    op.create_table(
        "thread",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("title_verified", sa.Boolean(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_thread_site_id", "thread", ["site_id"], unique=False)

    op.create_table(
        "comment",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("root_id", sa.BigInteger(), nullable=False),
        sa.Column("root_rank", sa.BigInteger(), nullable=False),
        sa.Column("path", SORTED, nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("commenter_id", sa.BigInteger(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_key", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("edit_body", sa.Text(), nullable=True),
        sa.Column("edit_body_html", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("arrived_as", sa.Text(), nullable=False),
        sa.Column("judged_by_person", sa.Boolean(), nullable=False),
        sa.Column("risk", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("examined_by", sa.Text(), nullable=False),
        sa.Column("examined_version", sa.Integer(), nullable=False),
        sa.Column("before_edit", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("reply_count", sa.Integer(), nullable=False),
        sa.Column("shown_replies", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("request_hash", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["commenter_id"],
            ["commenter.id"],
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["comment.id"]),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("site_id", "idempotency_key"),
    )
    op.create_index("comment_address", "comment", ["address_hash", "id"], unique=False)
    for name, column in (
        ("comment_address_kept", "address_hash"),
        ("comment_key_kept", "idempotency_key"),
    ):
        kept = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, "comment", ["id"], sqlite_where=kept, postgresql_where=kept)
    op.create_index("comment_author", "comment", ["site_id", "author_key", "id"], unique=False)
    op.create_index("comment_commenter", "comment", ["commenter_id", "id"], unique=False)
    op.create_index(
        "comment_display_newest",
        "comment",
        ["thread_id", "shown", "root_rank", "path"],
        unique=False,
    )
    op.create_index(
        "comment_display_oldest", "comment", ["thread_id", "shown", "root_id", "path"], unique=False
    )
    op.create_index("comment_feed", "comment", ["thread_id", "shown", "id"], unique=False)
    op.create_index(
        "comment_fingerprint", "comment", ["site_id", "fingerprint", "id"], unique=False
    )
    op.create_index("comment_queue", "comment", ["site_id", "queue", "id"], unique=False)
    op.create_index(
        "comment_queue_risk", "comment", ["site_id", "queue", "risk", "id"], unique=False
    )
    op.create_index("comment_site", "comment", ["site_id", "id"], unique=False)
    op.create_index("comment_site_risk", "comment", ["site_id", "risk", "id"], unique=False)
    op.create_index("ix_comment_parent_id", "comment", ["parent_id"], unique=False)

    op.create_table(
        "thread_key",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", "key"),
    )
    op.create_index("ix_thread_key_thread_id", "thread_key", ["thread_id"], unique=False)

    op.create_table(
        "log",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=True),
        sa.Column("comment_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("old_status", sa.Text(), nullable=True),
        sa.Column("new_status", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["undoes"],
            ["log.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("undoes"),
    )
    op.create_index("log_comment", "log", ["comment_id", "id"], unique=False)
    op.create_index("log_site", "log", ["site_id", "id"], unique=False)

    op.create_table(
        "verdict",
        sa.Column("comment_id", sa.BigInteger(), nullable=False),
        sa.Column("comment_version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("check_name", sa.Text(), nullable=False),
        sa.Column("check_version", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("spans", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("comment_id", "comment_version", "position"),
    )
    op.create_index(
        "verdict_check", "verdict", ["site_id", "check_name", "comment_id"], unique=False
    )
    op.create_index("verdict_reason", "verdict", ["site_id", "reason", "comment_id"], unique=False)

    _make_search()


def downgrade() -> None:
    connection = op.get_bind()
    # The triggers first: SQLite would still fire that of deletion when it drops the comments.
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP TRIGGER comment_search_insert ON comment")
        connection.exec_driver_sql("DROP TRIGGER comment_search_update ON comment")
        connection.exec_driver_sql("DROP FUNCTION comment_search_keep")
    else:
        for event in ("insert", "update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER comment_search_{event}")
    op.drop_table("comment_search")
    for table in reversed(TABLES):
        op.drop_table(table)
