"""Whether an answer is one that OpenAPI declares: its status, and no member but what is told."""

import msgspec
from flask import Response, request

from comments_service.app import DOORS
from comments_service.web import schemas
from comments_service.web.door import Operation
from comments_service.web.problems import TYPE


def undeclared_in(response: Response) -> list[str]:
    """What this answer to the present request has that its operation does not declare."""
    declared = _operation()
    if declared is None or request.method == "OPTIONS":
        return []
    status, said = response.status_code, f"{declared.method} {declared.path}"
    if status == 304 and "public" in response.headers.get("Cache-Control", ""):
        return []
    if status not in declared.answers and status not in declared.problems:
        return [f"{said}: {status} {response.get_data(as_text=True)}"]
    shape = declared.answers.get(status)
    if response.mimetype == TYPE:
        shape = schemas.Problem
    if shape is not None and response.mimetype in ("application/json", TYPE):
        raw = response.get_data()
        again = msgspec.json.encode(msgspec.json.decode(raw, type=shape))
        if msgspec.json.decode(again) != msgspec.json.decode(raw):
            return [f"{said}: {status} has more than {shape.__name__}"]
    return []


def _operation() -> Operation | None:
    known = {
        f"{door.blueprint.name}.{operation.name}": operation
        for door in DOORS
        for operation in door.operations
    }
    return known.get(request.endpoint or "")
