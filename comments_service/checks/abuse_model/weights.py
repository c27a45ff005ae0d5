"""The abuse model's weights: one file, 8 bits a bucket, checked by its checksum before it is used.

The file: "CSABUSE1"; float64 bias, float64 unit of the bucket weights, uint32 bits, uint32 number
of figures; that many float64 weights; 2**bits int8 weights; the SHA-256 of all before it. Numbers
are little-endian.
"""

import hashlib
import struct
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from comments_service.checks.abuse_model.features import BITS, NAMES
from comments_service.text.arrays import np

if TYPE_CHECKING:
    import numpy.typing as npt

FILE: Final = "abuse.bin"
_MAGIC: Final = b"CSABUSE1"
_HEAD: Final = struct.Struct("<8sddII")
_DIGEST: Final = 32


class BadModel(ValueError):
    """The file is not the model that this version of the service was trained with."""


class Weights(Struct, frozen=True):
    """A logistic regression.

    Log odds = bias + figures @ figure + unit * sum(piece[buckets]) / sqrt(number of pieces).
    """

    bias: float
    unit: float
    figure: "npt.NDArray[np.float64]"
    """Shape (len(NAMES),)."""
    piece: "npt.NDArray[np.int8]"
    """Shape (2**BITS,)."""


@cache
def load() -> Weights:
    """Read the shipped weights; once in a process, at the first comment that needs them.

    Raises:
        BadModel: the file is damaged or another version's.
        OSError: there is none.
    """
    return decode((files(__package__) / FILE).read_bytes())


def decode(raw: bytes) -> Weights:
    """Read a file's content.

    Raises:
        BadModel: it is damaged, cut short or made for other features.
    """
    expected = _HEAD.size + 8 * len(NAMES) + (1 << BITS) + _DIGEST
    if len(raw) != expected:
        raise BadModel(f"The model has {len(raw):,} bytes instead of {expected:,}.")
    if hashlib.sha256(raw[:-_DIGEST]).digest() != raw[-_DIGEST:]:
        raise BadModel("The model's checksum is wrong.")
    magic, bias, unit, bits, count = _HEAD.unpack_from(raw)
    if (magic, bits, count) != (_MAGIC, BITS, len(NAMES)):
        raise BadModel("The model was made for other features.")
    figure = np.frombuffer(raw, "<f8", count, _HEAD.size)
    piece = np.frombuffer(raw, np.int8, 1 << bits, _HEAD.size + 8 * count)
    return Weights(bias, unit, figure, piece)


def encode(weights: Weights) -> bytes:
    """Write a file's content; `decode` reads the same weights from it."""
    raw = _HEAD.pack(_MAGIC, weights.bias, weights.unit, BITS, len(NAMES))
    raw += weights.figure.astype("<f8").tobytes() + weights.piece.tobytes()
    return raw + hashlib.sha256(raw).digest()
