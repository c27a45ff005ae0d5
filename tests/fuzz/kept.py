"""Inputs to begin with, and every input that once broke something, which must not again.

An input is bytes, as `targets.py` takes them: a text comes after a byte that tells its encoding.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tests.support.hostile import rows

BEGIN: Final[Mapping[str, Sequence[bytes]]] = {
    "fold": (b"\0f*u*c**k \xe2\x80\xaetxet&#65;<b>", "\0ｆｕｌｌ Сугг ʇxǝʇ".encode()),
    "urls": (b"\0https://user@News.Example:443/a/%7Eb/index.html?b=1&utm_source=x#c",),
    "markup": (b"\0> *a* **b** `c` https://news.example/?q=1. [d](mailto:e@f.example)\n1. g",),
    "checks": (b"\0Ida\nBUY NOW at https://a.example you idiot",),
    "words": (b"casino*\thold\tspam\tA note.\n# A comment.\nbad word\t0.5\tinsult\n*bet*",),
    "headers": (
        b"10.0.0.2, 203.0.113.9\nhttps://localhost\nlocalhost\na key\n" + b"k" * 22,
        b'\n\n\n\n\nBearer x\nW/"a", "b"\ngzip;q=0.5, *;q=0\nsame-origin\na=b; c=d',
    ),
    "query": (
        b"site=gazette&url=https%3A%2F%2Fnews.example%2F&sort=oldest&limit=3&cursor=0",
        b"url=a&url=b&id=c&q=%EF%BF%BD&days=30&status=all",
    ),
}
BROKE: Final[Mapping[str, Sequence[bytes]]] = {
    # A term that looked like a comment was gone when the list was read again.
    "words": (b"#\x0bbaa]PP",),
    # Nobody knows where the pages of such a host are, and an error's page led to some.
    "headers": (b"\n\na..b",),
    # Bytes in a query that nobody had encoded were read in two ways, or not at all.
    "query": (b"\x80", "url=https://news.example/é&id=x".encode(), b"url=%EF%BF%BD"),
}
_TEXTS: Final = ("html", "markdown", "links", "names", "text")
_OF_DATA: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "fold": [(name, "payload") for name in ("names", "text")],
    "markup": [(name, "payload") for name in _TEXTS],
    "checks": [(name, "payload") for name in _TEXTS],
    "urls": [
        *(("url_bad", "url"), ("url_identity", "a"), ("url_identity", "b")),
        *(("url_parser", "input"), ("origins", "origin")),
    ],
}


def inputs_for(target: str) -> Sequence[bytes]:
    """Those of this file."""
    return [*BEGIN[target], *BROKE.get(target, ())]


def hostile_inputs_for(target: str) -> Iterator[bytes]:
    """Hostile texts of the shared data, where they are at hand."""
    for file, field in _OF_DATA.get(target, ()):
        for row in rows(file):
            yield b"\0" + row[field].encode("utf-8", "surrogatepass")
