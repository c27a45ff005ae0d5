"""Tallies of what moderators made of each check's findings.

Data alone: rows of `tally` under the scope `verdict`, counted from the comments and verdicts that
are there. Code of the release before neither reads nor moves them, and works on; `verify` will say
so of comments that such code changed meanwhile.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ROWS = sa.text("""
SELECT c.id, c.site_id, c.status, c.created_at, c.deleted_at IS NOT NULL AS deleted,
    c.judged_by_person AND c.version > c.examined_version AS by_person,
    c.edit_body IS NOT NULL AS edit_waits, v.check_name, v.mode, v.signal, v.reason, v.category
FROM comment c
JOIN verdict v ON v.comment_id = c.id AND v.comment_version = c.examined_version
ORDER BY c.id
""")
_TALLY = sa.table(
    "tally",
    *(sa.column(name) for name in ("scope", "owner_id", "what", "number")),
)


def _outcome(comment: Any, verdicts: list[Any]) -> str:
    if comment.edit_waits:
        return "unseen" if comment.deleted else "waiting"
    if not comment.by_person or comment.status == "pending":
        waits = comment.status == "pending" and not comment.deleted
        return "waiting" if waits else "unseen"
    if comment.status == "approved":
        return "overruled"
    kinds = {v.category == "spam" for v in verdicts if v.category != "manner"}
    return "agreed" if not kinds or (comment.status == "spam") in kinds else "otherwise"


def _weight(verdicts: list[Any]) -> str:
    if all(v.category == "manner" for v in verdicts):
        return "manner"
    return "shadow" if all(v.mode == "shadow" for v in verdicts) else "on"


def _stops(verdict: Any) -> bool:
    counts = verdict.mode == "on" and verdict.category != "manner" and verdict.signal != "clear"
    return bool(verdict.check_name == "policy" or counts)


def _places(said: list[Any]) -> Iterator[str]:
    comment = said[0]
    day = datetime.fromtimestamp(comment.created_at / 1000, UTC).strftime("%Y%m%d")
    found = [v for v in said if v.signal in ("suspect", "bad") and v.check_name != "policy"]
    for check in {v.check_name for v in found}:
        own = [v for v in found if v.check_name == check]
        alone = not any(_stops(v) for v in said if v.check_name != check)
        whole = f"{day} {check} {_weight(own)} {_outcome(comment, own)}"
        yield f"{whole} alone" if alone else whole
        for reason in {v.reason for v in own}:
            same = [v for v in own if v.reason == reason]
            yield f"{day} {reason} {_weight(same)} {_outcome(comment, same)}"


def upgrade() -> None:
    counted: Counter[tuple[int, str]] = Counter()
    rows = op.get_bind().execute(_ROWS, execution_options={"yield_per": 1_000})
    for _, group in groupby(rows, key=lambda row: row.id):
        said = list(group)
        counted.update((said[0].site_id, what) for what in _places(said))
    told = [
        {"scope": "verdict", "owner_id": site, "what": what, "number": number}
        for (site, what), number in sorted(counted.items())
    ]
    if told:
        op.bulk_insert(_TALLY, told)


def downgrade() -> None:
    op.execute(sa.delete(_TALLY).where(_TALLY.c.scope == "verdict"))
