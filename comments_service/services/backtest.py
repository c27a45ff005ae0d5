"""A changed policy tried on stored comments, beside the present one and what moderators did.

Both policies are asked of the same text with the same past, so that whatever differs is due to the
change. It writes nothing. What a stored comment no longer has is not made up: there the verdict
that was stored has to do (`Check.not_kept`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from comments_service import checks
from comments_service.domain.backtest import Sums
from comments_service.domain.comment import Submission
from comments_service.domain.facts import History
from comments_service.domain.ids import id_at
from comments_service.domain.policy import (
    INSISTED,
    CheckPolicy,
    Decision,
    Policy,
    PolicyMode,
    decide,
)
from comments_service.domain.precision import Fate
from comments_service.domain.verdict import Check, Mode, Signal, Verdict
from comments_service.domain.words import SiteWord, WordList
from comments_service.services.examine import facts_at, wanted_checks
from comments_service.services.past import Pasts, Recent
from comments_service.services.views import SiteRow
from comments_service.services.words import words_of
from comments_service.storage import read
from comments_service.storage.counted import Standing
from comments_service.storage.queries.moderation import verdicts_of
from comments_service.storage.queries.replay import (
    ReplayRow,
    SeenRow,
    list_to_replay,
    newest_before,
)
from comments_service.text.reading import Reading

BATCH: Final = 250
"""Comments replayed between two looks at the database."""
PART: Final = 500
"""Comments that a page replays at once: about a second of one processor, at the very most."""
_OFF: Final = CheckPolicy(Mode.OFF)
_READ_WORDS: Final = frozenset({"profanity", "words"})
"""The checks that read the site's words: what is harmless excuses shipped words, too."""


class Trial(Struct, frozen=True):
    """What is tried: the present policy beside a changed one."""

    site: SiteRow
    before: Policy
    after: Policy
    addresses_since: datetime
    """The address of a comment older than this is forgotten."""
    words: WordList
    """The site's words as they are."""
    words_after: WordList
    """The same object where they stay."""

    @property
    def changes_nothing(self) -> bool:
        """Whether both say the same of everything that decides."""
        alike = self.before.mode is self.after.mode and self.words is self.words_after
        return alike and not any(map(self._differs, checks.discover()))

    @property
    def told_in_part(self) -> Sequence[str]:
        """Checks whose other thresholds are tried on what they found, and not on what passed."""
        known = [c.name for c in checks.discover().values() if c.regrade is not None]
        return [name for name in known if len(set(self._settings_of(name))) > 1]

    def graded_anew(self, verdict: Verdict) -> Verdict:
        """A stored verdict as the changed policy's thresholds would have it."""
        regrade = checks.discover()[verdict.check].regrade
        if regrade is None or verdict.signal is Signal.ERRORED:
            return verdict
        return replace(verdict, signal=regrade(verdict, *self._settings_of(verdict.check)))

    def _differs(self, check: str) -> bool:
        before, after = self._settings_of(check)
        modes = {policy.of(check).mode for policy in (self.before, self.after)}
        return len(modes) > 1 or before != after

    def _settings_of(self, check: str) -> Sequence[Any]:
        """Now, and changed."""
        used = (policy.of(check) for policy in (self.before, self.after))
        return [checks.read_settings(check, one.settings) for one in used]


class Replayed(Struct, frozen=True):
    """One comment under both policies."""

    row: ReplayRow
    fate: Fate
    before: Decision
    after: Decision
    as_stored: Collection[str]
    """Checks that could not be asked again, and whose stored verdicts had to do."""
    older: Mapping[str, bool]
    """Checks of which an older version had examined it, and whether today's finds other reasons."""

    @property
    def changed(self) -> bool:
        """Whether the change decides otherwise."""
        return self.before.action is not self.after.action


def plan_trial(
    site: SiteRow,
    after: Policy,
    addresses_since: datetime,
    only: Collection[str] | None = None,
    words: Sequence[SiteWord] | None = None,
) -> Trial:
    """A trial of a changed policy, and of another list of words where one is given.

    With `only`, every other check is off on both sides.

    Raises:
        UnknownCheck: one is named that there is not.
    """
    wanted = wanted_checks(only)
    off = {name: _OFF for name in checks.discover() if name not in wanted}
    before = replace(site.policy, checks={**site.policy.checks, **off})
    after = replace(after, checks={**after.checks, **off})
    with read() as conn:
        present = words_of(conn, site)
    tried = present if words is None else WordList(tuple(words))
    return Trial(site, before, after, addresses_since, present, tried)


def replay(trial: Trial, after_id: int, until_id: int) -> Iterator[list[Replayed]]:
    """Batch by batch, in the order in which the comments came: those above one id, up to another.

    Each batch is read in a snapshot of its own, so that no long one is held open.
    """
    recent: Recent | None = None
    while True:
        with read() as conn:
            rows = list_to_replay(conn, trial.site.id, after_id, until_id, BATCH)
            if not rows:
                return
            recent = recent or Recent.before(conn, trial.site.id, rows[0])
            pasts = Pasts.load(conn, rows)
            stored = verdicts_of(conn, [row.id for row in rows])
        yield [_replayed(trial, row, recent, pasts, stored.get(row.id, ())) for row in rows]
        after_id = rows[-1].id


