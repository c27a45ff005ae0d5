"""What all pages have in common on which somebody proves who they are: challenge, browser, host.

A challenge waits in the browser's own signed cookie, for one answer and a few minutes.
"""

from typing import Final
from urllib.parse import urlsplit

from flask import request, session

from comments_service.domain.errors import CommentsError, InvalidFields
from comments_service.services.passkeys import (
    CHALLENGE_GOOD_FOR,
    Answer,
    Relying,
    new_challenge,
)
from comments_service.services.sessions import Browser
from comments_service.storage.types import from_ms, to_ms
from comments_service.web.access import client_address, now, settings
from comments_service.web.console_forms import PasskeyForm

_KEY: Final = "challenge"


def give_challenge() -> str:
    """A new challenge for the page at hand; whichever was given before is void."""
    challenge = new_challenge()
    session[_KEY] = [challenge, to_ms(now())]
    return challenge


def taken_answer(form: PasskeyForm) -> Answer:
    """What the browser answered, to the challenge that was given last; its cookie forgets that one.

    A copy of the cookie does not: that an answer proves once is `passkeys.prove`'s to see to.
    """
    return Answer(_take_challenge(), form.credential.data or "")


def _take_challenge() -> str:
    """Empty, which nothing answers, where none was given or too long ago."""
    match session.pop(_KEY, None):
        case [str(challenge), int(ms)] if now() - from_ms(ms) < CHALLENGE_GOOD_FOR:
            return challenge
    return ""


def said_of(problem: CommentsError) -> str:
    """What went wrong, in a sentence without the name of a field."""
    if isinstance(problem, InvalidFields):
        return " ".join(error.message for error in problem.errors)
    return str(problem)


def browser() -> Browser:
    """Where this request comes from."""
    return Browser(client_address(), request.headers.get("User-Agent"))


def relying() -> Relying:
    """The console as this browser knows it; as the publisher named it, where that is set."""
    origin = settings().public_url or request.host_url.rstrip("/")
    parts = urlsplit(origin)
    return Relying(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")
