"""The console's cookie: signed by Flask, it carries the secret of a session row and nothing more.

Over HTTPS, and over anything that is not this very machine, it is a `__Host-` cookie: Secure, for
this host alone. On loopback without TLS browsers would not send such a cookie back, so there, and
only there, it goes by a plain name.
"""

from ipaddress import ip_address

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

NAME = "comments_session"


def is_plain_loopback() -> bool:
    """Whether this request came without TLS to a name of this machine."""
    if request.is_secure:
        return False
    host = request.host.rsplit(":", 1)[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class ConsoleSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, with the name and the Secure flag chosen by request."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        # Readers send no cookie at all; making the signer would cost as much as the routing.
        if "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        # Nor is there anything to save, or to say of cookies, where nobody looked into it.
        if session.accessed or session.modified:
            super().save_session(app, session, response)

    def get_cookie_name(self, app: Flask) -> str:
        return NAME if is_plain_loopback() else f"__Host-{NAME}"

    def get_cookie_secure(self, app: Flask) -> bool:
        return not is_plain_loopback()


def init_sessions(app: Flask) -> None:
    """Sessions for the console; no public view opens one."""
    app.session_interface = ConsoleSessions()
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
    )
