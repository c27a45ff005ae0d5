"""How Alembic reaches the application's database; run by Flask-Migrate only."""

from alembic import context
from flask import current_app
from sqlalchemy.sql.schema import SchemaItem

SEARCH = "comment_search"
"""The search index is made by hand for each database (see 0001) and is no table of the models."""


def include_object(
    _object: SchemaItem, name: str | None, type_: str, _reflected: bool, _compare_to: object
) -> bool:
    return not (type_ == "table" and (name or "").startswith(SEARCH))


def run_migrations() -> None:
    extension = current_app.extensions["migrate"]
    with extension.db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=extension.db.metadatas[None],
            include_object=include_object,
            compare_type=True,
            transaction_per_migration=True,
            render_as_batch=connection.dialect.name == "sqlite",
            user_module_prefix="types.",
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run_migrations()
