"""Comments and submissions: what they are called, how long they may be, what may stand in them.

The limits are stated once, here. The JSON schema, the HTML forms and the widget read them from this
file; no other file repeats a number.
"""

import re
import unicodedata
from enum import StrEnum
from typing import Final

from msgspec import Struct

from comments_service.domain.errors import FieldError, InvalidFields

MAX_BODY: Final = 10_000
"""Characters (Unicode code points) of a comment's text, after outer white space is removed."""
MAX_NAME: Final = 80
"""Characters of the name under "Comment As"."""
MAX_EMAIL: Final = 254
"""Characters of an e-mail address (RFC 5321, section 4.5.3.1.3, less the angle brackets)."""
MAX_TITLE: Final = 300
"""Characters of a page's title; a longer one is cut, never refused: the reader did not write it."""
MAX_MARKS: Final = 4
"""Nonspacing marks in a row that a name may carry; Unicode TR 39 (5.4) suggests the same bound."""

_SPACE: Final = re.compile(r"\s+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# Letters may be written right to left; what these do is reorder their neighbours.
_BIDI_CONTROLS: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# Never seen, and joining nothing: in a name they only let two look like one.
_INVISIBLE: Final = "\u00ad\u200b\u2060\ufeff\ufffe\uffff"
_UNSEEN_IN_NAMES: Final = dict.fromkeys(map(ord, _BIDI_CONTROLS + _INVISIBLE))
# XML 1.0 has no form for most of these (the feed is XML), nobody sees them, and terminals obey some
# (U+009B): the separators among them become spaces or lines, the others go. NUL and lone surrogates
# are no part of it: they are refused.
_UNPRINTABLE: Final = {
    **dict.fromkeys([*range(0x01, 0x09), *range(0x0E, 0x1C), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF]),
    **dict.fromkeys([0x0B, 0x0C, *range(0x1C, 0x20)], " "),
    0x85: "\n",
}
# By their category letters and symbols, by their look nothing: Braille blank and Hangul fillers.
_BLANK: Final = frozenset("\u2800\u3164\u115f\u1160\uffa0")


class Status(StrEnum):
    """Where a comment stands. *Deleted* is a time on the comment, not a status."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SPAM = "spam"


class Submission(Struct, frozen=True):
    """What a reader typed, validated and not yet stored. Made by `make_submission` only."""

    author_name: str
    body: str
    email: str | None = None
    website: str = ""
    """The honeypot: hidden from people, so only a program fills it."""


def make_submission(
    *, author_name: str, body: str, email: str | None = None, website: str = ""
) -> Submission:
    """Check and tidy what a reader typed.

    White space around body and name goes, and so do characters that nobody can see or print; a name
    is one line with single spaces.

    Raises:
        InvalidFields: naming every field at fault, not just the first.
    """
    errors: list[FieldError] = []
    name = _tidy_name(author_name)
    text = body.replace("\r\n", "\n").replace("\r", "\n").translate(_UNPRINTABLE).strip()
    mail = (email or "").strip() or None
    for field, problem in (
        ("author_name", _name_problem(name)),
        ("body", _body_problem(text)),
        ("email", _email_problem(mail)),
        ("website", _unstorable(website)),
    ):
        if problem:
            errors.append(FieldError(field, problem))
    if errors:
        raise InvalidFields(errors)
    return Submission(name, text, mail, website[:MAX_TITLE])


def tidy_title(title: str | None) -> str | None:
    """A page's title as shown to moderators: one line, cut at `MAX_TITLE`, None when empty."""
    seen = (title or "")[: 10 * MAX_TITLE].translate(_UNSEEN_IN_NAMES).translate(_UNPRINTABLE)
    kept = "".join(c for c in seen if not _unstorable(c))
    title = _SPACE.sub(" ", kept).strip()[:MAX_TITLE].rstrip()
    return _without_towers(title) or None


def read_name(name: str) -> str:
    """A name as comments carry it: tidied, and one that a commenter could have.

    Raises:
        InvalidFields: on `author_name`.
    """
    tidied = _tidy_name(name)
    if problem := _name_problem(tidied):
        raise InvalidFields.one("author_name", problem)
    return tidied


def _tidy_name(name: str) -> str:
    seen = _SPACE.sub(" ", name.translate(_UNSEEN_IN_NAMES)).strip()
    # Putting marks in order takes quadratic time, 2 s for 60,000 of them: what no composition could
    # bring down to a name's length is left as it is, and refused for its length.
    return seen if len(seen) > 4 * MAX_NAME else unicodedata.normalize("NFC", seen)


def shows_something(text: str) -> bool:
    """Whether anything in a text can be seen: not only white space and invisible characters."""
    return any(c not in _BLANK and unicodedata.category(c)[0] in "LNSP" for c in text)


def is_broken(text: str) -> bool:
    """Whether it holds half a character (a lone surrogate), which UTF-8 has no form for."""
    return _SURROGATE.search(text) is not None


def can_be_examined(body: str, author_name: str) -> bool:
    """Whether a check can say anything of it: there is something to see, and nothing is broken."""
    return shows_something(body) and not is_broken(body) and not is_broken(author_name)


def _name_problem(name: str) -> str | None:
    if len(name) > MAX_NAME:
        return f"A name has at most {MAX_NAME} characters; this one has {len(name):,}."
    if any(unicodedata.category(c) == "Cc" for c in name):
        return "A name cannot hold control characters."
    if not shows_something(name):
        return _unstorable(name) or "Please give a name."
    if _longest_run_of_marks(name) > MAX_MARKS:
        return "A name cannot stack more than four marks on a letter."
    return _unstorable(name)


def _body_problem(body: str) -> str | None:
    if len(body) > MAX_BODY:
        return f"A comment has at most {MAX_BODY:,} characters; this one has {len(body):,}."
    if not shows_something(body):
        return _unstorable(body) or "Please write something."
    return _unstorable(body)


def _email_problem(email: str | None) -> str | None:
    if email is None:
        return None
    if len(email) > MAX_EMAIL or not email.isprintable() or not _EMAIL.fullmatch(email):
        return "This does not look like an e-mail address."
    return None


def _unstorable(text: str) -> str | None:
    """PostgreSQL refuses NUL in text, and UTF-8 has no form for a lone surrogate."""
    if "\x00" in text:
        return "The text holds a NUL character, which cannot be stored."
    if is_broken(text):
        return "The text holds half a character (a lone surrogate)."
    return None


def _without_towers(text: str) -> str:
    """Text without the marks that would be stacked on a letter beyond `MAX_MARKS`."""
    kept: list[str] = []
    run = 0
    for c in text:
        run = run + 1 if _stacks(c) else 0
        if run <= MAX_MARKS:
            kept.append(c)
    return "".join(kept)


def _stacks(c: str) -> bool:
    # Category, not combining class: marks of class 0 stack as well (Thai U+0E47).
    return unicodedata.category(c) in ("Mn", "Me")


def _longest_run_of_marks(text: str) -> int:
    longest = run = 0
    for c in text:
        run = run + 1 if _stacks(c) else 0
        longest = max(longest, run)
    return longest
