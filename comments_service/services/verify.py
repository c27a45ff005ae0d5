"""Whether what is stored still adds up: counts, visibility, the log and its chains."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import Connection

from comments_service.checks.learning.features import VERSION, decode_features
from comments_service.domain.ids import encode_id
from comments_service.services.seal import Damaged, Witness, contradictions, read_witness
from comments_service.storage import read
from comments_service.storage.queries.chain import (
    breaks_in_chain,
    broken_commitments,
    count_unsealed,
)
from comments_service.storage.queries.courses import breaks_in_courses
from comments_service.storage.queries.lessons import courses, lessons_after
from comments_service.storage.queries.upkeep import breaks_in_log, wrong_tallies, wrong_visibility


def verify(home: Path) -> list[str]:
    """One sentence for each thing that does not add up; empty when all is well.

    `home` is the instance folder, whose heads file remembers where the log's chains ended.
    """
    unreadable: list[str] = []
    noted: Mapping[int, Witness] = {}
    try:
        noted = read_witness(home)
    except Damaged as problem:
        unreadable.append(str(problem))
    with read() as conn:
        return [*unreadable, *faults_in(conn, noted)]


def faults_in(conn: Connection, noted: Mapping[int, Witness]) -> Iterator[str]:
    """What does not add up in a database, or contradicts what was noted down beside it before."""
    yield from wrong_tallies(conn)
    yield from wrong_visibility(conn)
    yield from breaks_in_log(conn)
    yield from breaks_in_chain(conn)
    yield from broken_commitments(conn)
    yield from contradictions(conn, noted)
    yield from breaks_in_courses(conn)
    yield from _damaged_lessons(conn)


def unsealed() -> int:
    """How many entries of the log wait for their seal: until then nothing guards them."""
    with read() as conn:
        return count_unsealed(conn)


def _damaged_lessons(conn: Connection) -> Iterator[str]:
    for site_id, _, _ in courses(conn):
        for row in lessons_after(conn, site_id, 0):
            if row.is_spam is not None and row.version == VERSION:
                try:
                    decode_features(row.features)
                except ValueError:
                    yield f"site {encode_id(site_id)}: lesson {row.number} cannot be read"
