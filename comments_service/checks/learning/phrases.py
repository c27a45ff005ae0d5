"""Phrases: words and hosts of a text, by which moderators are told what spam it is like.

They are kept as hashes of 64 bits, wide enough that a count of them is a true count: the buckets
that weights stand in are shared by many words, and their counts would not be.
"""

import hashlib
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

from comments_service.text.arrays import np
from comments_service.text.reading import Reading

if TYPE_CHECKING:
    import numpy.typing as npt

Phrases: TypeAlias = "npt.NDArray[np.uint64]"

LONGEST: Final = 3
"""Words of a phrase."""
MOST: Final = 600
"""Phrases of one text that are kept, from its beginning."""


def hash_phrase(phrase: str) -> int:
    """64 bits of BLAKE2, the same everywhere."""
    digest = hashlib.blake2b(phrase.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def phrases_of(reading: Reading) -> Phrases:
    """The phrases of a comment's text: hosts, then runs of one to three words; each once."""
    words = reading.body.wording[:MOST]
    runs = (
        " ".join(words[at : at + size])
        for at in range(len(words))
        for size in range(1, min(LONGEST, len(words) - at) + 1)
    )
    hosts = {host_name(link.host): None for link in reading.body.links if link.host}
    found = dict.fromkeys([*hosts, *islice(runs, 2 * MOST)])
    return np.array([hash_phrase(phrase) for phrase in islice(found, MOST)], np.uint64)


def host_name(host: str) -> str:
    """A host as it is told and counted."""
    return host.removeprefix("www.")


def encode_phrases(phrases: Phrases) -> bytes:
    """As a row keeps them: 8 bytes each, little-endian."""
    return phrases.astype("<u8").tobytes()


def decode_phrases(data: bytes) -> Phrases:
    """What `encode_phrases` wrote.

    Raises:
        ValueError: these are no phrases.
    """
    return np.frombuffer(data, "<u8").astype(np.uint64)
