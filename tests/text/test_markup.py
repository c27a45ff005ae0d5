"""A comment's text as HTML: what it shows, what never comes out, and what it may cost."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments_service.domain.comment import MAX_BODY
from comments_service.text import markup
from comments_service.text.markup import render
from tests.support import hostile
from tests.support.hostile import Row

# Said again, on purpose: the test must not read what it checks from the module.
TAGS = "p|br|strong|em|s|del|code|pre|blockquote|ul|ol|li"
LINK = r'<a href="(?:https?://|mailto:)[^"<>\s]+" rel="nofollow ugc noopener">'
# Nothing but these forms holds a "<", so that no two parsers can disagree on where a tag begins.
SAFE = re.compile(rf"(?:[^<>]|</?(?:{TAGS})>|</a>|{LINK})*+")
EMPTY = {"br"}


class Shown(HTMLParser):
    """What a reader sees of the HTML: the text; and whether every tag is closed in its place."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.open: list[str] = []
        self.deepest = 0
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in EMPTY:
            self.open.append(tag)
            self.deepest = max(self.deepest, len(self.open))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def assert_safe(body: str) -> Shown:
    html = render(body)
    assert SAFE.fullmatch(html), html
    assert len(html) <= 20 * max(1, len(body))
    shown = Shown(html)
    assert shown.deepest <= markup.MAX_NESTING
    return shown


def letters_and_digits(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def appears_in_order(wanted: str, text: str) -> bool:
    remaining = iter(text)
    return all(c in remaining for c in wanted)


@hostile.cases("html", "html_cc_by_sa", "markdown", "links", "names", "text")
def test_nothing_a_reader_typed_gets_out_of_the_allow_list(row: Row) -> None:
    assert_safe(row["payload"])


@hostile.cases("links")
def test_a_hostile_address_becomes_no_link_however_it_is_written(row: Row) -> None:
    address = row["payload"]
    for body in (f"[x]({address})", f"[x](<{address}>)", f"<{address}>", f"see {address} now"):
        assert_safe(body)


@hostile.cases("text")
def test_text_is_shown_as_typed(row: Row) -> None:
    if row["expect"].get("text_shown_as_typed"):
        typed = letters_and_digits(row["payload"])
        assert appears_in_order(typed, letters_and_digits(assert_safe(row["payload"]).text))


@hostile.cases("html", "html_cc_by_sa")
def test_a_readers_html_is_shown_and_not_lost(row: Row) -> None:
    """Markup typed by hand is text; only what Markdown itself takes for a link's target may go."""
    if not re.search(r"\]\(|&|```|~~~|\\", row["payload"]):
        typed = letters_and_digits(row["payload"])
        assert appears_in_order(typed, letters_and_digits(assert_safe(row["payload"]).text))


@pytest.mark.parametrize(
    ("body", "html"),
    [
        pytest.param("one\ntwo", "<p>one<br>\ntwo</p>", id="A new line is a new line."),
        pytest.param("one\n\ntwo", "<p>one</p>\n<p>two</p>", id="An empty line ends a paragraph."),
        pytest.param("*a* **b** ~~c~~ `d`", None, id="Emphasis, stress, deletion and code."),
        pytest.param("# Loud", "<p># Loud</p>", id="Headings are text."),
        pytest.param("Loud\n====", "<p>Loud<br>\n====</p>", id="Underlined ones, too."),
        pytest.param("---", "<p>---</p>", id="Rules are text."),
        pytest.param("    indented", "<p>indented</p>", id="Four spaces are no code."),
        pytest.param("![a](https://a.example/)", None, id="Images are links at most."),
        pytest.param("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>", id="HTML is text."),
        pytest.param("AT&amp;T &lt;", "<p>AT&amp;amp;T &amp;lt;</p>", id="Entities are text."),
        pytest.param(
            "a | b\n--|--\n1 | 2", "<p>a | b<br>\n--|--<br>\n1 | 2</p>", id="Tables: text."
        ),
        pytest.param("[a]: https://b.example", None, id="References define nothing."),
        pytest.param("2026. A year", "<p>2026. A year</p>", id="A year begins no list."),
        pytest.param(
            "1. a\n7. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>", id="A list begins with 1."
        ),
        pytest.param("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>", id="A list of points."),
        pytest.param(
            "- a\n5. b", "<ul>\n<li>a</li>\n</ul>\n<p>5. b</p>", id="A number ends the points."
        ),
        pytest.param(
            "> quoted\nanswered",
            "<blockquote>\n<p>quoted</p>\n</blockquote>\n<p>answered</p>",
            id="A quote ends where its marks end.",
        ),
        pytest.param(
            ">> a\n> b",
            "<blockquote>\n<blockquote>\n<p>a</p>\n</blockquote>\n<p>b</p>\n</blockquote>",
            id="A quote in a quote.",
        ),
        pytest.param(
            "```py\n<a>\n```",
            "<pre><code>&lt;a&gt;\n</code></pre>",
            id="A fence may name a language.",
        ),
        pytest.param("```so he said\nx", None, id="A fence that says more is text."),
        pytest.param("-", "<p>-</p>", id="What would show nothing is shown as typed."),
        pytest.param(">\n>", "<p>&gt;<br>\n&gt;</p>", id="An empty quote, too."),
        pytest.param("[a]()", "<p>a</p>", id="A link to nowhere is text."),
    ],
)
def test_markdown_that_readers_know(body: str, html: str | None) -> None:
    expected = html if html is not None else SPELLED_OUT[body]
    assert render(body) == expected
    assert_safe(body)


def link(href: str, text: str) -> str:
    return f'<a href="{href}" rel="nofollow ugc noopener">{text}</a>'


SPELLED_OUT = {
    "*a* **b** ~~c~~ `d`": "<p><em>a</em> <strong>b</strong> <s>c</s> <code>d</code></p>",
    "![a](https://a.example/)": f"<p>!{link('https://a.example/', 'a')}</p>",
    "[a]: https://b.example": f"<p>[a]: {link('https://b.example/', 'https://b.example')}</p>",
    "```so he said\nx": "<p>```so he said<br>\nx</p>",
}


@pytest.mark.parametrize(
    ("body", "linked"),
    [
        ("see https://a.example/b_c_d.", [("https://a.example/b_c_d",) * 2]),
        ("(https://a.example/x_(y))", [("https://a.example/x_(y)",) * 2]),
        ("**https://a.example/**", [("https://a.example/",) * 2]),
        ("HTTPS://A.example/Ä", [("https://a.example/%C3%84", "HTTPS://A.example/Ä")]),
        ("“https://a.example/”", [("https://a.example/",) * 2]),
        ("https://a.example/?a=1&b=2", [("https://a.example/?a=1&amp;b=2",) * 2]),
        (
            "https://a.example/1 http://b.example/",
            [("https://a.example/1",) * 2, ("http://b.example/",) * 2],
        ),
        ("[words](https://a.example/)", [("https://a.example/", "words")]),
        ("[https://a.example/](http://b.example/)", [("http://b.example/", "https://a.example/")]),
        ("<https://a.example/>", [("https://a.example/",) * 2]),
        ("<me@a.example>", [("mailto:me@a.example", "me@a.example")]),
        ("[mail](mailto:me@a.example)", [("mailto:me@a.example", "mail")]),
    ],
)
def test_addresses_become_links(body: str, linked: list[tuple[str, str]]) -> None:
    found = re.findall(r'<a href="([^"]*)" rel="nofollow ugc noopener">(.*?)</a>', render(body))
    assert found == linked
    assert_safe(body)


@pytest.mark.parametrize(
    "body",
    [
        *(
            "[x](/path)",
            "[x](//a.example/)",
            "[x](#a)",
            "[x](javascript:alert(1))",
            "[x](ftp://a.b/)",
        ),
        *("[x](https:a.example)", "[x](https:\\\\a.example)", "[x](data:text/html,x)"),
        *("https://", "https://.", "xhttps://a.example", "https:/a.example", "<javascript:x>"),
        # User information is there to look like another host.
        *("[x](https://bank.example@a.example/)", "https://me:pw@a.example/"),
        *("`https://a.example/`", "me@a.example", "www.a.example"),
    ],
)
def test_what_is_no_absolute_address_becomes_no_link(body: str) -> None:
    assert "<a" not in render(body)
    assert appears_in_order(letters_and_digits(body), letters_and_digits(assert_safe(body).text))


@hostile.cases("slow")
def test_a_slow_text_is_bounded_in_work_and_size(row: Row) -> None:
    for body in (row["payload"], row["payload"][:MAX_BODY]):
        assert_safe(body)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param("x" * (MAX_BODY + 1) + "*a*", "too long", id="longer than a comment"),
        pytest.param(">" * 25 + " *a*", "too deep", id="quotes in quotes"),
        pytest.param("- " * 12 + "*a*", "too deep", id="lists in lists"),
        pytest.param("*a **b " * 15 + "c** d*" * 15, "too deep", id="stress in emphasis"),
        pytest.param(
            (">" * 15 + " a\n\n") * 300 + "*a*",
            "too long a result",
            id="growth",
        ),
    ],
)
def test_beyond_a_bound_the_text_is_shown_as_typed(body: str, why: str) -> None:
    html = render(body)
    assert "<blockquote>" not in html
    assert "<em>" not in html, why
    assert "<li>" not in html
    assert letters_and_digits(assert_safe(body).text) == letters_and_digits(body)


