"""Doors for operators: alive, ready, metrics."""

from typing import Final

from flask import Blueprint, Response, current_app

from comments_service.services.ready import why_not_ready
from comments_service.web import schemas
from comments_service.web.access import Access, allow, settings
from comments_service.web.answers import json_response
from comments_service.web.door import Door
from comments_service.web.edge import edge_of
from comments_service.web.observe import metrics_answer
from comments_service.web.problems import problem

door: Final = Door(Blueprint("operate", __name__))


@door.route("GET", "/healthz", Access.PUBLIC, answers={200: schemas.Health})
def healthz() -> Response:
    """Tell that the process answers."""
    return json_response(schemas.Health("ok"))


@door.route("GET", "/readyz", Access.PUBLIC, answers={200: schemas.Health}, problems=(503,))
def readyz() -> Response:
    """Tell whether the database is there, migrated, and used with these secret keys."""
    why = why_not_ready(settings(), current_app.config["COMMENTS_MIGRATIONS"])
    if why is not None:
        answer = problem(503, "not-ready", why)
        answer.headers["Retry-After"] = "5"
        return answer
    return json_response(schemas.Health("ok"))


@door.blueprint.get("/metrics")
@allow(Access.OPERATOR)
def metrics() -> Response:
    """Metrics of all processes, for loopback or for who has the token."""
    edge_of(current_app).note()
    return metrics_answer()


@door.blueprint.get("/demo/")
@allow(Access.PUBLIC)
def demo() -> Response:
    """Under the `demo` command: to the newspaper, which is of another origin."""
    newspaper = settings().newspaper_url
    if newspaper is None:
        return problem(404, "not-found", "There is no demo here; `comments-service demo` has one.")
    return Response(status=302, headers={"Location": newspaper})
