"""`comments-service words`: listed, changed, taken away, carried in and out as a file."""

from pathlib import Path

import pytest
from better_profanity import Profanity

from tests.cli.conftest import CommandLine, Publisher

SITE = ("--site", "gazette")


@pytest.fixture(autouse=True)
def there(gazette: str) -> None:
    assert gazette == "gazette"


def listed(run: CommandLine) -> list[list[str]]:
    said = run("words", "list", *SITE)
    assert said.status == 0, said.err
    return [line.split("\t") for line in said.out.splitlines()]


def test_words_are_added_changed_and_removed(comments_service: CommandLine) -> None:
    said = comments_service("words", "add", "casino*", " snake   oil ", *SITE)
    assert (said.status, said.out) == (0, "casino*: refuse\nsnake oil: refuse\n")
    said = comments_service(
        *("words", "add", "CASINO*", "--severity", "0.5", "--category", "insult", "--note", "Ads"),
        *SITE,
    )
    assert said.out == "CASINO*: 0.5 (was refuse)\n"
    assert listed(comments_service) == [
        ["CASINO*", "0.5", "insult", "Ads"],
        ["snake oil", "refuse", "profanity"],
    ]
    said = comments_service("words", "list", *SITE, "--search", "ads")
    assert said.out == "CASINO*\t0.5\tinsult\tAds\n"
    assert comments_service("words", "remove", "casino*", *SITE).out == "CASINO* is gone.\n"
    said = comments_service("words", "remove", "casino*", "snake oil", *SITE)
    assert (said.status, said.out) == (1, "snake oil is gone.\n")
    assert "Not every one" in said.err
    assert listed(comments_service) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["*a*"], "term: '*a*': a part has at least 3 letters"),
        (["x" * 100_000], "at most 100 characters"),
        (["casino", "--severity", "loud"], "harmless, mild, hold, refuse or a number"),
        (["casino", "--severity", "nan"], "a number from 0 to 1"),
        (["casino", "--category", "spam"], "'--category'"),
        (["casino", "--note", "x" * 201], "note: A note has at most 200"),
        ([], "Missing argument"),
    ],
)
def test_what_cannot_be_listed_changes_nothing(
    options: list[str], told: str, comments_service: CommandLine
) -> None:
    said = comments_service("words", "add", *options, *SITE)
    assert (said.status, said.out) == (2, "")
    assert told in said.err
    assert len(said.err) < 800
    assert listed(comments_service) == []


@pytest.mark.parametrize("term", ["the", "AND", "*the*", "of the", "und", "\u0442he"])
def test_what_nearly_every_comment_holds_is_listed_by_force_alone(
    term: str, comments_service: CommandLine
) -> None:
    said = comments_service("words", "add", "casino", term, *SITE)
    assert (said.status, said.out) == (2, "")
    assert f"term: {term!r} would be found in nearly every comment in " in said.err
    assert "--force" in said.err
    assert listed(comments_service) == []
    assert comments_service("words", "add", term, *SITE, "--severity", "harmless").status == 0
    # What is harmless now is not refused by the way.
    assert comments_service("words", "add", term, *SITE).status == 2
    said = comments_service("words", "add", "casino", term, *SITE, "--force")
    assert (said.status, said.err) == (0, "")
    assert len(listed(comments_service)) == 2
    assert comments_service("words", "add", term, *SITE, "--severity", "hold").status == 0


