"""What the widget's files promise before any browser reads them."""

import gzip
import re

from comments_service.domain.comment import MAX_BODY, MAX_NAME
from tests.e2e.fake_service import WIDGET, embed_js

SCRIPT = (WIDGET / "embed.js").read_text("utf-8")
BUDGET = 12 * 1024
"""Bytes of script and style together, as a page loads them, gzipped."""


def test_script_and_style_stay_within_the_budget() -> None:
    assert len(gzip.compress(embed_js().encode(), 9)) <= BUDGET


def test_the_style_has_one_place_in_the_script() -> None:
    assert SCRIPT.count('"__WIDGET_CSS__"') == 1
    assert "__WIDGET_CSS__" not in embed_js()


def test_the_limits_are_those_of_the_domain() -> None:
    assert re.findall(r"const (MAX_\w+) = (\d+);", SCRIPT) == [
        ("MAX_BODY", str(MAX_BODY)),
        ("MAX_NAME", str(MAX_NAME)),
    ]


def test_no_way_to_insert_html_but_the_one_parser() -> None:
    for script in (SCRIPT, (WIDGET / "count.js").read_text("utf-8")):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script
        )
    assert SCRIPT.count("parseFromString") == 1
    assert SCRIPT.count("prose(comment.body_html)") == 1
