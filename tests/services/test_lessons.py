"""What decisions teach the spam filter: by whom, in which order, until when, on every process."""

import tracemalloc
from functools import partial
from threading import Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection

from comments_service.checks.learning.features import VERSION, features_of
from comments_service.checks.learning.memory import Recollection
from comments_service.checks.learning.phrases import hash_phrase
from comments_service.checks.learning.prior import shipped_prior
from comments_service.domain.comment import Submission
from comments_service.domain.ids import encode_id
from comments_service.domain.verdict import Mode
from comments_service.services.lessons import Decided, hash_texts, teach
from comments_service.services.memories import (
    Memories,
    load_memory,
    rebuild_memory,
)
from comments_service.services.privacy import erase_commenter
from comments_service.services.sites import remove_site, show_site
from comments_service.storage import read, write
from comments_service.storage.queries.lessons import (
    add_lessons,
    lessons_after,
    next_numbers,
)
from comments_service.storage.standing import Actor
from comments_service.text.reading import Reading
from tests.cast import Cast, one_database
from tests.services.test_races import at_once, decision
from tests.statements import watched

SPAM = "Cheap pills at https://pills-now.example, order yours from home today!"
UNHEARD = "Visit quaggapottomus dot example, it pays at once."
WALK = "We walked along the river all afternoon."


def lessons(cast: Cast) -> list[tuple[Any, ...]]:
    """Number, label and whether it holds."""
    with cast.app.app_context(), read() as conn:
        rows = lessons_after(conn, show_site("gazette").id, 0)
        return [(row.number, row.is_spam, row.holds) for row in rows]


def recalled(app: Flask, body: str = SPAM, process: Memories | None = None) -> Recollection:
    """What a process knows of a text that somebody posts; a new process where none is named."""
    features = features_of(Reading(Submission("Bob", body)))
    with app.app_context(), read() as conn:
        site = show_site("gazette")
        return (process or Memories()).recall(conn, site.id, site.lessons, features)


def digest(cast: Cast) -> str:
    with cast.app.app_context():
        return rebuild_memory(show_site("gazette").id).digest


def teach_some(cast: Cast, count: int, begin: int = 0) -> list[str]:
    """Decisions by turns; their ids."""
    done = []
    for n in range(begin, begin + count):
        comment = cast.reader().says(f"{(SPAM, WALK)[n % 2]} Number {n}.")
        done.append(cast.decide(comment, ("spam", "approve")[n % 2])["decision_id"])
    return done


@pytest.mark.parametrize(
    ("action", "reason", "taught"),
    [
        ("approve", None, False),
        ("spam", None, True),
        ("reject", "advertisement", True),
        ("reject", None, None),
        ("reject", "offensive", None),
    ],
)
def test_what_a_decision_teaches(
    cast: Cast, action: str, reason: str | None, taught: bool | None
) -> None:
    more = {"reason": reason} if reason else {}
    cast.decide(cast.bob.says(SPAM), action, **more)
    assert lessons(cast) == ([] if taught is None else [(1, taught, True)])
    assert cast.broken() == []


def test_policy_teaches_nothing(cast: Cast) -> None:
    cast.publish_all()
    cast.bob.says(WALK)
    cast.bob.post("kill yourself, you fucking nigger")
    assert lessons(cast) == []


def test_a_signed_in_moderator_teaches_as_a_program_does(cast: Cast) -> None:
    comment = cast.bob.says(SPAM)
    client = cast.signed_in("alice@gazette.example", "moderator", ["gazette"])
    with client.session_transaction() as session:
        assert session
    cast.decide(comment, "spam")
    assert lessons(cast) == [(1, True, True)]


def test_the_next_post_knows_it_and_the_card_says_why(cast: Cast) -> None:
    cast.publish_all()
    for n in range(2):
        cast.publish(f"{WALK} {n}", url=f"https://gazette.example/{n}")
    assert cast.reader().post("Order yours from home: pills!").status_code == 201
    cast.decide(cast.reader().says(SPAM), "spam")
    answer = cast.reader().post("Order yours from home at https://pills-now.example/now")
    assert answer.status_code == 202
    (item,) = cast.alice.queue(check="spam")
    (verdict,) = [v for v in item["verdicts"] if v["check"] == "spam"]
    assert verdict["reason"] == "spam.marked_before"
    assert "(once)" in verdict["message"]
    assert verdict["spans"]


