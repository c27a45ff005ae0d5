"""What is asked at each door: a request with which whoever may come in also gets what is there.

Every request is about site A, and about a comment of the commenter's that waits there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from comments_service.services.pages import PageRef
from comments_service.services.sites import show_site
from comments_service.services.threads import thread_settings
from comments_service.web.console_settings import _stored
from tests.authorisation.callers import PASSWORD, Caller
from tests.cast import PAGE, Cast

WORD: Final = {"term": "zebra", "place": "", "level": "hold", "category": "insult"}


@dataclass
class Asking:
    """The makings of a request; each is made at most once, and only where it is needed."""

    cast: Cast
    caller: Caller
    _comment: str = field(default="", init=False)

    @property
    def comment(self) -> str:
        if not self._comment:
            # A quarter of an hour later: no limit of the readers' or of signing in is in the way.
            self.cast.clock.advance(minutes=20)
            self._comment = self.cast.bob.says()
        return self._comment

    @property
    def seen(self) -> str:
        return f"{self.comment}:{self.cast.row(self.comment)['version']}"

    @property
    def decision(self) -> str:
        made: str = self.cast.decide(self.comment, "approve")["decision_id"]
        return made

    def settings_form(self) -> dict[str, str]:
        with self.cast.app.app_context():
            stored = _stored(show_site("gazette"))
        return {k: "y" if v is True else str(v) for k, v in stored.items() if v is not False}

    def thread_form(self) -> dict[str, str]:
        with self.cast.app.app_context():
            page = PageRef("gazette", PAGE)
            found = thread_settings(self.cast.app.config["COMMENTS"], show_site("gazette"), page)
        return {"seen": found.seen, "state": "open", "mode": "", "title": "A walk"}

    def decisions(self) -> dict[str, Any]:
        version = self.cast.row(self.comment)["version"]
        wish = {"comment_id": self.comment, "version": version, "action": "approve"}
        return {"decisions": [wish]}

    def ban_form(self) -> dict[str, Any]:
        return {"kind": "name", "who": "Mallory", "days": 7, "reason": "other"}

    @property
    def ban(self) -> str:
        self.cast.clock.advance(seconds=1)
        made = self.cast.alice.call("POST", "/api/v1/moderation/bans", json=self.ban_form())
        said: str = made.get_json()["ban"]["id"]
        return said

    def embed_form(self) -> dict[str, str]:
        form = self.cast.bob.form()
        return {k: form[k] for k in ("author_name", "body", "token")} | {"key": "a-key-of-its-own"}


Request = Callable[[Asking], dict[str, Any]]


def nothing(_asking: Asking) -> dict[str, Any]:
    return {}


def form(**data: str) -> Request:
    return lambda _: {"data": data}


SENT: Final[Mapping[tuple[str, str], Request]] = {
    ("POST", "/api/v1/comments"): lambda a: {"json": a.cast.bob.form()},
    ("PATCH", "/api/v1/comments/<comment_id>"): lambda _: {"json": {"body": "On second thoughts."}},
    ("POST", "/api/v1/counts"): lambda _: {"json": {"site": "gazette", "urls": [PAGE]}},
    ("POST", "/api/v1/moderation/bans"): lambda a: {"json": a.ban_form() | {"site": "gazette"}},
    ("POST", "/api/v1/moderation/decisions"): lambda a: {"json": a.decisions()},
    ("POST", "/embed/thread"): lambda a: {"data": a.embed_form()},
    ("POST", "/moderate/account"): form(shortcuts="y"),
    ("POST", "/moderate/bans"): lambda a: {"data": a.ban_form()},
    ("POST", "/moderate/bans/lift"): lambda a: {"data": {"ban": a.ban}},
    ("POST", "/moderate/confirm"): form(password=PASSWORD),
    ("POST", "/moderate/decide"): lambda a: {"data": {"comment": a.seen, "action": "approve"}},
    ("POST", "/moderate/password"): form(
        old_password=PASSWORD, new_password="a new horse battery", again="a new horse battery"
    ),
    ("POST", "/moderate/security/rule"): form(rule="optional"),
    ("POST", "/moderate/security/passkeys/remove"): form(which="0" * 13),
    ("POST", "/moderate/security/sessions"): form(which="others"),
    ("POST", "/moderate/settings"): lambda a: {"data": a.settings_form()},
    ("POST", "/moderate/settings/try"): lambda a: {"data": a.settings_form()},
    ("POST", "/moderate/sign-in"): lambda a: {
        "data": {"email": a.caller.email, "password": PASSWORD}
    },
    ("POST", "/moderate/thread"): lambda a: {"data": a.thread_form()},
    ("POST", "/moderate/undo"): lambda a: {"data": {"decision": a.decision}},
    ("POST", "/moderate/words"): lambda _: {"data": WORD},
    ("POST", "/moderate/words/remove"): form(key="zebra"),
    ("POST", "/moderate/words/try"): lambda _: {"data": WORD},
}
"""The body of each request; the rest has none."""

QUERY: Final = {"site": "gazette", "url": PAGE}


def path_of(rule: str, asking: Asking) -> str:
    """An address that the rule answers."""
    parts: dict[str, Callable[[], str]] = {
        "<comment_id>": lambda: asking.comment,
        "<ban_id>": lambda: asking.ban,
        "<decision_id>": lambda: asking.decision,
        "<name>": lambda: "dashboard.css",
    }
    for place, part in parts.items():
        if place in rule:
            rule = rule.replace(place, part())
    return rule
