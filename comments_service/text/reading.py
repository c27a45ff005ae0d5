"""Reading: what checks share about one submission, each part worked out at most once.

A reading tells what stands in the text (words, links, capitals) and never what to think of it.
Spans are code points of the original text.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any, Final, TypeAlias, TypeVar, cast

import ada_url

from comments_service.domain.comment import Submission
from comments_service.domain.verdict import Field, Span
from comments_service.text.disguise import FEWEST_SPELLED, LETTER_SIGNS, bare
from comments_service.text.fold import Folded, fingerprint_of, fold
from comments_service.text.language import weigh
from comments_service.text.ngrams import Grams

T = TypeVar("T")

Word: TypeAlias = tuple[str, int, int]
"""A piece of folded text, and [start, end) of it in the folded text."""

_WORDS: Final = re.compile(r"([^\W_]+)")
_CHUNKS: Final = re.compile(r"(\S+)")
_SPACE: Final = re.compile(r"\s")
_LINK_HINT: Final = re.compile(r"://|[^\W_]\.[^\W_]")

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
_LABELS: Final = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)"
_REST: Final = r"[^\s<>\"'`\])}|]"
_LINK: Final = re.compile(
    rf"\b(?P<scheme>(?i:https?|ftp)://){_REST}+"
    rf"|(?<![\w@.:/\\-])(?:(?i:www\.){_LABELS}+[^\W\d_]{{2,24}}"
    rf"|{_LABELS}+(?:(?i:{'|'.join(_ENDINGS)})(?![\w@-])|(?i:{'|'.join(_WORDY_ENDINGS)})(?=/\w)))"
    rf"(?::\d{{1,5}})?(?:[/?#]{_REST}*)?"
)
GRAM_BITS: Final = 18
"""Bits of the n-grams' buckets: 262,144 of them."""
_SHORTEST: Final = 3
"""Characters of a piece below which no word can be in disguise."""
_NAMES: Final = 256
"""Names that are kept with what was read off them."""
_TRAILING: Final = ".,;:!?'\"*_~"


@dataclass(frozen=True, slots=True)
class Link:
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

    @cached_property
    def folded(self) -> Folded:
        """The text folded, with its map back."""
        return fold(self.original)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Runs of letters and digits of the folded text, in order."""
        return tuple(_pieces(_WORDS, self.folded.text))

    @cached_property
    def forms(self) -> frozenset[str]:
        """The different words of the folded text: what a list knows of them is asked but once."""
        return frozenset([word for word, _, _ in self.words])

    @cached_property
    def has_lone_letters(self) -> bool:
        """Whether enough letters stand alone to spell something (`disguise.spelled_out`)."""
        text = self.folded.text
        lone = sum([until - at == 1 for _, at, until in self.words])
        return lone + sum(map(text.count, LETTER_SIGNS)) >= FEWEST_SPELLED

    @cached_property
    def starts(self) -> list[int]:
        """Where each of the words starts in the folded text."""
        return [start for _, start, _ in self.words]

    def around(self, at: int, until: int, reach: int) -> list[str]:
        """Up to `reach` words on either side of [at, until) of the folded text."""
        first, after = bisect_left(self.starts, at), bisect_left(self.starts, until)
        around = self.words[max(0, first - reach) : first] + self.words[after : after + reach]
        return [word for word, _, _ in around]

    @cached_property
    def little_words(self) -> Counter[str]:
        """How many little words of each language the text has (`text.language.weigh`)."""
        return weigh(self.forms)

    @cached_property
    def oddities(self) -> tuple[Word, ...]:
        """Pieces between spaces that are no plain words once the punctuation around them is off."""
        return tuple(_oddities(self.folded.text))

    @cached_property
    def grams(self) -> Grams:
        """Pieces of letters and words of the folded text, hashed; what every model weighs."""
        return Grams(self.folded.text, GRAM_BITS)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Absolute addresses, Markdown's and HTML's included, and bare `www.` or domain names."""
        return tuple(_links(self.original))

    @cached_property
    def letters(self) -> int:
        """How many characters are letters."""
        return sum(map(str.isalpha, self.original))

    @cached_property
    def capitals(self) -> int:
        """How many characters are capital letters."""
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

    @cached_property
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


def _oddities(text: str) -> Iterator[Word]:
    for chunk, start, _ in _pieces(_CHUNKS, text):
        if chunk.isalpha():
            continue
        piece, cut = bare(chunk)
        if len(piece) >= _SHORTEST and not piece.isalpha():
            at = start + cut
            yield piece, at, at + len(piece)


def _links(text: str) -> Iterator[Link]:
    done = 0
    hosts: dict[str, str] = {}
    # Only pieces between spaces that hold a dot or a scheme inside are looked at closely.
    for hint in _LINK_HINT.finditer(text):
        if hint.start() < done:
            continue
        start = max(done, text.rfind(" ", done, hint.start()), text.rfind("\n", done, hint.start()))
        space = _SPACE.search(text, hint.end())
        done = space.start() if space else len(text)
        for m in _LINK.finditer(text, start, done):
            url = m[0].rstrip(_TRAILING)
            if url not in hosts:
                hosts[url] = _host(url if m["scheme"] else "http://" + url)
            yield Link(url, hosts[url], (m.start(), m.start() + len(url)))


def _host(url: str) -> str:
    try:
        return ada_url.URL(url).hostname.lower().rstrip(".")
    except ValueError:
        return ""
