"""The widget when it is asked to reword: words marked, nothing lost, one more press to insist."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.e2e.desks import Open, card
from tests.e2e.fake_service import Fault, publisher
from tests.e2e.stage import Stage
from tests.support.newsroom import GAZETTE, OLGA, PAGE, Newsroom

pytestmark = pytest.mark.browser

TEXT = "💣 You <b>1d1-0t</b>,\nyou idiot & friend."
WHY = "As it is, a moderator has to read this first. You can change it, or send it anyway."
INSULT = "This reads as an insult."


def asked(*errors: tuple[str, str, list[list[int]]], may_insist: bool = True) -> Fault:
    """The service's question, as it would ask it."""
    body: dict[str, Any] = {
        "type": "urn:comments:reword",
        "title": "Please look at these words again",
        "status": 422,
        "detail": WHY,
        "may_insist": may_insist,
        "errors": [{"field": f, "message": m, "spans": s} for f, m, s in errors],
    }
    return Fault(422, body)


def spans(text: str, *words: str) -> list[list[int]]:
    """Where the words are, in characters as a person counts them."""
    return [[text.index(word), text.index(word) + len(word)] for word in words]


QUESTION = ("body", INSULT, spans(TEXT, "1d1-0t", "idiot"))


@pytest.fixture
def question(stage: Stage) -> Stage:
    """A reader who has been asked about two words, one of them disguised."""
    stage.service.fail("POST comments", asked(QUESTION))
    stage.visit()
    stage.post(f"  {TEXT}")
    expect(anyway(stage)).to_be_visible()
    return stage


def change(stage: Stage) -> Locator:
    return stage.page.get_by_role("button", name="Change it")


def anyway(stage: Stage) -> Locator:
    return stage.page.get_by_role("button", name="Send anyway")


def selected(stage: Stage) -> str:
    text: str = stage.text.evaluate(
        "e => e.value.slice(e.selectionStart, e.selectionEnd)",
    )
    return text


def test_the_words_are_marked_and_the_text_is_kept(question: Stage) -> None:
    page = question.page
    expect(question.text).to_have_value(f"  {TEXT}")
    assert page.locator("#comments mark").all_inner_texts() == ["1d1-0t", "idiot"]
    box = page.get_by_role("group", name="Your text, with the words marked")
    expect(box).to_have_text(TEXT)
    assert page.locator("#comments .notice li").inner_text() == f"1d1-0t, idiot: {INSULT}"
    # What a reader typed is text, whatever it looks like.
    expect(page.locator("#comments b")).to_have_count(0)
    # A screen reader hears why, and stands at the way back.
    expect(page.get_by_role("status").filter(has_text=WHY)).to_have_count(1)
    expect(change(question)).to_be_focused()
    expect(change(question)).to_have_accessible_description(WHY)
    assert question.service.comments == []


def test_the_way_back_leads_to_the_first_word(question: Stage) -> None:
    change(question).click()
    expect(question.text).to_be_focused()
    assert selected(question) == "1d1-0t"
    question.page.keyboard.type("friend")
    expect(question.text).to_have_value(f"  {TEXT.replace('1d1-0t', 'friend')}")
    # The other word is still in sight, but nobody sends anyway what was not asked about.
    expect(question.page.locator("#comments mark").nth(1)).to_be_visible()
    expect(anyway(question)).to_have_count(0)
    question.send.click()
    expect(question.row("you idiot & friend.")).to_be_visible()
    first, second = question.service.asked("POST comments")
    assert "insist" not in first.body
    assert "insist" not in second.body
    expect(question.page.locator("#comments .notice")).to_be_empty()


def test_sending_anyway_insists_on_the_very_text(question: Stage) -> None:
    question.service.status = "pending"
    anyway(question).click()
    expect(question.row("you idiot")).to_contain_text("Waiting for a moderator")
    first, second = question.service.asked("POST comments")
    assert second.body == {**first.body, "insist": True}
    expect(question.text).to_have_value("")
    focused = "document.activeElement.shadowRoot.activeElement.tagName"
    assert question.page.evaluate(focused) == "LI"


