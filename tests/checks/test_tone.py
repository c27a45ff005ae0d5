"""Tone: what is counted, and that the list says of each word one thing."""

from pathlib import Path

import pytest

from comments_service.checks.abuse_model import tone
from comments_service.checks.abuse_model.tone import KINDS, Tone, load, tone_of
from comments_service.text.fold import fold
from comments_service.text.reading import Passage

COUNTED = [
    ("", Tone(0, 0, 0, 0, 0)),
    ("The train leaves at nine.", Tone(0, 0, 0, 0, 0)),
    ("A liar, a liar and a fraud", Tone(3, 0, 0, 0, 2)),
    ("What a splendid, helpful answer", Tone(0, 1, 2, 0, 0)),
    ("Perhaps it is p\u0430thetic", Tone(1, 0, 0, 1, 1)),
]


@pytest.mark.parametrize(("body", "expected"), COUNTED)
def test_words_are_counted_by_kind(body: str, expected: Tone) -> None:
    assert tone_of(Passage("body", body)) == expected


def test_a_list_that_was_cut_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (Path(tone.__file__).parent / "tone.txt").read_bytes().splitlines(keepends=True)
    (tmp_path / "tone.txt").write_bytes(b"".join(lines[:-4]))
    monkeypatch.setattr(tone, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match=r"tone\.txt"):
        load.__wrapped__()


DAMAGES = [
    ("## care", "", "nothing is listed as care"),
    ("## scorn", "", "is listed as nothing"),
    ("## care", "## delight", "nothing is listed as care"),
    ("## care", "## car", "is listed as car"),
    ("## care", "## care \ufffd", "is damaged"),
]


@pytest.mark.parametrize(("heading", "instead", "told"), DAMAGES)
def test_a_lost_heading_is_told(
    heading: str, instead: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(tone.__file__).parent / "tone.txt").read_text("utf-8")
    (tmp_path / "tone.txt").write_text(text.replace(f"{heading}\n", f"{instead}\n"), "utf-8")
    monkeypatch.setattr(tone, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match=r"tone\.txt") as raised:
        load.__wrapped__()
    assert told in str(raised.value)


def test_the_list_is_of_folded_single_words_of_every_kind() -> None:
    assert set(load().values()) == set(KINDS)
    assert [word for word in load() if fold(word).text != word or not word.isalpha()] == []


GROUPS = """black white asian african muslim jewish christian gay lesbian trans woman women man
    immigrant immigrants refugee refugees disabled blind deaf old young mexican chinese""".split()


def test_no_group_of_people_has_a_tone() -> None:
    assert set(GROUPS).isdisjoint(load())
