"""Sites' blocked words, out of the policy's JSON into their table

Data alone. Entries of the `words` check's settings become rows that refuse, as they did. Code of
the release before finds no list on these sites until it is replaced: where that matters, replace
it on all machines at once. Going back writes what is refused into the policy again, too, and
leaves the rows where they are, so that coming here once more changes nothing.
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SITE = sa.table(
    "site", *(sa.column(name) for name in ("id", "policy", "created_at", "words_version"))
)
_WORD = sa.table(
    "word",
    *(
        sa.column(name)
        for name in (
            "site_id",
            "key",
            "term",
            "severity",
            "category",
            "note",
            "changed_at",
            "changed_by",
        )
    ),
)
_REFUSES = 0.9


def upgrade() -> None:
    connection = op.get_bind()
    for site in connection.execute(sa.select(_SITE)).all():
        policy = json.loads(site.policy)
        used = policy.get("checks", {}).get("words")
        settings = (used or {}).get("settings", {})
        terms = settings.pop("words", None)
        category = settings.pop("category", "profanity")
        if used is None or terms is None:
            continue
        if used == {"mode": "on", "settings": {}}:
            del policy["checks"]["words"]
        listed = set(connection.scalars(sa.select(_WORD.c.key).where(_WORD.c.site_id == site.id)))
        rows = {_key(term): _row(site, term, category) for term in terms}
        new = [row for key, row in rows.items() if key not in listed]
        if new:
            connection.execute(sa.insert(_WORD), new)
        version = site.words_version + bool(new)
        _write(connection, site.id, policy=_json(policy), words_version=version)


def _row(site: Any, term: str, category: str) -> dict[str, Any]:
    return {
        "site_id": site.id,
        "key": _key(term),
        "term": term,
        "severity": 1.0,
        "category": category,
        "note": "",
        "changed_at": site.created_at,
        "changed_by": "",
    }


def _json(policy: Any) -> str:
    return json.dumps(policy, ensure_ascii=False, separators=(",", ":"))


def _key(term: str) -> str:
    return term.strip().lower()


def _write(connection: sa.Connection, site_id: int, **values: Any) -> None:
    connection.execute(sa.update(_SITE).where(_SITE.c.id == site_id).values(**values))


def downgrade() -> None:
    connection = op.get_bind()
    for site in connection.execute(sa.select(_SITE)).all():
        refused = (
            sa.select(_WORD.c.term)
            .where(_WORD.c.site_id == site.id, _WORD.c.severity >= _REFUSES)
            .order_by(_WORD.c.key)
        )
        terms = list(connection.scalars(refused))
        if not terms:
            continue
        policy = json.loads(site.policy)
        used = policy.setdefault("checks", {}).setdefault("words", {"mode": "on", "settings": {}})
        used["settings"] = {"words": terms[:2_000]}
        _write(connection, site.id, policy=_json(policy))
