"""Features: what the spam learner sees of a comment, as numbered buckets with a scale each.

Letters and words come from the n-grams that all models share; what else tells spam (links, names,
money, capitals, length) is named here and hashed beside them. The folded text is read throughout,
so a disguised repeat has the features of the first.
"""

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import log2, sqrt
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from comments_service.text.arrays import np
from comments_service.text.lazy import lazy
from comments_service.text.reading import Link, Passage, Reading

if TYPE_CHECKING:
    import numpy.typing as npt

Integers: TypeAlias = "npt.NDArray[np.int64]"

VERSION: Final = 1
"""Rises when a text's features change: what the earlier ones taught is then worth nothing."""
BITS: Final = 18
BUCKETS: Final = 1 << BITS
SCALE: Final = 1 << 14
"""A scale of 1, in whole numbers."""
MOST: Final = 4_096
"""Buckets of letters, and as many of words, that one text has at most."""
FACTORS: Final = (1.0, 1.5, 1.5)
"""How much letters, words and traits weigh: lengths of the three parts of a text's vector. Chosen
on four YouTube videos for the fifth (benchmarks/spam_learning.py)."""

# Most texts have not even what the pattern behind it needs, which costs a tenth to look for.
_LIKE_A_PHONE: Final = re.compile(r"\d[\d ().-]{6,18}\d")
_PHONE: Final = re.compile(r"(?<![\w.])\+?\(?\d[\d ().-]{6,18}\d(?!\w)")
_MAIL: Final = re.compile(r"[\w+-]@[\w-]+\.[a-z]{2}")
_PRICE: Final = re.compile(r"[$£€] ?\d")
_SUM: Final = re.compile(r"\d ?(?:k|usd|dollars?|euros?|pounds|bucks|%)(?!\w)")
_MARKUP: Final = re.compile(r"<a\b|href ?=|\[url|\]\(|\[link", re.IGNORECASE)
# What each of these holds in any case; most comments hold none of it, which is told sooner.
_DIGIT: Final = re.compile(r"\d")
_MARKS: Final = "<=[]"
_LINE_END: Final = "\n"
_ABOVE_ALL: Final = 0xFFFFFFFF
_HEADER: Final = struct.Struct("<3I")
# Where everybody's readers point to; links elsewhere are to a host unknown.
_KNOWN_HOSTS: Final = frozenset(
    "wikipedia.org wikimedia.org youtube.com youtu.be github.com archive.org nytimes.com "
    "washingtonpost.com theguardian.com bbc.co.uk bbc.com reuters.com apnews.com cnn.com npr.org "
    "nature.com arxiv.org doi.org stackoverflow.com".split()
)


@dataclass(frozen=True, eq=False)
class Features:
    """The distinct buckets of a text, ascending in each of three parts: letters, words, traits."""

    letters: Integers
    words: Integers
    traits: Integers

    @lazy
    def buckets(self) -> Integers:
        """All of them, one part after the other; int64 of shape (count,), below `BUCKETS`."""
        return np.concatenate([self.letters, self.words, self.traits])

    @lazy
    def scales(self) -> Integers:
        """What each bucket counts for, in units of 1 / `SCALE`; parallel to `buckets`."""
        lengths = [len(part) for part in self._parts]
        return np.repeat(np.array(self._scale_of_each, np.int64), lengths)

    def weighed(self, weights: "npt.NDArray[np.signedinteger[Any]]") -> int:
        """The sum of the buckets' weights times their scales, exact, part by part."""
        each = weights.take(self.buckets)
        words = len(self.letters)
        traits = words + len(self.words)
        parts = (each[:words], each[words:traits], each[traits:])
        return sum(
            [
                scale * int(np.add.reduce(part, dtype=np.int64))
                for scale, part in zip(self._scale_of_each, parts, strict=True)
            ]
        )

    @property
    def _parts(self) -> tuple[Integers, Integers, Integers]:
        return self.letters, self.words, self.traits

    @property
    def _scale_of_each(self) -> list[int]:
        return [
            round(SCALE * factor / sqrt(max(1, len(part))))
            for part, factor in zip(self._parts, FACTORS, strict=True)
        ]

    def encode(self) -> bytes:
        """As an event's row keeps them: some 1.3 bytes a bucket, and no text."""
        parts = self._parts
        steps = np.concatenate([np.diff(part, prepend=0) for part in parts]).astype("<u4")
        # Byte by byte: the steps are small, so three of four planes are nearly empty.
        planes = np.ascontiguousarray(steps.view(np.uint8).reshape(-1, 4).T).tobytes()
        return _HEADER.pack(*map(len, parts)) + zlib.compress(planes)


