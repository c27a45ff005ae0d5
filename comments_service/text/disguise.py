"""Disguises of one word: digits and symbols for letters, masks, marks in between, letters apart.

Given a piece of folded text, these functions say which words it might stand for. Whether any of
them matters is `match.py`'s question. Each looks at a piece once, and the number of readings it
offers is fixed, so that no text can make them costly.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import zip_longest
from typing import Final

_LEET: Final = {
    "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g",
    "$": "s", "@": "a", "!": "i", "|": "i", "+": "t", "(": "c", "\u20ac": "e", "\u00a3": "l",
    "\u00a2": "c", "\u00a5": "y", "\u00a1": "i", "\u00a9": "c", "\u00ae": "r", "\u2020": "t",
    "\u2021": "t", "\u222a": "u",
}  # fmt: skip
_MONEY: Final = {
    "\u20b3": "a", "\u0e3f": "b", "\u20b5": "c", "\u20ab": "d", "\u20a3": "f", "\u20b2": "g",
    "\u20ad": "k", "\u20a4": "l", "\u20a5": "m", "\u20a6": "n", "\u20b1": "p", "\u20b4": "s",
    "\u20ae": "t", "\u20a9": "w",
}  # fmt: skip
"""Signs of money that generators of lettering put for letters, as many as a word has."""
_DRAWN: Final = {"|_|": "u", "|\\|": "n"}
"""Letters drawn of several signs."""
_AS_I: Final = str.maketrans({**_LEET, **_MONEY})
_AS_L: Final = str.maketrans({**_LEET, **_MONEY, "1": "l", "!": "l", "|": "l"})
_AS_CYRILLIC: Final = str.maketrans("034689@", "\u043e\u0437\u0447\u0431\u0432\u044f\u0430")
_CYRILLIC: Final = re.compile("[\u0430-\u045f]")
_LEET_CHARS: Final = re.compile(f"[{re.escape(''.join((*_LEET, *_MONEY)))}]")
_NO_LETTERS: Final = re.compile(rf"(?:(?![{''.join(_MONEY)}])[\W\d_])+")
_APART: Final = re.compile(r"[\W_]+")
LETTER_SIGNS: Final = "@$!"
"""Signs that may stand for a letter where letters stand apart."""
FEWEST_SPELLED: Final = 4
"""Letters apart that may be a word."""
MAX_APART: Final = 200
"""Characters beyond which letters that stand apart are no phrase."""
_LETTER: Final = rf"(?:[^\W_]|[{LETTER_SIGNS}])"
_SPELLED: Final = re.compile(
    rf"(?<![^\W_]){_LETTER}"
    rf"(?:[ \t\n.,:;'\"*~/|_\u00b7\u2022+=-]{{1,3}}{_LETTER}){{{FEWEST_SPELLED - 1},}}(?![^\W_])"
)
_CONTRACTION: Final = re.compile(r"'(?:s|t|d|m|re|ve|ll|em|n)$")
_ADDRESS: Final = re.compile(r"://|^www\.|[^\W_]@[\w-]+\.\w")
_MASKS: Final = "*#@%&?^~_-\u2b50\u2605\u2606"
_MASK: Final = re.compile(f"[{re.escape(_MASKS)}]")
_DASHED: Final = re.compile(r"[a-z](-|_)\1{2,}[a-z]")
_OPENING: Final = "\"'([{<>*_~-.,:;?#=/\\"
CLOSING: Final = "\"')]}<>.,:;?!=/\\"
"""Marks that are dropped behind a piece."""
_EMPHASIS: Final = "*_~"
_GLUED: Final = re.compile(r"(?<![^\W_])(?:[A-Z][a-z]+){2,}(?![^\W_])")
_HUMP: Final = re.compile(r"[A-Z][a-z]+")
_NO_RESPELLINGS: Final = ("darkle", "darkles", "muzzle", "muzzles", "phags", "puzzi", "splc")
"""Words and names that only look like another word's respelling."""
_LONE_VOWELS: Final = "aiou"
_DOUBLE: Final = re.compile(r"(.)\1")


def bare(chunk: str) -> tuple[str, int]:
    """A piece between spaces without the punctuation around it, and how much went in front.

    A mark at the end stays, because it may stand for a letter (`fuc*`), unless the piece begins
    with the same mark, which is emphasis.
    """
    rest = chunk.lstrip(_OPENING)
    cut = len(chunk) - len(rest)
    rest = rest.rstrip(CLOSING)
    if cut and chunk[cut - 1] in _EMPHASIS:
        rest = rest.rstrip(_EMPHASIS + CLOSING)
    return rest, cut


def is_address(chunk: str) -> bool:
    """True for web and e-mail addresses, where digits and marks stand for themselves."""
    return _ADDRESS.search(chunk) is not None


def joined(piece: str) -> str | None:
    """The letters of a piece that has marks and no digits between them: `fu_ck`, `mo'ther`."""
    letters = _APART.sub("", piece)
    if _CONTRACTION.search(piece):
        # "he'll" and "who're" are two words each.
        return None
    return letters if letters.isalpha() and len(letters) < len(piece) else None