def test_the_parsers_work_is_bounded_by_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "*a* [b " * 40
    assert "<em>" in render(body)
    monkeypatch.setattr(markup, "MAX_STEPS", 50)
    assert render(body) == f"<p>{body}</p>"


def test_prose_of_full_length_stays_far_below_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    prose = "The *quick* brown fox - it jumped, over [all](https://a.example/) dogs!\n"
    body = (prose * 200)[:9_900]
    monkeypatch.setattr(markup, "MAX_STEPS", markup.MAX_STEPS // 4)
    assert render(body).count("<em>quick</em>") > 100


@pytest.mark.parametrize("broken", ["_MARKDOWN", "_CLEANER"])
def test_when_rendering_raises_the_text_is_still_shown(
    monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(markup, broken, None)
    assert render("*a* <b>\nc\n\n\nd") == "<p>*a* &lt;b&gt;<br>\nc</p>\n<p>d</p>"


def test_what_cannot_be_stored_never_comes_out() -> None:
    assert render("a\x00b\ud800c") == "<p>a\ufffdb\ufffdc</p>"


PIECES = [
    *"*_`~[]()<>\\\"'&!#|-+ :/.\n\t",
    *(
        "\n\n",
        "> ",
        "- ",
        "1. ",
        "```\n",
        "http://a",
        "https://b.example/",
        "](",
        "<a@b.c>",
        "ab",
        "é",
    ),
    *("javascript:", "&#58;", "<script>", "<a href=", "onclick=", "😀", "\u00a0", "\u202e", "\x0c"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_any_markdown_is_safe(body: str) -> None:
    assert_safe(body)


@given(st.text())
def test_any_text_is_safe(body: str) -> None:
    assert_safe(body)
