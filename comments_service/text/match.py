"""Matching: which of a list's words and phrases stand in a text, however they are disguised.

Plain words are one look-up each. Only pieces with digits or symbols are unmasked, only words with
doubled letters are shrunk, only runs of single letters are joined. There is no great pattern: the
time is that of reading the text once, plus a plain search for each wildcard entry.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple, TypeAlias

from comments_service.text import disguise
from comments_service.text.fold import fold
from comments_service.text.reading import Passage, Word

MAX_MATCHES: Final = 200
"""Matches reported for one text; more would tell a moderator nothing new."""

_WORD: Final = re.compile(r"[^\W_]+")
_GLUED: Final = re.compile(r"(?<![^\W_])(?:[A-Z][a-z]+){2,}(?![^\W_])")
_PIECE: Final = re.compile(r"[A-Z][a-z]+")
_SENTENCE_END: Final = re.compile(r"[.!?;\n]")
# Scripts that are written without spaces: a "whole word" cannot be told from its neighbours.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_MAX_DISGUISED: Final = 40
"""Characters between spaces beyond which a piece is no word in disguise."""
_LONE_VOWELS: Final = "aiou"


_Place: TypeAlias = tuple[str, int, int]
"""An entry, and [at, until) in the folded text."""


class Match(NamedTuple):
    """One entry found: [start, end) in the original text, [at, until) in the folded one."""

    term: str
    start: int
    end: int
    at: int
    until: int
    disguised: bool


class Matcher:
    """A compiled list of words and phrases.

    An entry is a word, a phrase, or a part with a star at an end: `foo*` begins a word, `*foo` ends
    one, `*foo*` stands anywhere in one. Entries are folded like the text. `ordinary` words are
    never taken for a part, a disguise or a stretched form of an entry.
    """

    def __init__(self, entries: Iterable[str], ordinary: Iterable[str] = ()) -> None:
        self._words: dict[str, str] = {}
        self._phrases: defaultdict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        self._parts: list[tuple[str, bool, bool, str]] = []
        self._symbols: list[tuple[str, str]] = []
        self._literal: dict[str, str] = {}
        self._ordinary = frozenset(ordinary)
        # One doubled letter makes many an ordinary word ("bots", "boots"): it is a disguise only
        # where a list of such words stands by.
        self._held = 2 if self._ordinary else 3
        for entry in entries:
            self._add(entry)
        self._by_shape: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
        self._ordinary_by_shape: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
        self._squeezed: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._words:
            self._by_shape[len(word), word[0]].append(word)
            self._squeezed[disguise.squeeze(word)].append(word)
        for word in self._ordinary:
            self._ordinary_by_shape[len(word), word[0]].append(word)
            if (key := disguise.squeeze(word)) in self._squeezed:
                self._squeezed[key].append(word)

    def _add(self, entry: str) -> None:
        open_left = entry.startswith("*") and not entry.startswith("**")
        open_right = entry.endswith("*") and not entry.endswith("**")
        text = fold(entry[open_left : len(entry) - open_right]).text.strip()
        unspaced = bool(_UNSPACED.search(text))
        words = _WORD.findall(text)
        if not text:
            return
        if open_left or open_right or unspaced:
            self._parts.append((text, open_left or unspaced, open_right or unspaced, entry))
        elif not words:
            self._symbols.append((text, entry))
        elif words == [text]:
            self._words.setdefault(text, entry)
        else:
            if len(words) > 1:
                self._phrases[words[0]].append((tuple(words[1:]), entry))
            if " " not in text:
                self._literal.setdefault(disguise.bare(text)[0], entry)

    def find(self, passage: Passage) -> list[Match]:
        """Every entry in the text, in the order of places; at most `MAX_MATCHES`."""
        found: dict[tuple[int, int], Match] = {}
        broken_up = dict(self._ordinary_in(passage.chunks))
        ends = sorted(broken_up)
        for match in self._search(passage):
            chunk = bisect_right(ends, match.at) - 1
            if chunk >= 0 and match.until <= broken_up[ends[chunk]]:
                continue
            # The first to name a place keeps it: plain words come before disguises.
            found.setdefault((match.start, match.end), match)
            if len(found) >= MAX_MATCHES:
                break
        return sorted(found.values(), key=lambda m: (m.start, -m.end))

    def _search(self, passage: Passage) -> Iterator[Match]:
        text, words = passage.folded.text, passage.words
        plain = chain(self._phrases_in(words, text), self._parts_in(text, words))
        disguised = chain(
            self._stretched_in(words), self._chunks_in(passage.chunks), self._spelled_in(text)
        )
        for places, is_disguised in (
            (self._symbols_in(text), False),
            (self._words_in(words), False),
            (plain, False),
            (disguised, True),
        ):
            for term, at, until in places:
                yield Match(term, *passage.folded.span(at, until), at, until, is_disguised)
        yield from self._glued_in(passage)

    def _symbols_in(self, text: str) -> Iterator[_Place]:
        for symbol, term in self._symbols:
            if (at := text.find(symbol)) >= 0:
                yield term, at, at + len(symbol)

    def _words_in(self, words: Sequence[Word]) -> Iterator[_Place]:
        for word, at, until in words:
            term = self._words.get(word)
            if term is not None:
                yield term, at, until

    def _stretched_in(self, words: Sequence[Word]) -> Iterator[_Place]:
        for word, at, until in words:
            if disguise.has_double(word) and word not in self._words:
                term = self._stretched(word)
                if term is not None:
                    yield term, at, until

    def _phrases_in(self, words: Sequence[Word], text: str) -> Iterator[_Place]:
        if not self._phrases:
            return
        for i, (word, at, _) in enumerate(words):
            for rest, term in self._phrases.get(word, ()):
                last = i + len(rest)
                if last < len(words) and all(words[i + 1 + k][0] == w for k, w in enumerate(rest)):
                    until = words[last][2]
                    if not _SENTENCE_END.search(text, at, until):
                        yield term, at, until

    def _parts_in(self, text: str, words: Sequence[Word]) -> Iterator[_Place]:
        starts: list[int] = []
        for part, open_left, open_right, term in self._parts:
            at = text.find(part)
            while at >= 0:
                starts = starts or [start for _, start, _ in words]
                start, end = _around(words, starts, at, at + len(part))
                whole = text[start:end]
                if (
                    (open_left or start == at)
                    and (open_right or end == at + len(part))
                    and whole not in self._words
                    and whole not in self._ordinary
                ):
                    yield term, start, end
                # Once in a word is enough: the next search begins behind it.
                at = text.find(part, end)

    def _ordinary_in(self, chunks: Sequence[Word]) -> Iterator[tuple[int, int]]:
        """Where an ordinary word stands with a mark inside, whose halves are no words: `cl-ass`."""
        for chunk, at, until in chunks:
            if not self._ordinary or chunk.isalpha():
                continue
            piece, _ = disguise.bare(chunk)
            if piece.isalpha() or len(piece) > _MAX_DISGUISED:
                continue
            letters = disguise.joined(piece)
            if letters in self._ordinary or (
                disguise.is_masked(piece)
                and self._fitting(piece, self._ordinary_by_shape)
                and not self._fitting(piece, self._by_shape)
            ):
                yield at, until

    def _fitting(self, piece: str, by_shape: Mapping[tuple[int, str], list[str]]) -> str | None:
        words = by_shape.get((len(piece), piece[0]), ())
        return next((word for word in words if disguise.fits(piece, word)), None)

    def _chunks_in(self, chunks: Sequence[Word]) -> Iterator[_Place]:
        for chunk, at, _ in chunks:
            if chunk.isalpha():
                continue
            piece, cut = disguise.bare(chunk)
            if piece.isalpha() or len(piece) < 3:
                continue
            term = self._literal.get(piece) or self._unmasked(piece)
            if term is not None:
                yield term, at + cut, at + cut + len(piece)

    def _unmasked(self, piece: str) -> str | None:
        if len(piece) > _MAX_DISGUISED or disguise.is_address(piece):
            return None
        letters = disguise.joined(piece)
        if letters and (term := self._word(letters)):
            return term
        for reading in disguise.unleeted(piece):
            if term := self._word(reading) or self._part(reading):
                return term
        if disguise.is_masked(piece):
            word = self._fitting(piece, self._by_shape)
            return self._words[word] if word else None
        return None

    def _spelled_in(self, text: str) -> Iterator[_Place]:
        for run, at, until in disguise.spelled_out(text):
            letters = disguise.joined(run) or run
            for reading in (letters, *disguise.unleeted(run)):
                readings = {
                    reading,
                    _less_lone_vowel(reading),
                    _less_lone_vowel(reading[::-1])[::-1],
                }
                if not readings.isdisjoint(self._ordinary):
                    break
                term = next(filter(None, map(self._word, readings)), None) or self._part(reading)
                if term:
                    yield term, at, until
                    break

    def _glued_in(self, passage: Passage) -> Iterator[Match]:
        """Words glued together by capitals: `TotalIdiot`."""
        for m in _GLUED.finditer(passage.original):
            if m[0].lower() in self._ordinary:
                continue
            for piece in _PIECE.finditer(m[0]):
                term = self._words.get(piece[0].lower())
                if term is not None:
                    start = m.start() + piece.start()
                    yield Match(term, start, start + len(piece[0]), -1, -1, True)

    def _word(self, letters: str) -> str | None:
        if len(letters) < 3 or letters in self._ordinary:
            return None
        return self._words.get(letters) or (
            self._stretched(letters) if disguise.has_double(letters) else None
        )

    def _part(self, letters: str) -> str | None:
        if letters in self._ordinary:
            return None
        return next(
            (term for term, _, _ in self._parts_in(letters, [(letters, 0, len(letters))])), None
        )

    def _stretched(self, word: str) -> str | None:
        """The entry that the word is when letters are held longer; an ordinary word wins."""
        if word in self._ordinary:
            return None
        bases = [
            base
            for base in self._squeezed.get(disguise.squeeze(word), ())
            if disguise.is_stretched_from(word, base, self._held)
        ]
        return self._words.get(max(bases, key=len)) if bases else None


def _less_lone_vowel(letters: str) -> str:
    """In "that was a s h i t" the "a" before the letters is a word of its own."""
    return letters[1:] if letters[0] in _LONE_VOWELS else letters


def _around(words: Sequence[Word], starts: list[int], at: int, until: int) -> tuple[int, int]:
    """[at, until) grown to the ends of the words it lies in."""
    first = words[max(0, bisect_right(starts, at) - 1)] if words else ("", at, until)
    last = words[max(0, bisect_right(starts, until - 1) - 1)] if words else ("", at, until)
    start = first[1] if first[1] <= at < first[2] else at
    end = last[2] if last[1] < until <= last[2] else until
    return start, end