def test_another_process_knows_it_with_its_next_look(cast: Cast) -> None:
    here, there = Memories(), Memories()
    assert recalled(cast.app, process=there).lessons == 0
    for n, action in enumerate(("approve", "spam", "approve", "spam")):
        cast.decide(cast.reader().says(f"{SPAM if action == 'spam' else WALK} {n}"), action)
        found = recalled(cast.app, process=here), recalled(cast.app, process=there)
        assert [known.lessons for known in found] == [n + 1, n + 1]
        assert found[0].margin == found[1].margin == recalled(cast.app).margin
        assert found[0].weights.tobytes() == found[1].weights.tobytes()


def test_nothing_new_is_no_statement(cast: Cast) -> None:
    cast.decide(cast.bob.says(SPAM), "spam")
    process = Memories()
    recalled(cast.app, process=process)
    features = features_of(Reading(Submission("", WALK)))
    with cast.app.app_context(), read() as conn:
        site = show_site("gazette")
        with watched(cast.app) as seen:
            process.recall(conn, site.id, site.lessons, features)
    assert seen == []


def test_an_undo_takes_it_back_and_leaves_the_weights_of_before(cast: Cast) -> None:
    process = Memories()
    cast.decide(cast.bob.says(f"{WALK} Once."), "approve")
    before, known = digest(cast), recalled(cast.app, process=process)
    done = cast.decide(cast.reader().says(SPAM), "spam")
    cast.decide(cast.reader().says(f"{WALK} Twice."), "approve")
    assert recalled(cast.app, process=process).margin > known.margin
    assert cast.alice.undo(done["decision_id"]).status_code == 200
    assert lessons(cast) == [(1, False, True), (2, True, False), (3, False, True), (4, None, True)]
    after = recalled(cast.app, process=process)
    assert (after.lessons, after.spam) == (2, 0)
    assert after.margin == recalled(cast.app).margin
    assert cast.broken() == []
    cast.alice.undo(lessons_decision(cast, 3))
    assert recalled(cast.app, process=process).margin == known.margin
    assert digest(cast) != before, "the number of the last lesson is part of it"
    assert cast.broken() == []


def lessons_decision(cast: Cast, number: int) -> str:
    return encode_id(
        cast.one("SELECT decision_id FROM spam_lesson WHERE number = :number", number=number)
    )


def test_a_later_decision_stands_instead_of_the_earlier(cast: Cast) -> None:
    process = Memories()
    comment = cast.bob.says(SPAM)
    cast.decide(comment, "approve")
    assert recalled(cast.app, process=process).spam == 0
    done = cast.decide(comment, "spam")
    assert lessons(cast) == [(1, False, False), (2, True, True)]
    known = recalled(cast.app, process=process)
    assert (known.lessons, known.spam) == (1, 1)
    cast.alice.undo(done["decision_id"])
    assert lessons(cast) == [(1, False, True), (2, True, False), (3, None, True)]
    known = recalled(cast.app, process=process)
    assert (known.lessons, known.spam) == (1, 0)
    cast.decide(comment, "hold")
    assert lessons(cast)[0] == (1, False, False)
    assert recalled(cast.app, process=process).lessons == 0
    assert cast.broken() == []


def test_an_edit_that_waits_is_what_is_taught(cast: Cast) -> None:
    comment = cast.publish(WALK)
    edit = {"body": f"{WALK} {SPAM} https://more.example"}
    assert cast.bob.call("PATCH", f"/api/v1/comments/{comment}", json=edit).status_code == 200
    assert cast.row(comment)["edit_body"]
    before = recalled(cast.app, SPAM).margin
    cast.decide(comment, "spam")
    assert lessons(cast) == [(1, False, False), (2, True, True)]
    assert recalled(cast.app, SPAM).margin > before