def test_an_everyday_word_of_a_file_is_told(comments_service: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("casino\nthe\nnad\n", "utf-8")
    said = comments_service("words", "import", str(file), *SITE)
    assert (said.status, listed(comments_service)) == (2, [])
    assert "'the' would be found in nearly every comment in English." in said.err
    said = comments_service("words", "import", str(file), *SITE, "--force")
    assert (said.status, len(listed(comments_service))) == (0, 3)
    assert said.err == "Note: 'nad' would be found in most comments in Estonian.\n"


def test_a_site_that_is_not_there(comments_service: CommandLine) -> None:
    said = comments_service("words", "list", "--site", "nowhere")
    assert (said.status, said.out) == (2, "")
    assert "site list" in said.err


def test_a_file_goes_out_and_in_as_it_was(comments_service: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "words.tsv"
    lines = (
        "casino*\thold\tinsult\tAdverts, mostly",
        "dick turpin\tharmless\tprofanity",
        "žluťoučký\t0.75\tslur",
        "笨蛋\trefuse\tprofanity",
    )
    file.write_text("# Ours\n" + "\r\n".join(lines) + "\n\n", "utf-8-sig")
    said = comments_service("words", "import", str(file), *SITE)
    assert (said.status, said.out) == (0, "4 entries are listed; 0 changed or went.\n"), said.err
    assert comments_service("words", "export", *SITE).out.splitlines() == list(lines)
    assert comments_service("words", "export", "--terms", *SITE).out.splitlines() == [
        "casino*",
        "žluťoučký",
        "笨蛋",
    ]
    file.write_text("snake oil\n")
    comments_service("words", "import", str(file), *SITE, "--severity", "mild", "--replace")
    assert listed(comments_service) == [["snake oil", "mild", "profanity"]]


def test_a_list_of_better_profanitys_is_taken_up_to_what_cannot_be_found(
    comments_service: CommandLine, tmp_path: Path
) -> None:
    words = sorted({str(word).strip() for word in Profanity().CENSOR_WORDSET})
    good = [word for word in words if "*" not in word.strip("*") and len(word) > 1]
    file = tmp_path / "theirs.txt"
    file.write_text("\n".join(good), "utf-8")
    said = comments_service("words", "import", str(file), *SITE, "--severity", "hold")
    assert said.status == 0, said.err
    assert len(listed(comments_service)) > 800


@pytest.mark.parametrize(
    "line",
    [
        "casino,refuse",
        'casino, hold ,sexual,"a, b"',
        "term,severity,category,note",
        "casino;0.5;slur",
    ],
)
def test_a_table_with_commas_is_refused(
    comments_service: CommandLine, tmp_path: Path, line: str
) -> None:
    file = tmp_path / "words.csv"
    file.write_text(f"good, so good\n{line}\n")
    said = comments_service("words", "import", str(file), *SITE)
    assert said.status == 2
    assert said.err.startswith("Error: line 2: Commas stand between the columns")
    assert listed(comments_service) == []


def test_a_severity_without_a_name_is_told_as_the_number(comments_service: CommandLine) -> None:
    said = comments_service("words", "add", "casino", *SITE, "--severity", "0.5")
    assert said.out == "casino: 0.5\n"
    said = comments_service("words", "add", "casino", *SITE, "--severity", "hold")
    assert said.out == "casino: hold (was 0.5)\n"


def test_wrong_lines_are_told_and_nothing_is_taken(
    comments_service: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "words.txt"
    bad = ["casino", "*a*", "casino\tloud", "casino\thold\tspam", *["*"] * 40]
    file.write_text("\n".join(bad))
    said = comments_service("words", "import", str(file), *SITE)
    assert (said.status, said.out) == (2, "")
    told = said.err.splitlines()
    assert told[0] == "Error: line 2: '*a*': a part has at least 3 letters, or it is everywhere."
    assert told[1].startswith("Error: line 3: 'loud': write harmless, mild")
    assert told[2].startswith("Error: line 4: 'spam' is no kind")
    assert told[-1] == "Error: file: And 23 more."
    assert len(told) == 21
    assert listed(comments_service) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"casino\ncaf\xe9\n", "line 2: It is not written in UTF-8."),
        (b"x" * 4_000_001, "more than 4,000,000 bytes"),
        (b"casino\x00\n", "line 1: It holds control characters."),
    ],
)
def test_a_file_that_is_no_list(
    content: bytes, told: str, comments_service: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "words.txt"
    file.write_bytes(content)
    said = comments_service("words", "import", str(file), *SITE)
    assert said.status == 2
    assert told in said.err
    assert listed(comments_service) == []


def test_the_service_beside_hears_of_it_at_once(
    comments_service: CommandLine, publisher: Publisher
) -> None:
    assert publisher.post("A casino opens.")["status"] == "approved"
    comments_service("words", "add", "casino", "--severity", "hold", *SITE)
    assert publisher.post("A casino closes.")["status"] == "pending"
    comments_service("words", "add", "casino", "--severity", "harmless", *SITE)
    assert publisher.post("A casino is sold.")["status"] == "approved"


def test_an_entry_that_begins_like_a_comment_comes_back(
    tmp_path: Path, comments_service: CommandLine
) -> None:
    comments_service("words", "add", "# snake oil", *SITE)
    for more in ((), ("--terms",)):
        file = tmp_path / "words.txt"
        file.write_text(comments_service("words", "export", *SITE, *more).out)
        said = comments_service("words", "import", str(file), *SITE, "--replace")
        assert (said.status, listed(comments_service)[0][0].strip()) == (0, "# snake oil")
