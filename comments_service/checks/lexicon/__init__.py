"""The lexicon: words and phrases with how severe each is and what kind of trouble it means.

The better-profanity package's list is the seed of English; the judgement is ours, one line an entry
in `<language>.tsv`, made by hand. A word may mean one thing in one language and nothing in another:
which sense counts is asked of the words around it (`text/language.py`). What a comment deserves is
no question of this room.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from better_profanity import Profanity
from msgspec import Struct

from comments_service.domain.verdict import Category
from comments_service.text.fold import fold
from comments_service.text.language import LANGUAGES as GUESSED
from comments_service.text.language import likely, weigh
from comments_service.text.listed import read_list
from comments_service.text.match import Match, Matcher
from comments_service.text.reading import Passage

LANGUAGES: Final = ("en", "de", "el", "es", "fr", "it", "pt", "ru", "uk")
"""Those with a file of their own; English first, for it wins where two say the same."""
UNJUDGED: Final = 0.5
"""Severity of a seed entry that our file does not name, as a newer package may have."""
SEVERE: Final = 0.7
"""Severity of words from which on they are looked for in other spellings, too (`sIut`)."""
_COMMON: Final = frozenset(
    """
    fuck fucks fucked fucker fuckers fucking shit shits shitty bullshit bitch bitches ass asshole
    assholes cunt cunts dick dicks damn crap cock pussy nigger niggers faggot faggots whore
    """.split()
)
"""What a masked word most likely is: "s**t" is one of these before it is a slur."""
NEAR: Final = 8
"""Words on either side of a match that say which language it is in."""


class Entry(Struct, frozen=True):
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


class Lexicon(Struct, frozen=True):
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
        for term, entry in _entries(language):
            if entry.here and not entry.severity:
                harmless[term].add(language)
            else:
                senses[term][language] = entry
    for language, words in _ordinary():
        for word in words:
            harmless[fold(word).text].add(language)
    entries = {term: _first(of) for term, of in senses.items()}
    # Of several that fit a mask the first is meant, and the same in every process.
    likeliest = sorted(
        entries, key=lambda term: (term not in _COMMON, -entries[term].severity, term)
    )
    others = {term for term, of in senses.items() if "en" not in of}
    # A phrase that excuses what stands in it is looked for as it is written.
    severe = {term for term, entry in entries.items() if entry.severity >= SEVERE} - others
    others |= {term for term, entry in entries.items() if " " in term and not entry.severity}
    return Lexicon(
        entries,
        Matcher(likeliest, _lines("en.ordinary.txt"), steady=others, respelled=severe),
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


def _entries(language: str) -> Iterator[tuple[str, Entry]]:
    name, seen = f"{language}.tsv", set[str]()
    for line in _lines(name):
        try:
            written, entry = _entry(line, language)
        except ValueError as problem:
            raise ValueError(f"{name}: {line!r}: {problem}") from None
        if written in seen:
            raise ValueError(f"{name}: {line!r}: the term stands twice.")
        seen.add(written)
        yield written if language == "en" else folded_term(written), entry


_ACCENTS: Final = ("accents", "bare")
_MARKS: Final = ("", "here", *_ACCENTS)
_FIELDS: Final = range(3, 6)
_SEVERITY: Final = re.compile(r"[01](?:\.[0-9]+)?")
_CATEGORIES: Final = {c.value: c for c in Category if c not in (Category.SPAM, Category.MANNER)}
"""What a word can be; the other two are of whole comments."""


def _entry(line: str, language: str) -> tuple[str, Entry]:
    """The term as written, and what a line says of it.

    Raises:
        ValueError: what no line says; half of one would judge otherwise than was meant.
    """
    fields = line.split("\t")
    if len(fields) not in _FIELDS:
        raise ValueError(f"it has {len(fields)} fields.")
    written, severity, category, aimed, mark = [*fields, "", ""][:5]
    if not written.strip("* ") or category not in _CATEGORIES or mark not in _MARKS:
        raise ValueError("its term, category or mark is none.")
    least = _severity(severity)
    entry = Entry(
        least,
        _CATEGORIES[category],
        max(least, _severity(aimed or "0")),
        language,
        here=mark == "here",
        accented=unicodedata.normalize("NFC", written).casefold() if mark in _ACCENTS else "",
        bare=mark == "bare",
    )
    return written, entry


def _severity(text: str) -> float:
    """A number from 0 to 1; `float` alone would read `nan`, `9` and `-1` as well."""
    if not _SEVERITY.fullmatch(text) or float(text) > 1:
        raise ValueError(f"{text!r} is no severity.")
    return float(text)


def _ordinary() -> Iterator[tuple[str, list[str]]]:
    """The languages without a file of their own, each with its harmless words."""
    for line in _lines("harmless.tsv"):
        language, _, words = line.partition("\t")
        if language not in GUESSED or not words.split():
            raise ValueError(
                f"harmless.tsv: {line!r}: it is of no known language, or has no words."
            )
        yield language, words.split()


def folded_term(written: str) -> str:
    """A term as texts are folded, its stars kept."""
    begins, ends = "*" * written.startswith("*"), "*" * written.endswith("*")
    return begins + fold(written.strip("*")).text.strip() + ends
