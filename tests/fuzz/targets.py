"""What is fuzzed: each target takes bytes, makes of them what it needs, and asserts what must hold.

Nothing in here knows the fuzzer: `make fuzz` drives the targets with atheris for minutes or hours,
`test_targets.py` with a few inputs in each run, and with those that once broke something.
"""

import dataclasses
import ipaddress
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from wsgiref.types import WSGIEnvironment

import msgspec
from flask import Flask, request
from msgspec import structs
from werkzeug.test import EnvironBuilder, run_wsgi_app

from comments_service import checks
from comments_service.checks.lexicon.own import compiled
from comments_service.cli.words import line_of, read_lines
from comments_service.domain.comment import make_submission
from comments_service.domain.errors import CommentsError, InvalidFields, InvalidUrl
from comments_service.domain.facts import NO_HISTORY
from comments_service.domain.policy import Policy
from comments_service.domain.urls import (
    display_url,
    host_port,
    normalise_origin,
    origin_allowed,
    origin_of,
    page_key,
)
from comments_service.domain.verdict import Signal
from comments_service.domain.words import SiteWord, WordList
from comments_service.services.keys import COMMENTER_KEY, IDEMPOTENCY_KEY
from comments_service.services.threads import read_cursor
from comments_service.text.fold import fold
from comments_service.text.reading import Reading
from comments_service.text.terms import key_of, tidy_term
from comments_service.web import access, comments, schemas
from comments_service.web.door import read_query
from comments_service.web.edge import _read_query, edge_of
from comments_service.web.whole import Whole
from tests.support.clock import Clock
from tests.support.service import make_app, settings_for
from tests.text.test_markup import assert_safe

Target = Callable[[bytes], None]
ORIGINS: Final = ("https://news.example", "http://[::1]:8080")
HEADERS: Final = (
    *("HTTP_X_FORWARDED_FOR", "HTTP_ORIGIN", "HTTP_HOST", "HTTP_IDEMPOTENCY_KEY"),
    *("HTTP_COMMENTER_KEY", "HTTP_AUTHORIZATION", "HTTP_IF_NONE_MATCH", "HTTP_ACCEPT_ENCODING"),
    *("HTTP_SEC_FETCH_SITE", "HTTP_COOKIE", "CONTENT_TYPE", "HTTP_FORWARDED"),
    *("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_RANGE"),
)
"""A line of the input each."""


