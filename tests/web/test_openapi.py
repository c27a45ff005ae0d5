"""`/api/v1/openapi.json` and `/api/docs`: valid, whole, and nothing in it that is not served."""

from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate

from comments_service.app import DOORS
from tests.cast import Cast

NOT_DESCRIBED = {"/api/v1/openapi.json", "/api/docs"}


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_route_under_api_is_in_it_and_no_other(app: Flask, document: dict[str, Any]) -> None:
    told = {
        (path, method.upper())
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith("/api/")
    }
    served = {
        (rule.rule.replace("<", "{").replace(">", "}"), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.rule not in NOT_DESCRIBED
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == served


def test_what_is_not_built_is_absent(cast: Cast, document: dict[str, Any]) -> None:
    later = ("reports", "vote", "preview", "appeals", "stream")
    assert not [path for path in document["paths"] if any(word in path for word in later)]
    for path in ("/api/v1/preview", "/api/v1/comments/0cl9s0mn0fcao/reports"):
        answer = cast.bob.call("POST", path, json={})
        assert answer.status_code == 404
        assert answer.mimetype == "application/problem+json"


def test_every_operation_says_what_it_reads_and_answers(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            where = f"{method} {path}"
            assert told["summary"].endswith("."), where
            named = {p["name"] for p in told["parameters"] if p["in"] == "path"}
            assert named == {part.strip("{}") for part in path.split("/") if part[:1] == "{"}, where
            assert any(status.startswith("2") for status in told["responses"]), where
            for status, answer in told["responses"].items():
                assert answer["description"], where
                if status[0] in "45" and "application/json" not in answer["content"]:
                    assert list(answer["content"]) == ["application/problem+json"], (where, status)
            assert ("requestBody" in told) == (method in ("post", "patch") and "undo" not in path)


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [
        told["operationId"] for methods in document["paths"].values() for told in methods.values()
    ]
    assert len(names) == len(set(names)) == sum(len(door.operations) for door in DOORS)


def test_limits_are_those_of_the_domain(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["NewComment"]["properties"]
    assert fields["body"]["maxLength"] == 10_000
    assert fields["author_name"]["maxLength"] == 80


def test_the_page_for_people_names_every_route(app: Flask, document: dict[str, Any]) -> None:
    answer = app.test_client().get("/api/docs")
    assert answer.mimetype == "text/html"
    for path in document["paths"]:
        assert path in answer.get_data(as_text=True), path


def test_a_wrong_method_or_route_is_a_problem(app: Flask) -> None:
    client = app.test_client()
    missing = client.get("/api/v1/nothing")
    wrong = client.delete("/api/v1/counts")
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
    assert (wrong.status_code, wrong.mimetype) == (405, "application/problem+json")
    assert set(wrong.headers["Allow"].split(", ")) >= {"GET", "POST"}
