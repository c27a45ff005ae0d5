"""What each process remembers of the sites' lessons, and how it keeps up with them.

A memory is the fold of a site's lessons in the order of their numbers. Before a text is judged, the
lessons that came since are folded in, so the request after a decision knows it, on any process.
"""

import logging
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from comments_service.checks.learning.features import (
    VERSION,
    Features,
    decode_features,
    features_of,
)
from comments_service.checks.learning.memory import (
    DamagedMemory,
    Memory,
    Recollection,
    decode_memory,
)
from comments_service.checks.learning.phrases import decode_phrases
from comments_service.checks.learning.prior import Prior, shipped_prior
from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Mode
from comments_service.storage import read, write
from comments_service.storage.queries.lessons import (
    LessonRow,
    SnapshotRow,
    courses,
    forget_snapshots,
    is_changed_since,
    lessons_after,
    load_snapshot,
    lock_course,
    put_snapshot,
    snapshot_and_lessons,
    snapshot_numbers,
)
from comments_service.storage.queries.sites import SiteRow
from comments_service.text.reading import Reading

SPAM: Final = "spam"
"""The check that memories are for."""
MOST_SITES: Final = 8
"""Sites that a process remembers at once, 2 MiB each; the one asked for longest ago goes."""
EVERY: Final = 256
"""Lessons between two snapshots."""
_LATEST: Final = 4
"""Snapshots that are kept besides one near every half of the way before."""
_ANY: Final = 1 << 62

_log: Final = logging.getLogger(__name__)


@dataclass
class _Place:
    lock: Lock = field(default_factory=Lock)
    memory: Memory | None = None


class Memories:
    """The memories of one process; safe to ask from many threads."""

    def __init__(self, most: int = MOST_SITES) -> None:
        self._places: OrderedDict[int, _Place] = OrderedDict()
        self._lock: Final = Lock()
        self._most: Final = most

    def recall(
        self, conn: Connection, site_id: int, number: int, features: Features
    ) -> Recollection:
        """What the site's lessons up to `number` say of a text; asks nothing where all are known.

        Raises:
            ValueError, OSError: the shipped prior cannot be read.
        """
        place = self._place(site_id)
        with place.lock:
            place.memory = _up_to_date(conn, site_id, number, place.memory)
            return place.memory.recall(features)

    def encoded(self, conn: Connection, site_id: int, number: int) -> tuple[int, bytes]:
        """The memory as a snapshot keeps it, with the number of its last lesson."""
        place = self._place(site_id)
        with place.lock:
            place.memory = _up_to_date(conn, site_id, number, place.memory)
            return place.memory.number, place.memory.encode()

    def _place(self, site_id: int) -> _Place:
        with self._lock:
            place = self._places.setdefault(site_id, _Place())
            self._places.move_to_end(site_id)
            while len(self._places) > self._most:
                self._places.popitem(last=False)
            return place


MEMORIES: Final = Memories()


def with_lessons(
    conn: Connection, site: SiteRow, reading: Reading, facts: Facts, memories: Memories = MEMORIES
) -> Facts:
    """The facts, with what the site's decisions taught about the text."""
    if site.policy.of(SPAM).mode is Mode.OFF:
        return facts
    copies = facts.copies_of(reading.fingerprint)
    try:
        features = features_of(reading, copies=copies, site_hosts=facts.site_hosts)
        taught = memories.recall(conn, site.id, site.lessons, features)
    except (ValueError, OSError) as problem:
        # The check meets the same fault, and holds the comment for a person.
        _log.error("the spam filter cannot judge: %s", type(problem).__name__)
        return facts
    return replace(facts, taught=taught)


def _up_to_date(conn: Connection, site_id: int, number: int, known: Memory | None) -> Memory:
    if known is not None:
        if known.number >= number:
            return known
        with closing(lessons_after(conn, site_id, known.number)) as rows:
            if _fold(known, rows, site_id):
                return known
    return load_memory(conn, site_id) if number else Memory(shipped_prior())


