"""The request to reword as a door says it: places in the text as it was sent, words in quotes.

Whether and what to ask is decided in `services/reword.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from comments_service.domain.errors import MarkedWords, Reword
from comments_service.text.sent import spans_as_sent
from comments_service.web.marks import Mark, Part, cut

FIELDS: Final[Mapping[str, str]] = {"author_name": "In the name", "body": "In the text"}
MOST_QUOTED: Final = 5
"""Places that a sentence quotes; the text below it marks them all."""


def as_sent(asked: Reword, sent: Mapping[str, str]) -> Reword:
    """The same with its spans counted in the fields as the caller sent them."""
    return Reword([_as_sent(words, sent[words.field]) for words in asked.words], asked.may_insist)


def _as_sent(words: MarkedWords, sent: str) -> MarkedWords:
    return replace(words, text=sent, spans=spans_as_sent(sent, words.text, words.spans))


class MarkedField(Struct, frozen=True):
    """A field with its words marked, and what is said of them."""

    name: str
    parts: Sequence[Part]
    sayings: Sequence[tuple[Sequence[str], str]]
    """The words quoted, and the sentence about them."""


def marked_fields(asked: Reword) -> list[MarkedField]:
    """What a page shows: each field that holds something, the name first as in the form."""
    found = []
    for field in FIELDS:
        words = [w for w in asked.words if w.field == field]
        if words:
            marks = [Mark(*span, w.message) for w in words for span in w.spans]
            sayings = [(_quoted(w), w.message) for w in words]
            found.append(MarkedField(field, cut(words[0].text, marks), sayings))
    return found


def _quoted(words: MarkedWords) -> list[str]:
    texts = (words.text[start:end] for start, end in words.spans)
    return list(dict.fromkeys(texts))[:MOST_QUOTED]
