"""Sites: what stays when one goes."""

from comments_service.services.sites import remove_site
from comments_service.storage.models import Base
from tests.cast import HERALD_PAGE, Cast


def test_a_site_goes_with_all_it_has_and_leaves_the_others(cast: Cast) -> None:
    cast.publish("One thing.")
    comment = cast.publish("Another thing.")
    cast.decide(comment, "spam")
    decided = cast.decide(comment, "approve")["decision_id"]
    cast.alice.undo(decided)
    cast.signed_in("alice@gazette.example", "moderator", ["gazette"])
    there = cast.herald_reader.says("At the herald.", HERALD_PAGE)
    gazette = cast.one("SELECT id FROM site WHERE slug = 'gazette'")
    with cast.app.app_context():
        remove_site("gazette")
    for name, table in Base.metadata.tables.items():
        if "site_id" in table.columns:
            left = cast.rows(f"SELECT * FROM {name} WHERE site_id = :site", site=gazette)
            assert left == [], name
    assert cast.row(there)["status"] == "pending"
    assert cast.alice.get("/api/v1/moderation/queue").status_code == 401
    assert cast.broken() == []


def test_a_site_goes_however_long_its_chains_of_replies_are(cast: Cast) -> None:
    """SQLite follows a chain of foreign keys a thousand steps and no further."""
    first = cast.row(cast.publish())
    columns = ", ".join(
        name for name in first if name not in ("id", "parent_id", "idempotency_key")
    )
    cast.execute(
        f"INSERT INTO comment (id, parent_id, {columns}) "
        "WITH RECURSIVE chain(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM chain WHERE n < 1500) "
        f"SELECT c.id + chain.n, c.id + chain.n - 1, {columns} FROM chain, comment c "
        "WHERE c.id = :id",
        id=first["id"],
    )
    with cast.app.app_context():
        remove_site("gazette")
    assert cast.one("SELECT COUNT(*) FROM comment") == 0
