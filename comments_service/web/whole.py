"""A whole public answer, ready to be sent: headers, body, body in gzip, and what they depend on.

What is in here is the same for everybody who asks; who may be answered with it others say.
"""

import gzip
import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Headers = list[tuple[str, str]]

DEPENDS: Final = "comments.depends"
"""Where in the WSGI environment a view says what its public answer depends on."""
KEPT_HEADERS: Final = frozenset(
    {
        "Access-Control-Allow-Origin",
        "Cache-Control",
        "Content-Security-Policy",
        "Content-Type",
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Resource-Policy",
        "Referrer-Policy",
        "X-Content-Type-Options",
    }
)
"""All that a public answer may say. One that says more was made for somebody, and is not kept."""
_OF_NOTHING_NEW: Final = frozenset({"Access-Control-Allow-Origin", "Cache-Control", "ETag", "Vary"})
"""What a 304 repeats: how long it holds and for whom (RFC 9110, 15.4.5), and who may read it (a
script that asked with a tag itself). The rest is in the answer that its reader has kept."""
LEAST_GZIP: Final = 400
"""Bytes below which gzip saves no packet and costs a header."""
OVERHEAD: Final = 2_000
"""Bytes of an answer's own objects, headers included; measured, rounded up."""
PER_DEPENDENCY: Final = 200
"""Bytes of one dependency in its two sets."""
_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')


class Form:
    """One form of the body, plain or gzip, with its headers."""

    __slots__ = ("bare", "body", "etag", "headers", "length")

    def __init__(self, body: bytes, etag: str, headers: Headers) -> None:
        self.length = len(body)
        # A list: what the server takes in one piece.
        self.body = [body]
        self.etag = etag
        self.headers: Headers = [*headers, ("Content-Length", str(len(body))), ("ETag", etag)]
        self.bare: Headers = [pair for pair in self.headers if pair[0] in _OF_NOTHING_NEW]
        """Of a 304."""


class Whole:
    """An answer in its one or two forms."""

    __slots__ = ("_gzip", "_headers", "_tag", "asked", "depends", "plain", "size")

    def __init__(self, body: bytes, headers: Iterable[tuple[str, str]], depends: frozenset[int]):
        self._tag = blake2b(body, digest_size=12).hexdigest()
        self._headers: Headers = [*headers, ("Vary", "Accept-Encoding")]
        self.plain = Form(body, f'"{self._tag}"', self._headers)
        self._gzip: Form | None = None
        self.depends = depends
        self.asked = 0
        """How often, with what `Kept` forgets of it."""
        self.size = 2 * len(body) + OVERHEAD + PER_DEPENDENCY * len(depends)
        """Bytes at most; the gzip form, which may come later, is never larger than the plain."""

    def form_for(self, accepted: str | None) -> Form:
        """The form to send to who accepts these encodings."""
        if accepted is None or self.plain.length < LEAST_GZIP or not accepts_gzip(accepted):
            return self.plain
        if self._gzip is None:
            # Two threads may do this at once; both come to the same bytes.
            body = gzip.compress(self.plain.body[0], 6, mtime=0)
            if len(body) >= self.plain.length:
                return self.plain
            headers = [*self._headers, ("Content-Encoding", "gzip")]
            self._gzip = Form(body, f'"{self._tag}-gzip"', headers)
        return self._gzip

    def send(
        self, environ: "WSGIEnvironment", start_response: "StartResponse", extra: Headers
    ) -> tuple[int, list[bytes]]:
        """Answer a GET or HEAD; returns the status and the body."""
        form = self.form_for(environ.get("HTTP_ACCEPT_ENCODING"))
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known is not None and is_known(known, form.etag):
            start_response("304 Not Modified", form.bare + extra)
            return 304, []
        start_response("200 OK", form.headers + extra)
        return 200, form.body if environ["REQUEST_METHOD"] == "GET" else []


@lru_cache(maxsize=256)
def accepts_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header takes gzip (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for part in accepted[:1000].split(","):
        coding, _, parameters = part.partition(";")
        name, _, weight = parameters.replace(" ", "").partition("=")
        try:
            weights[coding.strip().lower()] = float(weight) if name.lower() == "q" else 1.0
        except ValueError:
            return False
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0.0


def is_known(known: str, etag: str) -> bool:
    """Whether an If-None-Match header names this tag; weak ones match, too (RFC 9110, 13.1.2)."""
    if known == etag:
        return True
    return known.strip() == "*" or etag in _TAG.findall(known[:8000])
