"""Folding: one plain, lower-case reading of a text, with a map back to what was typed.

Disguises end here: markup inside words, accents, full-width and mathematical letters, look-alikes
of other scripts, invisible characters, reversed and upside-down text. What a word means is no
question of this file; it knows letters only.

Folding is idempotent (`fold(fold(t).text).text == fold(t).text`) and its time grows with the
text's length alone.
"""

import hashlib
import html
import re
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from comments_service.text.arrays import np
from comments_service.text.lookalikes import (
    COUSINS,
    FLIPPED,
    FLIPPED_ONLY,
    NEVER_WORDS,
    SCRIPTS_ALIKE,
    TWINS,
)
from comments_service.text.plain import PLAIN_FORMS, STRUCTURAL

_MARKUP: Final = ("<", "&", "`", "~~", "**", "__", "](")
_HTML: Final = re.compile(
    r"<!--.{0,200}?-->|</?([a-zA-Z][a-zA-Z0-9]{0,10})\b[^<>]{0,500}>|&#?\w{1,31};"
)
_BREAKING_TAGS: Final = frozenset(
    "p br hr div li ul ol td tr th table h1 h2 h3 h4 h5 h6 pre blockquote".split()
)
_TICKS: Final = re.compile(r"`+")
_TILDES: Final = re.compile(r"~{2,}")
# It starts where a run of marks starts: a long run is not read again from each of its marks.
_BOLD: Final = re.compile(r"(?<!\*\*)(?<!__)(?:\*\*|__)++([^\W_]{1,3})(?:\*\*|__)++")
# A link or a picture in the middle of a word, as Markdown writes them: `[f](x)uck`, `fu![](x)ck`.
_LINKED: Final = re.compile(r"(!?\[)([^\[\]\s()]{0,20})(\]\([^()\s]{0,200}\))")
_OPENING: Final = re.compile(r"<(?=[a-zA-Z/!])")
_ENTITY: Final = re.compile(r"&(?=#?\w{1,31};)")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BREAKS: Final = re.compile(r"[\r\x0b\x0c\x1c-\x1f]")
_REVERSED: Final = re.compile("\u202e([^\u202c\u202e\n]*)")
_UPSIDE_DOWN: Final = re.compile(
    rf"(?<!\w)[{''.join(FLIPPED)}][{''.join(FLIPPED)} '.,!?]*(?<=[{''.join(FLIPPED)}])(?!\w)"
)
_ANY_FLIPPED: Final = re.compile(f"[{''.join(FLIPPED_ONLY)}]")
_ALIKE: Final = {**COUSINS, **TWINS, **SCRIPTS_ALIKE}
_MIXED: Final = str.maketrans(_ALIKE)
_ANY_ALIKE: Final = re.compile(f"[{''.join(_ALIKE)}]")
_TWIN_WORD: Final = re.compile(f"[{''.join((*TWINS, *SCRIPTS_ALIKE))}]+")
# Greek, Coptic, Cyrillic, Armenian, Georgian, Cherokee, Canadian syllabics and Lisu: the scripts
# whose words could be taken for Latin ones.
_FOREIGN: Final = re.compile("[\u0370-\u058f\u10a0-\u10ff\u13a0-\u13ff\u1400-\u167f\ua4d0-\ua4ff]")
_PARTED: Final = re.compile(r"([^\W_]+)")
"""Cuts a text into what is no word and words, in turn."""
_UPPER: Final = re.compile(r"[A-Z]+")
_ODD: Final = re.compile(r"[^\x00-\x7f]+")
_THEMSELVES: Final = {chr(code): chr(code) for code in range(0x80)}
_SELDOM: Final = 16
"""Letters for each run of odd ones, from which on the runs alone are read one by one."""
_LATIN: Final = re.compile(f"[a-z{''.join(NEVER_WORDS)}]")
_NO_LETTERS: Final = re.compile(r"[\W_]+")


