"""The lexicon's files: every line can be read, every word of the seed is judged."""

import subprocess
import sys
from pathlib import Path

from better_profanity import Profanity

from comments_service.checks import lexicon
from comments_service.domain.verdict import Category

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


def test_every_word_of_the_seed_is_judged() -> None:
    seed = {str(word).strip() for word in Profanity().CENSOR_WORDSET}
    assert seed <= {line.split("\t")[0] for line in LINES}


def test_ordinary_words_are_plain_and_no_entries() -> None:
    lines = (FOLDER / "en.ordinary.txt").read_text("utf-8").splitlines()
    words = [line for line in lines if line and not line.startswith("#")]
    assert words == sorted(set(words))
    assert all(word.isalpha() and word.islower() for word in words)
    entries = lexicon.load().entries
    assert [word for word in words if word in entries and entries[word].severity > 0] == []


def test_finding_the_checks_does_not_read_the_lexicon() -> None:
    code = (
        "from comments_service import checks; from comments_service.checks import lexicon;"
        "checks.discover(); assert lexicon.load.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
