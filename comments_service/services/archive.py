"""The file of a backup: what is inside, and that not a byte of it has changed.

A gzip stream of JSON lines, and after it one line with the SHA-256 of all bytes before. The first
JSON line is the manifest; then, for each table, its name and columns, its rows a line each (bytes
as {"bytes": base64}), and an empty list. Whoever wants to look inside without this service can do
so with `zcat FILE`.
"""

import gzip
import hashlib
import os
from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from comments_service.domain.errors import CommentsError

FORMAT: Final = 1
_TRAILER: Final = b"\nsha256 %s\n"
_TRAILER_BYTES: Final = len(_TRAILER % (b"0" * 64))
_CHUNK: Final = 1 << 20


class Unusable(CommentsError):
    """A backup that cannot be written or restored as asked; the message says why."""


class Manifest(msgspec.Struct):
    """What a backup says of itself."""

    format: int
    service: str
    """The release that wrote it."""
    schema: str
    """The migration at which its database stood."""
    made_at: str
    rows: dict[str, int]
    """How many rows of each table follow."""


class Section(msgspec.Struct):
    """A table: its rows follow until an empty list."""

    table: str
    columns: list[str]


class _Hashing:
    """A file that takes what is written to it, and its hash."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.hash = file, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


class Writer:
    """Writes the manifest and the tables, in this order."""

    def __init__(self, stream: gzip.GzipFile, manifest: Manifest) -> None:
        self._stream, self._encoder = stream, msgspec.json.Encoder()
        self._line(manifest)

    def _line(self, what: Any) -> None:
        self._stream.write(self._encoder.encode(what) + b"\n")

    def add_table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """One table with all its rows."""
        self._line(Section(str(name), list(columns)))
        for row in rows:
            self._line([{"bytes": v} if isinstance(v, bytes) else v for v in row])
        self._line(())


@contextmanager
def written(path: Path, manifest: Manifest) -> Iterator[Writer]:
    """A new file, whole and on the disk when the block has ended, and else not there.

    Raises:
        Unusable: the file is there already, or cannot be written.
    """
    beside = path.with_name(path.name + ".part")
    try:
        if path.exists():
            raise Unusable(f"{path} is there already; a backup never writes over a file.")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            hashing = _Hashing(file)
            with gzip.GzipFile("", "wb", 6, hashing, mtime=0) as stream:
                yield Writer(stream, manifest)
            file.write(_TRAILER % hashing.hash.hexdigest().encode())
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
    except OSError as problem:
        raise Unusable(f"{path} cannot be written: {problem.strerror or problem}.") from problem
    finally:
        beside.unlink(missing_ok=True)


def check_file(path: Path) -> Manifest:
    """Read the whole file once and compare its checksum; what it says of itself.

    Raises:
        Unusable: it is no backup, was cut short or changed, or is of a later format.
    """
    with _opened(path) as file:
        left = path.stat().st_size - _TRAILER_BYTES
        digest = hashlib.sha256()
        while left > 0 and (chunk := file.read(min(left, _CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
        if file.read() != _TRAILER % digest.hexdigest().encode():
            raise Unusable(f"{path} is no whole backup: it was cut short or changed.")
    with _lines(path) as lines:
        try:
            manifest = msgspec.json.decode(next(lines), type=Manifest)
        except (StopIteration, msgspec.DecodeError) as problem:
            raise Unusable(f"{path} is no backup of this service.") from problem
    if manifest.format != FORMAT:
        raise Unusable(f"{path} is of a later release ({manifest.service}); update this one first.")
    return manifest


@contextmanager
def sections(path: Path) -> Iterator[Iterator[tuple[Section, Iterator[list[Any]]]]]:
    """The tables of a file that is whole; each one's rows are read before the next is asked for."""
    with _lines(path) as lines:
        next(lines)

        def found() -> Iterator[tuple[Section, Iterator[list[Any]]]]:
            for line in lines:
                yield msgspec.json.decode(line, type=Section), _rows(lines)

        yield found()


def _rows(lines: Iterator[bytes]) -> Iterator[list[Any]]:
    decode = msgspec.json.Decoder(list[Any]).decode
    for line in lines:
        row = decode(line)
        if not row:
            return
        yield [b64decode(v["bytes"]) if isinstance(v, dict) else v for v in row]


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as problem:
        raise Unusable(f"{path} cannot be read: {problem.strerror or problem}.") from problem


class _Until:
    """A file that ends before the checksum."""

    def __init__(self, file: IO[bytes], left: int) -> None:
        self._file, self._left = file, left

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[bytes]]:
    with _opened(path) as file:
        # The library's types ask for a file that can be wound back; reading forwards needs none.
        inner: Any = _Until(file, path.stat().st_size - _TRAILER_BYTES)
        with gzip.GzipFile("", "rb", 6, inner) as stream:
            yield iter(stream)
