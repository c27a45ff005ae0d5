"""The spam filter's commands: measured without an instance, rebuilt with one."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from comments_service.checks.learning import prior
from comments_service.domain.ids import decode_id
from comments_service.services.lessons import Decided, hash_texts, teach
from comments_service.services.sites import show_site
from comments_service.storage import tables, write
from tests.cli.conftest import CommandLine, Publisher, Said
from tests.support.clock import Clock


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def answers(said: Said) -> list[dict[str, Any]]:
    return [json.loads(found) for found in said.lines]


SPAM = "Cheap pills, order yours at https://pills-now.example"


def test_it_predicts_before_it_learns(home: Path, comments_service: CommandLine) -> None:
    typed = line(id="a", text=SPAM, label=1) + b"\n" + line(id=2, text="A walk.", label=False)
    typed += line(id=3, text=SPAM, label=True, author_name="Bob")
    said = comments_service("spam", "evaluate", typed=typed)
    assert (said.status, said.err) == (0, "")
    first, second, third = answers(said)
    assert [found["id"] for found in (first, second, third)] == ["a", 2, 3]
    assert [found["label"] for found in (first, second, third)] == [1, 0, 1]
    assert [found["learnt"] for found in (first, second, third)] == [0, 1, 2]
    assert second["flag"] is False
    assert third["flag"] is True
    assert third["score"] > first["score"]
    assert third["reason"] == "spam.marked_before"
    assert third["spans"]
    assert not home.exists()


def test_it_learns_from_so_many_alone(home: Path, comments_service: CommandLine) -> None:
    typed = b"".join(line(id=n, text=f"{SPAM} {n}", label=n % 2) for n in range(5))
    said = comments_service("spam", "evaluate", "--learn", "2", typed=typed)
    assert [found["learnt"] for found in answers(said)] == [0, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (b"nonsense", "malformed"),
        (b'{"id": 1, "text": "x"}', "label"),
        (b'{"id": 1, "text": "x", "label": 2}', "$.label"),
        (b'{"id": 1, "text": "x", "label": "spam"}', "$.label"),
        (b'{"id": 1, "label": 1}', "text"),
    ],
)
def test_a_malformed_line_is_named_and_ends_it(
    bad: bytes, told: str, home: Path, comments_service: CommandLine
) -> None:
    typed = line(id=1, text="x", label=0) + bad + b"\n" + line(id=3, text="x", label=0)
    said = comments_service("spam", "evaluate", typed=typed)
    assert said.status == 2
    assert len(said.lines) == 1
    assert "line 2" in said.err
    assert told in said.err


@pytest.mark.parametrize("text", ["\x00.", "x" * 10_000, "\u202e.", "https://"])
def test_any_text_is_answered_and_learnt(
    text: str, home: Path, comments_service: CommandLine
) -> None:
    typed = line(id=1, text=text, label=1) + line(id=2, text=text, label=0)
    said = comments_service("spam", "evaluate", typed=typed)
    assert said.status == 0
    assert [found["learnt"] for found in answers(said)] == [0, 1]


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\u200b", "Pills\ud800", "x" * 10_001, "pills " * 200_000]
)
def test_what_no_comment_may_be_could_not_be_checked_and_teaches_nothing(
    text: str, home: Path, comments_service: CommandLine
) -> None:
    typed = line(id=1, text=text, label=1) + line(id=2, text="A walk.", label=0)
    said = comments_service("spam", "evaluate", typed=typed)
    assert said.status == 0
    refused, walk = answers(said)
    assert (refused["signal"], refused["reason"], refused["message"]) == (
        "errored",
        "spam.could_not_be_checked",
        "could not be checked",
    )
    assert (refused["flag"], walk["signal"], walk["learnt"]) == (True, "clear", 0)
    assert said.err == (
        "1 of 2 texts could not be checked: they count as held, and taught nothing.\n"
    )


@pytest.fixture
def taught(publisher: Publisher, service: Flask, clock: Clock) -> int:
    """The id of a site with three lessons."""
    posted = [publisher.post(f"A remark on the weather, number {n}.") for n in range(3)]
    ids = [decode_id(comment["id"]) for comment in posted]
    with service.app_context():
        site_id = show_site("gazette").id
        decided = [
            Decided(site_id, number or 0, 1, ("approve", "spam")[n % 2], None, n)
            for n, number in enumerate(ids)
        ]
        hashed = hash_texts([number or 0 for number in ids])
        write(lambda conn: teach(conn, decided, hashed, clock.now))
    return site_id


def test_a_rebuild_finds_the_same_weights(taught: int, comments_service: CommandLine) -> None:
    first = comments_service("spam", "rebuild")
    assert (first.status, first.err) == (0, "")
    slug, lessons, weights, compared = first.lines[0].split("\t")
    assert (slug, lessons, compared) == ("gazette", "3 lessons, 1 of spam", "no snapshot yet")
    again = comments_service("spam", "rebuild", "--site", "gazette")
    assert again.status == 0
    assert again.lines[0].split("\t")[2:] == [weights, "1 snapshots say the same"]


def test_a_rebuild_replaces_what_says_something_else(
    taught: int, service: Flask, comments_service: CommandLine
) -> None:
    comments_service("spam", "rebuild")
    lesson = tables.spam_lesson
    with service.app_context():
        write(
            lambda conn: conn.execute(
                update(lesson).where(lesson.c.number == 2).values(is_spam=False, phrases=b"")
            )
        )
    said = comments_service("spam", "rebuild")
    assert said.status == 1
    assert "snapshots made anew: 3" in said.out
    assert comments_service("spam", "rebuild").status == 0


def test_a_rebuild_of_no_site_is_told(instance: Path, comments_service: CommandLine) -> None:
    said = comments_service("spam", "rebuild", "--site", "nowhere")
    assert said.status == 2
    assert "nowhere" in said.err
    assert comments_service("spam", "rebuild").out == ""


@pytest.mark.parametrize("damaged", [None, b"", b"spam-prior\nand no more"])
@pytest.mark.parametrize("command", ["evaluate", "rebuild"])
def test_a_damaged_prior_is_told_in_a_sentence(
    damaged: bytes | None,
    command: str,
    instance: Path,
    monkeypatch: pytest.MonkeyPatch,
    comments_service: CommandLine,
) -> None:
    file = instance.parent / "prior.bin"
    if damaged is not None:
        file.write_bytes(damaged)
    monkeypatch.setattr(prior, "FILE", file)
    prior.shipped_prior.cache_clear()
    said = comments_service("spam", command, typed=line(id=1, text="A walk.", label=0))
    assert (said.status, said.out) == (2, "")
    assert "cannot be read" in said.err
