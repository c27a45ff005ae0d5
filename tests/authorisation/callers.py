"""The callers of the table: a newly made one for each request, so that no cell changes another.

Site A is the gazette, site B the herald. Whoever has a browser also has a form token that fits its
session: what keeps them out is who they are, never a token that they forgot.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from argon2 import PasswordHasher
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from comments_service.domain.ids import new_id
from comments_service.services.accounts import all_tokens, end_token
from comments_service.services.keys import hash_secret
from comments_service.services.sites import show_site
from comments_service.storage.db import write
from comments_service.storage.queries.people import (
    ModeratorRow,
    OpenSession,
    add_moderator,
    add_session,
    end_sessions,
)
from comments_service.web.access import SESSION_KEY
from tests.cast import Cast, new_address

PASSWORD: Final = "correct horse battery"
HASHED: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass
class Caller:
    """Somebody at the door: headers of their own, a browser's cookies, or neither."""

    cast: Cast
    headers: Mapping[str, str] = field(default_factory=dict)
    session: Mapping[str, str] = field(default_factory=dict)
    email: str = "nobody@example.org"

    def call(self, method: str, path: str, **request: Any) -> TestResponse:
        client = self.cast.app.test_client()
        # A reader reads the newspaper's pages; those of the service are the service's own.
        foreign = () if path.startswith("/api/") else ("Origin",)
        headers = {name: text for name, text in self.headers.items() if name not in foreign}
        if self.session:
            with client.session_transaction() as session:
                session.update(self.session)
        if self.session and method not in ("GET", "HEAD"):
            headers["X-CSRFToken"] = self._form_token()
        headers |= request.pop("headers", {})
        far = {"REMOTE_ADDR": new_address()}
        return client.open(path, method=method, headers=headers, environ_overrides=far, **request)

    def _form_token(self) -> str:
        key = self.cast.app.config["SECRET_KEY"]
        signer = URLSafeTimedSerializer(key, salt="wtf-csrf-token")
        return str(signer.dumps(self.session["csrf_token"]))


def browser(**secret: str) -> dict[str, str]:
    """A browser that has seen a form of the console."""
    return {"csrf_token": secrets.token_hex(20)} | secret


def signed_in(
    cast: Cast,
    role: str,
    *sites: str,
    one_time: bool = False,
    factor_due: bool = False,
    ended: bool = False,
) -> Caller:
    """A new moderator of these sites (of all where none is named) in a browser with a session."""
    now, secret = cast.clock.now, secrets.token_urlsafe(32)
    email = f"{secrets.token_hex(8)}@example.org"
    opened = OpenSession(
        hash_secret(secret), now, now + timedelta(hours=12), now, factor_due=factor_due, agent=None
    )
    with cast.app.app_context():
        site_ids = tuple(show_site(slug).id for slug in sites)
        row = ModeratorRow(
            new_id(now), email, role, not sites, site_ids, HASHED, one_time, shortcuts=True
        )
        write(lambda conn: add_moderator(conn, row, now))
        write(lambda conn: add_session(conn, row.id, opened))
        if ended:
            write(lambda conn: end_sessions(conn, row.id))
    return Caller(cast, session=browser(**{SESSION_KEY: secret}), email=email)


def program(cast: Cast, scope: str, site: str, *, revoked: bool = False) -> Caller:
    """Whoever holds a new API token for a site."""
    made = cast.program(scope, site)
    if revoked:
        with cast.app.app_context():
            end_token(max(row.id for row in all_tokens()))
    return Caller(cast, headers={"Authorization": f"Bearer {made.secret}"})


def reader(cast: Cast, key: str) -> Caller:
    """A reader's browser on a page of site A, with a commenter key."""
    return Caller(cast, headers=cast.bob.headers | {"Commenter-Key": key}, session=browser())


CALLERS: Final[Mapping[str, Callable[[Cast], Caller]]] = {
    "nobody": lambda cast: Caller(cast, session=browser()),
    "commenter": lambda cast: reader(cast, cast.bob.key),
    "other commenter": lambda cast: reader(cast, cast.mallory.key),
    "moderator of A": lambda cast: signed_in(cast, "moderator", "gazette"),
    "moderator of B": lambda cast: signed_in(cast, "moderator", "herald"),
    "owner": lambda cast: signed_in(cast, "owner"),
    "owner of B": lambda cast: signed_in(cast, "owner", "herald"),
    "token for A": lambda cast: program(cast, "moderate", "gazette"),
    "token for B": lambda cast: program(cast, "moderate", "herald"),
    "token to write": lambda cast: program(cast, "comments:write", "gazette"),
    "revoked token": lambda cast: program(cast, "moderate", "gazette", revoked=True),
    "ended session": lambda cast: signed_in(cast, "owner", ended=True),
    "code due": lambda cast: signed_in(cast, "owner", factor_due=True),
    "one-time password": lambda cast: signed_in(cast, "owner", one_time=True),
}
"""The columns of the table, from the left."""