class Folded(Struct, frozen=True):
    """A folded text and where each of its characters came from."""

    text: str
    _starts: list[int] | None = None
    _ends: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original that `text[start:end]` stands for, in code points.

        An empty part of the folded text is an empty part of the original.
        """
        if self._starts is None or self._ends is None:
            return start, end
        if start >= end:
            at = self._starts[start] if start < len(self._starts) else max(self._ends, default=0)
            return at, at
        # Reversed and upside-down parts run backwards, so the first is not always the lowest.
        return min(self._starts[start:end]), max(self._ends[start:end])


class _Draft:
    """A text on its way to being folded: its characters, and each one's place in the original."""

    def __init__(self, original: str) -> None:
        self.text = original
        self._places: tuple[list[int], list[int]] | None = None

    @property
    def starts(self) -> list[int]:
        """Where each character begins in the original."""
        return self._moved()[0]

    @property
    def ends(self) -> list[int]:
        """Where each character ends in the original."""
        return self._moved()[1]

    def done(self) -> Folded:
        """What the text is now, with its map if anything moved."""
        return Folded(self.text, *(self._places or ()))

    def _moved(self) -> tuple[list[int], list[int]]:
        # Most texts change letter by letter, and every character stays where it was.
        if self._places is None:
            length = len(self.text)
            self._places = list(range(length)), list(range(1, length + 1))
        return self._places

    def replace(self, edits: Iterable[tuple[int, int, str]]) -> bool:
        """Put `new` for `text[start:end]`, for each (start, end, new) in ascending order.

        What replaces a part stands for the whole part. Returns whether there was anything to do.
        """
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for start, end, new in edits:
            texts += (self.text[done:start], new)
            starts += self.starts[done:start]
            ends += self.ends[done:start]
            if new:
                starts += [min(self.starts[start:end])] * len(new)
                ends += [max(self.ends[start:end])] * len(new)
            done = end
        if not done:
            return False
        self._places = starts + self.starts[done:], ends + self.ends[done:]
        self.text = "".join(texts) + self.text[done:]
        return True

    def become(self, forms: Mapping[str, str]) -> None:
        """Put its form for each odd character, all at once: a text may have nothing else."""
        text = self.text
        runs = _ODD.findall(text)
        known = _THEMSELVES | {char: forms[char] for char in set("".join(runs))}
        one_for_one = {*map(len, known.values())} == {1}
        if one_for_one and len(runs) < len(text) // _SELDOM:
            self.text = _ODD.sub(lambda m: "".join([known[char] for char in m[0]]), text)
            return
        each = [*map(known.__getitem__, text)]
        if not one_for_one:
            lengths = np.fromiter(map(len, each), np.intp, len(each))
            starts, ends = self._places or (np.arange(len(each)), np.arange(1, len(each) + 1))
            self._places = np.repeat(starts, lengths).tolist(), np.repeat(ends, lengths).tolist()
        self.text = "".join(each)

    def turn_round(self, parts: Iterable[tuple[int, int]]) -> None:
        """Write each [start, end) backwards."""
        letters, starts, ends = list(self.text), self.starts, self.ends
        for start, end in parts:
            letters[start:end] = letters[start:end][::-1]
            starts[start:end] = starts[start:end][::-1]
            ends[start:end] = ends[start:end][::-1]
        self.text = "".join(letters)

    def respell(self, parts: Iterable[tuple[int, int]], alphabet: dict[str, str]) -> None:
        """Change letters for others, one for one, inside each [start, end)."""
        letters = list(self.text)
        for start, end in parts:
            letters[start:end] = [alphabet.get(c, c) for c in letters[start:end]]
        self.text = "".join(letters)


def fold(text: str) -> Folded:
    """Fold a text; any string will do, lone surrogates and control characters included."""
    if text.isascii() and not _has_markup(text) and not _CONTROLS.search(text):
        return Folded(text.lower())
    draft = _Draft(text)
    _drop_html(draft)
    _turn_reversed(draft)
    _make_plain(draft)
    _drop_links(draft)
    _drop_marks(draft)
    _read_lookalikes(draft)
    _turn_upside_down(draft)
    # What looks like a tag, an entity or a link now is alone, or was put together above.
    draft.text = _OPENING.sub(" ", _ENTITY.sub(" ", draft.text)).replace("](", "] ")
    return draft.done()


def _has_markup(text: str) -> bool:
    """Whether anything stands in it that could be markup; one by one is faster than a pattern."""
    return any(map(text.__contains__, _MARKUP))


def as_mixed(folded: str) -> str:
    """How a folded Cyrillic or Greek word reads where some of its letters were typed as Latin.

    `fold` reads a word of both scripts as Latin. One form stands for every mixture, because the
    letters that were Latin already are those that the others become.
    """
    return folded if folded.isascii() else folded.translate(_MIXED)


def fingerprint(text: str) -> str:
    """A short name for what a text says: equal for texts that differ in disguise or spacing only.

    64 bits of a hash over the folded letters and digits, as 16 hexadecimal digits. A text without
    letters and digits (emoji, say) is named after its other visible characters.
    """
    return fingerprint_of(fold(text))


def fingerprint_of(folded: Folded) -> str:
    """The fingerprint of a text that is folded already."""
    letters = _NO_LETTERS.sub("", folded.text) or "".join(folded.text.split())
    return hashlib.blake2b(letters.encode(), digest_size=8).hexdigest()


