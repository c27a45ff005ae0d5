"""What a submission may hold, and how each fault is told."""

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments_service.domain import comment
from comments_service.domain.comment import make_submission, tidy_title
from comments_service.domain.errors import InvalidFields
from tests.support import hostile
from tests.support.hostile import Row


def faults(**fields: str | None) -> dict[str, str]:
    """The fields at fault and their sentences; a field that is not given is a good one."""
    typed = {"author_name": "Bob", "body": "Well said.", **fields}
    try:
        make_submission(**typed)  # type: ignore[arg-type]  # None is an e-mail address only.
    except InvalidFields as refusal:
        return {e.field: e.message for e in refusal.errors}
    return {}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param("  Bob \n the\tBuilder ", "Bob the Builder", id="one line, single spaces"),
        pytest.param("Ame\u0301lie", "Am\u00e9lie", id="one spelling of an accent"),
        pytest.param("\u202eboB\u202c", "boB", id="nothing reorders its neighbours"),
        pytest.param(
            "Bo\u200bb\ufeff\u2060\u00ad", "Bob", id="nothing unseen tells two Bobs apart"
        ),
        pytest.param("علی\u200cرضا", "علی\u200cرضا", id="joiners are part of a spelling"),
        pytest.param("🏳️\u200d🌈", "🏳️\u200d🌈", id="and of a picture"),
        pytest.param("กำธร ก็", "กำธร ก็", id="Thai with its marks"),
        pytest.param("שָׁלוֹם", "שָׁלוֹם", id="Hebrew with its points"),
        pytest.param("<b>x</b>", "<b>x</b>", id="markup is text"),
        pytest.param("=1+1", "=1+1", id="a formula is text"),
        pytest.param("0", "0", id="a digit"),
        pytest.param("*", "*", id="a sign"),
        pytest.param("漢" * comment.MAX_NAME, "漢" * comment.MAX_NAME, id="the longest"),
        pytest.param(" " * 500 + "Bob", "Bob", id="length is counted without outer space"),
        pytest.param("e\u0301" * 80, "é" * 80, id="and after composing"),
    ],
)
def test_a_name_is_stored_as(typed: str, stored: str) -> None:
    assert make_submission(author_name=typed, body="x").author_name == stored


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param("", "Please give a name.", id="nothing"),
        pytest.param(" \t\n", "Please give a name.", id="white space"),
        pytest.param("\u200b", "Please give a name.", id="zero width"),
        pytest.param("\u2800", "Please give a name.", id="Braille blank"),
        pytest.param("\u3164\u115f", "Please give a name.", id="Hangul fillers"),
        pytest.param("\u0301", "Please give a name.", id="a mark alone"),
        pytest.param("\ufffe", "Please give a name.", id="no character"),
        pytest.param("x" * 81, "at most 80 characters; this one has 81", id="one too long"),
        pytest.param("x" * 10_000, "this one has 10,000", id="much too long"),
        pytest.param("a\u0301\u0327" * 50_000, "at most 80", id="costly to compose"),
        pytest.param("\x1b[31mred", "control characters", id="terminal colours"),
        pytest.param("B\x00b", "control characters", id="NUL"),
        pytest.param("B\ud800b", "half a character", id="a lone surrogate"),
        pytest.param("\ud800", "half a character", id="a lone surrogate alone"),
        pytest.param("Z" + "\u0337" * 5, "stack more than four", id="Zalgo"),
        pytest.param("ก" + "\u0e47" * 5, "stack more than four", id="Thai marks of class 0"),
    ],
)
def test_a_name_is_refused_with(typed: str, sentence: str) -> None:
    found = faults(author_name=typed)
    assert set(found) == {"author_name"}
    assert sentence in found["author_name"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param("  a\r\nb\rc\n ", "a\nb\nc", id="one kind of line end"),
        pytest.param("a  b\tc\n\n\nd", "a  b\tc\n\n\nd", id="inner space stays"),
        pytest.param("qui\x08\x07\x1bck", "quick", id="what XML cannot hold goes"),
        pytest.param("\x9b31mr\x9ded\x85line", "31mred\nline", id="what terminals obey goes"),
        pytest.param("a\x0bb\x0cc\x1fd", "a b c d", id="separators become spaces"),
        pytest.param("bom\ufffe\uffff\ufeff", "bom\ufeff", id="non-characters go"),
        pytest.param("\u202eabc\u202c", "\u202eabc\u202c", id="text is stored as typed"),
        pytest.param(
            "Z\u0337\u0322\u031b\u0325\u0330", "Z\u0337\u0322\u031b\u0325\u0330", id="Zalgo"
        ),
        pytest.param("👍", "👍", id="a picture"),
        pytest.param("x" * comment.MAX_BODY, "x" * comment.MAX_BODY, id="the longest"),
        pytest.param(" " * 100_000 + "x", "x", id="length is counted without outer space"),
    ],
)
def test_a_body_is_stored_as(typed: str, stored: str) -> None:
    assert make_submission(author_name="Bob", body=typed).body == stored


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param("", "Please write something.", id="nothing"),
        pytest.param(" \n\t\u3000", "Please write something.", id="white space"),
        pytest.param("\u200b\u2800\u3164", "Please write something.", id="what shows nothing"),
        pytest.param("\x07", "Please write something.", id="a bell"),
        pytest.param("x" * 10_001, "at most 10,000 characters; this one has 10,001", id="too long"),
        pytest.param("\x00", "NUL", id="NUL alone"),
        pytest.param("a\x00b", "NUL", id="NUL"),
        pytest.param("a\udfffb", "half a character", id="a lone surrogate"),
        pytest.param("\udfff", "half a character", id="a lone surrogate alone"),
    ],
)
def test_a_body_is_refused_with(typed: str, sentence: str) -> None:
    found = faults(body=typed)
    assert set(found) == {"body"}
    assert sentence in found["body"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [(" bob@news.example ", "bob@news.example"), ("", None), (None, None), ("  ", None)],
)
def test_an_email_address_is_stored_as(typed: str | None, stored: str | None) -> None:
    assert make_submission(author_name="Bob", body="x", email=typed).email == stored


