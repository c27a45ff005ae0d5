"""The benchmarks run, end with what they assert, and say so where they cannot."""

import argparse
import json
import os
import re
import shutil
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as everything
from benchmarks import examine_cost, posts, real_comments, soak, worst_cases
from benchmarks.load import Target, load
from benchmarks.real_comments import DATA, FILES, Posting, Row, read_rows
from benchmarks.record import Record
from benchmarks.service import Failed, Service, Timings

ALIKE = [real_comments.main, examine_cost.main]


def needs_data() -> None:
    if not DATA.exists():
        pytest.skip(f"{DATA} is not on this machine")


@pytest.mark.parametrize("main", ALIKE, ids=["real_comments", "examine_cost"])
def test_without_the_data_they_say_so_and_end(
    main: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"Skipped: {tmp_path} has no globe-news.jsonl.\n"


@pytest.mark.slow
def test_real_comments_arrive_and_every_count_equals_its_thread(
    capsys: pytest.CaptureFixture[str],
) -> None:
    needs_data()
    status = real_comments.main(
        ["--limit", "6", "--browsers", "0.5", "--mode", "post", "--workers", "1"]
    )
    said = capsys.readouterr().out
    assert status == 0, said
    refused = re.search(r"^post as browser +12 .* 422: (\d+)", said, re.MULTILINE)
    again = 12 - int(refused[1] if refused else 0)
    assert again >= 6, said
    what = "half of them twice, as browsers that retry what is not refused"
    assert f"24 comments, {24 + again} posts" in said, what
    assert "every count equals what its thread lists" in said
    assert "the log is unbroken" in said
    for name in FILES:
        assert name in said


def test_examining_is_weighed_beside_another_filter(capsys: pytest.CaptureFixture[str]) -> None:
    needs_data()
    # Whether it stays within its bound is the benchmark's to tell: coverage slows it threefold.
    examine_cost.main(["--texts", "20"])
    said = capsys.readouterr().out
    assert re.search(r"^all checks( +[\d,]+){4}$", said, re.MULTILINE), said
    assert re.search(r"^better-profanity .* +[\d,]+", said, re.MULTILINE), said
    assert "it may take 5." in said


@pytest.mark.slow
def test_posts_are_counted_with_their_commits(capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("wrk") is None:
        pytest.skip("wrk is not on this machine")
    few = ["--rounds", "1", "--seconds", "1", "--connections", "2", "--workers", "1"]
    assert posts.main(few) == 0
    said = capsys.readouterr().out
    rows = re.findall(
        r"^(together|alone) +2 +[\d.]+ +[\d.]+ +[\d.]+ +([\d.]+) .* 0$", said, re.MULTILINE
    )
    assert [kind for kind, _ in rows] == ["together", "alone"], said
    assert float(rows[0][1]) <= float(rows[1][1]) + 0.01, said


def test_a_load_without_a_post_is_tried_longer_then_said_to_be_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lengths: list[int] = []

    def nothing(_service: Service, _token: str, _connections: int, seconds: int) -> posts.Round:
        lengths.append(seconds)
        return posts.Round(0, float(seconds), 0, 0.0, 0.0, 0.0, 0.0)

    monkeypatch.setattr(posts, "_load", nothing)
    with pytest.raises(Failed, match="No post was answered"):
        posts.load(Answering(), "token", 2, 1)
    assert lengths == [1, 2, 3, 4, 5]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_soak_tells_every_status_and_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("wrk") is None:
        pytest.skip("wrk is not on this machine")
    status = soak.main(["--minutes", "0.25", "--connections", "4", "--workers", "1"])
    said = capsys.readouterr().out
    assert status == 0, said
    assert re.search(r"^   20[12] +[\d,]+$", said, re.MULTILINE), said
    assert "the log is unbroken" in said


@pytest.fixture
def rows(tmp_path: Path) -> list[Row]:
    said = [
        {"id": "a", "text": "x", "label": 0, "author": "  Ann \n Lee ", "article": "One"},
        {"id": "b", "text": "y", "label": 1, "author": "\ufeff" * 90},
        {"id": "c", "text": "z", "label": 1, "video": "One"},
    ]
    for name in FILES:
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, said)))
    return read_rows(tmp_path, None)


def test_rows_stand_on_pages_of_their_own_set(rows: list[Row]) -> None:
    assert len(rows) == 3 * len(FILES)
    first, second, third = rows[:3]
    assert first.author == "Ann Lee"
    assert first.url == third.url
    assert first.url != second.url
    assert {row.url for row in rows[:3]}.isdisjoint({row.url for row in rows[3:6]})


def test_one_author_is_one_reader(rows: list[Row]) -> None:
    again = Row("globe-news", "d", "w", 0, "https://bench.example/x", "Ann Lee")
    assert (rows[0].key, rows[0].address) == (again.key, again.address)
    assert rows[0].key != rows[2].key
    assert len(rows[0].key) == 22, "128 bits as base64url"
    assert rows[0].address.startswith(("198.18.", "198.19."))


