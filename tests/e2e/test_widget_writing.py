"""The widget when all goes well: post, wait, reply, edit, delete."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.stage import Stage

pytestmark = pytest.mark.browser

WAITS = "Waiting for a moderator. Only you can see it."


def test_an_approved_comment_is_in_place_at_once(stage: Stage) -> None:
    stage.service.say("A", "Earlier.", ago=60)
    stage.visit()
    stage.post("Mine.")
    expect(stage.row("Mine.")).to_be_visible()
    expect(stage.heading).to_have_text("Comment (2)")
    expect(stage.text).to_have_value("")
    expect(stage.name).to_have_value("Ida")
    assert stage.page.evaluate("document.activeElement.shadowRoot.activeElement.tagName") == "LI"
    expect(stage.page.get_by_role("status").filter(has_text="published")).to_have_count(1)
    sent = stage.service.asked("POST comments")[0]
    assert sent.body == {
        "site": "gazette",
        "url": f"{stage.origin}/article",
        "title": "The night bus",
        "author_name": "Ida",
        "body": "Mine.",
        "website": "",
        "token": "token-1",
    }
    assert re.fullmatch(r"[\w-]{22}", sent.headers["commenter-key"])
    assert re.fullmatch(r"[\w-]{22}", sent.headers["idempotency-key"])
    stage.reload()
    expect(stage.row("Mine.")).to_have_count(1)
    expect(stage.name).to_have_value("Ida")


def test_a_waiting_comment_is_shown_to_its_author_also_after_a_reload(stage: Stage) -> None:
    stage.service.status = "pending"
    stage.service.say("A", "Earlier.", ago=60)
    stage.visit()
    stage.post("Mine.")
    expect(stage.row("Mine.")).to_contain_text(WAITS)
    expect(stage.heading).to_have_text("Comment (1)")
    stage.reload()
    expect(stage.row("Mine.")).to_contain_text(WAITS)
    expect(stage.heading).to_have_text("Comment (1)")
    assert stage.page.locator("#comments .prose").first.inner_text() == "Mine."
    assert stage.asked("GET commenter/comments") == 1
    keys = {s.headers.get("commenter-key") for s in stage.service.seen if "/" in s.path}
    assert keys == {stage.service.asked("POST comments")[0].headers["commenter-key"]}
    stage.page.context.clear_cookies()
    stage.page.evaluate("localStorage.clear()")
    stage.reload()
    expect(stage.row("Mine.")).to_have_count(0)


def test_a_waiting_reply_stands_under_its_parent(stage: Stage) -> None:
    first = stage.service.say("A", "Older root.", ago=300)
    stage.service.say("B", "Reply of before.", ago=200, parent_id=first["id"])
    stage.service.say("C", "Newer root.", ago=100)
    stage.service.status = "pending"
    stage.visit()
    stage.page.get_by_role("button", name="Reply to A").click()
    box = stage.page.get_by_label("Reply to A", exact=True).get_by_role("textbox")
    box.nth(0).fill("Ida")
    box.nth(1).fill("My reply.")
    stage.page.get_by_role("button", name="Reply", exact=True).click()
    expect(stage.row("My reply.")).to_contain_text(WAITS)
    expect(stage.page.get_by_role("form", name="Reply to A")).to_have_count(0)
    order = ["Newer root.", "Older root.", "Reply of before.", "My reply."]
    assert stage.page.locator("#comments .prose").all_inner_texts() == order
    assert stage.service.asked("POST comments")[0].body["parent_id"] == first["id"]
    stage.reload()
    expect(stage.row("My reply.")).to_contain_text("to A")
    assert stage.page.locator("#comments .prose").all_inner_texts() == order


def test_a_rejected_comment_says_so_to_its_author(stage: Stage) -> None:
    stage.visit()
    stage.post("Mine.")
    expect(stage.row("Mine.")).to_be_visible()
    stage.service.comments[0]["status"] = "rejected"
    stage.reload()
    expect(stage.row("Mine.")).to_contain_text("This comment was not published.")


def test_edit_within_the_window(stage: Stage) -> None:
    stage.visit()
    stage.post("Mien.")
    stage.page.get_by_role("button", name="Edit comment by Ida").click()
    box = stage.page.get_by_role("form", name="Edit your comment").get_by_role("textbox")
    expect(box).to_have_value("Mien.")
    box.fill("Mine.")
    stage.page.get_by_role("button", name="Save").click()
    expect(stage.row("Mine.")).to_contain_text("edited")
    expect(stage.heading).to_have_text("Comment (1)")
    sent = next(s for s in stage.service.seen if s.method == "PATCH")
    assert sent.body == {"body": "Mine."}


def test_an_edit_that_waits_says_so(stage: Stage) -> None:
    stage.service.edits_wait = True
    stage.visit()
    stage.post("Mine.")
    stage.page.get_by_role("button", name="Edit comment by Ida").click()
    box = stage.page.get_by_role("form", name="Edit your comment").get_by_role("textbox")
    box.fill("Changed.")
    stage.page.get_by_role("button", name="Save").click()
    expect(stage.row("Mine.")).to_contain_text("Your edit waits for a moderator")
    stage.reload()
    expect(stage.row("Mine.")).to_contain_text("Your edit waits for a moderator")


def test_delete_asks_first(stage: Stage) -> None:
    stage.visit()
    stage.post("Mine.")
    stage.page.get_by_role("button", name="Delete comment by Ida").click()
    stage.page.get_by_role("button", name="Keep").click()
    expect(stage.page.get_by_role("button", name="Delete comment by Ida")).to_be_focused()
    stage.page.keyboard.press("Enter")
    expect(stage.page.get_by_role("button", name="Yes, delete")).to_be_focused()
    stage.page.keyboard.press("Enter")
    expect(stage.row("Mine.")).to_have_count(0)
    expect(stage.heading).to_have_text("Comment (0)")
    expect(stage.heading).to_be_focused()
    assert stage.service.comments == []


def test_deleting_what_was_answered_leaves_a_tombstone(stage: Stage) -> None:
    stage.visit()
    stage.post("Mine.")
    stage.page.get_by_role("button", name="Reply to Ida").click()
    stage.page.get_by_role("form", name="Reply to Ida").get_by_role("textbox").nth(1).fill("Again.")
    stage.page.get_by_role("button", name="Reply", exact=True).click()
    expect(stage.row("Again.")).to_be_visible()
    stage.row("Mine.").get_by_role("button", name="Delete").click()
    stage.page.get_by_role("button", name="Yes, delete").click()
    expect(stage.heading).to_have_text("Comment (1)")
    rows = stage.page.get_by_role("listitem")
    expect(rows.first).to_have_text("This comment was removed.")
    expect(rows.nth(1)).to_contain_text("to a removed comment")


def test_past_the_window_nothing_can_be_changed(stage: Stage) -> None:
    stage.visit()
    stage.post("Mine.")
    edit = stage.page.get_by_role("button", name="Edit comment by Ida")
    expect(edit).to_be_visible()
    stage.page.clock.install()
    stage.reload()
    expect(edit).to_be_visible()
    stage.page.clock.fast_forward("11:00")
    expect(edit).to_be_hidden()


def test_somebody_elses_comment_offers_no_change(stage: Stage) -> None:
    stage.service.say("A", "Theirs.")
    stage.visit()
    stage.post("Mine.")
    expect(stage.page.get_by_role("button", name="Edit comment by Ida")).to_be_visible()
    assert stage.row("Theirs.").get_by_role("button").all_inner_texts() == ["Reply"]


def test_by_keyboard_alone(stage: Stage) -> None:
    stage.service.say("A", "Earlier.", ago=60)
    stage.visit()
    press = stage.page.keyboard.press
    for _ in range(2):
        press("Tab")
        if stage.name.evaluate("e => e === e.getRootNode().activeElement"):
            break
    stage.page.keyboard.type("Ida")
    press("Tab")
    stage.page.keyboard.type("Typed.")
    press("Tab")
    expect(stage.send).to_be_focused()
    press("Enter")
    expect(stage.row("Typed.")).to_be_visible()


def test_the_counter_tells_what_is_left_in_characters_a_person_counts(stage: Stage) -> None:
    stage.visit()
    left = stage.page.locator("#comments .left")
    expect(left).to_have_text("10,000 characters left")
    stage.text.fill("😀" * 9_950 + "  ")
    expect(left).to_have_text("50 characters left")
    said = stage.page.get_by_role("status").filter(has_text="50 characters left")
    expect(said).to_have_count(1)
    stage.text.fill("x" * 10_001)
    expect(left).to_have_text("1 character too many")
    stage.name.fill("Ida")
    stage.send.click()
    expect(stage.text).to_have_attribute("aria-invalid", "true")
    assert stage.asked("POST comments") == 0


def test_the_honeypot_is_out_of_reach_of_people(stage: Stage) -> None:
    stage.visit()
    trap = stage.page.locator("#comments input[name=website]")
    assert trap.get_attribute("tabindex") == "-1"
    assert stage.page.get_by_role("textbox", name="Website").count() == 0
    trap.evaluate("e => { e.value = 'https://spam.example/' }")
    stage.post("Typed by a program.")
    expect(stage.row("Typed by a program.")).to_be_visible()
    assert stage.service.asked("POST comments")[0].body["website"] == "https://spam.example/"


def test_without_storage_it_still_posts(stage: Stage) -> None:
    blocked = """<script>Object.defineProperty(window, "localStorage",
      {get() { throw new DOMException("blocked", "SecurityError") }})</script>"""
    stage.write(head=blocked)
    stage.visit()
    stage.post("Mine.")
    stage.page.get_by_role("button", name="Edit comment by Ida").click()
    expect(stage.page.get_by_role("form", name="Edit your comment")).to_be_visible()
