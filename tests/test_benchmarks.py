"""The benchmarks run, end with what they assert, and say so where they cannot."""

import argparse
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks import examine_cost, posts, real_comments, worst_cases
from benchmarks.real_comments import DATA, FILES, Posting, Row, read_rows
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
    assert "24 comments, 36 posts" in said, "half of them twice, as browsers that retry"
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
    assert "19 texts" in said
    assert len(re.findall(r"^( +\d+\.\d\d){3}  x *\d+\.\d  ", said, re.MULTILINE)) == 12


def test_a_hostile_text_is_made_anew_from_its_seed(tmp_path: Path) -> None:
    made = worst_cases.texts(1, 20, tmp_path)
    assert made == worst_cases.texts(1, 20, tmp_path) != worst_cases.texts(2, 20, tmp_path)
    assert {len(text) for text in made.values()} == {10_000}
