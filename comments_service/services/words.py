"""Words: a site's own list, read for the checks, shown to its owners, changed by them.

Two owners may change a list at once: each change is of entries, never of the list, so that neither
loses the other's. A change counts from the next request on, in every process, because the site's
row, which is read with each comment, says which version of the list is meant.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Any, Final

from msgspec import Struct, structs
from sqlalchemy import Connection

from comments_service import checks
from comments_service.checks.lexicon import LANGUAGES
from comments_service.domain.comment import Submission
from comments_service.domain.errors import FieldError, InvalidFields, NotFound
from comments_service.domain.facts import Facts
from comments_service.domain.policy import CheckPolicy, Policy
from comments_service.domain.verdict import Verdict
from comments_service.domain.words import MAX_ENTRIES, MAX_NOTE, NO_WORDS, SiteWord, WordList
from comments_service.storage import read, write
from comments_service.storage.queries.sites import SiteRow
from comments_service.storage.queries.words import (
    WordRow,
    all_keys,
    claim_words,
    count_words,
    drop_words,
    find_words,
    load_words,
    page_of_words,
    put_words,
)
from comments_service.storage.standing import Actor, Entry, write_entry
from comments_service.text.everyday import everyday_in
from comments_service.text.language import NAMES
from comments_service.text.terms import BadTerm, key_of, tidy_term

PAGE: Final = 100
"""Entries of one page of the list."""
MAX_FAULTS: Final = 20
"""Bad entries of an import that are told; the first ones say what is wrong with the rest."""
_KEPT: Final = 16
"""Sites whose lists a process remembers."""


class Everyday(InvalidFields):
    """Entries that nearly every comment would hold; they are listed if that is meant."""


class _Lists:
    """The lists asked about last, each under the version it was read at."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], WordList] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[Any, ...]) -> WordList | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: tuple[Any, ...], found: WordList) -> None:
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


_lists: Final = _Lists()


def words_of(conn: Connection, site: SiteRow) -> WordList:
    """A site's list as of the moment that `site` was read at; mostly without asking anything."""
    if not site.words_version:
        return NO_WORDS
    key = (conn.engine.url, site.id, site.words_version)
    found = _lists.get(key)
    if found is None:
        found = WordList(load_words(conn, site.id))
        _lists.keep(key, found)
    return found


class WordsView(Struct, frozen=True):
    """One page of a list."""

    rows: Sequence[WordRow]
    total: int
    next: str | None
    """The key after which the next page begins."""


def read_page(site: SiteRow, wanted: str, after: str) -> WordsView:
    """A page of the list, of the entries whose term or note holds what is wanted."""
    wanted, after = " ".join(wanted.split()), after.replace("\x00", "")
    with read() as conn:
        total = count_words(conn, site.id)
        asked = key_of(wanted) if wanted else ""
        rows = page_of_words(conn, site.id, wanted=asked, after=after, limit=PAGE + 1)
    more = rows[PAGE - 1].key if len(rows) > PAGE else None
    return WordsView(rows[:PAGE], total, more)


def read_word(site: SiteRow, key: str) -> WordRow | None:
    """One entry."""
    with read() as conn:
        return find_words(conn, site.id, [key]).get(key)


def read_all(site: SiteRow) -> tuple[SiteWord, ...]:
    """The whole list."""
    with read() as conn:
        return load_words(conn, site.id)


def with_word(site: SiteRow, word: SiteWord) -> list[SiteWord]:
    """The whole list as it would be with an entry, in place of the one that finds the same."""
    key = key_of(word.term)
    return [*(known for known in read_all(site) if key_of(known.term) != key), word]


def tidy_word(word: SiteWord) -> SiteWord:
    """An entry as it can be listed.

    Raises:
        InvalidFields: naming `term`, `severity` or `note`.
    """
    errors: list[FieldError] = []
    term, note = "", ""
    try:
        term = tidy_term(word.term)
    except BadTerm as problem:
        errors.append(FieldError("term", str(problem)))
    if not 0 <= word.severity <= 1:
        errors.append(FieldError("severity", "A severity is a number from 0 to 1."))
    if len(word.note) > MAX_NOTE:
        errors.append(FieldError("note", f"A note has at most {MAX_NOTE} characters."))
    else:
        note = " ".join(word.note.split())
        if not note.isprintable():
            errors.append(FieldError("note", "A note cannot hold control characters."))
    if errors:
        raise InvalidFields(errors)
    return structs.replace(word, term=term, severity=float(word.severity), note=note)


