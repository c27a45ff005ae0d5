"""Matching: which of a list's words and phrases stand in a text, however they are disguised.

Plain words are one look-up each. Only pieces with digits or symbols are unmasked, only words with
doubled letters are shrunk, only runs of single letters are joined. There is no great pattern: the
time is that of reading the text once, plus a plain search for each wildcard entry.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias

from comments_service.text import disguise
from comments_service.text.fold import as_mixed, fold
from comments_service.text.index import Parts, Phrases, Place, Read
from comments_service.text.phrase_words import PhraseWords
from comments_service.text.reading import Passage, Word
from comments_service.text.shapes import Masks, Stretched, respellings

Odd: TypeAlias = tuple[bool, str | None, tuple[str, ...]]
"""What a piece with marks may be: an ordinary word, an entry, and words of phrases."""

MAX_MATCHES: Final = 200
"""Matches reported for one text; more would tell a moderator nothing new."""

_WORD: Final = re.compile(r"[^\W_]+")
UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Scripts written without spaces: a whole word cannot be told from its neighbours."""
_ADDRESS: Final = re.compile(r"[^\W_]\.[^\W_]{2}|://")
"""An entry like this is also found within longer addresses; letters with dots between are none."""
_MAX_DISGUISED: Final = 40
"""Characters between spaces beyond which a piece is no word in disguise."""
_REMEMBERED: Final = 8_192
"""Words, and pieces with marks, whose meaning a matcher keeps; about a megabyte when full."""
_NOTHING: Final[Odd] = (False, None, ())


class Match(NamedTuple):
    """One entry found: [start, end) in the original text, [at, until) in the folded one."""

    term: str
    start: int
    end: int
    at: int
    until: int
    disguised: bool


def is_disguised_phrase(match: Match) -> bool:
    """Whether it is a phrase some of whose words were read through a disguise, which is a guess."""
    return match.disguised and " " in match.term.strip()


