"""The figures that compare our checks with other filters are what they say they are."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.checks import __main__ as bench
from benchmarks.checks import rivals
from benchmarks.checks.figures import auc, f1, precision_recall, weigh
from benchmarks.checks.measure import CommandFailed, run
from benchmarks.checks.rivals import RIVALS
from benchmarks.checks.sets import SIX, USED, Text, read_sets, thin


def text(number: int, *, label: bool = False, swears: bool = False, hard: bool = False) -> Text:
    return Text(f"t{number}", f"text {number}", label, swears, hard)


def answers(scores: Mapping[str, float], **more: Any) -> dict[str, Mapping[str, Any]]:
    return {key: {"flag": value >= 0.5, "score": value, **more} for key, value in scores.items()}


TEXTS = [text(0), text(1, label=True), text(2), text(3, label=True)]


@pytest.mark.parametrize(
    ("scores", "area"),
    [
        ((0.1, 0.9, 0.2, 0.8), 1.0),
        ((0.9, 0.1, 0.8, 0.2), 0.0),
        ((0.5, 0.5, 0.5, 0.5), 0.5),
        ((0.1, 0.9, 0.5, 0.4), 0.75),
    ],
)
def test_the_area_is_how_often_an_abusive_text_scores_higher(
    scores: Sequence[float], area: float
) -> None:
    found = answers({f"t{i}": score for i, score in enumerate(scores)})
    assert auc(TEXTS, found) == area


def test_f1_of_what_was_found_against_what_was_wanted() -> None:
    assert f1(TEXTS, lambda t: t.id in ("t0", "t1"), lambda t: t.label) == 0.5
    assert f1(TEXTS, lambda _: False, lambda _: False) == 0


def test_a_curve_has_a_point_for_each_score() -> None:
    found = answers({"t0": 0.1, "t1": 0.9, "t2": 0.5, "t3": 0.5})
    assert precision_recall(TEXTS, found) == ([0.5, 1.0, 1.0], [1.0, 2 / 3, 0.5])


def sets_of(texts: Sequence[Text]) -> dict[str, Sequence[Text]]:
    return dict.fromkeys(USED, texts)


def test_clean_is_neither_abusive_nor_swearing() -> None:
    texts = [*TEXTS, text(4, swears=True)]
    found = answers({"t0": 0.9, "t1": 0.9, "t2": 0.1, "t3": 0.9, "t4": 0.9})
    quality = weigh(sets_of(texts), found)
    assert quality.clean_flagged == 0.5
    assert quality.f1_any == pytest.approx(2 * 3 / (4 + 3))
    assert quality.swearing == 1
    assert quality.refused_f1_any is None, "it has no tier that refuses"


def test_spam_is_no_abuse_and_a_refusal_is_a_decision() -> None:
    found: dict[str, Mapping[str, Any]] = {
        key: {
            "flag": True,
            "score": 1.0,
            "scores": {"abuse": 0.0, "spam": 1.0},
            "categories": ["spam"],
            "decision": "reject" if key == "t1" else "hold",
        }
        for key in ("t0", "t1", "t2", "t3")
    }
    quality = weigh(sets_of(TEXTS), found)
    assert quality.clean_flagged == 0
    assert quality.auc == 0.5
    assert quality.refused_f1_any == pytest.approx(2 / 3)
    assert quality.refused_clean == 0


def test_a_smaller_part_is_within_a_larger_one() -> None:
    sets = sets_of([text(i) for i in range(50)])
    some, more = (thin(sets, rows)[SIX[0]] for rows in (5, 20))
    assert len(some) == 5
    assert set(some) < set(more)


def test_a_command_that_fails_is_no_result() -> None:
    with pytest.raises(CommandFailed):
        run([sys.executable, "-c", "raise SystemExit(3)"], {"a": "x"})
    with pytest.raises(CommandFailed):
        run([sys.executable, "-c", ""], {"a": "x"})


def test_a_rival_answers_as_ours_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = tmp_path / "asked.jsonl"
    asked.write_text('{"id": "a", "text": "shit"}\n{"id": "b", "text": "tea"}\n')
    with asked.open() as lines:
        monkeypatch.setattr(sys, "stdin", lines)
        assert rivals.main(["better-profanity"]) == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert said == [
        {"id": "a", "flag": True, "score": 1.0},
        {"id": "b", "flag": False, "score": 0.0},
    ]


def test_without_the_texts_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("Skipped: there is no ")


def some_sets(folder: Path) -> None:
    for name in USED:
        rows = [
            {"id": f"{name}{i}", "text": said, "label": label, "swears": bool(label)}
            for i, (said, label) in enumerate([("You shit", 1), ("Good tea", 0), ("Fine day", 0)])
        ]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.slow
def test_the_result_goes_between_the_marks_of_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="the pictures need the packages of make bench-checks")
    some_sets(tmp_path)
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n{bench.BEGIN}\nold\n{bench.END}\nAfter.\n")
    monkeypatch.setattr(bench, "LENGTHS", (165, 5_000))
    monkeypatch.setattr("benchmarks.checks.measure.ENOUGH", 0)
    monkeypatch.setattr(bench, "RIVALS", [r for r in RIVALS if r.name == "better-profanity"])
    assert bench.main(["--data", str(tmp_path), "--page", str(page)]) == 0
    written = page.read_text()
    assert "old" not in written
    assert written.startswith("Before.")
    assert written.endswith("After.\n")
    assert "| swearing comments flagged (impermium) | 1.000 | 1.000 |" in written
    assert (tmp_path / "measured" / "cost-by-length.svg").exists()
    assert "swearing" in capsys.readouterr().out
    assert read_sets(tmp_path)[SIX[0]][0].label