def load_memory(conn: Connection, site_id: int, below: int = _ANY) -> Memory:
    """From the newest snapshot that is whole, and the lessons after it."""
    prior = shipped_prior()
    memory = Memory(prior)
    with closing(snapshot_and_lessons(conn, site_id, below)) as rows:
        for row in rows:
            if isinstance(row, LessonRow):
                _learn(memory, row, site_id)
                continue
            stored = _snapshot(row, prior, site_id)
            if stored is None:
                return load_memory(conn, site_id, row.number)
            memory = stored
    return memory


def _snapshot(row: SnapshotRow, prior: Prior, site_id: int) -> Memory | None:
    try:
        return decode_memory(row.memory, prior)
    except DamagedMemory as problem:
        _log.warning("snapshot %d of site %d is not used: %s", row.number, site_id, problem)
        return None


def _fold(memory: Memory, rows: Iterable[LessonRow], site_id: int) -> bool:
    """Learn what is new; False where something older changed, so that all must be read anew."""
    began = memory.number
    for row in rows:
        if row.since <= began:
            return False
        _learn(memory, row, site_id)
    return True


def _learn(memory: Memory, row: LessonRow, site_id: int) -> None:
    memory.number = row.number
    if row.is_spam is None or not row.holds or row.version != VERSION:
        return
    try:
        features, phrases = decode_features(row.features), decode_phrases(row.phrases)
    except ValueError:
        # `verify` names it; the others' lessons are still worth having.
        _log.error("lesson %d of site %d is damaged and taught nothing", row.number, site_id)
        return
    memory.learn(features, is_spam=row.is_spam, phrases=phrases)


def keep_snapshots() -> int:
    """Store what was learnt since the last snapshot, for sites where that is much; how many."""
    with read() as conn:
        due = [(site, last) for site, last, kept in courses(conn) if last - kept >= EVERY]
    for site_id, last in due:
        with read() as conn:
            number, data = MEMORIES.encoded(conn, site_id, last)
        store_snapshot(site_id, number, data)
    return len(due)


def store_snapshot(site_id: int, number: int, data: bytes) -> bool:
    """Keep a memory; False where a lesson up to its number was taken back meanwhile."""

    def work(conn: Connection) -> bool:
        if not lock_course(conn, site_id) or is_changed_since(conn, site_id, number):
            return False
        put_snapshot(conn, site_id, number, data)
        numbers = snapshot_numbers(conn, site_id)
        superfluous = set(numbers) - _kept(numbers)
        if superfluous:
            forget_snapshots(conn, site_id, superfluous)
        return True

    return write(work)


def _kept(numbers: list[int]) -> set[int]:
    """The latest, and the nearest below each half of the way: an undo long after costs half."""
    kept = set(numbers[-_LATEST:])
    half = numbers[-1] // 2
    while half >= numbers[0]:
        kept.add(max(number for number in numbers if number <= half))
        half //= 2
    return kept


class Rebuilt(Struct, frozen=True):
    """What came of replaying a site's lessons from the first."""

    lessons: int
    """That hold."""
    spam: int
    digest: str
    differing: tuple[int, ...]
    """Numbers of snapshots that did not say the same, and are made anew or dropped."""
    snapshots: int


def rebuild_memory(site_id: int) -> Rebuilt:
    """Replay a site's lessons from the first, and compare with every snapshot on the way."""
    prior = shipped_prior()
    memory = Memory(prior)
    differing: list[int] = []
    with read() as conn:
        numbers = snapshot_numbers(conn, site_id)
        for row in lessons_after(conn, site_id, 0):
            _learn(memory, row, site_id)
            if row.number in numbers and not _is_same(conn, site_id, memory):
                differing.append(row.number)
    differing += [number for number in numbers if number > memory.number]
    if differing:
        write(lambda conn: forget_snapshots(conn, site_id, differing))
    if memory.number:
        store_snapshot(site_id, memory.number, memory.encode())
    learner = memory.learner
    return Rebuilt(learner.count, learner.spam, memory.digest(), tuple(differing), len(numbers))


def _is_same(conn: Connection, site_id: int, memory: Memory) -> bool:
    data = load_snapshot(conn, site_id, memory.number)
    try:
        stored = decode_memory(data or b"", memory.prior)
    except DamagedMemory:
        return False
    return stored.digest() == memory.digest()
