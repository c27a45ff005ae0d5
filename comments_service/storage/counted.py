"""What a standing is, and which stored counts a comment of that standing is in.

Pure rules: `set_standing` moves the counts by them, and `verify` counts anew by the same ones.
Nothing here reads or writes.
"""

from datetime import datetime
from typing import Final

from msgspec import Struct

from comments_service.domain.comment import Status
from comments_service.domain.precision import fate_of
from comments_service.storage.judgements import Judged
from comments_service.storage.tallies import PUBLISHED

VOUCHED: Final = "vouched"
"""The tally of a commenter's comments now approved by a person."""
DELETED: Final = "deleted"


class Standing(Struct, frozen=True):
    """Status, deletion, and what else decides what is seen and counted."""

    status: Status
    deleted_at: datetime | None = None
    judged_by_person: bool = False
    edit_waits: bool = False

    @property
    def published(self) -> bool:
        """What a reader may see: approved and not deleted. Defined here and nowhere else."""
        return self.status is Status.APPROVED and self.deleted_at is None

    @property
    def queue(self) -> str:
        """The console tab this standing belongs to; the site's counts are of these."""
        if self.deleted_at is not None:
            return DELETED
        return Status.PENDING.value if self.edit_waits else self.status.value

    def judged(self, version: int, examined_version: int) -> Judged:
        """What became of the text that the present verdicts speak of.

        A comment whose last change is its text has not been looked at since.
        """
        by_person = self.judged_by_person and version > examined_version
        gone = self.deleted_at is not None
        fate = fate_of(self.status, by_person=by_person, edit_waits=self.edit_waits, deleted=gone)
        return Judged(fate, examined_version)


def counted_as(standing: Standing | None) -> dict[str, frozenset[str]]:
    """Which tallies one comment of this standing is in, by scope; none for none."""
    if standing is None:
        return {"site": frozenset(), "thread": frozenset(), "commenter": frozenset()}
    published = {PUBLISHED} if standing.published else set()
    waiting = {"pending"} if standing.queue == "pending" else set()
    vouched = {VOUCHED} if standing.published and standing.judged_by_person else set()
    return {
        "site": frozenset(published | {standing.queue}),
        "thread": frozenset(published | waiting),
        "commenter": frozenset({standing.status.value} | vouched | _gone(standing)),
    }


def _gone(standing: Standing) -> set[str]:
    return {DELETED} if standing.deleted_at is not None else set()
