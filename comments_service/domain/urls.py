"""One page, one key: which addresses name the same thread, and which origin an address has.

Addresses are parsed by the WHATWG standard (ada), because that is how the browsers parse them that
send them. Nothing here opens an address or knows a site: `page_key` is pure and total, so that
every text is either a key or `InvalidUrl`.
"""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Final, NamedTuple

import ada_url
from msgspec import Struct

from comments_service.domain.errors import InvalidUrl

MAX_URL: Final = 2_000
"""Characters of a page's address once normalised: common search engines and servers stop there."""
MAX_TYPED: Final = 4 * MAX_URL
"""Characters of an address as it comes in, before tracking parameters and the like are out."""

# What a canonical http(s) address looks like as ada serialises it. User information is no group.
_HREF: Final = re.compile(
    r"(?P<scheme>https?)://(?:[^/?#@]*@)?(?P<host>\[[0-9a-f:.]+\]|[^/?#@:\[\]]+)(?::(?P<port>\d+))?"
    r"(?P<path>/[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?"
)
# Stricter than the URL standard, which allows quotes, commas and semicolons: an origin is written
# into headers (frame-ancestors), where these have a meaning.
_PLAIN_HOST: Final = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")
# The escapes that can be written better: those with a lower-case digit, and those of unreserved
# characters. Most addresses have none, and finding that out costs less than looking at each.
_ESCAPE: Final = re.compile(
    r"%(?:[0-9A-F][a-f]|[a-f][0-9A-Fa-f]"
    r"|2[DE]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])"
)
# RFC 3986, section 2.3: these mean the same written plainly and as %XX.
_UNRESERVED: Final = {
    f"%{ord(c):02X}": c
    for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
}
# A percent sign that begins no escape: what follows it is not decoded, else "%2%35" would turn
# into the escape "%25" that nobody wrote.
_STRAY: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_INDEX_PAGES: Final = ("/index.html", "/index.htm", "/index.php")
_NOT_WEB: Final = "A page's address begins with http:// or https:// and names a host."


class Tracking(Struct, frozen=True):
    """Names of query parameters that tell who sent a reader, not what is shown."""

    names: frozenset[str]
    prefixes: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Tracking":
        """Read a list as the setting gives it: names in any case; a `*` at the end is a prefix."""
        lowered = [n.strip().lower() for n in names]
        return cls(
            names=frozenset(n for n in lowered if n and not n.endswith("*")),
            prefixes=tuple(sorted({n[:-1] for n in lowered if len(n) > 1 and n.endswith("*")})),
        )

    def covers(self, name: str) -> bool:
        """Whether the parameter of this name is a tracking parameter, whatever its case."""
        lowered = name.lower()
        return lowered in self.names or lowered.startswith(self.prefixes)


TRACKING_NAMES: Final = (
    # Campaigns named by the publisher: Google Analytics, Matomo, HubSpot.
    *("utm_*", "mtm_*", "pk_campaign", "pk_kwd", "hsa_*", "_hsenc", "_hsmi", "hsctatracking"),
    *("__hssc", "__hstc", "__hsfp"),
    # One click, named by who sold or showed the link.
    *("fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source", "gad_campaignid"),
    *("srsltid", "msclkid", "igsh", "igshid", "yclid", "ysclid", "twclid", "ttclid", "li_fat_id"),
    *("fb_action_ids", "fb_action_types", "fb_ref", "fb_source", "epik", "sccid", "rdt_cid"),
    *("_openstat", "rb_clickid", "wickedid", "s_cid"),
    # One reader or one mailing, named by who sent the mail.
    *("mc_cid", "mc_eid", "mkt_tok", "vero_id", "vero_conv", "oly_anon_id", "oly_enc_id"),
    *("ml_subscriber", "ml_subscriber_hash", "_ga", "_gl"),
)
"""Dropped by default, as the setting spells them. `ref` and `source` stay: they select content on
too many sites."""
DEFAULT_TRACKING: Final = Tracking.of(TRACKING_NAMES)


class _Parts(NamedTuple):
    scheme: str
    host: str
    port: str | None
    path: str
    query: str | None

    @property
    def place(self) -> str:
        """Host and port; ada has already dropped the port that is the scheme's default."""
        return self.host if self.port is None else f"{self.host}:{self.port}"


def page_key(url: str, tracking: Tracking = DEFAULT_TRACKING) -> str:
    """The key under which a page's thread is found: `//host[:port]/path[?query]`.

    Two addresses have one key exactly when the contract (docs/api.md, "Which site, which thread")
    calls them one page. The key is no address: it has lost the scheme.

    Raises:
        InvalidUrl: for what no browser opens as http or https, and beyond `MAX_URL`.
    """
    parts = _split(url)
    query = _key_query(parts.query, tracking) if parts.query else ""
    return _bounded(f"//{_key_place(parts)}{_key_path(parts.path)}{query}")


