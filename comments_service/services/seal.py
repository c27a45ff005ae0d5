"""Sealing the log: each site's new entries, in order, into its chain; and where the chain ends.

Decisions never wait for this: an entry is written with its decision, and sealed within a second by
whoever runs the jobs. The end of every chain is also written beside the database, into the instance
folder: who can write to the database, and rewrites a chain consistently, has not rewritten that.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import structlog
from sqlalchemy import Connection

from comments_service.domain.errors import Raced
from comments_service.domain.ids import decode_id, encode_id
from comments_service.storage import read, write
from comments_service.storage.queries.chain import (
    Head,
    Sealing,
    add_sealing,
    heads,
    next_sealings,
    seal_at,
)

log = structlog.get_logger()

SEAL_EVERY: Final = timedelta(seconds=0.5)
"""How often new entries are looked for: an entry is sealed within a second."""
HEADS_FILE: Final = "log_heads.json"
"""In the instance folder: where the chains ended when this machine last sealed."""


class Damaged(Exception):
    """The heads file is there and cannot be read; the message says why."""


class Witness(msgspec.Struct):
    """What the heads file says of one site."""

    number: int
    seal: str
    sealed_at: str


def seal_log(home: Path, now: datetime) -> dict[int, Head]:
    """Seal what waits, and note down where the chains end; the ends that moved, by site.

    Safe to run anywhere and by several at once: a chain that moved on meanwhile is left to whoever
    moved it.
    """
    moved: dict[int, Head] = {}
    while batch := _next_batch():
        done = {sealing.site_id: sealing.after for sealing in batch if _written(sealing, now)}
        moved |= done
        if len(done) < len(batch):
            break
    if moved:
        _note(home, moved, now)
    return moved


def _next_batch() -> list[Sealing]:
    with read() as conn:
        return next_sealings(conn)


def _written(sealing: Sealing, now: datetime) -> bool:
    try:
        return write(lambda conn: add_sealing(conn, sealing, now))
    except Raced:  # The chain was begun, or the site deleted, meanwhile.
        return False


def read_witness(home: Path) -> dict[int, Witness]:
    """What the heads file says, by the site's id; nothing where there is no file.

    Raises:
        Damaged: the file is there and cannot be read.
    """
    try:
        raw = (home / HEADS_FILE).read_bytes()
        said = msgspec.json.decode(raw, type=dict[str, Witness])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as problem:
        raise Damaged(f"{home / HEADS_FILE} cannot be read: {problem}") from problem
    return {decode_id(site) or 0: witness for site, witness in said.items()}


def contradictions(conn: Connection, noted: Mapping[int, Witness]) -> Iterator[str]:
    """Each site whose chain does not lead through the end that the heads file remembers.

    `noted` must have been read before `conn` began to read: the file is written after the chain.
    """
    for site_id, witness in noted.items():
        if not _leads_through(conn, site_id, witness):
            yield (
                f"site {encode_id(site_id)}: {HEADS_FILE} remembers entry {witness.number} of its "
                f"log, sealed {witness.sealed_at}, and the log has another there or none"
            )


def _leads_through(conn: Connection, site_id: int, witness: Witness) -> bool:
    return seal_at(conn, site_id, witness.number) == witness.seal


def forget_witness(home: Path, site_id: int) -> None:
    """A site was deleted on purpose: nothing is remembered of its log."""
    noted = read_witness(home)
    if noted.pop(site_id, None) is not None:
        _write_file(home, noted)


def _note(home: Path, moved: Mapping[int, Head], now: datetime) -> None:
    """Remember new ends, but never over one that its chain does not lead through: evidence."""
    try:
        noted = read_witness(home)
        with read() as conn:
            for site_id, head in moved.items():
                if site_id in noted and not _leads_through(conn, site_id, noted[site_id]):
                    log.error("log contradicts its witness", site=encode_id(site_id))
                else:
                    noted[site_id] = Witness(head.number, head.seal, now.isoformat())
        _write_file(home, noted)
    except (Damaged, OSError):
        log.exception("log heads not written")


def note_heads(home: Path, now: datetime) -> None:
    """Begin a heads file anew with the chains as they are, as after a restore."""
    with read() as conn:
        ends = heads(conn)
    at = now.isoformat()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_file(home, {site: Witness(head.number, head.seal, at) for site, head in ends.items()})


def _write_file(home: Path, noted: Mapping[int, Witness]) -> None:
    """Whole or not at all: written beside it, brought to the disk, and put in its place."""
    beside = home / f"{HEADS_FILE}.new"
    said = {encode_id(site_id): witness for site_id, witness in noted.items()}
    with beside.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(said)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(home / HEADS_FILE)
