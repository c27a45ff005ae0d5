"""Reading: what checks share about one submission, each part worked out at most once.

A reading tells what stands in the text (words, links, capitals) and never what to think of it.
Spans are code points of the original text.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, islice
from typing import Any, Final, TypeAlias, TypeVar, cast

import ada_url
from msgspec import Struct

from comments_service.domain.comment import Submission
from comments_service.domain.verdict import Field, Span
from comments_service.text.disguise import (
    CLOSING,
    FEWEST_SPELLED,
    LETTER_SIGNS,
    bare,
    spelled_out,
)
from comments_service.text.fold import Folded, fingerprint_of, fold
from comments_service.text.language import weigh
from comments_service.text.lazy import lazy
from comments_service.text.ngrams import Grams

T = TypeVar("T")

Word: TypeAlias = tuple[str, int, int]
"""A piece of folded text, and [start, end) of it in the folded text."""

_WORDS: Final = re.compile(r"[^\W_]+")
# Of plain letters, bytes tell the same as patterns do, several times as fast.
_ASCII: Final = [chr(code) for code in range(0x80)]
_OUTSIDE_WORDS: Final = bytes(ord(c) if c.isalnum() else 0x20 for c in _ASCII).ljust(0x100)
_OUTSIDE_LABELS: Final = bytes(ord(c) if c.isalnum() or c == "_" else 0x20 for c in _ASCII).ljust(
    0x100
)
_KINDS: Final = "".join("A" if c.isupper() else "a" if c.isalpha() else " " for c in _ASCII)
_KIND_OF_EACH: Final = _KINDS.encode().ljust(0x100)
_HUMP: Final = b"aA"
_CHUNKS: Final = re.compile(r"(\S+)")
_LABEL_WORDS: Final = re.compile(r"\w+")
_INNER_DOT: Final = re.compile(r"\.[^\W_]")
"""What costs least to look for, and no bare name is without."""

# Endings under which sites of every kind live. Those that are also words of English (is, it, me)
# count only with a path after them; `www.` makes anything a link.
_ENDINGS: Final = (
    "com net org info biz edu gov xyz top club online site website shop store app dev io tv blog "
    "live link click win bid loan men work vip icu pro ru cn su ua kz tk ml ga cf gq pw ws gl ly "
    "cc uk de fr nl pl br eu ca au jp kr рф укр бел"
).split()
_WORDY_ENDINGS: Final = (
    "is it me to so us be in at am do my no by co gg im st la sh ai fm nu es se".split()
)
_ANY_ENDING: Final = frozenset((*_ENDINGS, *_WORDY_ENDINGS))
_LABELS: Final = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)"
_REST: Final = r"[^\s<>\"'`\])}|]"
_LINK: Final = re.compile(
    rf"\b(?P<scheme>(?i:https?|ftp)://){_REST}+"
    rf"|(?<![\w@.:/\\-])(?:(?i:www\.){_LABELS}+[^\W\d_]{{2,24}}"
    rf"|{_LABELS}+(?:(?i:{'|'.join(_ENDINGS)})(?![\w@-])|(?i:{'|'.join(_WORDY_ENDINGS)})(?=/\w)))"
    rf"(?::\d{{1,5}})?(?:[/?#]{_REST}*)?"
)
MAX_LINKS: Final = 120
"""Links of a text that are read: each costs. A site can let no more than 100 pass."""
GRAM_BITS: Final = 18
"""Bits of the n-grams' buckets: 262,144 of them."""
_SHORTEST: Final = 3
"""Characters of a piece below which no word can be in disguise."""
_NAMES: Final = 256
"""Names that are kept with what was read off them."""
_TRAILING: Final = ".,;:!?'\"*_~"


class Link(Struct, frozen=True):
    """A link, or what a reader would take for one: `host` is lower case, empty where none fits."""

    url: str
    host: str
    span: Span


