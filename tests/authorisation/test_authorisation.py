"""Promise 13: the table of docs/authorisation.md has every route, and each of its cells is so."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from comments_service.domain.policy import PolicyMode
from comments_service.storage.db import db
from tests.authorisation.callers import CALLERS
from tests.authorisation.requests import QUERY, SENT, Asking, nothing, path_of
from tests.cast import Cast, one_database

PAGE: Final = Path(__file__).parents[2] / "docs" / "authorisation.md"
ROW: Final = re.compile(r"^\| ((?:[A-Z]+, )*[A-Z]+) `([^`]+)` \|(.*)\|$", re.MULTILINE)
HEAD: Final = re.compile(r"^\| door \|(.*)\|$", re.MULTILINE)
MOVES: Final = {
    "/moderate/sign-in": "to sign-in",
    "/moderate/sign-in/code": "to code",
    "/moderate/password": "to password",
}
"""Where somebody is sent who has to do something else first."""
FREE: Final = re.compile(r"\b(rate_limit|api_token|thread|session)\b")
"""What a refused request may write: that somebody tried, and when a token was last used."""

WALKS: Final = [
    *(pytest.param("sqlite", name) for name in CALLERS),
    # Who is told apart by rows of the database, and not before it is asked, walks on both.
    *(
        pytest.param("postgres", name, marks=pytest.mark.postgres)
        for name in ("other commenter", "moderator of A", "moderator of B", "token for B")
    ),
]


@pytest.fixture
def newsroom(cast: Cast) -> Cast:
    """Everybody, and a site A on which every comment waits."""
    cast.set_site(mode=PolicyMode.PRE)
    return cast


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def table() -> dict[tuple[str, str], dict[str, str]]:
    """The page's cells by method and route, and then by caller."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for methods, rule, line in ROW.findall(PAGE.read_text()):
        for method in methods.split(", "):
            assert (method, rule) not in found, f"{method} {rule} is there twice."
            found[method, rule] = dict(zip(CALLERS, cells(line), strict=True))
    return found


TABLE: Final = table()


def doors(app: Flask) -> set[tuple[str, str]]:
    """Every rule with each of its methods; OPTIONS has a test of its own."""
    return {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"OPTIONS"}
    }


def observed(answer: TestResponse) -> str:
    """An answer in the words of the table."""
    moved = MOVES.get(urlsplit(answer.headers.get("Location", "")).path)
    if moved is not None and answer.status_code in (302, 303):
        return moved
    said = answer.get_json() if answer.is_json and answer.data else {}
    results: list[dict[str, Any]] = said.get("results", [])
    return "none such" if any("error" in result for result in results) else str(answer.status_code)


def ask(cast: Cast, name: str, method: str, rule: str) -> tuple[str, list[str]]:
    """One cell, really requested: what was answered, and what that wrote."""
    if rule.startswith("/moderate/sign-in"):
        cast.clock.advance(minutes=20)
    caller = CALLERS[name](cast)
    asking = Asking(cast, caller)
    path, sent = path_of(rule, asking), SENT.get((method, rule), nothing)(asking)
    with writes(cast) as written:
        answer = caller.call(method, path, query_string=QUERY, **sent)
    return observed(answer), written


@contextmanager
def writes(cast: Cast) -> Iterator[list[str]]:
    """The statements of a block that change rows."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "WITH")):
            seen.append(statement)

    with cast.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_the_columns_are_the_callers() -> None:
    heads = HEAD.findall(PAGE.read_text())
    assert heads
    assert all(cells(head) == list(CALLERS) for head in heads)


@one_database
def test_promise_13_every_route_is_in_the_table_and_no_other(newsroom: Cast) -> None:
    missing = [
        f"| {method} `{rule}` | "
        + " | ".join(ask(newsroom, name, method, rule)[0] for name in CALLERS)
        + " |"
        for method, rule in sorted(doors(newsroom.app) - set(TABLE), key=lambda door: door[::-1])
    ]
    assert not missing, (
        "These doors are not in docs/authorisation.md. Below is what they answer today: read each "
        "cell, and add the line only where it is what you mean. A door that takes a body also "
        "needs it in tests/authorisation/requests.py.\n" + "\n".join(missing)
    )
    assert set(TABLE) - doors(newsroom.app) == set(), "These lines are about no door."


@pytest.mark.parametrize(("backend", "name"), WALKS, indirect=["backend"])
def test_promise_13_authorisation_is_as_the_table_says(newsroom: Cast, name: str) -> None:
    wrong = []
    for (method, rule), expected in TABLE.items():
        answered, written = ask(newsroom, name, method, rule)
        if answered != expected[name]:
            wrong.append(f"{method} {rule}: {answered}, not {expected[name]}")
        refused = answered in ("401", "403", "404", "none such", *MOVES.values())
        if refused and rule != "/moderate/sign-out":
            wrong += [f"{method} {rule} wrote: {w}" for w in written if not FREE.search(w)]
    assert wrong == []


@one_database
def test_options_tells_the_methods_of_a_door_and_nothing_else(newsroom: Cast) -> None:
    for rule in newsroom.app.url_map.iter_rules():
        for name in ("nobody", "owner"):
            caller = CALLERS[name](newsroom)
            path = path_of(rule.rule, Asking(newsroom, caller))
            answer = caller.call("OPTIONS", path, query_string=QUERY)
            assert answer.status_code in (200, 204), rule.rule
            assert answer.data == b"", rule.rule
