"""`/moderate/log`: every change, newest first, in words."""

import html
import re

import pytest

from comments_service.domain.policy import POLICY_REASONS
from comments_service.domain.words import SiteWord
from comments_service.web.console_log import PAGE
from tests.support.newsroom import BOB, GAZETTE, HUGO, OLGA, ROSA, Desk, Newsroom

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

NEWCOMER = POLICY_REASONS["policy.first"]


@pytest.fixture
def rosa(newsroom: Newsroom) -> Desk:
    return newsroom.sign_in(ROSA)


def lines(page: str) -> list[str]:
    """The log as one reads it."""
    found = re.search(r'<ol class="log">(.*?)</ol>', page, re.DOTALL)
    assert found is not None
    items = re.findall(r"<li.*?>(.*?)</li>", found[1], re.DOTALL)
    spaced = [item.replace("</p>", " ") for item in items]
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", item)).strip() for item in spaced]


def test_who_did_what_when_and_why(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("Good morning", key=BOB)
    newsroom.edit(comment, "Good evening")
    rosa.decide("reject:abusive", f"{comment}:2", note="Second warning")
    page = rosa.get("/moderate/").text
    rosa.post("/moderate/undo", {"decision": re.findall(r'name="decision" value="(\w+)"', page)})
    newsroom.clock.advance(minutes=5)
    why = "Abusive towards somebody “Second warning”"
    assert lines(rosa.get("/moderate/log").text) == [
        f"5 min {ROSA} took back a decision on comment {comment} rejected → pending",
        f"5 min {ROSA} rejected comment {comment} pending → rejected {why}",
        f"5 min commenter changed the text of comment {comment} {NEWCOMER}",
        f"5 min policy held comment {comment} {NEWCOMER}",
        "5 min command line made the site origins: https://gazette.example",
    ]


def test_what_the_checks_found_is_told_as_on_the_card(newsroom: Newsroom, rosa: Desk) -> None:
    newsroom.change_site(mode="post", asks_to_reword=True)
    newsroom.list_words(SiteWord("casino", 1.0))
    comment = newsroom.comment("You 1d10t", "Big Idiot", key=BOB, insists=True)
    newsroom.edit(comment, "You moron", insists=True)
    refused = newsroom.comment("To the casino", insists=True)
    shown = [html.unescape(line) for line in lines(rosa.get("/moderate/log").text)[:3]]
    insisted, both = (
        POLICY_REASONS["policy.insisted"],
        "An insult: '1d10t'. · An insult: 'Idiot'.",
    )
    assert shown == [
        f"now policy rejected comment {refused} This site blocks 'casino'. · {insisted}",
        f"now commenter changed the text of comment {comment} An insult: 'moron'. · {insisted}",
        f"now policy held comment {comment} {both} · {insisted}",
    ]


def test_settings_say_what_was_and_what_became(newsroom: Newsroom, rosa: Desk) -> None:
    newsroom.change_site(mode="post", origins=[GAZETTE, "https://www.gazette.example"])
    origins = [f"https://w{n}.gazette.example" for n in range(9)]
    newsroom.change_site(origins=[GAZETTE, *origins])
    newest, before, *_ = lines(rosa.get("/moderate/log").text)
    assert "+https://w0.gazette.example, +https://w1.gazette.example" in newest
    assert newest.endswith("and 5 more")
    assert before.endswith("origins: +https://www.gazette.example mode: first → post")


def test_words_that_came_changed_and_went_are_named(newsroom: Newsroom, rosa: Desk) -> None:
    for severity, terms in ((1.0, ["casino", "spam"]), (0.6, ["casino"])):
        newsroom.list_words(*(SiteWord(term, severity) for term in terms))
    newsroom.list_words(*(SiteWord(f"w{n}", 1.0) for n in range(9)), instead=True)
    newest, changed, listed, *_ = lines(rosa.get("/moderate/log").text)
    assert listed.endswith("changed the list of words +casino (1, profanity) +spam (1, profanity)")
    assert changed.endswith("casino: casino (1, profanity) → casino (0.6, profanity)")
    assert newest.endswith("+w4 (1, profanity) and 6 more")


def test_pages_lead_back_to_the_beginning(newsroom: Newsroom, rosa: Desk) -> None:
    for number in range(PAGE + 5):
        newsroom.change_site(name=f"Name {number}")
    seen, path = [], "/moderate/log"
    while path:
        page = rosa.get(path).text
        seen += lines(page)
        found = re.search(r'<a rel="next" href="([^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == PAGE + 6
    assert len(set(seen)) == PAGE + 6


def test_the_log_of_one_comment(newsroom: Newsroom, rosa: Desk) -> None:
    one, other = newsroom.comment("One"), newsroom.comment("Other")
    page = rosa.get(f"/moderate/log?comment={one}").text
    assert one in page
    assert other not in page


def test_nobody_reads_another_sites_log(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("One")
    hugo = newsroom.sign_in(HUGO)
    assert hugo.get("/moderate/log?site=gazette").status_code == 404
    assert comment not in hugo.get(f"/moderate/log?comment={comment}").text


@pytest.mark.parametrize("query", ["cursor=nonsense", "comment=nonsense"])
def test_a_place_that_is_none_is_told(rosa: Desk, query: str) -> None:
    assert rosa.get(f"/moderate/log?{query}").status_code == 422


def test_an_owner_sees_a_page_settings_change_in_words(newsroom: Newsroom) -> None:
    olga = newsroom.sign_in(OLGA)
    path = "/moderate/thread?site=gazette&url=https://gazette.example/a"
    olga.post(path, {"state": "closed", "mode": "pre", "title": "A title", "alias_url": ""})
    newest = lines(olga.get("/moderate/log?site=gazette").text)[0]
    assert "changed a page's settings" in newest.replace("&#39;", "'")
    assert "mode: as the site → pre" in newest
    assert "title: none → A title" in newest
