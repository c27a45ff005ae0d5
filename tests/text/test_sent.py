"""Places of a tidied text, in the text as somebody sent it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments_service.domain.comment import make_submission
from comments_service.domain.errors import InvalidFields
from comments_service.text.sent import spans_as_sent


@pytest.mark.parametrize(
    ("sent", "word", "shown"),
    [
        # Nothing was tidied.
        ("you fool", "fool", "fool"),
        # White space around it went.
        ("\n\t  you fool  ", "fool", "fool"),
        # Line ends were two characters, or the other one.
        ("you\r\n\r\nfool\r\nyou", "fool", "fool"),
        ("you\rfool", "fool", "fool"),
        # What nobody can print went, or became a space.
        ("y\x01o\x02u f\x03ool", "fool", "f\x03ool"),
        ("you\x0bfool\x1c!", "fool", "fool"),
        # A span that ends where a line does.
        ("you fool\r\n!", "fool", "fool"),
        # Letters beyond the first plane are one character each.
        (" 💣💣 fool 💣", "fool", "fool"),
    ],
)
def test_a_word_of_the_body_is_found_where_it_was_typed(sent: str, word: str, shown: str) -> None:
    tidied = make_submission(author_name="Bob", body=sent).body
    at = tidied.index(word)
    ((start, end),) = spans_as_sent(sent, tidied, [(at, at + len(word))])
    assert sent[start:end] == shown


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("  a\u200b   fool ", "fool"),
        ("a \u202efo\u2060ol", "fo\u2060ol"),
        # Composed, a letter is no letter of what was sent: the whole name is shown.
        ("e\u0301 fool", "e\u0301 fool"),
    ],
)
def test_a_word_of_the_name_is_found_where_it_was_typed(sent: str, shown: str) -> None:
    tidied = make_submission(author_name=sent, body="Hello").author_name
    at = tidied.index("fool")
    ((start, end),) = spans_as_sent(sent, tidied, [(at, at + 4)])
    assert sent[start:end] == shown


def test_no_span_is_none() -> None:
    assert spans_as_sent("abc", "abc", []) == ()
    assert spans_as_sent("e\u0301", "é", []) == ()
    assert spans_as_sent("abc", "abc", [(1, 1)]) == ()


@given(st.text(max_size=60))
def test_any_span_of_any_text_lies_in_what_was_sent(sent: str) -> None:
    try:
        tidied = make_submission(author_name="Bob", body=sent).body
    except InvalidFields:
        return
    for at in range(len(tidied)):
        ((start, end),) = spans_as_sent(sent, tidied, [(at, at + 1)])
        assert 0 <= start < end <= len(sent)
        assert sent[start:end] == tidied[at] or tidied[at].isspace()