def put(
    site: SiteRow,
    words: Iterable[SiteWord],
    actor: Actor,
    now: datetime,
    *,
    instead: bool = False,
    even_so: bool = False,
) -> Mapping[str, WordRow]:
    """List entries, in place of those that find the same; with `instead`, of the whole list.

    All of them or none. Returns what there was before of those that changed or went, by key.

    Raises:
        Everyday: without `even_so`, nearly every comment of a language would hold a new entry.
        InvalidFields: an entry is none, or the list would be too long.
        NotFound: the site is gone.
    """
    tidy = {key_of(word.term): word for word in map(tidy_word, words)}
    replaced: dict[str, WordRow] = {}

    def work(conn: Connection) -> None:
        replaced.clear()
        if not claim_words(conn, site.id):
            raise NotFound(f"site: {site.slug}")
        keys = all_keys(conn, site.id) if instead else tidy.keys()
        before = find_words(conn, site.id, keys)
        new = {k: w for k, w in tidy.items() if k not in before or before[k].word != w}
        if not even_so:
            known = {k for k, row in before.items() if row.word.severity}
            _require_uncommon(w for k, w in new.items() if k not in known)
        gone = before.keys() - tidy.keys()
        put_words(conn, site.id, [WordRow(k, w, now, actor.name) for k, w in new.items()])
        drop_words(conn, site.id, gone)
        if count_words(conn, site.id) > MAX_ENTRIES:
            raise InvalidFields.one("term", f"A site lists at most {MAX_ENTRIES:,} entries.")
        replaced.update({k: before[k] for k in (*new, *gone) if k in before})
        moves = [[_told(before[k].word) if k in before else None, _told(w)] for k, w in new.items()]
        moves += [[_told(before[k].word), None] for k in sorted(gone)]
        _log(conn, site, moves, actor, now)

    write(work)
    return replaced


def is_everyday(word: SiteWord) -> bool:
    """Whether it would stop nearly every comment in a language of the lexicon's."""
    return word.severity > 0 and bool(_here(word))


def _here(word: SiteWord) -> frozenset[str]:
    return everyday_in(word.term).intersection(LANGUAGES)


def _require_uncommon(words: Iterable[SiteWord]) -> None:
    """A word of languages that the lexicon has not is but told of (`common_elsewhere`).

    Raises:
        Everyday
    """
    faults = [
        FieldError("term", _found_in(word, _here(word), "nearly every comment"))
        for word in words
        if is_everyday(word)
    ]
    if len(faults) > MAX_FAULTS:
        faults[MAX_FAULTS:] = [FieldError("term", f"And {len(faults) - MAX_FAULTS} more.")]
    if faults:
        raise Everyday(faults)


def common_elsewhere(words: Iterable[SiteWord]) -> list[str]:
    """A sentence on each tidy entry that is an everyday word in languages without a lexicon."""
    told = ((word, everyday_in(word.term)) for word in words if word.severity)
    return [
        _found_in(word, codes, "most comments")
        for word, codes in told
        if codes and codes.isdisjoint(LANGUAGES)
    ]


def _found_in(word: SiteWord, codes: Collection[str], how_many: str) -> str:
    names = " and ".join(sorted(NAMES[code] for code in codes))
    return f"{word.term!r} would be found in {how_many} in {names}."


def remove(site: SiteRow, keys: Collection[str], actor: Actor, now: datetime) -> list[SiteWord]:
    """Take entries away; returns those that were there.

    Raises:
        NotFound: the site is gone.
    """
    gone: list[SiteWord] = []

    def work(conn: Connection) -> None:
        if not claim_words(conn, site.id):
            raise NotFound(f"site: {site.slug}")
        before = find_words(conn, site.id, keys)
        drop_words(conn, site.id, before)
        gone[:] = [row.word for row in before.values()]
        _log(conn, site, [[_told(word), None] for word in gone], actor, now)

    write(work)
    return gone


def _log(
    conn: Connection, site: SiteRow, moves: list[list[Any]], actor: Actor, now: datetime
) -> None:
    """One entry for one change; none where everything was so already."""
    if not moves:
        return
    write_entry(
        conn,
        Entry(actor, "words", now, detail={"words": moves}),
        site_id=site.id,
        thread_id=None,
        comment_id=None,
        old_status=None,
        new_status=None,
        version=None,
    )


def _told(word: SiteWord) -> list[Any]:
    return [word.term, word.severity, word.category.value, word.note]


def try_words(site: SiteRow, words: Sequence[SiteWord], sample: str) -> Sequence[Verdict]:
    """What these entries would say of a sample under the site's thresholds, if they were alone."""
    used = site.policy.of("words")
    only = {"words": checks.discover()["words"]}
    policy = Policy(checks={"words": CheckPolicy(settings=used.settings)})
    facts = Facts(words=WordList(tuple(words)))
    return checks.run(Submission("", sample), facts, policy, checks=only).verdicts
