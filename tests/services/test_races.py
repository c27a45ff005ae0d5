"""Many at once: whatever the order, one row, one answer, one winner, and exact counts."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any, TypeVar

import pytest
from werkzeug.test import TestResponse

from comments_service.domain.policy import PolicyMode
from comments_service.domain.verdict import Mode
from tests.cast import GAZETTE, OTHER_PAGE, PAGE, Cast, Program

T = TypeVar("T")
POST = "/api/v1/comments"


def at_once(*works: Callable[[], T]) -> list[T]:
    """Run all of them from one starting shot; answers in the order given."""
    start = Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        start.wait(10)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def statuses(answers: Sequence[TestResponse]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def test_one_key_five_times_at_once_is_one_comment(cast: Cast) -> None:
    cast.publish_all()
    form, key = cast.bob.form(), {"Idempotency-Key": "k-1"}
    answers = at_once(*[partial(cast.bob.call, "POST", POST, json=form, headers=key)] * 5)
    assert statuses(answers) == {201: 5}
    assert len({answer.get_data() for answer in answers}) == 1
    assert cast.one("SELECT COUNT(*) FROM comment") == cast.count() == 1
    assert cast.broken() == []


def test_five_at_once_make_one_thread(cast: Cast) -> None:
    cast.publish_all()
    readers = [cast.reader(f"Reader {n}") for n in range(5)]
    forms = [reader.form(f"I am first, says number {n}.") for n, reader in enumerate(readers)]
    answers = at_once(
        *[
            partial(reader.call, "POST", POST, json=form)
            for reader, form in zip(readers, forms, strict=True)
        ]
    )
    assert statuses(answers) == {201: 5}
    assert cast.one("SELECT COUNT(*) FROM thread") == 1
    assert cast.count() == len(cast.thread()["comments"]) == 5
    assert cast.broken() == []


def test_one_new_commenter_at_once_on_two_pages_is_one_commenter(cast: Cast) -> None:
    forms = [cast.bob.form("Here.", PAGE), cast.bob.form("There.", OTHER_PAGE)]
    answers = at_once(*[partial(cast.bob.call, "POST", POST, json=form) for form in forms])
    assert statuses(answers) == {202: 2}
    assert cast.one("SELECT COUNT(*) FROM commenter") == 1


def test_of_questions_and_insisting_at_once_one_comment_comes(cast: Cast) -> None:
    cast.set_site(mode=PolicyMode.POST, asks_to_reword=True)
    form, key = cast.bob.form("You are an idiot, Sir."), {"Idempotency-Key": "k-1"}
    asks = partial(cast.bob.call, "POST", POST, json=form, headers=key)
    insists = partial(cast.bob.call, "POST", POST, json=form | {"insist": True}, headers=key)
    answers = at_once(*[insists, asks] * 4)
    assert statuses(answers[::2]) == {202: 4}
    assert len({answer.get_data() for answer in answers[::2]}) == 1
    # Who asked before it was stored was asked back; who came after got the one answer.
    assert set(statuses(answers[1::2])) <= {202, 422}
    assert cast.one("SELECT COUNT(*) FROM comment") == 1
    assert cast.count() == 0
    assert cast.broken() == []


def test_thirty_questions_at_once_pass_a_limit_of_five_at_most_five_times(cast: Cast) -> None:
    cast.set_site(mode=PolicyMode.POST, asks_to_reword=True)
    forms = [cast.bob.form(f"Idiot number {n}.") for n in range(30)]
    answers = at_once(
        *[partial(cast.bob.call, "POST", POST, json=form, address="203.0.113.9") for form in forms]
    )
    assert statuses(answers) == {422: 5, 429: 25}
    assert cast.one("SELECT COUNT(*) FROM comment") == 0


def test_thirty_at_once_pass_a_limit_of_five_at_most_five_times(cast: Cast) -> None:
    forms = [cast.bob.form(f"Remark number {n}.") for n in range(30)]
    answers = at_once(
        *[partial(cast.bob.call, "POST", POST, json=form, address="203.0.113.9") for form in forms]
    )
    assert statuses(answers) == {202: 5, 429: 25}
    assert cast.one("SELECT COUNT(*) FROM comment") == 5


def decision(by: Program, comment: str, version: int, action: str) -> Callable[[], dict[str, Any]]:
    wish = {"comment_id": comment, "version": version, "action": action}

    def decide() -> dict[str, Any]:
        answer = by.call("POST", "/api/v1/moderation/decisions", json={"decisions": [wish]})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        result: dict[str, Any] = answer.get_json()["results"][0]
        return result

    return decide


def test_of_two_moderators_at_once_one_wins_and_the_other_is_told(cast: Cast) -> None:
    colleague = cast.program("moderate", "gazette")
    for n in range(4):
        # A stranger each time: whom two approvals made trusted would not wait for a decision.
        comment = cast.reader(f"Reader {n}").says(f"Remark number {n}.")
        results = at_once(
            decision(cast.alice, comment, 1, "approve"), decision(colleague, comment, 1, "reject")
        )
        (won,) = [r for r in results if "decision_id" in r]
        (lost,) = [r["conflict"] for r in results if "conflict" in r]
        assert lost["status"] == won["status"] == cast.row(comment)["status"]
        assert lost["version"] == won["version"] == 2
        assert lost["decided_by"] == "moderate gazette"
    assert cast.broken() == []


def test_counts_are_exact_after_forty_posts_and_decisions_at_once(cast: Cast) -> None:
    cast.publish_all()
    # What is marked as spam beside them is much like the replies, and would hold them now and then.
    cast.set_site(check_modes={"spam": Mode.OFF})
    parent = cast.bob.says("The parent of them all.")
    waiting = [cast.reader(f"Waiting {n}").says(f"Waiting number {n}.") for n in range(16)]
    versions = [cast.row(comment)["version"] for comment in waiting]
    colleague = cast.program("moderate", "gazette")
    works: list[Callable[[], object]] = []
    for n in range(20):
        reader = cast.reader(f"Reader {n}")
        place = {"parent_id": parent} if n % 2 else {}
        form = reader.form(f"Reply number {n}.", **place)
        works.append(partial(reader.call, "POST", POST, json=form))
    for n, (comment, version) in enumerate(zip(waiting, versions, strict=True)):
        action = ("reject", "spam", "hold")[n % 3]
        works.append(decision((cast.alice, colleague)[n % 2], comment, version, action))
    for by, order in ((cast.alice, waiting), (colleague, waiting[::-1])):
        wishes = [{"comment_id": c, "version": 2, "action": "approve"} for c in order]
        works += [partial(by.decide, *wishes)] * 2
    at_once(*works)
    assert cast.broken() == []
    shown = cast.paged(limit=7)
    assert cast.count() == len([c for c in shown if not c["removed"]])
    assert len([c for c in shown if c["parent_id"] == parent]) == 10


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_two_batches_in_opposite_order_do_not_wait_for_each_other(cast: Cast) -> None:
    """PostgreSQL takes a second to see a deadlock, and ends one of the two."""
    parents = [cast.publish(f"Parent {n}.", f"{GAZETTE}/{n % 2}") for n in range(6)]
    children = [
        cast.bob.says(f"Child {n}.", f"{GAZETTE}/{n % 2}", parent_id=parent)
        for n, parent in enumerate(parents)
    ]
    colleague = cast.program("moderate", "gazette")
    batches = [
        [{"comment_id": c, "version": v, "action": a} for c in family]
        for family, v, a in ((children, 1, "approve"), (parents, 2, "spam"))
    ]
    before = deadlocks(cast)
    at_once(
        partial(cast.alice.decide, *batches[0], *batches[1]),
        partial(colleague.decide, *batches[1][::-1], *batches[0][::-1]),
        partial(cast.alice.decide, *batches[0][::-1]),
        partial(colleague.decide, *batches[1]),
    )
    assert deadlocks(cast) == before
    assert cast.broken() == []


def deadlocks(cast: Cast) -> int:
    cast.rows("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
    number: int = cast.one(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    return number
