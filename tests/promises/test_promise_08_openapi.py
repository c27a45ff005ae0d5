"""Promise 8: no 5xx. Requests made out of the OpenAPI document, right ones and wrong ones.

schemathesis makes them and holds every answer to the document: its status, its content type, its
body and its headers. A request that breaks the document must be refused, with our problem format.
What it cannot guess (a page, a comment, a key, a token) is put in for it, so that it comes as far
as the database; the long form asks whether it did.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import CheckContext, not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks as openapi

from comments_service.app import DOORS
from comments_service.domain.policy import PolicyMode
from tests.cast import PAGE, Cast, new_address

SHORT: Final = 3
LONG: Final = 200
"""Requests for each operation, of each kind: those that keep to the document, and those that do
not."""
MODES: Final = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
OPERATIONS: Final = {o.name: o for door in DOORS for o in door.operations}
PROBLEM: Final = "application/problem+json"
NEEDED: Final = {"site", "url", "author_name", "body", "comment_id"}
Truth: TypeAlias = Mapping[str, SearchStrategy[Any]]
"""Values that mean something here, by the name of a parameter or a member."""


def tells_what_is_wrong(_: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """A problem says its own status, in words, and is never stored."""
    kind = response.headers.get("content-type", [""])[0]
    if response.status_code >= 400 and kind.startswith(PROBLEM):
        said = response.json()
        assert said["status"] == response.status_code
        assert said["type"].startswith("urn:comments:")
        assert said["title"]
        assert said["detail"]
        assert response.headers["cache-control"] == ["no-store"]
    return None


CHECKS: Final = [
    not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
    openapi.response_headers_conformance,
    openapi.negative_data_rejection,
    tells_what_is_wrong,
]


@dataclass
class Stage:
    """A site with comments of every standing, and who calls."""

    cast: Cast
    callers: list[dict[str, str]]
    truth: Truth
    answered: Counter[int] = field(default_factory=Counter)

    def ask(self, case: Case[Any], caller: dict[str, str]) -> None:
        self.cast.clock.advance(seconds=1)
        # In-process nobody unpacks what the service would pack.
        headers = caller | {"Accept-Encoding": "identity"}
        if "Commenter-Key" in (case.headers or {}):
            # The caller's own would make a wrong request right.
            headers.pop("Commenter-Key", None)
        environ = {"REMOTE_ADDR": new_address()}
        response = case.call(headers=headers, environ_overrides=environ)
        self.answered[response.status_code] += 1
        case.validate_response(response, checks=CHECKS, headers=headers)


@pytest.fixture
def stage(cast: Cast) -> Stage:
    cast.set_site(mode=PolicyMode.POST)
    page = [cast.bob.says(f"Remark {n}.") for n in range(3)]
    page += [cast.bob.says("Well said.", parent_id=page[0])]
    hidden = cast.bob.says("See https://one.example and https://two.example for pills.")
    decided = [cast.decide(hidden, action)["decision_id"] for action in ("approve", "reject")]
    edited = {"body": "https://one.example https://two.example https://three.example"}
    cast.bob.call("PATCH", f"/api/v1/comments/{page[1]}", json=edited)
    wish = {"site": "gazette", "kind": "name", "who": "Mallory", "days": 1, "reason": "abusive"}
    ban = cast.alice.call("POST", "/api/v1/moderation/bans", json=wish).get_json()["ban"]["id"]
    cursor = cast.thread(limit=1)["next"]
    key = {"Commenter-Key": cast.bob.key}
    truth: Truth = {
        "site": st.just("gazette"),
        "url": st.just(PAGE),
        "urls": st.just([PAGE]),
        "author_name": st.sampled_from(["Ida", "Bob\u202e", "\u0410dmin"]),
        "body": st.sampled_from(["Well said.", "https://one.example https://two.example"]),
        "email": st.sampled_from(["ida@example.org", None]),
        "comment_id": st.sampled_from([*page, hidden]),
        "decision_id": st.sampled_from(decided),
        "ban_id": st.just(ban),
        "days": st.integers(1, 90),
        "reason": st.sampled_from(["abusive", "other"]),
        "who": st.sampled_from(["203.0.113.9", "2001:db8::/48", "Eve", None]),
        "note": st.sampled_from(["Seen before.", None]),
        "parent_id": st.sampled_from([*page, None]),
        "token": st.builds(cast.bob.token),
        "version": st.integers(1, 3),
        "cursor": st.just(cursor),
        "Commenter-Key": st.just(cast.bob.key),
        "Idempotency-Key": st.integers(1, 1_000).map(str),
    }
    writer = cast.program("comments:write", None).secret
    callers = [
        {},
        key | {"Origin": cast.bob.origin},
        {"Authorization": f"Bearer {cast.alice.secret}"},
        {"Authorization": f"Bearer {writer}"},
    ]
    return Stage(cast, callers, truth)


def operation_of(cast: Cast, name: str) -> APIOperation[Any, Any, Any, Any]:
    """As the document that is served has it."""
    document = cast.app.test_client().get("/api/v1/openapi.json").get_json()
    schema = schemathesis.openapi.from_dict(document)
    schema.app = cast.app
    declared = OPERATIONS[name]
    path = declared.path.replace("<", "{").replace(">", "}")
    return schema[path][declared.method]


@st.composite
def knowing(draw: DrawFn, cases: SearchStrategy[Case[Any]], truth: Truth, name: str) -> Case[Any]:
    """A case in which most of what can be known is, and what a comment must have is there."""
    case, declared = draw(cases), OPERATIONS[name]
    for part, shape in ((case.query, declared.query), (case.body, declared.body)):
        if shape is not None and isinstance(part, MutableMapping):
            for needed in NEEDED & set(shape.__struct_fields__):
                part.setdefault(needed, "")
    for told in members((case.path_parameters, case.query, case.headers, case.body)):
        for known in sorted(truth.keys() & told.keys()):
            if draw(st.integers(0, 9)):
                told[known] = draw(truth[known])
        if draw(st.booleans()):
            # A publisher's id would win over the address.
            told.pop("id", None)
    return case


def members(part: Any) -> Iterator[MutableMapping[str, Any]]:
    """Every object in it, however deep."""
    if isinstance(part, MutableMapping):
        yield part
        part = list(part.values())
    if isinstance(part, (list, tuple)):
        for inner in part:
            yield from members(inner)


@pytest.mark.parametrize(
    "amount",
    [
        pytest.param(SHORT, id="some"),
        pytest.param(LONG, id="many", marks=[pytest.mark.long, pytest.mark.timeout(1_800)]),
    ],
)
@pytest.mark.parametrize("name", OPERATIONS)
def test_promise_08_every_request_is_answered_as_the_document_says(
    name: str, amount: int, stage: Stage
) -> None:
    operation = operation_of(stage.cast, name)
    is_parametrised = bool(operation.query or operation.body or operation.path_parameters)
    for mode in MODES if is_parametrised else MODES[:1]:
        cases = operation.as_strategy(generation_mode=mode)
        if mode is GenerationMode.POSITIVE:
            cases = knowing(cases, stage.truth, name)

        @settings(max_examples=amount, suppress_health_check=list(HealthCheck))
        @given(case=cases, caller=st.sampled_from(stage.callers))
        def ask(case: Case[Any], caller: dict[str, str]) -> None:
            stage.ask(case, caller)

        ask()
    if amount == LONG:
        assert set(OPERATIONS[name].answers) <= set(stage.answered), stage.answered