class Passage:
    """One field's text: as typed, folded, and cut into words."""

    def __init__(self, field: Field, original: str) -> None:
        self.field: Final = field
        self.original: Final = original
        self._once: dict[Callable[[Passage], Any], Any] = {}

    def once(self, work: Callable[["Passage"], T]) -> T:
        """What `work` makes of this passage, worked out for whoever asks first."""
        if work not in self._once:
            self._once[work] = work(self)
        return cast("T", self._once[work])

    @lazy
    def folded(self) -> Folded:
        """The text folded, with its map back."""
        return fold(self.original)

    @lazy
    def wording(self) -> list[str]:
        """Runs of letters and digits of the folded text, in order."""
        text = self.folded.text
        if text.isascii():
            return text.encode("ascii").translate(_OUTSIDE_WORDS).decode("ascii").split()
        return _WORDS.findall(text)

    @lazy
    def words(self) -> tuple[Word, ...]:
        """The same with their places; most texts are judged without these."""
        return tuple(_places(self.wording, self.folded.text))

    @lazy
    def forms(self) -> frozenset[str]:
        """The different words of the folded text: what a list knows of them is asked but once."""
        return frozenset(self.wording)

    @lazy
    def has_lone_letters(self) -> bool:
        """Whether enough letters stand alone to spell something (`disguise.spelled_out`)."""
        lone = list(map(len, self.wording)).count(1)
        return lone + sum(map(self.folded.text.count, LETTER_SIGNS)) >= FEWEST_SPELLED

    @lazy
    def spelled(self) -> tuple[Word, ...]:
        """Runs of letters that stand apart (`disguise.spelled_out`)."""
        return tuple(spelled_out(self.folded.text)) if self.has_lone_letters else ()

    @lazy
    def _kinds(self) -> bytes:
        """Of each character whether it is a capital, another letter, or no letter of ASCII."""
        return self.original.encode("ascii", "replace").translate(_KIND_OF_EACH)

    @lazy
    def has_humps(self) -> bool:
        """Whether a capital follows a small letter somewhere, as where words are glued together."""
        return _HUMP in self._kinds

    @lazy
    def starts(self) -> list[int]:
        """Where each of the words starts in the folded text."""
        return [start for _, start, _ in self.words]

    def around(self, at: int, until: int, reach: int) -> list[str]:
        """Up to `reach` words on either side of [at, until) of the folded text."""
        first, after = bisect_left(self.starts, at), bisect_left(self.starts, until)
        around = self.words[max(0, first - reach) : first] + self.words[after : after + reach]
        return [word for word, _, _ in around]

    @lazy
    def little_words(self) -> Counter[str]:
        """How many little words of each language the text has (`text.language.weigh`)."""
        return weigh(self.forms)

    @lazy
    def oddities(self) -> tuple[Word, ...]:
        """Pieces between spaces that are no plain words once the punctuation around them is off."""
        odd = self._odd_chunks
        return tuple(
            [
                (odd[chunk][0], start + odd[chunk][1], start + odd[chunk][1] + len(odd[chunk][0]))
                for chunk, start, _ in _pieces(_CHUNKS, self.folded.text)
                if chunk in odd
            ]
        )

    @lazy
    def odd_forms(self) -> frozenset[str]:
        """The different oddities, without their places."""
        return frozenset([piece for piece, _ in self._odd_chunks.values()])

    @lazy
    def _odd_chunks(self) -> dict[str, tuple[str, int]]:
        """What stands between spaces and is odd: its oddity, and how much goes in front of it."""
        # Most are a plain word, or one with a mark behind it.
        chunks = {
            chunk: bare(chunk)
            for chunk in self.folded.text.split()
            if not (chunk.isalpha() or (chunk[-1] in CLOSING and chunk[:-1].isalpha()))
        }
        return {chunk: odd for chunk, odd in chunks.items() if _is_odd(odd[0])}

    @lazy
    def grams(self) -> Grams:
        """Pieces of letters and words of the folded text, hashed; what every model weighs."""
        return Grams(self.folded.text, GRAM_BITS)

    @lazy
    def links(self) -> tuple[Link, ...]:
        """Absolute addresses, Markdown's and HTML's included, and bare `www.` or domain names.

        Of a text with more than `MAX_LINKS` these are the first; it is held for having them.
        """
        text = self.original
        if "://" not in text and not _INNER_DOT.search(text):
            return ()
        return tuple(islice(_links(text), MAX_LINKS))

    @lazy
    def letters(self) -> int:
        """How many characters are letters."""
        if self.original.isascii():
            return len(self._kinds) - self._kinds.count(b" ")
        return sum(map(str.isalpha, self.original))

    @lazy
    def capitals(self) -> int:
        """How many characters are capital letters."""
        if self.original.isascii():
            return self._kinds.count(b"A")
        return sum(map(str.isupper, self.original))


class Reading:
    """A submission as the checks see it; made once, shared by all of them."""

    def __init__(self, submission: Submission) -> None:
        self.submission: Final = submission
        self.body: Final = Passage("body", submission.body)
        self.author_name: Final = _name_of(submission.author_name)

    @property
    def passages(self) -> tuple[Passage, Passage]:
        """The fields that are shown to readers."""
        return self.body, self.author_name

    @lazy
    def fingerprint(self) -> str:
        """`text.fold.fingerprint` of the body."""
        return fingerprint_of(self.body.folded)


@lru_cache(maxsize=_NAMES)
def _name_of(author_name: str) -> Passage:
    """A name as a passage: people write more than one comment, and under one name."""
    return Passage("author_name", author_name)


def _pieces(pattern: re.Pattern[str], text: str) -> Iterator[Word]:
    """What a pattern of one group finds, and where; one pass, and no match objects."""
    parts = pattern.split(text)
    ends = list(accumulate(map(len, parts)))
    return zip(parts[1::2], ends[::2], ends[1::2], strict=False)


def _places(words: Sequence[str], text: str) -> Iterator[Word]:
    """Where each of a text's words stands; between two of them is nothing that could be one."""
    until = 0
    for word in words:
        at = text.find(word, until)
        until = at + len(word)
        yield word, at, until


def _is_odd(piece: str) -> bool:
    return len(piece) >= _SHORTEST and not piece.isalpha()


def _links(text: str) -> Iterator[Link]:
    until = 0
    hosts: dict[str, str] = {}
    # Only pieces between spaces that hold a dot or a scheme are looked at. What holds one of them
    # has a dot or a scheme, too, so that the next place of a piece is always its own.
    for chunk in text.split():
        if "." not in chunk and "://" not in chunk:
            continue
        start = text.index(chunk, until)
        until = start + len(chunk)
        if not _may_link(chunk):
            continue
        for m in _LINK.finditer(text, start, until):
            url = m[0].rstrip(_TRAILING)
            if url not in hosts:
                hosts[url] = _host(url if m["scheme"] else "http://" + url)
            yield Link(url, hosts[url], (m.start(), m.start() + len(url)))


def _may_link(chunk: str) -> bool:
    """Whether a piece between spaces has a scheme, or a word that a name could end with.

    The pattern reads a chain of thousands of labels to its end and back for each of them.
    """
    if "://" in chunk:
        return True
    if chunk.isascii():
        lower = chunk.lower()
        words = lower.encode("ascii").translate(_OUTSIDE_LABELS).decode("ascii").split()
    else:
        lower = chunk.casefold()
        words = _LABEL_WORDS.findall(lower)
    return "www." in lower or not _ANY_ENDING.isdisjoint(words)


def _host(url: str) -> str:
    try:
        return ada_url.URL(url).hostname.lower().rstrip(".")
    except ValueError:
        return ""