class Matcher:
    """A compiled list of words and phrases.

    An entry is a word, a phrase, or a part with a star at an end: `foo*` begins a word, `*foo` ends
    one, `*foo*` stands anywhere in one. Entries are folded like the text. Where a masked word may
    be several, the entry named first is meant. `ordinary` words are never taken for a part, a
    disguise or a stretched form of an entry. `steady` entries are not meant where a letter is
    merely doubled ("penne") or covered, as those of languages whose ordinary words are not listed;
    steady phrases in no disguise at all. `respelled` ones are also found in the spellings of
    `disguise.respelled`. Phrases end with a line, unless they may go `over_lines`.
    """

    def __init__(
        self,
        entries: Iterable[str],
        ordinary: Iterable[str] = (),
        *,
        steady: Collection[str] = frozenset(),
        respelled: Collection[str] = (),
        over_lines: bool = False,
    ) -> None:
        self._words: dict[str, str] = {}
        self._literal: dict[str, str] = {}
        self._mixed: dict[str, str] = {}
        self._signs: list[tuple[str, str]] = []
        self._pictures = Parts()
        self._phrases = Phrases(over_lines=over_lines)
        self._parts = Parts()
        self._marked = Parts()
        self._ordinary = frozenset(ordinary)
        self._steady = frozenset(steady)
        for entry in entries:
            self._add(entry)
        taken = self._ordinary | self._words.keys()
        self._respelled = respellings(self._words.keys() & respelled, taken)
        self._starred = Masks(word for word in self._words if word in self._steady)
        self._masked = Masks(word for word in self._words if word not in self._steady)
        self._masked_ordinary = Masks(self._ordinary)
        self._disguises = PhraseWords(self._phrases)
        # One doubled letter makes many an ordinary word ("bots", "boots"): it is a disguise only
        # where a list of such words stands by.
        self._stretched_words = Stretched(self._words, 2 if self._ordinary else 3, self._steady)
        self._stretched_words.add_like(self._ordinary)
        # Comments share most of their words, so what a short piece means is worth remembering.
        self._unnoticed: set[str] = set()
        self._odd_once = lru_cache(_REMEMBERED)(self._odd)

    def _add(self, entry: str) -> None:
        open_left = entry.startswith("*") and not entry.startswith("**")
        open_right = entry.endswith("*") and not entry.endswith("**")
        text = fold(entry[open_left : len(entry) - open_right]).text.strip()
        unspaced = bool(UNSPACED.search(text))
        words = _WORD.findall(text)
        if not text:
            return
        if open_left or open_right or unspaced:
            left, right = open_left or unspaced, open_right or unspaced
            self._parts.add(text, left, right, entry, widens=not unspaced)
        elif not words:
            if text.isascii():
                self._signs.append((text, entry))
            else:
                self._pictures.add(text, True, True, entry, widens=False)
        elif words == [text]:
            self._add_word(text, entry)
        elif " " in text:
            # Letters apart are a word that is spelled, and may be listed as such.
            apart = max(map(len, words), default=0) == 1 and "".join(words) in self._words
            if len(words) > 1 and not apart:
                self._phrases.add(words, entry, plain=entry in self._steady)
        else:
            self._add_marked(text, entry)

    def _add_word(self, text: str, entry: str) -> None:
        self._words.setdefault(text, entry)
        if (mixed := as_mixed(text)) != text:
            self._mixed.setdefault(mixed, entry)

    def _add_marked(self, text: str, entry: str) -> None:
        """Take in a word with marks, which are part of it: "a-hole" is no "a hole"."""
        inside = disguise.bare(text)[0]
        if not inside.isalnum():
            self._literal.setdefault(inside, entry)
        if inside.isalnum() or _ADDRESS.search(inside):
            self._marked.add(text, open_left=False, open_right=False, entry=entry)

    def find(self, passage: Passage) -> list[Match]:
        """Every entry in the text, in the order of places; at most `MAX_MATCHES`."""
        odd, noticed = self._telling(passage.odd_forms), self._noticed(passage.forms)
        if not (odd or noticed or self._may_hold_more(passage)):
            return []
        found: dict[tuple[int, int], Match] = {}
        broken_up = self._broken_up_in(passage, odd)
        begins = sorted(broken_up)
        for match in self._search(passage, odd, noticed):
            near = bisect_right(begins, match.at) - 1
            if near >= 0 and match.until <= broken_up[begins[near]]:
                continue
            # The first to name a place keeps it: plain words come before disguises.
            found.setdefault((match.start, match.end), match)
            if len(found) >= MAX_MATCHES:
                break
        return sorted(found.values(), key=lambda m: (m.start, -m.end))

    def _may_hold_more(self, passage: Passage) -> bool:
        """Whether there may be what no single piece tells; most texts are done with that."""
        return (
            bool(passage.spelled)
            or passage.has_humps
            or not self._parts.stay_in_words
            or self._marked.may_stand_in(passage.folded.text)
            or self._has_symbols(passage.folded.text)
            or bool(self._phrases.begin_in(passage.wording))
        )

    def _search(
        self, passage: Passage, odd: Mapping[str, Odd], noticed: Mapping[str, str | None]
    ) -> Iterator[Match]:
        for places, is_disguised in (
            (self._symbols_in(passage.folded.text), False),
            (self._words_in(passage, noticed) if noticed else (), False),
            (self._mixed_in(passage, noticed) if noticed else (), True),
            (self._respelled_in(passage, noticed) if noticed else (), True),
            (self._phrases.find(passage), False),
            (self._held_in(passage, noticed), False),
            (self._marked_in(passage), False),
            (self._stretched_in(passage, noticed) if noticed else (), True),
            (self._disguised_in(passage, odd) if odd else (), True),
            (self._spelled_in(passage), True),
            (self._read_in(passage, odd, noticed), True),
        ):
            for term, at, until in places:
                yield Match(term, *passage.folded.span(at, until), at, until, is_disguised)
        if passage.has_humps:
            yield from self._glued_in(passage)

    def _noticed(self, forms: frozenset[str]) -> Mapping[str, str | None]:
        """Those words that may be an entry, hold one or be one stretched; the last with it."""
        fresh = forms - self._unnoticed
        if not fresh:
            return {}
        noticed: dict[str, str | None] = {}
        for word in fresh:
            if word in self._words or word in self._mixed or word in self._respelled:
                noticed[word] = None
            if (term := self._long_held(word)) or self._disguises.held(word):
                noticed[word] = term
        for word in self._parts.held_by(fresh):
            noticed.setdefault(word, None)
        if len(self._unnoticed) > _REMEMBERED:
            self._unnoticed.clear()
        self._unnoticed.update(
            [word for word in fresh if len(word) <= _MAX_DISGUISED and word not in noticed]
        )
        return noticed

    def _long_held(self, word: str) -> str | None:
        if len(word) > _MAX_DISGUISED or word in self._words:
            return None
        return self._stretched(word)

    def _telling(self, pieces: Iterable[str]) -> dict[str, Odd]:
        """Those pieces with marks that say something, and what."""
        read = [(piece, self._odd_once(piece)) for piece in pieces if len(piece) <= _MAX_DISGUISED]
        return {piece: odd for piece, odd in read if odd != _NOTHING}

    def _has_symbols(self, text: str) -> bool:
        if any(sign in text for sign, _ in self._signs):
            return True
        return not text.isascii() and self._pictures.may_stand_in(text)

    def _symbols_in(self, text: str) -> Iterator[Place]:
        for symbol, term in self._signs:
            at = text.find(symbol)
            # Signs of ASCII also stand inside words for letters ("cl@$$").
            while at >= 0 and disguise.is_inside_word(text, at, at + len(symbol)):
                at = text.find(symbol, at + 1)
            if at >= 0:
                yield term, at, at + len(symbol)
        if not text.isascii():
            told: dict[str, Place] = {}
            for place in self._pictures.find(text, ()):
                told.setdefault(place[0], place)
            yield from told.values()

    def _words_in(self, passage: Passage, noticed: Mapping[str, str | None]) -> Iterator[Place]:
        found = self._words.keys() & noticed
        if found:
            for word, at, until in passage.words:
                if word in found:
                    yield self._words[word], at, until

    def _respelled_in(self, passage: Passage, noticed: Mapping[str, str | None]) -> Iterator[Place]:
        if not self._respelled.keys().isdisjoint(noticed):
            for word, at, until in passage.words:
                if word in self._respelled:
                    yield self._words[self._respelled[word]], at, until

    def _mixed_in(self, passage: Passage, noticed: Mapping[str, str | None]) -> Iterator[Place]:
        """Cyrillic and Greek words some of whose letters were typed as Latin ones."""
        if passage.original.isascii() or self._mixed.keys().isdisjoint(noticed):
            return
        for word, at, until in passage.words:
            term = self._mixed.get(word)
            if term is not None and not self._is_plain(passage, at, until):
                yield term, at, until

    def _is_plain(self, passage: Passage, at: int, until: int) -> bool:
        start, end = passage.folded.span(at, until)
        return passage.original[start:end].isascii()

    def _parts_in(self, text: str, words: Sequence[Word]) -> Iterator[Place]:
        for term, at, until in self._parts.find(text, words):
            whole = text[at:until]
            if whole not in self._words and whole not in self._ordinary:
                yield term, at, until

    def _marked_in(self, passage: Passage) -> Iterator[Place]:
        """Words with marks around them, as `#this`, and addresses, also within longer ones."""
        text = passage.folded.text
        if not self._marked.may_stand_in(text):
            return
        for term, at, until in self._marked.find(text, passage.words):
            if not disguise.is_inside_word(text, at, until):
                yield term, at, until

    def _held_in(self, passage: Passage, noticed: Mapping[str, str | None]) -> Iterable[Place]:
        if noticed or not self._parts.stay_in_words:
            return self._parts_in(passage.folded.text, passage.words)
        return ()

    def _stretched_in(self, passage: Passage, noticed: Mapping[str, str | None]) -> Iterator[Place]:
        stretched = {word: term for word, term in noticed.items() if term is not None}
        if stretched:
            for word, at, until in passage.words:
                if word in stretched:
                    yield stretched[word], at, until

    def _disguised_in(self, passage: Passage, odd: Mapping[str, Odd]) -> Iterator[Place]:
        for piece, at, until in passage.oddities:
            _, term, _ = odd.get(piece, _NOTHING)
            if term is not None:
                yield term, at, until

    def _broken_up_in(self, passage: Passage, odd: Mapping[str, Odd]) -> dict[int, int]:
        """Where an ordinary word stands with a mark inside, whose halves are no words: `cl-ass`."""
        pieces = passage.oddities if odd else ()
        return {at: until for piece, at, until in pieces if odd.get(piece, _NOTHING)[0]}

    def _odd(self, piece: str) -> Odd:
        ordinary = bool(self._ordinary) and self._is_ordinary(piece)
        words = () if ordinary else self._disguises.read(piece)
        return ordinary, self._literal.get(piece) or self._unmasked(piece), words

    def _is_ordinary(self, piece: str) -> bool:
        if disguise.joined(piece) in self._ordinary:
            return True
        return (
            disguise.is_masked(piece)
            and self._masked_ordinary.find(piece) is not None
            and self._masked.find(piece) is None
        )

    def _unmasked(self, piece: str) -> str | None:
        if disguise.is_address(piece):
            return None
        letters = disguise.joined(piece)
        if letters and (term := self._word(letters)):
            return term
        for reading in disguise.unleeted(piece):
            if term := self._word(reading) or self._part(reading):
                return term
        word = self._masked.find(piece) if disguise.is_masked(piece) else None
        if word is None and disguise.is_starred(piece):
            word = self._starred.find(piece)
        return self._words[word] if word else None

    def _spelled_in(self, passage: Passage) -> Iterator[Place]:
        # A text may spell one word a thousand times.
        known: dict[str, str | None] = {}
        for run, at, until in passage.spelled:
            if run not in known:
                known[run] = self._spelled(run)
            term = known[run]
            if term is not None:
                yield term, at, until

    def _spelled(self, run: str) -> str | None:
        for reading in disguise.letters_apart(run):
            readings = {
                reading,
                disguise.less_lone_vowel(reading),
                disguise.less_lone_vowel(reading[::-1])[::-1],
            }
            if not readings.isdisjoint(self._ordinary):
                return None
            term = next(filter(None, map(self._word, readings)), None) or self._part(reading)
            if term:
                return term
        return None

    def _read_in(
        self, passage: Passage, odd: Mapping[str, Odd], noticed: Collection[str]
    ) -> Iterator[Place]:
        """Phrases some of whose words are in disguise, or that are spelled letter by letter."""
        read: list[Read] = []
        if any(words for _, _, words in odd.values()):
            read = [(odd.get(w, _NOTHING)[2], at, until) for w, at, until in passage.oddities]
        held = {word: words for word in noticed if (words := self._disguises.held(word))}
        if held:
            read += [(held.get(word, ()), at, until) for word, at, until in passage.words]
        for run, at, until in passage.spelled:
            if len(run) <= disguise.MAX_APART and self._phrases.words:
                if term := self._disguises.glued(run):
                    yield term, at, until
                read += self._disguises.spelled(run, at)
        read = sorted([place for place in read if place[0]], key=itemgetter(1))
        apart = [place for before, place in pairwise([((), 0, 0), *read]) if place[1] >= before[2]]
        if apart:
            yield from self._phrases.find_read(passage, apart)

    def _glued_in(self, passage: Passage) -> Iterator[Match]:
        """Words glued together by capitals: `TotalIdiot`."""
        for whole, pieces in disguise.glued(passage.original):
            for piece, start in () if whole in self._ordinary else pieces:
                term = self._words.get(piece)
                if term is not None:
                    yield Match(term, start, start + len(piece), -1, -1, True)

    def _word(self, letters: str) -> str | None:
        if len(letters) < 3 or letters in self._ordinary:
            return None
        return self._words.get(letters) or self._stretched(letters)

    def _part(self, letters: str) -> str | None:
        whole = [(letters, 0, len(letters))]
        return next((term for term, _, _ in self._parts_in(letters, whole)), None)

    def _stretched(self, word: str) -> str | None:
        """The entry that the word is when letters are held longer; an ordinary word wins."""
        if not disguise.has_double(word) or word in self._ordinary:
            return None
        meant = self._stretched_words.find_all(word)
        return self._words.get(max(meant, key=len)) if meant else None
