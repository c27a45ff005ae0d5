"""`/moderate/` and `/moderate/comment/<id>`: what a moderator sees, and what nobody else does."""

import re

import pytest

from comments_service.domain.verdict import Mode
from tests.support.newsroom import BOB, HERALD, HUGO, OLGA, PAGE, ROSA, Desk, Newsroom

# What these ask is about pages; decisions are tested on both databases.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

FOUND = "profanity: insult"
MARKED = f'<mark class="suspect" data-found="{FOUND}" title="{FOUND}">idiot</mark>'

ATTACK = '<img src=x onerror=alert(1)><script>alert("x")</script>'


@pytest.fixture
def rosa(newsroom: Newsroom) -> Desk:
    return newsroom.sign_in(ROSA)


def cards(page: str) -> list[str]:
    """The cards of a page, each as its HTML."""
    return re.findall(r'<article class="card".*?</article>', page, re.DOTALL)


def names(page: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", m) for m in re.findall(r"<h2[^>]*><bdi>(.*?)</bdi>", page)]


@pytest.mark.parametrize(
    "path",
    ["/moderate/", "/moderate/log", "/moderate/settings", "/moderate/thread", "/moderate/account"],
)
def test_without_a_session_every_page_leads_to_signing_in(newsroom: Newsroom, path: str) -> None:
    answer = newsroom.app.test_client().get(path)
    assert answer.status_code == 302
    assert answer.location.startswith("/moderate/sign-in?next=")


@pytest.mark.parametrize(
    "path", ["/moderate/", "/moderate/log", "/moderate/settings", "/moderate/thread"]
)
def test_another_sites_moderator_does_not_learn_that_it_exists(
    newsroom: Newsroom, path: str
) -> None:
    hugo = newsroom.sign_in(HUGO)
    assert hugo.get(f"{path}?site=gazette").status_code == 404
    assert hugo.get(f"{path}?site=nowhere").status_code == 404
    assert hugo.get(f"{path}?site=herald").status_code == 200


def test_another_sites_moderator_cannot_see_a_comment(newsroom: Newsroom) -> None:
    comment = newsroom.comment("For the gazette alone")
    hugo = newsroom.sign_in(HUGO)
    assert hugo.get(f"/moderate/comment/{comment}").status_code == 404
    assert hugo.get(f"/moderate/comment/{comment}?site=gazette").status_code == 404


def test_an_owner_turns_from_site_to_site(newsroom: Newsroom) -> None:
    newsroom.comment("In the herald", site="herald", url=f"{HERALD}/a")
    olga = newsroom.sign_in(OLGA)
    assert "In the herald" not in olga.get("/moderate/").text
    assert 'href="/moderate/?site=herald"' in olga.get("/moderate/").text
    assert "In the herald" in olga.get("/moderate/?site=herald").text


def test_a_moderator_of_one_site_is_offered_no_other(rosa: Desk) -> None:
    page = rosa.get("/moderate/").text
    assert "Gazette" in page
    assert "herald" not in page.lower()


def test_an_empty_queue_says_so(rosa: Desk) -> None:
    assert "Nothing waits." in rosa.get("/moderate/").text


def test_the_oldest_that_waits_comes_first(newsroom: Newsroom, rosa: Desk) -> None:
    for name in ("Ada", "Bea", "Cem"):
        newsroom.comment("Good morning", name, key=f"{name}s-key-0123456789abcdef")
    assert names(rosa.get("/moderate/").text) == ["Ada", "Bea", "Cem"]
    assert names(rosa.get("/moderate/?sort=newest").text) == ["Cem", "Bea", "Ada"]


def test_tabs_count_and_hold_what_stands_in_them(newsroom: Newsroom, rosa: Desk) -> None:
    waiting = newsroom.comment("This one waits", "Ada")
    published = newsroom.comment("This one is fine", "Bea")
    rosa.decide("approve", f"{published}:1")
    page = rosa.get("/moderate/").text
    assert re.findall(r'data-count="(\w+)">(\d+)<', page) == [
        ("pending", "1"),
        ("spam", "0"),
        ("rejected", "0"),
        ("approved", "1"),
    ]
    assert "<title>(1) Pending · The Gazette</title>" in page
    assert waiting in page
    assert published not in page
    assert published in rosa.get("/moderate/?status=approved").text
    assert len(cards(rosa.get("/moderate/?status=all").text)) == 2


@pytest.mark.parametrize(
    "query",
    [
        "status=nonsense",
        "sort=nonsense",
        "cursor=nonsense",
        "commenter=nonsense",
        "q=%00",
        "author=a%00b",
        "check=%00",
        "q=" + "x" * 201,
    ],
)
def test_a_question_that_makes_no_sense_is_answered_with_why(rosa: Desk, query: str) -> None:
    answer = rosa.get(f"/moderate/?{query}")
    assert answer.status_code == 422
    assert answer.mimetype == "text/html"


def test_found_words_are_marked_and_every_verdict_is_said(newsroom: Newsroom, rosa: Desk) -> None:
    newsroom.change_site(check_modes={"abuse": Mode.OFF})
    newsroom.comment("You absolute idiot.", "Grumpy")
    [card] = cards(rosa.get("/moderate/").text)
    assert MARKED in card
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", card))
    assert "An insult: &#39;idiot&#39;." in said
    assert "suspect, strong" in said
    assert "why it waits The commenter cannot be recognised" in said
    assert "No key: history unknown" in said


def test_a_check_in_shadow_is_labelled(newsroom: Newsroom, rosa: Desk) -> None:
    newsroom.change_site(check_modes={"profanity": Mode.SHADOW})
    newsroom.comment("You absolute idiot.", "Grumpy")
    [card] = cards(rosa.get("/moderate/").text)
    assert "recorded only" in card
    assert "<mark" in card


def test_what_a_reader_types_stays_text(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment(f"{ATTACK} idiot", ATTACK[:60], title=ATTACK, email=None)
    for path in ("/moderate/", f"/moderate/comment/{comment}", "/moderate/log"):
        page = rosa.get(path).text
        assert "<img" not in page
        assert "<script>" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in rosa.get("/moderate/").text


def test_the_page_of_a_comment_is_linked_and_its_title_labelled(
    newsroom: Newsroom, rosa: Desk
) -> None:
    newsroom.comment("First", "Ada", url=f"{PAGE}-1", title="By a publisher")
    assert "title unverified" not in rosa.get("/moderate/").text
    assert f'href="{PAGE}-1"' in rosa.get("/moderate/").text


def test_history_is_told_in_numbers_and_leads_to_the_comments(
    newsroom: Newsroom, rosa: Desk
) -> None:
    first = newsroom.comment("The first of mine", key=BOB)
    newsroom.comment("The second of mine", key=BOB)
    newsroom.comment("Somebody else's", "Ada", key="adas-key-0123456789abcdef")
    rosa.decide("approve", f"{first}:1")
    card = cards(rosa.get("/moderate/").text)[0]
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", card))
    assert "1 approved · 1 pending · 0 rejected · 0 spam" in said
    [link] = re.findall(r'href="([^"]*commenter=[^"]*)"', card)
    page = rosa.get(link.replace("&amp;", "&")).text
    assert names(page) == ["Bob", "Bob"]


def test_search_by_words_by_author_and_by_check(newsroom: Newsroom, rosa: Desk) -> None:
    newsroom.comment("The night bus is late", "Ada")
    newsroom.comment("You idiot", "Bea")
    assert names(rosa.get("/moderate/?q=night+late").text) == ["Ada"]
    assert names(rosa.get("/moderate/?author=BEA").text) == ["Bea"]
    assert names(rosa.get("/moderate/?check=profanity").text) == ["Bea"]
    assert names(rosa.get("/moderate/?reason=profanity.insult").text) == ["Bea"]
    page = rosa.get("/moderate/?q=unheard&author=ada").text
    assert "Nothing fits these filters." in page
    assert 'href="/moderate/?author=ada"' in page  # The chip that takes the words away.


def test_where_nothing_that_was_looked_at_fits_one_may_look_further(
    newsroom: Newsroom, rosa: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comments_service.storage.queries.looking.MOST", 2)
    newsroom.comment("You idiot", "Bea")
    for number in range(5):
        newsroom.comment("You fool", f"N{number}")
        newsroom.comment(f"Remark {number}", "Bea")
    path, steps = "/moderate/?author=Bea&check=profanity&sort=newest", 0
    while not names(page := rosa.get(path).text):
        assert "Nothing that was looked at so far fits" in page
        (path,) = re.findall(r'href="([^"]*)">Look further', page)
        path, steps = path.replace("&amp;", "&"), steps + 1
    assert (names(page), steps > 0) == (["Bea"], True)


def test_pages_follow_each_other_without_gap_or_repeat(
    newsroom: Newsroom, rosa: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comments_service.web.console_queue.PAGE", 2)
    for number in range(5):
        newsroom.comment(f"Number {number}", f"N{number}")
    seen, path = [], "/moderate/"
    while path:
        page = rosa.get(path).text
        seen += names(page)
        found = re.search(r'<a rel="next" href="([^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else ""
    assert seen == [f"N{number}" for number in range(5)]


def test_an_edit_that_waits_is_shown_beside_what_is_public(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("What a lovely bus", key=BOB)
    rosa.decide("approve", f"{comment}:1")
    newsroom.change_site(check_modes={"abuse": Mode.OFF})
    newsroom.edit(comment, "What a lovely bus, 1diot")
    [card] = cards(rosa.get("/moderate/").text)
    assert "Was, and is still public" in card
    assert ">What a lovely bus</div>" in card
    assert f"What a lovely bus, {MARKED.replace('>idiot', '>1diot')}</div>" in card
    assert "Approve the edit" in card
    assert "Reject the edit" in card


def test_one_comment_has_a_page_with_its_log_and_what_it_answers(
    newsroom: Newsroom, rosa: Desk
) -> None:
    parent = newsroom.comment("Is it late again?", "Ada")
    rosa.decide("approve", f"{parent}:1")
    reply = newsroom.comment("It is.", "Bea", parent=parent)
    page = rosa.get(f"/moderate/comment/{reply}").text
    assert "Is it late again?" in page
    assert "What happened to it" in page
    assert '<bdi class="log-who">policy</bdi>' in page


@pytest.mark.parametrize("comment", ["nonsense", "0" * 13, "%00"])
def test_a_comment_that_is_not_there_is_404(rosa: Desk, comment: str) -> None:
    assert rosa.get(f"/moderate/comment/{comment}").status_code == 404


def test_a_long_text_scrolls_and_can_be_reached_by_key(newsroom: Newsroom, rosa: Desk) -> None:
    newsroom.comment("A longer thought. " * 100, "Ada")
    [card] = cards(rosa.get("/moderate/").text)
    assert 'tabindex="0" role="region" aria-label="Comment of Ada"' in card


@pytest.mark.parametrize("email", [OLGA, ROSA])
def test_a_full_page_takes_at_most_five_statements(newsroom: Newsroom, email: str) -> None:
    for number in range(30):
        key = f"key-of-{number:02}-0123456789abcdef"
        newsroom.comment(f"Number {number} idiot", f"N{number}", key=key)
    desk = newsroom.sign_in(email)
    with newsroom.statements() as seen:
        page = desk.get("/moderate/").text
    assert len(cards(page)) == 30
    queries = [s for s in seen if s.lstrip().upper().startswith(("SELECT", "WITH"))]
    assert len(queries) <= 5, queries


def test_every_page_comes_with_a_strict_policy_and_no_inline_code(
    newsroom: Newsroom, rosa: Desk
) -> None:
    newsroom.comment("Good morning")
    for path in ("/moderate/", "/moderate/log", "/moderate/settings", "/moderate/thread"):
        answer = rosa.get(path)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*src=)", answer.text)


def test_style_and_script_are_served_by_their_hash(newsroom: Newsroom, rosa: Desk) -> None:
    page = rosa.get("/moderate/").text
    anybody = newsroom.app.test_client()
    for path in re.findall(r'(?:href|src)="(/moderate/static/[^"]+)"', page):
        answer = anybody.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        again = anybody.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
        assert anybody.get(path.partition("?")[0]).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["embed.js", "..%2f..%2fconfig.py", "../config.py", "queue.js%00"])
def test_no_other_file_is_served(newsroom: Newsroom, name: str) -> None:
    assert newsroom.app.test_client().get(f"/moderate/static/{name}").status_code == 404
