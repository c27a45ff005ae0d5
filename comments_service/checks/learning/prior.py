"""The prior: what is known of spam before a site's first decision, shipped as `prior.bin`.

Written by `python -m training.spam_prior` from texts whose licences allow it; its report is
docs/models/spam.md. This file only reads.
"""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from comments_service.checks.learning.features import (
    BUCKETS,
    SCALE,
    VERSION,
    Features,
    decode_features,
)
from comments_service.checks.learning.learner import Lesson
from comments_service.text.arrays import np

if TYPE_CHECKING:
    import numpy.typing as npt

FILE: Final = Path(__file__).with_name("prior.bin")
_MAGIC: Final = b"spam-prior\n"
_HEADER: Final = struct.Struct("<IddI")
"""The features' version, what a weight of 1 / 127 is, the bias, and the number of stand-ins."""
_LENGTH: Final = struct.Struct("<I")
_DIGEST: Final = 16


@dataclass(frozen=True, eq=False)
class Prior:
    """Shipped weights, a hundredth as exact as learnt ones, and harmless texts' features."""

    name: str
    """The first digits of the file's digest: learnt weights belong to one prior alone."""
    weights: "npt.NDArray[np.int8]"
    unit: float
    bias: float
    stand_ins: Sequence[Lesson]

    def margin(self, features: Features) -> float:
        """Positive where it looks like spam."""
        return features.weighed(self.weights) / SCALE * self.unit + self.bias


def encode_prior(
    weights: "npt.NDArray[np.int8]", unit: float, bias: float, stand_ins: Sequence[Features]
) -> bytes:
    """The file's content."""
    kept = [features.encode() for features in stand_ins]
    body = zlib.compress(
        b"".join(
            (
                _HEADER.pack(VERSION, unit, bias, len(kept)),
                weights.tobytes(),
                *(_LENGTH.pack(len(data)) + data for data in kept),
            )
        ),
        9,
    )
    return _MAGIC + hashlib.blake2b(body, digest_size=_DIGEST).digest() + body


def decode_prior(data: bytes) -> Prior:
    """What `encode_prior` wrote.

    Raises:
        ValueError: it is damaged, or of other features.
    """
    digest, body = data[len(_MAGIC) :][:_DIGEST], data[len(_MAGIC) + _DIGEST :]
    if not data.startswith(_MAGIC) or hashlib.blake2b(body, digest_size=_DIGEST).digest() != digest:
        raise ValueError("The shipped knowledge of spam is damaged.")
    plain = zlib.decompress(body)
    version, unit, bias, count = _HEADER.unpack_from(plain)
    if version != VERSION:
        raise ValueError("The shipped knowledge of spam is of other features.")
    at = _HEADER.size + BUCKETS
    weights = np.frombuffer(plain[_HEADER.size : at], np.int8)
    bare = Prior(digest.hex(), weights, unit, bias, ())
    stand_ins = []
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(plain, at)
        at += _LENGTH.size + length
        features = decode_features(plain[at - length : at])
        stand_ins.append(Lesson(features, bare.margin(features), is_spam=False))
    return Prior(bare.name, weights, unit, bias, tuple(stand_ins))


@cache
def shipped_prior() -> Prior:
    """The prior that came with this release, read once.

    Raises:
        ValueError: the file is damaged.
        OSError: it cannot be read.
    """
    return decode_prior(FILE.read_bytes())
