"""How an API view is declared: one line says path, caller, what is read and what is answered.

The same line feeds the router, the parser and OpenAPI, so the three cannot disagree.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final, get_origin, get_type_hints
from urllib.parse import unquote_to_bytes

import msgspec
from flask import Blueprint, Response, request
from msgspec import Struct

from comments_service.domain.errors import CommentsError, FieldError, InvalidFields, Malformed
from comments_service.web.access import Access, allow, csrf_exempt

MAX_BODY_BYTES: Final = 128 * 1024
"""Of a request's body: 10,000 characters of four bytes, escaped as JSON may, and some."""
_WHERE: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)


class UnsupportedMediaType(Malformed):
    """A body that is not announced as JSON."""


class Operation(Struct, frozen=True):
    """One method of one route, as OpenAPI tells it."""

    method: str
    path: str
    name: str
    summary: str
    access: Access
    query: type[msgspec.Struct] | None
    body: type[msgspec.Struct] | None
    answers: Mapping[int, type[msgspec.Struct] | None]
    problems: tuple[int, ...]
    headers: tuple[str, ...] = ()
    media_type: str = "application/json"


@dataclass(slots=True)
class Door:
    """A blueprint whose views declare what they read and answer."""

    blueprint: Blueprint
    operations: list[Operation] = field(default_factory=list)

    def route(
        self,
        method: str,
        path: str,
        access: Access,
        *,
        answers: Mapping[int, type[msgspec.Struct] | None],
        problems: tuple[int, ...] = (),
        query: type[msgspec.Struct] | None = None,
        body: type[msgspec.Struct] | None = None,
        max_bytes: int = MAX_BODY_BYTES,
        faults: type[CommentsError] = InvalidFields,
        headers: tuple[str, ...] = (),
        media_type: str = "application/json",
    ) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
        """Serve a view. It gets `query` and `body` as keyword arguments where they are declared.

        `faults` is what a member of the wrong type is: `Malformed` where the contract says 400.
        """
        for shape in filter(None, (query, body)):
            # msgspec looks at a type the first time it is read into, and two threads that do so at
            # the same time end the process; here one looks at it, before anybody asks.
            msgspec.json.Decoder(shape)

        def declare(view: Callable[..., Response]) -> Callable[..., Response]:
            @wraps(view)
            def served(**parts: Any) -> Response:
                if query is not None:
                    parts["query"] = read_query(query)
                if body is not None:
                    parts["body"] = _read_with(body, max_bytes, faults)
                return view(**parts)

            name = view.__name__
            self.blueprint.add_url_rule(
                path, name, csrf_exempt(allow(access)(served)), methods=[method]
            )
            self.operations.append(
                Operation(
                    method,
                    path,
                    name,
                    (view.__doc__ or "").strip().split("\n")[0],
                    access,
                    query,
                    body,
                    answers,
                    problems,
                    headers,
                    media_type,
                )
            )
            return served

        return declare


def _read_with(
    shape: type[msgspec.Struct], max_bytes: int, faults: type[CommentsError]
) -> msgspec.Struct:
    try:
        return read_body(shape, max_bytes)
    except InvalidFields as problem:
        raise problem if faults is InvalidFields else faults(str(problem)) from None


def read_query(shape: type[msgspec.Struct]) -> msgspec.Struct:
    """The query string as a struct; unknown parameters are ignored (pages add their own).

    Raises:
        Malformed: naming the parameter.
    """
    many = _lists_of(shape)
    values: dict[str, Any] = {}
    for name in shape.__struct_fields__:
        given = request.args.getlist(name)
        if name in many:
            values[name] = given
        elif given:
            values[name] = given[0]
    if not _is_text(request.query_string):
        raise Malformed("The query string is not UTF-8 text.")
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as problem:
        field, message = explain(problem)
        raise Malformed(f"{field}: {message}") from None


def _is_text(query: bytes) -> bool:
    """Whether what was percent-encoded is UTF-8 that can be stored.

    Werkzeug puts U+FFFD for what is not; but that character may stand in an address, too.
    """
    raw = unquote_to_bytes(query)
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return b"\x00" not in raw


_list_fields: dict[type[msgspec.Struct], frozenset[str]] = {}


def _lists_of(shape: type[msgspec.Struct]) -> frozenset[str]:
    if shape not in _list_fields:
        hints = get_type_hints(shape)
        _list_fields[shape] = frozenset(n for n, t in hints.items() if get_origin(t) is list)
    return _list_fields[shape]


def read_body(shape: type[msgspec.Struct], max_bytes: int) -> msgspec.Struct:
    """The JSON body as a struct.

    Raises:
        UnsupportedMediaType: not announced as `application/json`.
        Malformed: not JSON, or no object.
        InvalidFields: a member of the wrong type.
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send JSON, with the header Content-Type: application/json.")
    request.max_content_length = max_bytes
    raw = request.get_data(cache=False)
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as problem:
        field, message = explain(problem)
        if not field:
            raise Malformed(f"The body must be a JSON object: {message}.") from None
        raise InvalidFields([FieldError(field, message)]) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise Malformed(f"The body is not JSON: {problem}.") from None
    except RecursionError:
        raise Malformed("The body is nested too deeply.") from None


def explain(problem: msgspec.ValidationError) -> tuple[str, str]:
    """Field and sentence of a validation error, which says "... - at `$.limit`"."""
    found = _WHERE.match(str(problem))
    assert found is not None
    missing = re.fullmatch(r"Object missing required field `(\w+)`", found["what"])
    path = (found["path"] or "").lstrip(".")
    if missing:
        return f"{path}.{missing[1]}".lstrip("."), "This is required."
    return path, found["what"]
