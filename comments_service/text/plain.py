"""The plain form of one character: lower case, no accents, no dress, nothing invisible.

Only what a single character stands for is known here; what depends on its neighbours (look-alikes
of other scripts, reversed and upside-down text) belongs to `fold.py`.
"""

import re
import unicodedata
from typing import Final

from comments_service.text.lookalikes import FLIPPED_ONLY, SPECIAL_LATIN, SQUARED

_MAX_EXPANSION: Final = 4
"""One character may become this many; longer forms (an Arabic ligature of 18) stay themselves."""
# Scripts of thousands of signs, none of which has a plainer form (Han, Hangul, Yi, Tangut,
# hieroglyphs, cuneiform), and private use. What is assigned besides is 30,000 characters, so that
# few megabytes remember all that is worth remembering.
_INERT: Final = re.compile(
    "[\u3400-\u9fff\ua000-\ua48f\uac00-\ud7a3\ue000-\uf8ff"
    "\U00012000-\U0001342f\U00013460-\U00014fff\U00017000-\U0001afff\U00020000-\U0002f7ff\U00030000-\U000dffff"
    "\U000e0200-\U0010ffff]"
)

# Marks written over or through Latin, Greek and Cyrillic letters. Other scripts' vowel signs are
# letters to their readers and stay.
_MARKS: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
# Letters and marks that show nothing, though Unicode does not call them format characters.
_INVISIBLE: Final = frozenset(
    [
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        0x180B,
        0x180C,
        0x180D,
        0x180F,
        0x3164,
        0xFFA0,
        *range(0xFE00, 0xFE10),
        *range(0xE0000, 0xE0200),
    ]
)
_PUNCTUATION: Final = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4\u02b9\uff07", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-"),
    "\u2800": " ",
    "\u2028": "\n",
    "\u2029": "\n",
    "\u0085": "\n",
}
_LATIN_NAME: Final = re.compile(
    r"(?:LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL )?|MODIFIER LETTER (?:SMALL |CAPITAL ))"
    r"([A-Z])(?: WITH .*)?"
)
STRUCTURAL: Final = str.maketrans("<>&`", "    ")
"""What would begin a tag or an entity that was not there: folding must not make markup."""


def _plain(char: str) -> str:
    """Lower case, no accents, no dress; empty for what shows nothing."""
    code = ord(char)
    if char in "\n\t" or 0x20 <= code < 0x7F:
        return char.lower()
    if code in _INVISIBLE or _MARKS.match(char):
        return ""
    category = unicodedata.category(char)
    if category in ("Cf", "Cc", "Cs"):
        return _PUNCTUATION.get(char, "") if category != "Cs" else " "
    if char in _PUNCTUATION:
        return _PUNCTUATION[char]
    if category == "Zs":
        return " "
    found = _decomposed(char)
    return found if len(found) <= _MAX_EXPANSION else char


def _decomposed(char: str) -> str:
    lower = unicodedata.normalize("NFKC", SQUARED.get(char, char)).casefold()
    if "\u2044" in lower:
        # A fraction is a number, and three characters for one.
        return char
    bare = _MARKS.sub("", unicodedata.normalize("NFD", lower))
    plain = unicodedata.normalize("NFC", "".join(map(_latin, bare))).translate(STRUCTURAL)
    if plain == char:
        return char
    # What it became may itself have a plainer form.
    return "".join(c if c.isascii() else _plain(c) if c != char else c for c in plain)


def _latin(char: str) -> str:
    if char.isascii() or char in FLIPPED_ONLY:
        return char
    if char in SPECIAL_LATIN:
        return SPECIAL_LATIN[char]
    match = _LATIN_NAME.fullmatch(unicodedata.name(char, ""))
    return match[1].lower() if match else char


class _PlainForms(dict[str, str]):
    """Plain forms, worked out at first sight: all of Unicode's at once cost half a second."""

    def __missing__(self, char: str) -> str:
        if _INERT.match(char):
            return char
        if unicodedata.category(char) == "Cn":
            # Of what is not assigned there is too much to remember, and nothing to know.
            return "" if ord(char) in _INVISIBLE or _MARKS.match(char) else char
        plain = self[char] = _plain(char)
        return plain


PLAIN_FORMS: Final = _PlainForms()
"""A character to its plain form, which may be empty or several characters."""
