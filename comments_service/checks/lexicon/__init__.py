"""The lexicon: words and phrases with how severe each is and what kind of trouble it means.

The better-profanity package's list is the seed of English; the judgement is ours, one line an entry
in `<language>.tsv`, made by hand. A word may mean one thing in one language and nothing in another:
which sense counts is asked of the words around it (`text/language.py`). What a comment deserves is
no question of this room.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from better_profanity import Profanity

from comments_service.domain.verdict import Category
from comments_service.text.fold import fold
from comments_service.text.language import likely, weigh
from comments_service.text.listed import read_list
from comments_service.text.match import Match, Matcher
from comments_service.text.reading import Passage

LANGUAGES: Final = ("en", "de", "el", "es", "fr", "it", "pt", "ru", "uk")
"""Those with a file of their own; English first, for it wins where two say the same."""
UNJUDGED: Final = 0.5
"""Severity of a seed entry that our file does not name, as a newer package may have."""
NEAR: Final = 8
"""Words on either side of a match that say which language it is in."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the lexicon says of one word or phrase in one language."""

    severity: float
    """0 (harmless) to 1. A harmless phrase excuses the words inside it: "spic and span"."""
    category: Category
    aimed: float
    """Severity when it is said to somebody: "idiot" in "you idiot"; at least `severity`."""
    language: str = "en"
    here: bool = False
    """It counts in a text of its language alone, because it is a word of others, too."""
    accented: str = ""
    """How it must be written, where its accents make the word: "coño" is no "cono"."""
    bare: bool = False
    """Where accents make the word: whether it may be written without any."""


class Found(NamedTuple):
    """A match and what is meant by it."""

    match: Match
    entry: Entry


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All languages' entries, compiled."""

    entries: Mapping[str, Entry]
    """Each term's first sense: English before others, elsewhere the worst."""
    matcher: Matcher
    senses: Mapping[str, Mapping[str, Entry]]
    """The terms whose sense depends on the language: what each is in which."""
    harmless: Mapping[str, frozenset[str]]
    """Words that are ordinary in some languages: folded word to languages."""

    def find(self, passage: Passage) -> list[Found]:
        """What stands in the passage and is meant, in the order of places."""
        found = ((m, self._meant(m, passage)) for m in self.matcher.find(passage))
        return [Found(match, entry) for match, entry in found if entry is not None]

    def _meant(self, match: Match, passage: Passage) -> Entry | None:
        word = passage.folded.text[match.at : match.until] if match.at >= 0 else ""
        ordinary = self.harmless.get(word)
        senses = self.senses.get(match.term)
        if ordinary is None and senses is None:
            return self.entries[match.term]
        near = weigh(passage.around(match.at, match.until, NEAR) if match.at >= 0 else ())
        languages = likely(near, passage.little_words)
        if ordinary and languages & ordinary and _is_sure(near, languages, passage):
            return None
        if senses is None:
            return self.entries[match.term]
        return _strictest(match, passage, senses, languages)


def _is_sure(near: Counter[str], languages: frozenset[str], passage: Passage) -> bool:
    """Two little words, or one beside letters that English has not; nothing of English near."""
    if "en" in languages:
        return False
    least = 2 if passage.original.isascii() else 1
    return max((near or passage.little_words)[language] for language in languages) >= least


def _strictest(
    match: Match, passage: Passage, senses: Mapping[str, Entry], languages: frozenset[str]
) -> Entry | None:
    # What is a word in one language alone is not looked for in another's disguise.
    mine = [] if match.disguised or "en" in languages else [*senses.keys() & languages]
    if len(mine) == 1:
        entry = senses[mine[0]]
        return entry if _is_written_so(entry, match, passage) else None
    usable = [e for e in senses.values() if not e.here and _is_written_so(e, match, passage)]
    # English is the only language whose file was weighed against thousands of real comments.
    return max(usable, key=lambda e: (e.language == "en", e.severity), default=None)


def _is_written_so(entry: Entry, match: Match, passage: Passage) -> bool:
    if not entry.accented:
        return True
    typed = unicodedata.normalize("NFC", passage.original[match.start : match.end]).casefold()
    return typed == entry.accented or (
        entry.bare and not any(map(unicodedata.combining, unicodedata.normalize("NFD", typed)))
    )


@cache
def load() -> Lexicon:
    """Read every language's files; once in a process, at the first comment that needs them.

    Raises:
        ValueError, OSError: a file is damaged or gone.
    """
    senses: defaultdict[str, dict[str, Entry]] = defaultdict(dict)
    for word in _seed():
        senses[word]["en"] = Entry(UNJUDGED, Category.PROFANITY, UNJUDGED)
    harmless: defaultdict[str, set[str]] = defaultdict(set)
    for language in LANGUAGES:
        for line in _lines(f"{language}.tsv"):
            term, entry = _entry(line, language)
            if entry.here and not entry.severity:
                harmless[term].add(language)
            else:
                senses[term][language] = entry
    for line in _lines("harmless.tsv"):
        language, words = line.split("\t")
        for word in words.split():
            harmless[fold(word).text].add(language)
    entries = {term: _first(of) for term, of in senses.items()}
    worst_first = sorted(entries, key=lambda term: -entries[term].severity)
    others = {term for term, of in senses.items() if "en" not in of}
    return Lexicon(
        entries,
        Matcher(worst_first, _lines("en.ordinary.txt"), steady=others),
        {term: of for term, of in senses.items() if _depends(of)},
        {word: frozenset(languages) for word, languages in harmless.items()},
    )


def _first(senses: Mapping[str, Entry]) -> Entry:
    return senses.get("en") or max(senses.values(), key=lambda entry: entry.severity)


def _depends(senses: Mapping[str, Entry]) -> bool:
    return len(senses) > 1 or any(entry.here or entry.accented for entry in senses.values())


def _seed() -> list[str]:
    # Only the list is used. The package's own search takes a second for a long comment.
    return [str(word).strip() for word in Profanity().CENSOR_WORDSET]


def _lines(name: str) -> Iterator[str]:
    return (line for line in read_list(files(__name__), name) if not line.startswith("#"))


def _entry(line: str, language: str) -> tuple[str, Entry]:
    written, severity, category, aimed, mark, *_ = [*line.split("\t"), "", ""]
    least = float(severity)
    entry = Entry(
        least,
        Category(category),
        max(least, float(aimed or 0)),
        language,
        here=mark == "here",
        accented=unicodedata.normalize("NFC", written).casefold() if mark in _ACCENTS else "",
        bare=mark == "bare",
    )
    return written if language == "en" else folded_term(written), entry


_ACCENTS: Final = ("accents", "bare")


def folded_term(written: str) -> str:
    """A term as texts are folded, its stars kept."""
    begins, ends = "*" * written.startswith("*"), "*" * written.endswith("*")
    return begins + fold(written.strip("*")).text.strip() + ends