@pytest.mark.parametrize(
    "typed",
    [
        *("bob", "bob@", "@news.example", "bob@news", "a b@news.example", "a@b@news.example"),
        *("bob@news.example\r\nBcc: x@y.example", "b\x00b@news.example", "b\x1bb@news.example"),
        *("b\ud800b@news.example", "b\u202eb@news.example", "x" * 250 + "@a.example"),
    ],
)
def test_what_is_no_email_address_is_refused(typed: str) -> None:
    assert faults(email=typed) == {"email": "This does not look like an e-mail address."}


def test_a_name_too_long_to_accept_is_not_composed(monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[int] = []
    normalize = unicodedata.normalize

    def watched(form: Literal["NFC"], text: str) -> str:
        composed.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", watched)
    for marks in (1, 100, 50_000):
        faults(author_name="a" + "\u0301\u0327" * marks)
    assert composed == [3, 201]


def test_every_field_at_fault_is_named_at_once() -> None:
    found = faults(author_name="", body="", email="x", website="\x00")
    assert list(found) == ["author_name", "body", "email", "website"]


def test_the_honeypot_keeps_the_beginning_of_what_a_program_wrote() -> None:
    submission = make_submission(author_name="Bob", body="x", website="http://spam.example/" * 99)
    assert submission.website.startswith("http://spam.example/")
    assert len(submission.website) == comment.MAX_TITLE


@hostile.cases("names", "text", "html", "markdown")
def test_hostile_text_is_taken_or_refused_by_field(row: Row) -> None:
    text = row["payload"]
    for fields in ({"author_name": text}, {"body": text}, {"email": text}, {"website": text}):
        assert set(faults(**fields)) <= set(fields)


@given(st.text(), st.text())
def test_what_is_taken_can_be_stored_and_fed(name: str, body: str) -> None:
    try:
        taken = make_submission(author_name=name, body=body)
    except InvalidFields:
        return
    for text in (taken.author_name, taken.body):
        text.encode()
        assert not set(text) & UNPRINTABLE
    again = make_submission(author_name=taken.author_name, body=taken.body)
    assert again == taken


UNPRINTABLE = {chr(c) for c in [*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF]} - set("\t\n\r")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        pytest.param("  A quiet\n day ", "A quiet day", id="one line"),
        pytest.param("x" * 400, "x" * 300, id="a long one is cut"),
        pytest.param("x" * 299 + " y", "x" * 299, id="and does not end in a space"),
        pytest.param("\u202eA\x00B\x07C\ud800", "ABC", id="what cannot be shown goes"),
        pytest.param(
            "Z\u0321\u0321\u0321\u0321\u0321\u0489x",
            "Z\u0321\u0321\u0321\u0321x",
            id="no towers of marks",
        ),
        pytest.param(" \u200b", None, id="nothing to see"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="none"),
    ],
)
def test_a_title_is_shown_as(typed: str | None, shown: str | None) -> None:
    assert tidy_title(typed) == shown
