"""Matching by long lists, and by any list: the same finds, at the cost of the text's length."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.worst_cases import hostile_lists
from comments_service.text.index import Parts
from comments_service.text.match import Matcher
from comments_service.text.reading import Passage
from comments_service.text.windows import Piece, find_many
from tests.support.steps import steps_of


def test_a_long_list_of_parts_finds_what_a_short_one_does() -> None:
    many = Matcher([f"*zz{i}qx*" for i in range(1_000)] + ["*waffle*", "bun*", "*ae*"])
    text = Passage("body", "superwaffles, bunfight, maelstrom")
    short = Matcher(["*waffle*", "bun*", "*ae*"])
    assert many.find(text) == short.find(text)
    assert len(many.find(text)) == 3


def test_a_text_is_searched_for_few_of_a_long_list() -> None:
    """What costs is the text's length, not how many parts of words a site lists."""
    entries = [f"*mid{number}*" for number in range(1_000)]
    texts = [word * (2_000 // len(word)) for word in ("mid", "middle ", "abcdefg ", "m", "mid77 ")]
    few, many = Matcher(entries[:300]), Matcher(entries)
    for passage in (Passage("body", text) for text in texts):
        assert few.find(passage) == many.find(passage)
        costs = [steps_of(lambda m=m, p=passage: m.find(p)) for m in (few, many)]  # type: ignore[misc]
        assert costs[1] < costs[0] + 40


LISTS = hostile_lists()


@pytest.mark.parametrize("name", LISTS)
def test_no_list_makes_texts_cost_more(name: str) -> None:
    """Python's steps; what is done to whole arrays is a step for each length of the parts."""
    terms, units = LISTS[name]
    matcher = Matcher(terms, over_lines=True)
    for unit in units:
        passage = Passage("body", (unit * 10_000)[:10_000])
        matcher.find(passage)
        assert steps_of(lambda p=passage: matcher.find(p)) <= 150_000  # type: ignore[misc]


PIECES = st.lists(
    st.tuples(st.text("ab", min_size=1, max_size=5), st.booleans(), st.booleans()),
    min_size=1,
    max_size=12,
).map(lambda made: [Piece(*piece, True, str(number)) for number, piece in enumerate(made)])


@settings(max_examples=300, deadline=None)
@given(PIECES, st.text("ab ", max_size=60))
def test_many_parts_at_once_are_found_where_each_alone_is(pieces: list[Piece], text: str) -> None:
    first: dict[tuple[int, int], str] = {}
    words = Passage("body", text).words
    for piece in pieces:
        alone = Parts()
        alone.add(piece.text, piece.open_left, piece.open_right, piece.entry)
        for entry, at, until in alone.find(text, words):
            first.setdefault((at, until), entry)
    many = [(entry, at, until) for entry, at, until in find_many(text, words, pieces)]
    assert {(at, until): entry for entry, at, until in many} == first
    numbers = [int(entry) for entry, _, _ in many]
    assert numbers == sorted(numbers)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text("a\u00e9-. \u4e2d\U0001f595", min_size=1, max_size=5), min_size=1, max_size=9),
    st.booleans(),
    st.text("a\u00e9-. \u4e2d\U0001f595", max_size=60),
)
def test_many_parts_of_any_signs_are_found_where_they_stand(
    parts: list[str], widens: bool, text: str
) -> None:
    pieces = [Piece(part, True, True, widens, part) for part in parts]
    told = [*find_many(text, Passage("body", text).words, pieces)]
    assert {entry for entry, _, _ in told} <= {part for part in parts if part in text}
    assert all(entry in text[at:until] for entry, at, until in told)
    assert bool(told) == any(part in text for part in parts)


def test_where_many_parts_and_words_meet_the_work_is_bounded() -> None:
    letters = "abcdefghijklmnop"
    parts = [f"*{a}{b}{c}*" for a in letters for b in letters for c in letters]
    words = [f"{a}{b}{c}{d}" for a in "qx" for b in letters for c in letters for d in letters]
    few, many = (Passage("body", " ".join(words[:n])) for n in (500, 1_000))
    matcher = Matcher(parts)
    costs = [steps_of(lambda p=passage: matcher.find(p)) for passage in (few, many)]  # type: ignore[misc]
    assert costs[1] < 3 * costs[0]


HOSTILE_ENTRIES = st.text(st.sampled_from(list("aab*é1.- \u200b")), min_size=1, max_size=100)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(HOSTILE_ENTRIES, max_size=20),
    st.text(st.sampled_from(list("aab*é1.- \u200b\n")), max_size=200),
)
def test_any_list_and_any_text_go_together(entries: list[str], text: str) -> None:
    for match in Matcher(entries).find(Passage("body", text)):
        assert match.term in entries
        assert 0 <= match.start < match.end <= len(text)
