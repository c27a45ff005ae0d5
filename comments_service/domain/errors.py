"""What can go wrong, in the domain's words.

Services raise these; only the web and the command line know how each is shown. None of them names
an HTTP status: `web/problems.py` has that table.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct


class CommentsError(Exception):
    """Something a caller did or met that the service has a plain sentence for."""


class FieldError(Struct, frozen=True):
    """One field at fault: `field` as the contract spells it, `message` for the person who typed."""

    field: str
    message: str


class Malformed(CommentsError):
    """The request cannot be understood at all: not a question of one field."""


class InvalidFields(CommentsError):
    """Fields are at fault; `errors` holds at least one."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{e.field}: {e.message}" for e in errors))
        self.errors = tuple(errors)

    @classmethod
    def one(cls, field: str, message: str) -> "InvalidFields":
        """The common case: a single field, a single sentence."""
        return cls([FieldError(field, message)])


class InvalidUrl(CommentsError):
    """A page address that no browser would open as http or https."""


class NotFound(CommentsError):
    """No such site, parent, comment, decision: `what` says which, for the answer's detail."""

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}.")
        self.what = what


class NotAllowed(CommentsError):
    """The caller may not do this; the sentence says why without telling what exists."""


class Banned(NotAllowed):
    """The site takes no comments of this sender's until `until`; `kind` is what was banned."""

    def __init__(self, kind: str, until: datetime) -> None:
        end = f"{until:%-d %B %Y, %H:%M} UTC"
        super().__init__(_BANNED.get(kind, _BANNED["commenter"]).format(end))
        self.until = until


_BANNED: Final = {
    "commenter": "Your comments are not taken here until {}.",
    "name": "Comments under this name are not taken here until {}.",
    "address": "Comments from your address are not taken here until {}.",
    "network": "Comments from your network are not taken here until {}.",
}


class NotSignedIn(CommentsError):
    """No session or token came with a request that needs one, or it has ended."""


class ThreadClosed(CommentsError):
    """The thread takes no new comments."""


class EditWindowOver(CommentsError):
    """The commenter's own comment can no longer be changed."""


class Refused(CommentsError):
    """Policy refused the comment (stored as rejected); `messages` say why, for the commenter."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("This comment was refused.")
        self.messages = tuple(messages)


class MarkedWords(Struct, frozen=True):
    """What a commenter is asked to put in other words; `spans` are code points of `text`."""

    field: str
    message: str
    spans: tuple[tuple[int, int], ...]
    """[start, end) each; empty where it is the whole text that reads so."""
    text: str
    """The field that the spans are counted in."""


class Reword(CommentsError):
    """The text would be held or refused for its words; its commenter is asked first.

    Nothing is stored. The sentences are the commenter's; `words` holds at least one.
    """

    def __init__(self, words: Sequence[MarkedWords], may_insist: bool) -> None:
        super().__init__(_MAY_INSIST if may_insist else _MAY_NOT_INSIST)
        self.words = tuple(words)
        self.may_insist = may_insist
        """True where insisting brings it to a moderator, False where it would be refused."""


_MAY_INSIST: Final = (
    "As it is, a moderator has to read this first. You can change it, or send it anyway."
)
_MAY_NOT_INSIST: Final = "This cannot be published as it is. Please change it."


class KeyReused(CommentsError):
    """An Idempotency-Key came again with another body."""


class TooMany(CommentsError):
    """A limit is reached. `retry_after` is in whole seconds, at least 1."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(CommentsError):
    """The database is away; nothing was stored. `retry_after` is in whole seconds."""

    def __init__(self, retry_after: int = 5) -> None:
        super().__init__("The comment service is away for a moment.")
        self.retry_after = retry_after


class Raced(CommentsError):
    """Somebody else's write came between reading and writing; nothing was stored, try anew."""