class Answering(Service):
    """A service that answers what the test says."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)

    def ask(self, *_args: Any, **_kwargs: Any) -> tuple[int, Any]:
        return self.answers.pop(0)


def comment(number: str) -> dict[str, Any]:
    return {"comment": {"id": number}}


@pytest.mark.parametrize(
    "answers",
    [
        [(202, comment("1")), (202, comment("2"))],
        [(202, comment("1")), (201, comment("1"))],
        [(403, {"title": "no"})],
    ],
)
def test_an_answer_that_cannot_be_is_a_failure(
    answers: list[tuple[int, Any]], rows: list[Row]
) -> None:
    with pytest.raises(Failed):
        Posting(Answering(*answers), "token").as_browser(rows[0], "form")


@pytest.mark.parametrize("counts", [(2, 2, 3), (2, 3, 2), (3, 2, 2)])
def test_a_count_that_differs_anywhere_is_a_failure(
    counts: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, newest, oldest = counts
    listed = {"newest": (2, newest), "oldest": (2, oldest)}
    monkeypatch.setattr(real_comments, "_listed", lambda _service, _url, sort: listed[sort])
    service = Answering((200, {"counts": [{"count": stored}]}))
    with pytest.raises(Failed, match="/counts says"):
        real_comments.compare_counts(service, ["https://bench.example/x"])


def test_a_failure_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], rows: list[Row]
) -> None:
    @contextmanager
    def instance(_url: str | None, **_settings: str) -> Iterator[None]:
        yield

    def measure(_instance: object, found: list[Row], options: argparse.Namespace) -> None:
        assert (len(found), options.mode) == (len(rows), "pre")
        raise Failed("a count is wrong")

    monkeypatch.setattr(real_comments, "new_instance", instance)
    monkeypatch.setattr(real_comments, "measure", measure)
    monkeypatch.setattr(real_comments, "read_rows", lambda _folder, _limit: rows)
    monkeypatch.setattr(real_comments, "FILES", ())
    assert real_comments.main(["--mode", "pre"]) == 1
    assert "FAILED: a count is wrong" in capsys.readouterr().out


def test_quantiles() -> None:
    timings = Timings()
    for number in range(1, 101):
        timings.add(number / 1000, 200)
    assert timings.quantile_ms(0.5) == pytest.approx(51)
    assert timings.quantile_ms(0.99) == pytest.approx(100)
    assert Timings().quantile_ms(0.5) == 0


def test_the_worst_texts_are_named_with_how_their_cost_grew(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(worst_cases, "UNITS", worst_cases.UNITS[:12])
    worst_cases.main(["--only", "folding", "--random", "2", "--data", str(tmp_path)])
    said = capsys.readouterr().out
    assert "26 texts" in said
    assert len(re.findall(r"^( +\d+\.\d\d){3}  x *\d+\.\d  ", said, re.MULTILINE)) == 12


def test_a_hostile_text_is_made_anew_from_its_seed(tmp_path: Path) -> None:
    made = worst_cases.texts(1, 20, tmp_path)
    assert made == worst_cases.texts(1, 20, tmp_path) != worst_cases.texts(2, 20, tmp_path)
    assert {len(text) for text in made.values()} == {10_000}


# --- The page ------------------------------------------------------------------------------------


def test_a_page_tells_what_holds_and_what_is_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = Record(datetime(2026, 11, 27, tzinfo=UTC))
    record.head("Reads", "Beside nginx.")
    record.table(("what", "req/s"), [["one count", "37,426"]])
    record.bound("rate", 0.49, 0.5, least=True)
    record.bound("CPU", 3.0, 3)
    record.bars("reads", "Rates <of all>", {"one & only": 2.0, "none": 0.0}, "req/s")
    page = record.write(tmp_path)
    assert page.name == "2026-11-27-bench.md"
    said = page.read_text()
    assert "Missed: rate." in said
    assert "- rate: 0.49, at least 0.5: **missed**" in said
    assert "- CPU: 3.00, at most 3: holds" in said
    assert "| one count | 37,426 |" in said
    assert "(2026-11-27-reads.svg)" in said
    assert "rate: 0.49" in capsys.readouterr().out
    plot = ET.parse(tmp_path / "2026-11-27-reads.svg")
    assert "Rates <of all>" in "".join(plot.getroot().itertext())


def test_parts_run_in_turn_and_a_broken_one_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(_record: Record) -> None:
        raise Failed("no wrk here")

    def prints(_arguments: Sequence[str]) -> int:
        sys.stdout.write("figures\n")
        return 0

    parts = {"one": breaks, "two": everything.told(prints, "--fast")}
    monkeypatch.setattr(everything, "PARTS", parts)
    assert everything.main([]) == 1
    said = capsys.readouterr().out
    assert "FAILED: no wrk here" in said
    assert "```\nfigures\n```" in said


def test_what_wrk_prints_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wrk = tmp_path / "wrk"
    good = "    99%    4.71ms\n  3004 requests in 1.00s, 1.2MB read\nRequests/sec:   3000.50\n"
    wrk.write_text(f"#!/bin/sh\ncat <<'END'\n{good}END\n")
    wrk.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = load(Target(1, os.getpid()), ["/"], 16, 1)
    assert (found.rate, found.p99_ms) == (3000.5, 4.71)
    wrk.write_text(f"#!/bin/sh\ncat <<'END'\n{good}  Non-2xx or 3xx responses: 7\nEND\n")
    with pytest.raises(Failed, match="Non-2xx"):
        load(Target(1, os.getpid()), ["/"], 16, 1)