def display_url(url: str, tracking: Tracking = DEFAULT_TRACKING) -> str:
    """The address as others may see and follow it.

    It is the original without user information, fragment and tracking parameters: a click's
    identifier belongs to the reader who came with it.

    Raises:
        InvalidUrl: as `page_key`.
    """
    parts = _split(url)
    kept = [p for p in (parts.query or "").split("&") if not _is_tracked(p, tracking)]
    query = "?" + "&".join(kept) if any(kept) else ""
    return _bounded(f"{parts.scheme}://{parts.place}{parts.path}{query}")


def origin_of(url: str) -> str:
    """The origin of an address as a browser sends it: `scheme://host[:port]`.

    Raises:
        InvalidUrl: as `page_key`.
    """
    parts = _split(url)
    return f"{parts.scheme}://{parts.place}"


def host_port(url: str) -> str:
    """Host, and port if it is not the scheme's own: what two origins share, scheme aside.

    Raises:
        InvalidUrl: as `page_key`.
    """
    return _key_place(_split(url))


def normalise_origin(text: str) -> str:
    """What a publisher typed as an origin, as browsers will send it.

    Raises:
        InvalidUrl: with a sentence that says what to type instead.
    """
    typed = text.strip()
    if "*" in typed:
        raise InvalidUrl("An origin cannot hold a *: list every host by its full name.")
    if typed.lower() == "null":
        raise InvalidUrl("The origin null stands for any sandboxed page and cannot be allowed.")
    if typed and "://" not in typed:
        raise InvalidUrl(f"An origin begins with its scheme: https://{typed[:MAX_URL]}")
    try:
        parts = _split(typed)
    except InvalidUrl:
        message = "An origin begins with https:// or http://, then a host, then a port up to 65535."
        raise InvalidUrl(message) from None
    origin = _bounded(f"{parts.scheme}://{parts.place}")
    # What stands after the scheme says more than a host and a port when any of these is in it.
    rest = typed.partition("://")[2].removesuffix("/")
    if re.search(r"[/\\?#@]", rest):
        raise InvalidUrl(f"An origin is scheme, host and port alone; here that is {origin}")
    if not _PLAIN_HOST.fullmatch(parts.host):
        raise InvalidUrl("A host is made of letters, digits, dots and hyphens.")
    return origin


def origin_allowed(header: str, registered_origins: Collection[str]) -> bool:
    """Whether an `Origin` header names a registered origin: the same text, nothing folded."""
    return header in frozenset(registered_origins)


# A request names its page once, and asks of it three times; and many name the same.
@lru_cache(maxsize=128)
def _split(url: str) -> _Parts:
    if len(url) > MAX_TYPED:
        raise InvalidUrl(f"A page's address has at most {MAX_URL:,} characters.")
    if "\x00" in url:
        raise InvalidUrl("A page's address cannot hold a NUL character.")
    try:
        href = ada_url.normalize_url(url)
    except ValueError:  # A lone surrogate, too: UnicodeEncodeError is a ValueError.
        raise InvalidUrl(_NOT_WEB) from None
    found = _HREF.fullmatch(href)
    if found is None or not _is_readable(found.group("host")):
        raise InvalidUrl(_NOT_WEB)
    return _Parts(*found.group("scheme", "host", "port", "path", "query"))


def _is_readable(host: str) -> bool:
    """Whether every punycode label stands for a name; ada 4.0 lets broken ones pass."""
    if "xn--" not in host:
        return True
    labels: list[str] = ada_url.idna_to_unicode(host).split(".")
    return not any(label.startswith("xn--") for label in labels)


def _key_place(parts: _Parts) -> str:
    # A dot at the end of a host says "no search domain" and leads to the same server.
    host = parts.host.removesuffix(".")
    if not host or host.endswith("."):
        raise InvalidUrl(_NOT_WEB)
    return host if parts.port is None else f"{host}:{parts.port}"


def _key_path(path: str) -> str:
    kept = _plain_escapes(path).rstrip("/")
    while kept.endswith(_INDEX_PAGES):
        kept = kept[: kept.rindex("/")].rstrip("/")
    return kept or "/"


def _key_query(query: str, tracking: Tracking) -> str:
    plain = _plain_escapes(query)
    kept = [p for p in plain.split("&") if p and not _is_tracked(p, tracking)]
    # The sort is stable: the order of equally named parameters has a meaning and stays.
    kept.sort(key=_name)
    return "?" + "&".join(kept) if kept else ""


def _name(parameter: str) -> str:
    return parameter.partition("=")[0]


def _is_tracked(parameter: str, tracking: Tracking) -> bool:
    return tracking.covers(_plain_escapes(_name(parameter)))


def _plain_escapes(text: str) -> str:
    """Write escapes one way: unreserved characters plainly, all others in upper-case hex."""
    if "%" not in text:
        return text
    return _ESCAPE.sub(_plain_escape, text)


def _plain_escape(found: re.Match[str]) -> str:
    escape = found.group().upper()
    before = found.string[max(0, found.start() - 2) : found.start()]
    return escape if _STRAY.search(before) else _UNRESERVED.get(escape, escape)


def _bounded(address: str) -> str:
    if len(address) > MAX_URL:
        raise InvalidUrl(f"A page's address has at most {MAX_URL:,} characters.")
    return address
