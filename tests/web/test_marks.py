"""Where texts are cut for their marks, without a page around them."""

import pytest

from comments_service.web.marks import Mark, Part, Weight, cut


def as_written(parts: list[Part]) -> str:
    """Parts as one line: marks in brackets, with who marked."""
    return "".join(f"[{p.text}|{p.found}]" if p.found else p.text for p in parts)


@pytest.mark.parametrize(
    ("text", "marks", "written"),
    [
        # Nothing found: the text is one part; an empty text is none.
        ("plain", [], "plain"),
        ("", [], ""),
        # At the edges and in the middle.
        ("abcdef", [(0, 2, "x")], "[ab|x]cdef"),
        ("abcdef", [(4, 6, "x")], "abcd[ef|x]"),
        ("abcdef", [(0, 6, "x")], "[abcdef|x]"),
        ("abcdef", [(2, 3, "x"), (4, 5, "y")], "ab[c|x]d[e|y]f"),
        # Where marks overlap, the stretch names all of them, and no character is lost.
        ("abcdef", [(1, 4, "x"), (2, 5, "y")], "a[b|x][cd|x, y][e|y]f"),
        ("abcdef", [(1, 5, "x"), (2, 3, "y")], "a[b|x][c|x, y][de|x]f"),
        ("abcdef", [(1, 3, "x"), (1, 3, "y")], "a[bc|x, y]def"),
        ("abcdef", [(1, 3, "x"), (1, 3, "x")], "a[bc|x]def"),
        # The order in which checks speak makes no difference.
        ("abcdef", [(4, 5, "y"), (0, 2, "x")], "[ab|x]cd[e|y]f"),
        # Code points, not bytes and not UTF-16 units.
        ("💣💣bad", [(2, 5, "x")], "💣💣[bad|x]"),
        # What lies outside the text, or is empty, marks nothing.
        ("abc", [(2, 9, "x"), (-1, 2, "y"), (1, 1, "z"), (2, 1, "w")], "abc"),
    ],
)
def test_texts_are_cut_where_marks_begin_and_end(
    text: str, marks: list[tuple[int, int, str]], written: str
) -> None:
    parts = cut(text, [Mark(*mark) for mark in marks])
    assert as_written(parts) == written
    assert "".join(part.text for part in parts) == text


def test_what_several_marks_cover_weighs_what_the_heaviest_does() -> None:
    noted, bad = Mark(0, 6, "capitals", Weight.NOTED), Mark(2, 3, "slur", Weight.BAD)
    parts = cut("abcdef", [noted, bad, Mark(3, 4, "insult")])
    assert [(p.text, p.name) for p in parts] == [
        ("ab", "noted"),
        ("c", "bad"),
        ("d", "suspect"),
        ("ef", "noted"),
    ]