def replay_since(trial: Trial, since: datetime, now: datetime) -> Iterator[list[Replayed]]:
    """Everything that came since a moment."""
    return replay(trial, id_at(since) - 1, id_at(now + timedelta(minutes=1)))


class Part(Struct, frozen=True):
    """What a page can replay at once: the newest comments not replayed yet."""

    sums: Sums
    changed: Sequence[Replayed]
    """Newest first."""
    next: int | None
    """Where the next part ends; None when all has been looked at."""


def replay_part(trial: Trial, since: datetime, before_id: int | None, now: datetime) -> Part:
    """The newest `PART` comments since a moment, or those below an id."""
    end = id_at(now + timedelta(minutes=1)) if before_id is None else before_id
    with read() as conn:
        ids = newest_before(conn, trial.site.id, id_at(since), end, PART + 1)
    if not ids:
        return Part(Sums(), (), None)
    part, more = ids[:PART], len(ids) > PART
    sums, changed = Sums(), []
    for batch in replay(trial, part[-1] - 1, part[0]):
        for one in batch:
            count(sums, one)
            if one.changed:
                changed.append(one)
    return Part(sums, changed[::-1], part[-1] if more else None)


def count(sums: Sums, one: Replayed) -> None:
    """Count one comment."""
    sums.decided[one.before.action, one.after.action, one.fate] += 1
    sums.other_reasons += not one.changed and set(one.before.reasons) != set(one.after.reasons)
    # The decision on a text that was edited since is not the one the comment came with.
    unedited = one.row.examined_version == 1
    sums.came_otherwise += unedited and one.row.arrived_as is not one.before.action.status
    sums.as_stored.update(one.as_stored)
    sums.older_code.update(list(one.older))
    sums.found_otherwise.update(name for name, differs in one.older.items() if differs)


def _replayed(
    trial: Trial, row: ReplayRow, recent: Recent, pasts: Pasts, stored: Sequence[Verdict]
) -> Replayed:
    reading = Reading(Submission(row.author_name, row.text, row.email))
    seen = SeenRow(
        row.id,
        row.thread_id,
        row.commenter_id,
        row.address_hash,
        reading.fingerprint,
        row.created_at,
    )
    history = pasts.history_at(row)
    facts = facts_at(trial.site, trial.words, row.created_at, history, recent.earlier_than(seen))
    recent.add(seen)
    known = {n: c for n, c in checks.discover().items() if not _is_lost(c, row, trial)}
    kept = [v for v in stored if v.check not in known and v.check in checks.discover()]
    before = checks.run(reading.submission, facts, trial.before, checks=known, reading=reading)
    changed = {n: c for n, c in known.items() if _is_changed(n, trial)}
    after = replace(facts, words=trial.words_after)
    anew = checks.run(reading.submission, after, trial.after, checks=changed, reading=reading)
    alike = [v for v in before.verdicts if v.check not in changed]
    insisted = any(v.reason == INSISTED for v in stored)
    past = _Past(row, facts.history, insisted)
    return Replayed(
        row=row,
        fate=_fate(row),
        before=_decided(trial.before, [*before.verdicts, *kept], past),
        after=_decided(trial.after, [*alike, *anew.verdicts, *map(trial.graded_anew, kept)], past),
        as_stored={v.check for v in kept if v.signal is not Signal.CLEAR},
        older=_older(row, known, stored, before.verdicts),
    )


def _is_changed(check: str, trial: Trial) -> bool:
    other_words = trial.words_after is not trial.words and check in _READ_WORDS
    return other_words or trial.before.of(check) != trial.after.of(check)


def _is_lost(check: Check, row: ReplayRow, trial: Trial) -> bool:
    """Whether the check looks at what is not kept of this comment."""
    if check.not_kept == "address":
        return row.address_hash is None and row.created_at < trial.addresses_since
    return bool(check.not_kept)


class _Past(Struct, frozen=True):
    row: ReplayRow
    history: History
    insisted: bool


def _decided(policy: Policy, verdicts: Sequence[Verdict], past: _Past) -> Decision:
    """What a policy makes of these verdicts; each has the mode that the policy gives its check."""
    modes = {v.check: policy.of(v.check).mode for v in verdicts}
    counted = [replace(v, mode=modes[v.check]) for v in verdicts if modes[v.check] is not Mode.OFF]
    counted.sort(key=lambda v: v.check)
    mode = PolicyMode(past.row.thread_mode or policy.mode)
    insisted = past.insisted and policy.asks_to_reword
    return decide(counted, mode, past.history, insisted=insisted)


def _fate(row: ReplayRow) -> Fate:
    standing = Standing(row.status, row.deleted_at, row.judged_by_person, row.edit_waits)
    return standing.judged(row.version, row.examined_version).fate


def _older(
    row: ReplayRow, known: Mapping[str, Check], stored: Sequence[Verdict], now: Sequence[Verdict]
) -> dict[str, bool]:
    """Checks that have changed since, and whether each now finds other reasons."""
    older = [n for n, c in known.items() if row.examined_by.get(n, c.version) != c.version]
    return {n: _reasons_of(n, stored) != _reasons_of(n, now) for n in older}


def _reasons_of(check: str, verdicts: Sequence[Verdict]) -> set[str]:
    found = (v for v in verdicts if v.check == check and v.signal is not Signal.CLEAR)
    return {v.reason for v in found}
