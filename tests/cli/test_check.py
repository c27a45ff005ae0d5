"""Texts in, answers out: one line each, in order, while they come."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from comments_service import checks
from tests.cli.conftest import CommandLine
from tests.support.server import clean_environment

COMMAND = [sys.executable, "-m", "comments_service.cli", "check"]


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def answers(said: Any) -> list[dict[str, Any]]:
    return [json.loads(found) for found in said.out.splitlines()]


def test_it_needs_no_instance(home: Path, comments_service: CommandLine) -> None:
    said = comments_service("check", typed=line(id="a", text="Kind words."))
    assert (said.status, said.err) == (0, "")
    (found,) = answers(said)
    scores = found.pop("scores")
    assert found == {
        "id": "a",
        "decision": "approve",
        "flag": False,
        "score": 0.0,
        "categories": [],
        "spans": [],
        "verdicts": [],
    }
    assert scores["abuse"] == 0
    assert 0 < scores["spam"] < 0.5, "what weighs tells its score of everything"
    assert not home.exists()


def test_what_is_found_is_told_with_its_place(home: Path, comments_service: CommandLine) -> None:
    text = "Well, f u c k that."
    (found,) = answers(comments_service("check", typed=line(id=7, text=text, author_name="Bob")))
    assert found["id"] == 7
    assert found["flag"] is True
    assert found["categories"] == ["profanity"]
    assert found["score"] >= found["scores"]["abuse"] > 0
    (verdict,) = [v for v in found["verdicts"] if v["check"] == "profanity"]
    assert [text[start:end] for start, end in verdict["spans"]] == ["f u c k"]
    assert verdict["check"] == "profanity"
    assert verdict["version"] == checks.discover()["profanity"].version
    assert verdict["signal"] in ("suspect", "bad")
    assert [start for start, _ in found["spans"]] == sorted(start for start, _ in found["spans"])
    assert any(a <= 6 and b >= 13 for a, b in found["spans"])


def test_a_calm_text_has_a_score_and_no_verdict(home: Path, comments_service: CommandLine) -> None:
    (found,) = answers(comments_service("check", typed=line(id="a", text="What a kind word.")))
    assert found["scores"]["abuse"] < 0.5
    assert (found["flag"], found["verdicts"]) == (False, [])


def test_shouting_alone_flags_nothing(home: Path, comments_service: CommandLine) -> None:
    text = "THIS IS A PERFECTLY FRIENDLY REMARK, SHOUTED FROM THE TOP OF A HILL"
    (found,) = answers(comments_service("check", typed=line(id="a", text=text)))
    assert (found["categories"], found["flag"], found["decision"]) == (["manner"], False, "approve")


def test_answers_keep_the_order_and_empty_lines_have_none(
    home: Path, comments_service: CommandLine
) -> None:
    typed = line(id="b", text="") + b"\n  \n" + line(id="a", text="x") + b'{"id": 1, "text": "y"}'
    assert [found["id"] for found in answers(comments_service("check", typed=typed))] == [
        "b",
        "a",
        1,
    ]


def test_the_longest_and_the_too_long_are_answered(
    home: Path, comments_service: CommandLine
) -> None:
    typed = line(id=1, text="A walk. " * 1_250) + line(id=2, text="A walk. " * 1_251)
    bounded, beyond = answers(comments_service("check", typed=typed))
    assert bounded["decision"] == "approve"
    assert beyond["decision"] == "hold", "what cannot be checked waits for a person"
    assert {v["signal"] for v in beyond["verdicts"]} == {"errored"}


@pytest.mark.parametrize("text", ["", " \n", "\x00", "\u200b\u2060"])
def test_a_text_that_shows_nothing_could_not_be_checked(
    text: str, home: Path, comments_service: CommandLine
) -> None:
    typed = line(id=1, text=text) + line(id=2, text="A walk.")
    nothing, walk = answers(comments_service("check", typed=typed))
    assert (nothing["decision"], walk["decision"]) == ("hold", "approve")
    assert {v["message"] for v in nothing["verdicts"]} == {"could not be checked"}
    assert {v["check"] for v in nothing["verdicts"]} == set(checks.discover())


BROKEN = {
    "escaped in the text": rb'{"id": 1, "text": "A walk \ud800 by the river."}',
    "as bytes": b'{"id": 1, "text": "A walk \xed\xa0\x80."}',
    "in the name": rb'{"id": 1, "text": "A walk.", "author_name": "\udc00"}',
}


@pytest.mark.parametrize("which", BROKEN)
def test_half_a_character_is_held_and_the_next_text_is_answered(
    which: str, home: Path, comments_service: CommandLine
) -> None:
    said = comments_service("check", typed=BROKEN[which] + b"\n" + line(id=2, text="A walk."))
    broken, walk = answers(said)
    assert (said.status, said.err) == (0, "")
    assert (broken["id"], broken["decision"], walk["decision"]) == (1, "hold", "approve")
    assert {v["message"] for v in broken["verdicts"]} == {"could not be checked"}


def test_an_id_of_half_a_character_goes_back_as_it_came(
    home: Path, comments_service: CommandLine
) -> None:
    said = comments_service("check", typed=rb'{"id": "\ud800", "text": "A walk."}')
    (found,) = answers(said)
    assert (found["id"], found["decision"]) == ("\ud800", "approve")


def test_a_byte_order_mark_is_passed_over(home: Path, comments_service: CommandLine) -> None:
    typed = b"\xef\xbb\xbf" + line(id=1, text="A walk.") + line(id=2, text="Another.")
    assert [found["id"] for found in answers(comments_service("check", typed=typed))] == [1, 2]


def test_only_the_named_checks_run(home: Path, comments_service: CommandLine) -> None:
    typed = line(id="a", text="BUY NOW, FUCK, BUY NOW AND FOREVER")
    found = answers(comments_service("check", "--only", "shouting, links", typed=typed))
    assert {v["check"] for v in found[0]["verdicts"]} == {"shouting"}


def test_an_unknown_check_is_named_before_anything_is_read(
    home: Path, comments_service: CommandLine
) -> None:
    said = comments_service("check", "--only", "shouting,nope", typed=b"")
    assert (said.status, said.out) == (2, "")
    assert "'nope'" in said.err
    for name in checks.discover():
        assert name in said.err, "it says what there is"


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (b"not json", "malformed"),
        (b'{"id": "x"}', "missing required field `text`"),
        (b'{"text": "x"}', "missing required field `id`"),
        (b'{"id": "x", "text": 5}', "$.text"),
        (b'["x"]', "Expected `object`"),
        (b'{"id": "x", "text": "\xff"}', "utf"),
        (rb'{"id": "x", "text": ["\ud800"]}', "$.text"),
        (rb'{"id": "x", "text": "\ud800', "line 3"),
        (b'{"id": "x", "text": "y", "z": ' + b"[" * 5_000, "line 3"),
        (b'{"id": "x", "text": "cut', "malformed"),
    ],
)
def test_a_malformed_line_is_named_and_ends_it(
    bad: bytes, told: str, home: Path, comments_service: CommandLine
) -> None:
    typed = line(id="good", text="x") + b"\n" + bad + b"\n" + line(id="after", text="x")
    said = comments_service("check", typed=typed)
    assert said.status == 2
    assert [found["id"] for found in answers(said)] == ["good"]
    assert "line 3" in said.err
    assert told.lower() in said.err.lower()


def test_a_line_is_answered_before_the_next_is_sent() -> None:
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean_environment()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(3):
            process.stdin.write(line(id=number, text="x"))
            process.stdin.flush()
            # This read would wait for ever on a command that collects its answers.
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    with subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(line(id=1, text="x"))
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(line(id=2, text="x"))
        process.stdin.close()
        assert process.wait(10) == 0
        assert process.stderr.read() == b""
