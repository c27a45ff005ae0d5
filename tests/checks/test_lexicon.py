"""The lexicon's files: every line can be read, every word of the seed is judged."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from better_profanity import Profanity

from comments_service import checks
from comments_service.checks import lexicon
from comments_service.domain.comment import Submission
from comments_service.domain.facts import NO_HISTORY, History
from comments_service.domain.policy import Action, Policy, PolicyMode, decide
from comments_service.domain.verdict import Category, Signal
from comments_service.text import language as language_guess
from comments_service.text.fold import fold

FOLDER = Path(lexicon.__file__).parent
LINES = [
    line
    for line in (FOLDER / "en.tsv").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_each_entry_stands_once_with_severities_in_range() -> None:
    terms = [line.split("\t")[0] for line in LINES]
    assert sorted(set(terms)) == sorted(terms)
    for line in LINES:
        term, severity, category, *aimed = line.split("\t")
        assert term == term.strip().lower() != ""
        assert 0 <= float(severity) <= 1
        assert Category(category) not in (Category.SPAM, Category.MANNER)
        assert all(float(severity) < float(a) < 0.9 for a in aimed), "aiming alone refuses nobody"


@pytest.mark.parametrize("language", lexicon.LANGUAGES[1:])
def test_the_files_of_other_languages_can_be_read(language: str) -> None:
    lines = (FOLDER / f"{language}.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    terms = [lexicon.folded_term(row[0]) for row in rows]
    assert sorted(set(terms)) == sorted(terms), "two lines are one once folded"
    for term, severity, category, aimed, mark in ([*row, "", ""][:5] for row in rows):
        assert term == " ".join(term.split())
        assert fold(term.strip("*")).text.strip()
        assert 0 <= float(severity) <= 1
        assert Category(category) not in (Category.SPAM, Category.MANNER)
        assert not aimed or float(severity) < float(aimed) < 0.9, term
        assert mark in ("", "here", "accents", "bare"), term


def test_the_languages_of_harmless_words_can_be_guessed() -> None:
    lines = (FOLDER / "harmless.tsv").read_text("utf-8").splitlines()
    codes = [line.split("\t")[0] for line in lines if not line.startswith("#")]
    assert len(codes) == len(set(codes)) >= 15
    assert set(codes) | set(lexicon.LANGUAGES) <= language_guess.LANGUAGES


def test_every_word_of_the_seed_is_judged() -> None:
    seed = {str(word).strip() for word in Profanity().CENSOR_WORDSET}
    assert seed <= {line.split("\t")[0] for line in LINES}


def test_ordinary_words_are_plain_and_no_entries() -> None:
    lines = (FOLDER / "en.ordinary.txt").read_text("utf-8").splitlines()
    words = [line for line in lines if line and not line.startswith("#")]
    assert words == sorted(set(words))
    assert all(word.isalpha() and word.islower() for word in words)
    entries = lexicon.load().entries
    english = {term for term, e in entries.items() if e.language == "en" and e.severity > 0}
    assert sorted(english.intersection(words)) == []


def test_finding_the_checks_does_not_read_the_lexicon() -> None:
    code = (
        "from comments_service import checks; from comments_service.checks import lexicon;"
        "checks.discover(); assert lexicon.load.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


DAMAGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "empty": lambda _: [],
    "cut in the middle of a line": lambda lines: [*lines[:-5], lines[-5][:3]],
    "cut at the end of a line": lambda lines: lines[: len(lines) // 2],
    "without its last line": lambda lines: lines[:-1],
    "without a line inside": lambda lines: [*lines[:-3], *lines[-2:]],
}


@pytest.mark.parametrize("name", ["en.tsv", "it.tsv", "harmless.tsv", "en.ordinary.txt"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_told_and_half_a_list_is_none(
    name: str, damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in FOLDER.iterdir():
        if file.suffix in (".tsv", ".txt"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    damaged = DAMAGES[damage]((tmp_path / name).read_bytes().splitlines(keepends=True))
    (tmp_path / name).write_bytes(b"".join(damaged))
    monkeypatch.setattr(lexicon, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match=name):
        lexicon.load.__wrapped__()


LINE = "zounderkite\t0.5\tinsult"
WRONG_LINES = {
    "a severity that is no number": ("it.tsv", f"{LINE[:12]}nan\tinsult"),
    "one above 1": ("en.tsv", f"{LINE[:12]}9\tinsult"),
    "one a little above 1": ("en.tsv", f"{LINE[:12]}1.01\tinsult"),
    "one below 0": ("en.tsv", f"{LINE[:12]}-1\tinsult"),
    "none": ("en.tsv", f"{LINE[:12]}\tinsult"),
    "infinity, said to somebody": ("en.tsv", f"{LINE}\tinf"),
    "a category that nobody knows": ("de.tsv", f"{LINE}s"),
    "one that is not of words": ("de.tsv", f"{LINE[:12]}0.5\tspam"),
    "no category": ("de.tsv", LINE[:15]),
    "a mark that nobody knows": ("fr.tsv", f"{LINE}\t\tthere"),
    "too many fields": ("fr.tsv", f"{LINE}\t\there\t0.9"),
    "no term": ("fr.tsv", "**\t0.5\tinsult"),
    "a term that stands above already": ("en.tsv", "gas the jews\t0\tthreat"),
    "what could not be read": ("en.tsv", f"\ufffd{LINE}"),
    "a control character": ("en.tsv", f"\x00{LINE}"),
    "a language that nobody knows": ("harmless.tsv", "xx\tbad"),
    "a language without words": ("harmless.tsv", "sv\t"),
}


@pytest.mark.parametrize("which", WRONG_LINES)
def test_a_damaged_line_is_told_and_named(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, line = WRONG_LINES[which]
    for file in FOLDER.iterdir():
        if file.suffix in (".tsv", ".txt"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    # The last entry is another, so that their number is right.
    *lines, _, end = (tmp_path / name).read_text("utf-8").splitlines()
    (tmp_path / name).write_text("\n".join([*lines, line, end, ""]), "utf-8")
    monkeypatch.setattr(lexicon, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match=name) as raised:
        lexicon.load.__wrapped__()
    assert repr(line.strip()) in str(raised.value) or "damaged" in str(raised.value)


def test_a_damaged_lexicon_holds_for_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexicon, "files", lambda _: tmp_path)
    lexicon.load.cache_clear()
    said = checks.run(Submission("Bob", "A walk."), NO_HISTORY, Policy(PolicyMode.POST))
    lexicon.load.cache_clear()
    errored = {v.check for v in said.verdicts if v.signal is Signal.ERRORED}
    assert "profanity" in errored
    assert decide(said.verdicts, PolicyMode.POST, History()).action is Action.HOLD


def test_a_missing_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "files", lambda _: tmp_path)
    with pytest.raises(FileNotFoundError):
        lexicon.load.__wrapped__()