def test_a_batch_teaches_each_and_of_one_comment_the_last(cast: Cast) -> None:
    comments = [cast.reader().says(f"{SPAM} {n}") for n in range(3)]
    wishes = [{"comment_id": c, "version": 1, "action": "spam"} for c in comments]
    cast.alice.decide(*wishes, {"comment_id": comments[0], "version": 2, "action": "approve"})
    assert lessons(cast) == [(1, True, False), (2, True, True), (3, True, True), (4, False, True)]
    assert cast.broken() == []


def test_of_two_sites_each_has_its_own(cast: Cast) -> None:
    both = cast.program("moderate", None)
    mine, other = cast.bob.says(SPAM), cast.herald_reader.says(SPAM, "https://herald.example/a")
    wanted = ((mine, "spam"), (other, "approve"))
    both.decide(*({"comment_id": c, "version": 1, "action": a} for c, a in wanted))
    rows = cast.rows("SELECT number, is_spam FROM spam_lesson ORDER BY is_spam")
    assert [(row["number"], bool(row["is_spam"])) for row in rows] == [(1, False), (1, True)]


def test_two_moderators_at_once_lose_no_lesson(cast: Cast) -> None:
    colleague = cast.program("moderate", "gazette")
    comments = [cast.reader(f"Reader {n}").says(f"Remark number {n}.") for n in range(16)]
    at_once(
        *[
            decision((cast.alice, colleague)[n % 2], comment, 1, ("approve", "spam")[n % 3 == 0])
            for n, comment in enumerate(comments)
        ]
    )
    assert [number for number, _, _ in lessons(cast)] == list(range(1, 17))
    assert recalled(cast.app).lessons == 16
    assert cast.broken() == []


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_who_commits_later_has_the_later_number_whatever_its_id(cast: Cast) -> None:
    """The transaction that began first waits before it is numbered, and a reader loses nothing."""
    first, second = cast.bob.says(SPAM), cast.reader().says(f"{WALK} Again.")
    rows = {c: cast.row(c) for c in (first, second)}
    process, has_second, at_work = Memories(), Event(), Event()

    def decided(comment: str, action: str, decision_id: int) -> Decided:
        row = rows[comment]
        return Decided(row["site_id"], row["id"], 1, action, None, decision_id)

    def slow(conn: Connection) -> None:
        at_work.set()
        assert has_second.wait(20)
        hashed = hash_texts([rows[first]["id"]])
        teach(conn, [decided(first, "spam", 1)], hashed, cast.clock.now)

    def work_slowly() -> None:
        with cast.app.app_context():
            write(slow)

    def work_fast() -> int:
        assert at_work.wait(20)
        with cast.app.app_context():
            hashed = hash_texts([rows[second]["id"]])
            now = cast.clock.now
            write(lambda conn: teach(conn, [decided(second, "approve", 2)], hashed, now))
        known = recalled(cast.app, process=process).lessons
        has_second.set()
        return known

    _, between = at_once(work_slowly, work_fast)
    assert between == 1
    assert [(n, spam) for n, spam, _ in lessons(cast)] == [(1, False), (2, True)]
    assert recalled(cast.app, process=process).lessons == 2


def test_erasing_a_comment_leaves_what_it_taught_and_none_of_its_words(cast: Cast) -> None:
    teach_some(cast, 3)
    comment = cast.bob.says(UNHEARD)
    cast.decide(comment, "spam")
    digest(cast)
    process = Memories()
    before = recalled(cast.app, UNHEARD, process)
    assert before.times(["quaggapottomus"]) == [1]
    with cast.app.app_context():
        assert erase_commenter(comment, Actor("system", "the test"), cast.clock.now) == 1
    assert "quaggapottomus" not in cast.row(comment)["body"]
    hashed = hash_phrase("quaggapottomus").to_bytes(8, "little")
    stored = cast.rows("SELECT features, phrases FROM spam_lesson")
    assert all(hashed not in bytes(row["phrases"]) for row in stored)
    assert cast.one("SELECT COUNT(*) FROM spam_snapshot") == 0, "it remembered the words"
    for knows in (process, Memories()):
        after = recalled(cast.app, UNHEARD, knows)
        assert after.times(["quaggapottomus", "pills"]) == [0, 2]
        assert (after.lessons, after.spam, after.margin) == (4, 3, before.margin)
    assert digest(cast) == digest(cast)
    assert cast.broken() == []


