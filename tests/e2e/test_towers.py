"""Letters under piles of marks break no line: no page may scroll sideways for them, on a phone."""

from typing import Final

import pytest
from playwright.sync_api import expect

from tests.e2e.desks import Open, console, sign_in
from tests.e2e.fake_service import publisher
from tests.support.newsroom import GAZETTE, OLGA, PAGE, ROSA, Newsroom, compiled_templates, newsroom

__all__ = ["compiled_templates", "console", "newsroom", "sign_in"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),
]
TOWERS: Final = ("x" + "\u0489" * 400, "\u0e01" + "\u0e49" * 300, "\u0bcc" * 900)
"""With a font that piles them up, and with one that sets them side by side on dotted circles."""
PHONE: Final = {"viewport": {"width": 320, "height": 700}}
ARTICLE: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>An article</title></head>
<body><div id="comments" data-site="gazette" data-url="{url}"></div>
<script async src="{service}/embed.js"></script></body></html>"""


def test_no_page_scrolls_sideways(console: str, newsroom: Newsroom, sign_in: Open) -> None:
    comments = [
        newsroom.comment(f"See {tower}", title=tower, url=f"{PAGE}-{n}", email="bob@example.org")
        for n, tower in enumerate(TOWERS)
    ]
    desk = newsroom.sign_in(ROSA)
    for comment, tower in zip(comments, TOWERS, strict=True):
        assert desk.decide("approve", desk.seen(comment), note=tower).status_code == 303
    page = sign_in(OLGA, **PHONE)
    wide = "document.documentElement.scrollWidth"
    paths = ["?status=all", "?status=all&q=" + TOWERS[2][:190], "log", f"comment/{comments[0]}"]
    paths += [f"thread?site=gazette&url={PAGE}-{n}" for n in range(len(TOWERS))]
    for path in paths:
        page.goto(f"{console}/moderate/{path}")
        assert page.evaluate(wide) == 320, path
    for n in range(len(TOWERS)):
        page.goto(f"{console}/embed/thread?site=gazette&url={PAGE}-{n}")
        assert page.evaluate(wide) == 320
    html = ARTICLE.format(url=f"{PAGE}-0", service=console)
    with publisher({"/article": (html, "")}) as origin:
        newsroom.change_site(origins=[GAZETTE, origin])
        page.goto(f"{origin}/article")
        expect(page.locator("#comments article")).to_be_visible()
        assert page.evaluate(wide) == 320