def text_of(data: bytes) -> str:
    """Text of bytes: by an odd first byte UTF-16, where most bytes are letters, else UTF-8.

    Lone surrogates are part of it, as JSON can carry them.
    """
    if data[:1] and data[0] % 2:
        return data[1 : 1 + (len(data) - 1) // 2 * 2].decode("utf-16-le", "surrogatepass")
    return data[1:].decode("utf-8", "surrogateescape")


def fold_a_text(data: bytes) -> None:
    """Every folded character has its place in the text, and folding twice is folding once."""
    text = text_of(data)
    folded = fold(text)
    for at in range(len(folded.text)):
        start, end = folded.span(at, at + 1)
        assert 0 <= start < end <= len(text)
    assert fold(folded.text).text == folded.text


def name_a_page(data: bytes) -> None:
    """An address has a key that is its own key, or is refused."""
    url = text_of(data)
    with suppress(InvalidUrl):
        key = page_key(url)
        assert key.startswith("//")
        assert page_key(f"https:{key}") == key
        assert page_key(display_url(url)) == key
        origin = origin_of(url)
        assert origin.partition("://")[2].rstrip(".") == host_port(url) or "." in origin
        with suppress(InvalidUrl):
            assert normalise_origin(origin) == origin
    with suppress(InvalidUrl):
        origin = normalise_origin(url)
        assert normalise_origin(origin) == origin
    assert origin_allowed(url, ORIGINS) == (url in ORIGINS)


def render_a_comment(data: bytes) -> None:
    """Nothing comes out but what is allowed, in its place, and not much more than went in."""
    body = text_of(data)
    with suppress(InvalidFields):
        assert_safe(make_submission(author_name="Ida", body=body).body)
    assert_safe(body)


def examine_a_comment(data: bytes) -> None:
    """Every check looks at it, and what it points at is in the text."""
    name, _, body = text_of(data).partition("\n")
    with suppress(InvalidFields):
        submission = make_submission(author_name=name or "Ida", body=body)
        lengths = {"body": len(submission.body), "author_name": len(submission.author_name)}
        for verdict in checks.run(submission, NO_HISTORY, Policy()).verdicts:
            assert verdict.signal is not Signal.ERRORED, verdict
            for start, end in verdict.spans:
                assert 0 <= start < end <= lengths[verdict.field], verdict


def read_a_list(data: bytes) -> None:
    """A list of words is refused in sentences, or is what it says when it is written again."""
    with suppress(InvalidFields):
        words = read_lines(BytesIO(data), SiteWord("", 1.0))
        for word in words:
            assert tidy_term(word.term) == word.term
            assert key_of(word.term)
            (again,) = read_lines(BytesIO(line_of(word).encode()), SiteWord("", 1.0))
            assert structs.replace(again, severity=word.severity) == word
            assert abs(again.severity - word.severity) < 1e-5
        own = compiled(WordList(tuple(words)))
        text = data.decode("utf-8-sig")[:500]
        with suppress(InvalidFields):
            for passage in Reading(make_submission(author_name="Ida", body=text)).passages:
                own.find(passage)


@cache
def application() -> Flask:
    """The application; what is asked of it here needs no database."""
    conf = settings_for(Path("/nonexistent"), "sqlite:////nonexistent/comments.db")
    trusted = (ipaddress.ip_network("10.0.0.0/8"),)
    return make_app(dataclasses.replace(conf, trusted_proxies=trusted), Clock())


def read_headers(data: bytes) -> None:
    """No header breaks anything, and none is taken for what it is not."""
    lines = data.decode("latin-1").split("\n")
    sent = {name: line for name, line in zip(HEADERS, lines, strict=False) if line}
    environ = EnvironBuilder(path="/healthz", environ_overrides=sent).get_environ()
    environ["REMOTE_ADDR"] = "10.0.0.1"
    for path in ("/healthz", "/moderate/sign-in"):
        _, status, _ = run_wsgi_app(application(), environ | {"PATH_INFO": path})
        assert int(status[:3]) < 500, status
    with application().request_context(dict(environ)):
        address = access.client_address()
        assert address is None or str(ipaddress.ip_address(address)) == address
        for read, form in (
            (comments.commenter_key, COMMENTER_KEY),
            (comments.idempotency_key, IDEMPOTENCY_KEY),
        ):
            with suppress(InvalidFields):
                key = read()
                assert key is None or form.fullmatch(key)
        token = access.bearer_token()
        assert token is None or token in sent["HTTP_AUTHORIZATION"]
        with suppress(CommentsError):
            access.assert_same_origin()
            origin = request.headers.get("Origin")
            assert origin is None or origin.endswith(request.host)
    _send_whole(environ)


def _send_whole(environ: WSGIEnvironment) -> None:
    """304 only to who named the tag, gzip only to who takes it."""
    told: dict[str, str] = {}

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        told.update(headers, status=status)

    status, _ = Whole(b"x" * 1_000, [], frozenset()).send(environ, start_response, [])
    known = environ.get("HTTP_IF_NONE_MATCH", "")
    if status == 304:
        assert known.strip() == "*" or told["ETag"] in known
    packed = told.get("Content-Encoding") == "gzip"
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "").lower()
    assert not packed or "gzip" in accepted or "*" in accepted


def read_a_query(data: bytes) -> None:
    """The layer before Flask reads a query as the view does, or leaves it to the view."""
    raw = data.decode("latin-1")
    environ = EnvironBuilder(path="/api/v1/comments").get_environ() | {"QUERY_STRING": raw}
    _, status, _ = run_wsgi_app(application(), environ | {"PATH_INFO": "/api/v1/moderation/queue"})
    assert int(status[:3]) in (400, 401), status
    if status.startswith("400"):
        return
    with application().request_context(environ):
        asked: Any = None
        with suppress(CommentsError):
            asked = read_query(schemas.ThreadQuery)
        for shape in (schemas.CountsQuery, schemas.QueueQuery, schemas.PrecisionQuery):
            with suppress(CommentsError):
                read_query(shape)
        with suppress(CommentsError):
            read_cursor(request.args.get("cursor"), "newest")
        for path in ("/api/v1/comments", "/api/v1/counts"):
            _compare(path, environ, asked)


def _compare(path: str, environ: WSGIEnvironment, asked: Any) -> None:
    route = edge_of(application()).routes[path]
    pairs = _read_query(route, environ)
    if pairs is None:
        return
    for name in route.names or ():
        values = [value for key, value in pairs if key == name]
        assert values == request.args.getlist(name), name
    if path == "/api/v1/comments" and asked is not None:
        assert msgspec.convert(dict(pairs), schemas.ThreadQuery, strict=False) == asked


TARGETS: Final[Mapping[str, Target]] = MappingProxyType(
    {
        "fold": fold_a_text,
        "urls": name_a_page,
        "markup": render_a_comment,
        "checks": examine_a_comment,
        "words": read_a_list,
        "headers": read_headers,
        "query": read_a_query,
    }
)