def decode_features(data: bytes) -> Features:
    """What `Features.encode` wrote.

    Raises:
        ValueError: these are no features.
    """
    try:
        counts = _HEADER.unpack_from(data)
        planes = zlib.decompress(data[_HEADER.size :])
        steps = np.frombuffer(planes, np.uint8).reshape(4, -1).T
    except (struct.error, zlib.error, ValueError) as problem:
        raise ValueError("These are no features.") from problem
    flat = np.ascontiguousarray(steps).view("<u4").reshape(-1).astype(np.int64)
    if len(flat) != sum(counts):
        raise ValueError("Features are missing.")
    ends = np.cumsum(counts)
    parts = [np.cumsum(part) for part in np.split(flat, ends[:-1])]
    if any(len(part) and part[-1] >= BUCKETS for part in parts):
        raise ValueError("There are no such buckets.")
    return Features(*parts)


def features_of(
    reading: Reading, *, copies: int = 0, site_hosts: frozenset[str] = frozenset()
) -> Features:
    """The features of a comment.

    `copies` is how often the same folded text came within the day before; links to `site_hosts`,
    the site's own, are no outside links.
    """
    grams = reading.body.grams
    pieces = grams.buckets
    at = len(pieces) - max(0, 2 * grams.words - 1)
    traits = set(map(_bucket, _traits(reading, copies, site_hosts)))
    return Features(*_distinct(pieces, at), np.array(sorted(traits), np.int64))


def _distinct(pieces: "npt.NDArray[np.uint32]", at: int) -> tuple[Integers, Integers]:
    """Of the buckets before and from `at` on the lowest `MOST` each, ascending.

    That is a sample, and the same whenever the text is. Both are put in order at once, the second
    above the first: for a short text each step of an array costs more than its numbers.
    """
    ordered = np.empty(len(pieces) + 1, np.uint32)
    ordered[:-1] = pieces
    ordered[at:] += np.uint32(BUCKETS)
    ordered[-1] = _ABOVE_ALL
    ordered.sort()
    distinct = ordered[:-1][ordered[1:] != ordered[:-1]].astype(np.int64)
    of_letters = int(distinct.searchsorted(BUCKETS))
    return distinct[:of_letters][:MOST], distinct[of_letters:][:MOST] - BUCKETS


@lru_cache(maxsize=1_024)
def _bucket(trait: str) -> int:
    """Hashed by BLAKE2, whose value is the same everywhere and cannot be aimed at cheaply."""
    digest = hashlib.blake2b(trait.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "little") & (BUCKETS - 1)


def _traits(reading: Reading, copies: int, site_hosts: frozenset[str]) -> list[str]:
    body = reading.body
    outside = [link for link in body.links if not is_own(link, site_hosts)]
    return [
        *(_of_links(outside) if outside else _NO_LINKS),
        *_of_name(reading.author_name.folded.text.strip(), body, outside),
        *_of_shape(body),
        *_of_signs(body),
        f"copies {min(copies, 3)}",
    ]


def is_own(link: Link, site_hosts: frozenset[str]) -> bool:
    """Whether a link stays on the site."""
    return link.host in site_hosts or link.host.removeprefix("www.") in site_hosts


_NO_LINKS: Final = ("links 0", "hosts 0")


def _of_links(links: list[Link]) -> Iterator[str]:
    hosts = {link.host.removeprefix("www.") for link in links if link.host}
    yield f"links {min(len(links), 4)}"
    yield f"hosts {min(len(hosts), 3)}"
    for host in sorted(hosts)[:20]:
        labels = host.split(".")
        yield f"host {host}"
        yield f"ending {labels[-1]}"
        domain = ".".join(labels[-2:])
        if len(labels) > 2:
            yield f"host {domain}"
        yield "host known" if {domain, host} & _KNOWN_HOSTS else "host unknown"
    for link in links[:20]:
        rest = link.url.partition("://")[2] or link.url
        if "?" in rest:
            yield "link with a question"
        if rest.rstrip("/").count("/"):
            yield "link with a path"


def _of_name(name: str, body: Passage, links: list[Link]) -> Iterator[str]:
    if len(name) < 4:
        return
    yield f"name {name}"
    if name in body.folded.text:
        yield "name in text"
        if links:
            yield "name beside a link"


def _of_shape(body: Passage) -> list[str]:
    text, words = body.folded.text, body.wording
    count, letters = len(words), body.letters
    traits = [
        f"capitals {5 * body.capitals // letters if letters else 'none'}",
        f"length {int(log2(len(text) + 1))}",
        f"words {int(log2(count + 1))}",
        f"numbers {min(sum(map(str.isdigit, words)), 3)}",
        f"exclamations {min(text.count('!'), 3)}",
        f"lines {min(text.count(_LINE_END), 3)}",
    ]
    if words:
        traits += (
            f"first {words[0]}",
            f"last {words[-1]}",
            f"different {4 * len(body.forms) // count}",
        )
    if "#" in text:
        traits.append("hash")
    return traits


def _of_signs(body: Passage) -> Iterator[str]:
    folded, original = body.folded.text, body.original
    if _DIGIT.search(folded):
        if _LIKE_A_PHONE.search(folded) and _PHONE.search(folded):
            yield "phone"
        if _PRICE.search(folded) or _SUM.search(folded):
            yield "money"
    if "@" in folded and _MAIL.search(folded):
        yield "mail"
    if any(map(original.__contains__, _MARKS)) and _MARKUP.search(original):
        yield "markup"
