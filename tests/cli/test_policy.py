"""`comments-service policy backtest`: what a change would do, told in words and as JSON Lines."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine, Publisher, Said

LINKS = (
    "See what the council wrote in its report, https://one.example,"
    " and in the reply, https://two.example, for more."
)
EVER = "900w"
"""Back to before any test was written: the command has the wall clock, the comments a test's."""


@pytest.fixture
def backtest(publisher: Publisher, comments_service: CommandLine) -> CommandLine:
    """Two comments have come: one with links, which waits, and one that says casino."""
    publisher.post(LINKS)
    publisher.post("The casino is closed.")
    return comments_service


def run(comments_service: CommandLine, *words: str) -> Said:
    start = ("policy", "backtest", "--site", "gazette", "--since", EVER)
    return comments_service(*start, *words)


def test_without_a_change_nothing_is_decided_otherwise(backtest: CommandLine) -> None:
    said = run(backtest)
    assert said.status == 0, said.err
    assert "2 comments looked at, 0 would be decided otherwise." in said.out
    assert "when they came" not in said.out


@pytest.mark.parametrize(
    ("change", "turn"),
    [
        (("--set", "links.max=2"), "hold -> approve"),
        (("--check-mode", "links=shadow"), "hold -> approve"),
        (("--check-mode", "links=off"), "hold -> approve"),
        (("--add-word", "casino"), "approve -> reject"),
        (("--mode", "pre"), "approve -> hold"),
    ],
)
def test_a_change_lists_what_it_changes(
    backtest: CommandLine, change: tuple[str, ...], turn: str
) -> None:
    said = run(backtest, *change)
    assert said.status == 0, said.err
    assert [line.split("\t")[1] for line in said.lines if "\t" in line] == [turn]
    assert "2 comments looked at, 1 would be decided otherwise." in said.out


def test_thresholds_that_are_tried_in_part_are_named(backtest: CommandLine) -> None:
    said = run(backtest, "--set", "spam.suspect=0.2", "--json")
    assert said.status == 0, said.err
    assert "spam: what it passed has left no score" in said.err


@pytest.mark.parametrize("since", ["900w", "99999w", "99999d"])
def test_it_goes_back_to_before_any_comment(backtest: CommandLine, since: str) -> None:
    said = backtest("policy", "backtest", "--site", "gazette", "--since", since)
    assert said.status == 0, said.err
    assert "2 comments looked at" in said.out


def test_json_lines_end_with_the_sums(backtest: CommandLine, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("casino\n\nroulette*\n")
    said = run(backtest, "--words-file", str(words), "--json")
    change, sums = map(json.loads, said.lines)
    assert change["before"] == {"action": "approve", "reasons": []}
    assert change["after"] == {"action": "reject", "reasons": ["words.blocked"]}
    assert (change["text"], change["fate"]) == ("The casino is closed.", "unseen")
    assert (sums["looked_at"], sums["changed"]) == (2, 1)
    assert sums["turns"][0]["undecided"] == 1
    assert sums["before"]["precision"] is None


def test_words_are_added_to_and_taken_from_the_present_ones(
    backtest: CommandLine, comments_service: CommandLine
) -> None:
    comments_service("words", "add", "casino", "--site", "gazette")
    said = run(backtest, "--remove-word", "casino", "--add-word", "roulette", "--list", "0")
    assert "1 published at once instead of refused" in said.out
    assert "1 were decided otherwise when they came" in said.out
    assert "\t" not in said.out


def test_the_list_is_as_long_as_asked(backtest: CommandLine) -> None:
    said = run(backtest, "--mode", "pre", "--check-mode", "links=off", "--list", "1")
    assert sum("\t" in line for line in said.lines) == 1


def test_what_was_tried_can_be_switched_on(
    backtest: CommandLine, comments_service: CommandLine
) -> None:
    said = comments_service("site", "set", "gazette", "--setting", "links.max=2")
    assert said.status == 0, said.err
    shown = json.loads(comments_service("site", "show", "gazette").out)
    assert shown["checks"]["links"]["settings"] == {"max": 2}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--since", "a month"), "write 30d, 12h or 8w"),
        (("--since", "0d"), "write 30d, 12h or 8w"),
        (("--set", "links"), "write CHECK.NAME=VALUE"),
        (("--set", 'links.max="many"'), "links.max: Expected `int`, got `str`."),
        (("--set", "links.most=2"), "links.most: links has no such setting; it has: max."),
        (("--set", "lynx.max=2"), "checks: There is no check 'lynx'."),
        (("--check-mode", "links=maybe"), "write CHECK=on, CHECK=shadow or CHECK=off"),
        (("--only", "lynx"), "There is no check 'lynx'"),
        (("--remove-word", "casino"), "'casino' is not among the site's words."),
        (("--site", "nowhere"), "There is no such site: nowhere."),
    ],
)
def test_what_is_wrong_is_said(
    gazette: str, comments_service: CommandLine, words: tuple[str, ...], why: str
) -> None:
    said = run(comments_service, *words)
    assert said.status == 2
    assert why in said.err


def test_a_file_that_is_no_text_is_refused(
    gazette: str, comments_service: CommandLine, tmp_path: Path
) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(b"caf\xe9")
    said = run(comments_service, "--words-file", str(path))
    assert said.status == 2
    assert "line 1: It is not written in UTF-8." in said.err