def _drop_html(draft: _Draft) -> None:
    """Tags go, those that break a line leaving a space; entities become what they stand for."""
    if "<" not in draft.text and "&" not in draft.text:
        return

    def edits() -> Iterable[tuple[int, int, str]]:
        for m in _HTML.finditer(draft.text):
            if m[0][0] == "&":
                yield m.start(), m.end(), _entity(m[0])
            else:
                yield m.start(), m.end(), " " if (m[1] or "").lower() in _BREAKING_TAGS else ""

    draft.replace(edits())


def _entity(written: str) -> str:
    meant = html.unescape(written)
    return written if meant == written else meant.translate(STRUCTURAL)


def _turn_reversed(draft: _Draft) -> None:
    """Undo the right-to-left override, which shows what follows it backwards."""
    if "\u202e" in draft.text:
        draft.turn_round([m.span(1) for m in _REVERSED.finditer(draft.text)])


def _make_plain(draft: _Draft) -> None:
    if not draft.text.isascii():
        draft.become(PLAIN_FORMS)
    draft.text = _BREAKS.sub("\n", draft.text)
    draft.replace((*m.span(), "") for m in _CONTROLS.finditer(draft.text))
    # Only ASCII is left to do; str.lower would change the length of some other letters.
    if draft.text.isascii():
        draft.text = draft.text.lower()
    else:
        draft.text = _UPPER.sub(lambda m: m[0].lower(), draft.text)


def _drop_links(draft: _Draft) -> None:
    """Markdown's links and pictures inside a word go, and leave what readers see of them."""
    if "](" not in draft.text:
        return

    def edits() -> Iterable[tuple[int, int, str]]:
        text = draft.text
        for m in _LINKED.finditer(text):
            if _is_joined(text[m.start() - 1 : m.start()], text[m.end() : m.end() + 1]):
                # Of a picture nothing is left, of a link its text.
                kept = (m.end(), m.end()) if m[1] == "![" else m.span(2)
                yield m.start(), kept[0], ""
                yield kept[1], m.end(), ""

    draft.replace(edits())


def _is_joined(before: str, after: str) -> bool:
    """Whether a link has a letter, or another link, right before or after it."""
    return before.isalnum() or after.isalnum() or before == ")" or after in ("[", "!")


def _drop_marks(draft: _Draft) -> None:
    """Markdown's marks inside a word go. A lone `**` stays: it may stand for letters (`f**k`)."""
    if not _has_markup(draft.text):
        return
    draft.replace((*m.span(), "") for m in _TICKS.finditer(draft.text))
    draft.replace((*m.span(), "") for m in _TILDES.finditer(draft.text))

    def edits() -> Iterable[tuple[int, int, str]]:
        text = draft.text
        for m in _BOLD.finditer(text):
            before, after = text[m.start() - 1 : m.start()], text[m.end() : m.end() + 1]
            if before.isalnum() or after.isalnum():
                yield m.start(), m.start(1), ""
                yield m.end(1), m.end(), ""

    # Taking marks away can join others into a pair; the pair's few letters bound the rounds.
    while draft.replace(edits()):
        pass


def _read_lookalikes(draft: _Draft) -> None:
    """Read look-alikes as Latin letters where the word is Latin otherwise.

    A word of nothing but twins is read so too, unless the text has words of that script which
    cannot be Latin: then it is that language, and its words are left alone.
    """
    if draft.text.isascii() or not _ANY_ALIKE.search(draft.text):
        return
    pieces = _PARTED.split(draft.text)
    words = [word for word in pieces[1::2] if not word.isascii()]
    # A text may say one short word thousands of times: each is looked at once.
    forms = frozenset(words)
    mixed = {word for word in forms if _LATIN.search(word)}
    others = forms - mixed
    twins = {word for word in others if _TWIN_WORD.fullmatch(word)}
    alien = {word for word in others if _FOREIGN.search(word)} if twins else ()
    is_foreign = sum([word in alien for word in words]) > sum([word in twins for word in words])
    read = mixed if is_foreign else mixed | twins
    if read:
        latin = {word: word.translate(_MIXED) for word in read}
        pieces[1::2] = [latin.get(word, word) for word in pieces[1::2]]
        draft.text = "".join(pieces)


def _turn_upside_down(draft: _Draft) -> None:
    """Words written with turned letters read from right to left: turn them back."""
    if not _ANY_FLIPPED.search(draft.text):
        return
    parts = [
        m.span()
        for m in _UPSIDE_DOWN.finditer(draft.text)
        if (turned := len(_ANY_FLIPPED.findall(m[0])))
        and 3 * turned >= sum([c in FLIPPED for c in m[0]])
    ]
    if parts:
        draft.turn_round(parts)
        draft.respell(parts, FLIPPED)
