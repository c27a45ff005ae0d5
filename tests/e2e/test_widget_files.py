"""What the widget's files promise before any browser reads them."""

import gzip
import re

import pytest

from comments_service.domain.comment import MAX_BODY, MAX_NAME
from comments_service.web.widget import SOURCE, STYLE_PLACE, served

SCRIPT = (SOURCE / "embed.js").read_text("utf-8")
BUDGET = 12 * 1024
"""Bytes of script and style together, as a page loads them, gzipped."""
FILES = ("embed.js", "count.js", "thread.css")


def test_script_and_style_stay_within_the_budget() -> None:
    assert len(gzip.compress(served("embed.js").encode(), 9)) <= BUDGET


@pytest.mark.parametrize("name", FILES)
def test_what_is_served_is_the_source_without_its_white_space(name: str) -> None:
    source, sent = (SOURCE / name).read_text("utf-8"), served(name)
    assert len(sent) < len(source)
    # What stands in quotes is read by people: not a space of it may go.
    code = re.sub(r"^\s*//.*|/\*.*?\*/", "", source, flags=re.MULTILINE | re.DOTALL)
    quoted = set(re.findall(r'"[^"\\\n]*"|`[^`]*`', code)) - {STYLE_PLACE}
    assert [text for text in quoted if text not in sent] == []


def test_the_licence_goes_along() -> None:
    assert served("embed.js").startswith("/*! Comments service, MIT licence. */")


def test_the_style_has_one_place_in_the_script() -> None:
    assert SCRIPT.count(STYLE_PLACE) == 1
    assert "__WIDGET_CSS__" not in served("embed.js")


def test_the_limits_are_those_of_the_domain() -> None:
    assert re.findall(r"const (MAX_\w+) = (\d+);", SCRIPT) == [
        ("MAX_BODY", str(MAX_BODY)),
        ("MAX_NAME", str(MAX_NAME)),
    ]


def test_no_way_to_insert_html_but_the_one_parser() -> None:
    for script in (SCRIPT, (SOURCE / "count.js").read_text("utf-8")):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script
        )
    assert SCRIPT.count("parseFromString") == 1
    assert SCRIPT.count("prose(comment.body_html)") == 1