def unleeted(piece: str) -> Iterator[str]:
    """What the piece reads as with digits and symbols taken for letters: `5h!t`, `a$$h0l3`.

    With fewer than two real letters it is a number, a price or a part's name, and reads as itself.
    """
    if not _LEET_CHARS.search(piece) or len(_NO_LETTERS.sub("", piece)) < 2:
        return
    for drawn, letter in _DRAWN.items() if "|" in piece else ():
        piece = piece.replace(drawn, letter)
    if _CYRILLIC.search(piece):
        yield _APART.sub("", piece.translate(_AS_CYRILLIC))
    first = _APART.sub("", piece.translate(_AS_I))
    yield first
    second = _APART.sub("", piece.translate(_AS_L))
    if second != first:
        yield second


def is_masked(piece: str) -> bool:
    """True when some letters of a word may be hidden: `f*ck`, `s**t`, `b#tch`.

    At least the first and one more letter must show; symbols other than stars may hide half, and
    dashes all but the ends.
    """
    if not _MASK.search(piece) or not piece[:1].isalpha() or len(piece) < 4:
        return False
    hidden = len(_MASK.findall(piece))
    stars = piece.count("*")
    shown = len(piece) - hidden
    return shown >= 2 and (
        hidden == stars or 2 * hidden <= len(piece) or _DASHED.fullmatch(piece) is not None
    )


def is_starred(piece: str) -> bool:
    """True when stars hide one or two letters and most show, the ends among them: `Schei**e`.

    Three letters are enough in Cyrillic, whose words are seldom written with stars otherwise.
    """
    stars = piece.count("*")
    letters = piece.replace("*", "")
    if not (1 <= stars <= 2 and letters.isalpha() and "*" not in (piece[0], piece[-1])):
        return False
    return len(letters) >= (2 if _CYRILLIC.match(piece) else 4) and stars < len(letters)


def shown(piece: str) -> list[tuple[int, str]]:
    """The letters of a masked piece that show, each with its place."""
    return [(at, char) for at, char in enumerate(piece) if char not in _MASKS]


def spelled_out(text: str) -> Iterator[tuple[str, int, int]]:
    """Runs of at least four single letters with something between them: `f u c k`, `s.h.i.t`."""
    for m in _SPELLED.finditer(text):
        yield m[0], m.start(), m.end()


def letters_apart(run: str) -> tuple[str, ...]:
    """What letters that stand apart read as: joined, and with signs as letters."""
    return _remembered(run) if len(run) <= MAX_APART else _remembered.__wrapped__(run)


@lru_cache(maxsize=1_024)
def _remembered(run: str) -> tuple[str, ...]:
    # Every list asks about the runs of one text.
    return joined(run) or run, *unleeted(run)


def glued(text: str) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """Words glued together by capitals, `TotalIdiot`: the whole, and each word with its start."""
    for m in _GLUED.finditer(text):
        pieces = [(piece[0].lower(), m.start() + piece.start()) for piece in _HUMP.finditer(m[0])]
        yield m[0].lower(), pieces


def is_inside_word(text: str, at: int, until: int) -> bool:
    """True when a letter or a digit stands right before or after the place."""
    return text[at - 1 : at].isalnum() or text[until : until + 1].isalnum()


def respelled(word: str) -> set[str]:
    """How a word may be written with letters that look or sound like its own: `sIut`, `phuck`.

    Of three letters that is mostly another word, or stands for several ("faq").
    """
    if not (word.isalpha() and len(word) > 3):
        return set()
    swaps = [("l", "i"), ("i", "l"), ("u", "v"), ("ss", "zz"), ("g", "q")]
    swaps = swaps[: 4 if len(word) == 4 else 5]
    found = {word.replace(old, new) for old, new in swaps}
    found |= {word.replace(old, new, 1) for old, new in swaps}
    if word[0] == "f":
        found.add("ph" + word[1:])
    return found - {word, *_NO_RESPELLINGS}


def less_lone_vowel(letters: str) -> str:
    """In "that was a s h i t" the "a" before the letters is a word of its own."""
    return letters[1:] if letters[0] in _LONE_VOWELS else letters


def squeeze(word: str) -> str:
    """The word with every run of one letter made a single letter."""
    return "".join([char for char, after in zip_longest(word, word[1:]) if char != after])


def has_double(word: str) -> bool:
    """True when some letter comes twice in a row."""
    return _DOUBLE.search(word) is not None


def runs(word: str) -> list[int]:
    """How often each letter of the word stands in a row: `[1, 2, 1]` for "feed"."""
    ends = [at for at, (char, after) in enumerate(zip_longest(word, word[1:]), 1) if char != after]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def is_stretched_from(held: list[int], base: str, least: int) -> bool:
    """True when a word with these runs is `base` with letters held longer, one of them for `least`.

    Both must squeeze to the same letters. Words of three letters must be held for three in any
    case: too many are one doubled letter away from another.
    """
    if max(held) < (least if len(base) > 3 else max(least, 3)):
        return False
    if len(base) == len(held):
        # None of its letters is doubled, as of most words.
        return True
    return all(run >= low for run, low in zip(held, runs(base), strict=True))