def test_insisting_outlives_a_lost_connection_and_a_stale_form(question: Stage) -> None:
    stale = Fault(422, {"errors": [{"field": "token", "message": "Too old."}]})
    question.service.fail("POST comments", Fault(), stale)
    anyway(question).click()
    expect(question.row("you idiot")).to_be_visible()
    sent = question.service.asked("POST comments")
    assert [s.body.get("insist") for s in sent] == [None, True, True, True]
    assert len({s.headers["idempotency-key"] for s in sent[1:]}) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, {"detail": "Too many comments at once."}, {"Retry-After": "30"}),
        Fault(422, {"type": "urn:comments:refused", "errors": []}),
        Fault(403, {"detail": "Not from here."}),
    ],
    ids=["too many", "refused", "not allowed"],
)
def test_whatever_becomes_of_it_the_text_stays(question: Stage, fault: Fault) -> None:
    question.service.fail("POST comments", fault)
    anyway(question).click()
    expect(anyway(question)).to_have_count(0)
    expect(question.text).to_have_value(f"  {TEXT}")
    expect(question.send).to_be_focused()
    question.reload()
    expect(question.text).to_have_value(f"  {TEXT}")


def test_what_would_be_refused_can_only_be_changed(stage: Stage) -> None:
    name = "Idiot 💣"
    stage.service.fail(
        "POST comments",
        asked(
            ("author_name", INSULT, [[0, 5]]),
            ("body", "This is a slur.", [[4, 7]]),
            ("body", INSULT, []),
            may_insist=False,
        ),
    )
    stage.visit()
    stage.post("You foo, you.", name)
    expect(change(stage)).to_be_focused()
    expect(anyway(stage)).to_have_count(0)
    assert stage.page.locator("#comments .notice li").all_inner_texts() == [
        f"In the name: Idiot: {INSULT}",
        "foo: This is a slur.",
        INSULT,
    ]
    change(stage).click()
    expect(stage.name).to_be_focused()
    range_of = "e => [e.selectionStart, e.selectionEnd]"
    assert stage.name.evaluate(range_of) == [0, 5]


def test_a_change_of_ones_own_is_asked_about_alike(stage: Stage) -> None:
    stage.visit()
    stage.post("Mine.")
    stage.page.get_by_role("button", name="Edit comment by Ida").click()
    form = stage.page.get_by_role("form", name="Edit your comment")
    form.get_by_role("textbox").fill("You idiot.")
    path = f"comments/{stage.service.comments[0]['id']}"
    stage.service.fail(f"PATCH {path}", asked(("body", INSULT, [[4, 9]])))
    stage.page.get_by_role("button", name="Save").click()
    expect(stage.page.locator("#comments mark")).to_have_text("idiot")
    anyway(stage).click()
    expect(stage.row("You idiot.")).to_contain_text("edited")
    sent = [s.body for s in stage.service.seen if s.method == "PATCH"]
    assert sent == [{"body": "You idiot."}, {"body": "You idiot.", "insist": True}]


def test_by_keyboard_alone(question: Stage) -> None:
    press = question.page.keyboard.press
    press("Enter")
    expect(question.text).to_be_focused()
    assert selected(question) == "1d1-0t"
    for control in (question.send, None, change(question), anyway(question)):
        press("Tab")
        if control is not None:
            expect(control).to_be_focused()
    press("Space")
    expect(question.row("you idiot")).to_be_visible()


def test_the_real_service_asks_and_the_moderator_hears_of_it(
    newsroom: Newsroom, console: str, sign_in: Open, tab: Page
) -> None:
    newsroom.app.config["COMMENTS_CLOCK"] = lambda: newsroom.clock.advance(seconds=3)
    article = f"""<link rel="canonical" href="{PAGE}"><div id="comments" data-site="gazette"></div>
        <script async src="{console}/embed.js"></script>"""
    with publisher({"/article": (article, "")}) as origin:
        newsroom.change_site(origins=[GAZETTE, origin], mode="post", asks_to_reword=True)
        tab.goto(f"{origin}/article")
        tab.get_by_label("Comment As").fill("Ida")
        tab.get_by_label("Your comment").fill("\n 💣 You 1d1-0t, friend.")
        tab.get_by_role("button", name="Comment", exact=True).click()
        expect(tab.locator("#comments mark")).to_have_text("1d1-0t")
        tab.get_by_role("button", name="Send anyway").click()
        mine = tab.get_by_role("article").filter(has_text="1d1-0t")
        expect(mine).to_contain_text("Waiting for a moderator")
        tab.close()
    desk = sign_in(OLGA)
    expect(card(desk, "Ida").locator("mark")).to_have_text("1d1-0t")
    expect(card(desk, "Ida")).to_contain_text("The commenter was asked to reword and insisted.")


LOOKS = [("light", 900), ("dark", 900), ("light", 320), ("dark", 320)]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    question: Stage, tab: Page, scheme: Any, width: int
) -> None:
    tab.set_viewport_size({"width": width, "height": 800})
    tab.emulate_media(color_scheme=scheme)
    found = Axe().run(tab)
    assert found.violations_count == 0, found.generate_report()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