def test_a_deleted_site_takes_its_lessons_along(cast: Cast) -> None:
    cast.decide(cast.bob.says(SPAM), "spam")
    digest(cast)
    with cast.app.app_context():
        remove_site("gazette")
    for table in ("spam_lesson", "spam_course", "spam_snapshot"):
        assert cast.one(f"SELECT COUNT(*) FROM {table}") == 0


def test_sites_asked_for_long_ago_are_forgotten_and_read_again(cast: Cast) -> None:
    cast.decide(cast.bob.says(SPAM), "spam")
    process = Memories(most=1)
    known = recalled(cast.app, process=process)
    features = features_of(Reading(Submission("", SPAM)))
    with cast.app.app_context(), read() as conn:
        process.recall(conn, show_site("herald").id, 0, features)
    assert recalled(cast.app, process=process).margin == known.margin


@one_database
def test_a_check_that_is_off_asks_for_no_lessons(cast: Cast) -> None:
    cast.publish_all()
    cast.decide(cast.bob.says(SPAM), "spam")
    cast.set_site(check_modes={"spam": Mode.OFF})
    assert cast.reader().post(f"{SPAM} Really.").status_code == 201
    cast.decide(cast.reader().says(f"{SPAM} Twice."), "spam")
    assert len(lessons(cast)) == 2, "it goes on learning"
    cast.set_site(check_modes={"spam": Mode.SHADOW})
    assert cast.reader().post(f"{SPAM} Thrice.").status_code == 201
    cast.set_site(check_modes={"spam": Mode.ON})
    assert cast.reader().post(f"{SPAM} At last.").status_code == 202


def test_many_threads_of_a_process_learn_each_lesson_once(cast: Cast) -> None:
    teach_some(cast, 6)
    process = Memories()
    found = at_once(*[partial(recalled, cast.app, process=process)] * 6)
    assert {known.lessons for known in found} == {6}
    assert {known.margin for known in found} == {recalled(cast.app).margin}


@one_database
def test_who_slept_long_needs_little_memory_to_catch_up(cast: Cast) -> None:
    many, reading = 3_000, Reading(Submission("Bob", f"{SPAM} " + "word " * 200))
    features, phrases = features_of(reading).encode(), bytes(8 * 600)
    with cast.app.app_context():
        site_id = show_site("gazette").id
        row = {
            "site_id": site_id,
            "comment_id": None,
            "decision_id": None,
            "at": cast.clock.now,
            "holds": True,
            "takes_back": None,
            "undoes": None,
            "version": VERSION,
            "features": features,
            "phrases": phrases,
        }
        rows = [row | {"number": n, "since": n, "is_spam": n % 3 == 0} for n in range(1, many + 1)]
        write(lambda conn: next_numbers(conn, site_id, many))
        write(lambda conn: add_lessons(conn, rows))
        assert many * (len(features) + len(phrases)) > 14_000_000
        shipped_prior()
        tracemalloc.start()
        try:
            with read() as conn:
                memory = load_memory(conn, site_id)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert memory.learner.count == many
    assert peak < 7_000_000


@one_database
def test_a_text_that_cannot_be_read_is_decided_all_the_same(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError

    comment = cast.bob.says(WALK)
    with monkeypatch.context() as patched:
        patched.setattr("comments_service.services.lessons.features_of", broken)
        done = cast.decide(comment, "approve")
    assert cast.row(comment)["status"] == "approved"
    assert recalled(cast.app).lessons == 0
    cast.decide(comment, "spam")
    assert recalled(cast.app).spam == 1
    assert done["decision_id"]
    assert cast.broken() == []
