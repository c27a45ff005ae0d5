"""Who may come through which door. Closed by default: a view without an access is never served.

`guard` runs before every view. docs/authorisation.md says what each caller gets; a test walks it.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from hmac import compare_digest
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final, TypeVar, cast

from flask import Flask, Response, current_app, g, redirect, request, session, url_for
from flask_wtf.csrf import CSRFProtect

from comments_service.config import Settings
from comments_service.domain.errors import NotAllowed, NotSignedIn
from comments_service.services.accounts import Principal, token_principal
from comments_service.services.sessions import session_principal

View = TypeVar("View", bound=Callable[..., Any])

SESSION_KEY: Final = "sid"
_WITH_PORT: Final = re.compile(r"(?P<v4>[0-9.]+):\d{1,5}|\[(?P<v6>[0-9a-fA-F:.]+)\](?::\d{1,5})?")
csrf: Final = CSRFProtect()


def csrf_exempt(view: View) -> View:
    """Take Flask-WTF's session CSRF token off a view that no session counts for."""
    return cast(View, csrf.exempt(view))


class Access(StrEnum):
    """The kinds of door."""

    PUBLIC = "public"
    """Anybody; the same answer for everybody, readable from any origin."""
    READER = "reader"
    """Anybody, about themselves; readable from the site's own origins only."""
    MODERATOR = "moderator"
    """The moderation API: a session, or a token with the scope `moderate`."""
    CONSOLE = "console"
    """The console's pages: a session; without one, to the sign-in page."""
    FORM = "form"
    """A page of the service's own that anybody may open (sign-in)."""
    OPERATOR = "operator"
    """Metrics: from loopback, or with the metrics token."""


_FIRST: Final[tuple[tuple[Callable[[Principal], bool], tuple[str, ...]], ...]] = (
    (lambda p: p.factor_due, ("security.second_factor",)),
    (lambda p: p.must_change_password, ("auth.password",)),
    (
        lambda p: p.must_add_factor,
        ("security.show", "security.confirm", "security.add_codes", "security.add_passkey"),
    ),
)
"""What must be done before anything else opens: when, and the pages that do it, the first first."""


def allow(access: Access) -> Callable[[View], View]:
    """Mark a view as reachable by the given kind of caller."""

    def mark(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]
        return view

    return mark


def access_of(view: Callable[..., Any]) -> Access | None:
    """How a view was marked; None means that it is not served."""
    return getattr(view, "access", None)


def settings() -> Settings:
    """The application's settings."""
    return cast(Settings, current_app.config["COMMENTS"])


def now() -> datetime:
    """The moment of this request: one and the same however often it is asked."""
    if "now" not in g:
        g.now = current_app.config["COMMENTS_CLOCK"]()
    return cast(datetime, g.now)


def system_clock() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


def client_address() -> str | None:
    """The caller's address: of the connection, or the rightmost hop before the trusted proxies.

    A header sent by anybody else changes nothing.
    """
    hops = [request.remote_addr or ""]
    trusted = settings().trusted_proxies
    if trusted:
        forwarded = ",".join(request.headers.getlist("X-Forwarded-For"))
        hops = [h.strip() for h in forwarded.split(",") if h.strip()] + hops
    nearest = None
    for hop in reversed(hops):
        address = _address_of(hop)
        if address is None:
            # What cannot be read counts for who said so, and not for nobody, who has no limit.
            break
        nearest = str(address)
        if not any(address in network for network in trusted):
            break
    return nearest


def _address_of(hop: str) -> IPv4Address | IPv6Address | None:
    """A hop's address, less a port that some proxies write; IPv4 within IPv6 as what it is."""
    with_port = _WITH_PORT.fullmatch(hop)
    try:
        address = ip_address(with_port["v4"] or with_port["v6"] if with_port else hop)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def principal() -> Principal:
    """Who is moderating; only behind a door that asks."""
    return cast(Principal, g.principal)


def bearer_token() -> str | None:
    """The token of an `Authorization: Bearer` header."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() or None if kind.lower() == "bearer" else None


def guard() -> Response | None:
    """Let a request through to its view, or raise why not."""
    if request.endpoint is None:
        return None
    access = access_of(current_app.view_functions[request.endpoint])
    if access is None:
        raise NotAllowed("This view has not been opened to anybody.")
    if access is Access.MODERATOR:
        _admit_to_api()
    elif access is Access.CONSOLE:
        return _admit_to_console()
    elif access is Access.FORM and request.method not in ("GET", "HEAD"):
        assert_same_origin()
    elif access is Access.OPERATOR:
        _admit_operator()
    return None


def _admit_to_api() -> None:
    secret = bearer_token()
    if secret is not None:
        found = token_principal(secret)
        if found is None:
            raise NotSignedIn("This token is unknown or was revoked.")
        if found.scope != "moderate":
            raise NotAllowed("This token has not the scope `moderate`.")
        g.principal = found
        return
    found = _from_session()
    if found is None:
        raise NotSignedIn("Sign in, or send a token with the scope `moderate`.")
    _require_open(found)
    g.principal = found
    if request.method not in ("GET", "HEAD"):
        assert_same_origin()
        csrf.protect()


def _require_open(found: Principal) -> None:
    """What the console leads to is refused to a program that uses the session."""
    if found.factor_due:
        raise NotSignedIn("The second factor is still to come, in the console.")
    if found.must_change_password:
        raise NotAllowed("Choose a password of your own first, in the console.")
    if found.must_add_factor:
        raise NotAllowed("Add a second factor first, in the console.")


def _admit_to_console() -> Response | None:
    found = _from_session()
    if found is None:
        if request.method not in ("GET", "HEAD"):
            raise NotSignedIn("Your session has ended. Sign in again.")
        following = request.full_path.rstrip("?")
        return cast(Response, redirect(url_for("auth.sign_in", next=following)))
    g.principal = found
    if request.method not in ("GET", "HEAD"):
        assert_same_origin()
    for holds, allowed in _FIRST:
        if holds(found):
            if request.endpoint in (*allowed, "auth.sign_out"):
                return None
            return cast(Response, redirect(url_for(allowed[0])))
    return None


def _from_session() -> Principal | None:
    secret = session.get(SESSION_KEY)
    return session_principal(secret, now()) if isinstance(secret, str) else None


def assert_same_origin() -> None:
    """A form of the console is sent by the console's own pages and by nobody else's.

    Browsers say so twice (Sec-Fetch-Site, Origin); the form's CSRF token is the third net.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        raise NotAllowed("This request came from another page.")
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise NotAllowed("This request came from another page.")


def _admit_operator() -> None:
    token = settings().metrics_token
    if token is not None:
        sent = bearer_token() or ""
        if not compare_digest(sent.encode(), token.encode()):
            raise NotSignedIn("Send the metrics token.")
        return
    address = client_address()
    if address is None or not ip_address(address).is_loopback:
        raise NotAllowed("Metrics are for loopback, or for who has the metrics token.")


def init_access(app: Flask) -> None:
    """Put the guard before every view."""
    app.before_request(guard)
