"""What is erased is in no file of the database any more, and what must stay has stayed."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from comments_service.domain.errors import Unavailable
from comments_service.domain.ids import decode_id
from comments_service.services import privacy
from comments_service.services.privacy import clean_files, erase_commenter
from comments_service.services.seal import seal_log
from comments_service.services.sites import SYSTEM
from comments_service.storage import write
from comments_service.storage.tables import comment as comment_table
from tests.cast import Cast, one_database

TEXT = "My dentist is quaggapottomus of Nineveh, whom nobody knows."
EDITED = "My doctor is zebrafrankenstein of Babylon, whom nobody knows."
NAME = "Umslopogaas Ninevite"
MAIL = "umslopogaas@babylon.example"
WORDS = ("quaggapottomus", "zebrafrankenstein", "umslopogaas", "babylon.example")


def files_of(cast: Cast) -> list[Path]:
    url = cast.app.config["COMMENTS"].database_url
    path = Path(url.removeprefix("sqlite:///"))
    return sorted(path.parent.glob(f"{path.name}*"))


def found_in(cast: Cast) -> dict[str, list[str]]:
    """The words that the bytes of each file hold, in whatever case."""
    found = {}
    for path in files_of(cast):
        held = path.read_bytes().lower()
        words = [word for word in WORDS if word.encode() in held]
        if words:
            found[path.name.rpartition(".")[2]] = words
    return found


def live(cast: Cast) -> str:
    """Somebody comments, edits, is banned and decided on, amid many others; their first comment."""
    ida = cast.reader(NAME)
    for number in range(40):
        cast.publish(f"Others say something of number {number}. " * (1 + number % 30))
    cast.set_site(asks_to_reword=False)
    comments = [ida.says(TEXT * size, email=MAIL) for size in (1, 20, 100)]
    cast.decide(comments[0], "approve")
    cast.decide(comments[1], "spam", note=f"Said {NAME}.")
    assert (
        ida.call("PATCH", f"/api/v1/comments/{comments[0]}", json={"body": EDITED}).status_code
        == 200
    )
    wish = {"kind": "name", "who": NAME, "days": 7, "reason": "other", "note": NAME}
    assert cast.alice.call("POST", "/api/v1/moderation/bans", json=wish).status_code == 201
    for number in range(40):
        cast.bob.says(f"And others say {number}. " * (1 + number % 40))
    return comments[0]


def seal(cast: Cast) -> None:
    with cast.app.app_context():
        seal_log(cast.app.config["COMMENTS"].home, cast.clock.now)


def lessons(cast: Cast) -> list[Any]:
    return [row["features"] for row in cast.rows("SELECT * FROM spam_lesson ORDER BY number")]


@one_database
def test_nothing_of_it_is_left_in_any_file(fresh_cast: Cast) -> None:
    comment = live(fresh_cast)
    seal(fresh_cast)
    there = {word for words in found_in(fresh_cast).values() for word in words}
    assert there == set(WORDS), "the test looks well"
    taught = lessons(fresh_cast)
    with fresh_cast.app.app_context():
        assert erase_commenter(comment, SYSTEM, fresh_cast.clock.now) == 3
        clean_files()
    assert found_in(fresh_cast) == {}
    assert fresh_cast.broken() == []
    # One row more says from where on memories are to be folded anew.
    assert lessons(fresh_cast) == [*taught, b""] != [b""]
    assert fresh_cast.one("SELECT COUNT(*) FROM ban") == 0
    seal(fresh_cast)
    assert fresh_cast.broken() == []
    fresh_cast.bob.says("And life goes on.")
    assert fresh_cast.alice.queue(status="all", q="life goes on")
    assert found_in(fresh_cast) == {}


@one_database
def test_without_cleaning_it_would_be(fresh_cast: Cast) -> None:
    comment = live(fresh_cast)
    with fresh_cast.app.app_context():
        erase_commenter(comment, SYSTEM, fresh_cast.clock.now)
    assert found_in(fresh_cast) != {}


def test_cleaning_does_no_harm_on_either_database(cast: Cast) -> None:
    comment = cast.publish(TEXT)
    other = cast.reader("Somebody else").says("Something else.")
    with cast.app.app_context():
        erase_commenter(comment, SYSTEM, cast.clock.now)
        clean_files()
        clean_files()
    assert cast.row(comment)["body"] == ""
    assert cast.row(other)["body"] == "Something else."
    assert cast.bob.post("One more.").status_code == 202
    assert cast.broken() == []


@one_database
def test_a_reader_of_an_old_snapshot_is_told_of(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comments_service.storage.cleaning.PATIENCE", 0.0)
    cast.publish(TEXT)
    path = str(files_of(cast)[0])
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT COUNT(*) FROM comment").fetchone()
    with cast.app.app_context(), pytest.raises(Unavailable):
        clean_files()
    reader.execute("COMMIT")
    reader.close()
    with cast.app.app_context():
        clean_files()


def test_what_was_being_stored_meanwhile_is_erased_too(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A post that found its commenter before the key was forgotten may be stored after it."""
    first, late = cast.bob.says(TEXT), cast.reader("Somebody").says(EDITED)
    erase_one = privacy._erase

    def erase_and_store(conn: Connection, comment_id: int, **others: Any) -> None:
        erase_one(conn, comment_id, **others)
        theirs = select(comment_table.c.commenter_id).where(comment_table.c.id == decode_id(first))
        conn.execute(
            update(comment_table)
            .where(comment_table.c.id == decode_id(late))
            .values(commenter_id=theirs.scalar_subquery())
        )

    monkeypatch.setattr(privacy, "_erase", erase_and_store)
    with cast.app.app_context():
        assert erase_commenter(first, SYSTEM, cast.clock.now) == 2
    assert {row["body"] for row in cast.rows("SELECT body FROM comment")} == {""}
    assert cast.bob.says("I am somebody new.")
    assert cast.one("SELECT COUNT(DISTINCT commenter_id) FROM comment") == 2


def test_what_a_moderator_does_meanwhile_goes_too(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comment marked as spam and a ban on its author, just before its turn comes."""
    first, second = cast.bob.says(TEXT), cast.bob.says(EDITED)
    wish = {"kind": "name", "comment_id": second, "days": 7, "reason": "other"}

    write_one: Any = write
    turns = iter(range(100))

    def write_after_a_decision(work: Any) -> Any:
        if next(turns) == 2:
            cast.decide(second, "spam")
            assert cast.alice.call("POST", "/api/v1/moderation/bans", json=wish).status_code == 201
        return write_one(work)

    monkeypatch.setattr(privacy, "write", write_after_a_decision)
    with cast.app.app_context():
        assert erase_commenter(first, SYSTEM, cast.clock.now) == 2
    assert cast.one("SELECT COUNT(*) FROM ban") == 0
    assert {bytes(row["phrases"]) for row in cast.rows("SELECT phrases FROM spam_lesson")} == {b""}
