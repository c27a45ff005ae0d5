"""OpenAPI 3.1, generated from the declarations that serve, and a page that people can read."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, render_template

from comments_service import __version__
from comments_service.services.keys import COMMENTER_KEY, IDEMPOTENCY_KEY
from comments_service.web import schemas
from comments_service.web.access import Access, allow
from comments_service.web.answers import cacheable, json_response
from comments_service.web.door import Operation
from comments_service.web.edge import Route
from comments_service.web.problems import TYPE

blueprint: Final = Blueprint("openapi", __name__)
_REFERENCE: Final = "#/components/schemas/{name}"
_operations: list[Operation] = []

_ANSWERS: Final = {
    200: "As asked.",
    201: "Published.",
    202: "Stored; waits for a moderator.",
    204: "Done.",
    400: "Malformed.",
    401: "Not signed in, or an unknown token.",
    403: "Not allowed.",
    404: "Not found.",
    409: "Closed, or decided by somebody else.",
    413: "Too large.",
    415: "Not JSON.",
    422: "Fields are at fault, policy refused it, or the site asks to reword.",
    429: "Too many; see Retry-After.",
    503: "Away for a moment; see Retry-After.",
}
_HEADERS: Final = {
    "Idempotency-Key": "Made by the client for each comment: the same key again stores nothing.",
    "Commenter-Key": "128 random bits as base64url, made once by the browser.",
}
_FORMS: Final = {"Idempotency-Key": IDEMPOTENCY_KEY, "Commenter-Key": COMMENTER_KEY}
_SECURITY: Final[dict[Access, list[dict[str, list[str]]]]] = {
    Access.MODERATOR: [{"session": []}, {"token": []}],
}


def describe(operations: Iterable[Sequence[Operation]]) -> None:
    """Set what the document tells; called once the doors are known."""
    _operations[:] = [operation for door in operations for operation in door]


def document() -> dict[str, Any]:
    """The OpenAPI document of everything that is served under a declared door."""
    shapes = [
        shape for o in _operations for shape in (o.body, *o.answers.values()) if shape is not None
    ]
    _, components = msgspec.json.schema_components(
        [*dict.fromkeys(shapes), schemas.Problem], ref_template=_REFERENCE
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in _operations:
        path = operation.path.replace("<", "{").replace(">", "}")
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Comments service",
            "version": __version__,
            "summary": "Comments, examined on the spot, moderated, counted exactly.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-comments_session",
                    "description": "The console's session; changes need the X-CSRFToken header.",
                },
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.access.value],
        "parameters": _parameters(operation),
        "responses": _responses(operation),
        "security": _SECURITY.get(operation.access, []),
    }
    if operation.body is not None:
        content = {"application/json": {"schema": _reference(operation.body)}}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _path_names(operation.path)
    ]
    found += [
        {
            "name": name,
            "in": "header",
            "description": _HEADERS[name],
            "schema": {"type": "string", "pattern": f"^{_FORMS[name].pattern}$"},
        }
        for name in operation.headers
    ]
    if operation.query is not None:
        _, parts = msgspec.json.schema_components([operation.query], ref_template=_REFERENCE)
        for name, schema in parts[operation.query.__name__]["properties"].items():
            found.append(_query_parameter(name, schema))
    return found


def _query_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    # In a query string there is no null: a parameter is there or it is not.
    branches = [s for s in schema.get("anyOf", []) if s != {"type": "null"}]
    if len(branches) == 1:
        schema = branches[0]
    described = schema.get("description") or schema.get("items", {}).get("description")
    told: dict[str, Any] = {"name": name, "in": "query", "schema": schema}
    if described:
        told["description"] = described
    return told


def _path_names(path: str) -> list[str]:
    return [piece.rstrip(">") for part in path.split("/") for piece in part.split("<")[1:]]


def _responses(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for status, shape in operation.answers.items():
        answer: dict[str, Any] = {"description": _ANSWERS[status]}
        if shape is not None:
            answer["content"] = {operation.media_type: {"schema": _reference(shape)}}
        elif status == 200:
            answer["content"] = {operation.media_type: {"schema": {"type": "string"}}}
        told[str(status)] = answer
    problem = {TYPE: {"schema": _reference(schemas.Problem)}}
    for status in operation.problems:
        told.setdefault(str(status), {"description": _ANSWERS[status], "content": problem})
    return told


def _reference(shape: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(name=shape.__name__)}


KEPT_ROUTES: Final = (Route("/api/v1/openapi.json"), Route("/api/docs"))


@blueprint.get("/api/v1/openapi.json")
@allow(Access.PUBLIC)
def openapi_json() -> Response:
    """The document."""
    return cacheable(json_response(document()))


@blueprint.get("/api/docs")
@allow(Access.PUBLIC)
def docs() -> Response:
    """The same for people."""
    page = render_template("embed/docs.html", document=document())
    return cacheable(Response(page, mimetype="text/html"))
