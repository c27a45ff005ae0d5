"""The console in a real browser: decided by keys, by two people at once, and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from comments_service.domain.words import SiteWord
from tests.e2e.desks import Open, card, line, press
from tests.support.newsroom import BOB, OLGA, ROSA, Newsroom

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),
]


def test_a_queue_is_decided_by_keys(sign_in: Open) -> None:
    page = sign_in()
    press(page, "f")
    expect(line(page, "Ada")).to_contain_text("Approved")
    expect(card(page, "Bea")).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("Approved.")
    press(page, "s")
    expect(line(page, "Bea")).to_contain_text("Marked as spam")
    press(page, "d")
    expect(page.get_by_role("button", name="Another reason")).to_be_focused()
    press(page, "2")
    expect(line(page, "Cem")).to_contain_text("Rejected")
    expect(page.locator('[data-count="pending"]')).to_have_text("0")
    expect(page.locator('[data-count="spam"]')).to_have_text("1")
    expect(page.locator('[data-count="rejected"]')).to_have_text("1")
    expect(page).to_have_title("(0) Pending · The Gazette")
    page.goto(page.url + "log")
    expect(page.locator(".log li").nth(0)).to_contain_text("Abusive towards somebody")


def test_u_takes_the_last_decision_back_and_then_the_one_before(sign_in: Open) -> None:
    page = sign_in()
    press(page, "f")
    expect(line(page, "Ada")).to_be_visible()
    press(page, "s")
    expect(line(page, "Bea")).to_be_visible()
    press(page, "u")
    expect(line(page, "Bea")).to_have_count(0)
    expect(card(page, "Bea")).to_be_focused()
    press(page, "u")
    expect(card(page, "Ada")).to_be_focused()
    expect(page.locator('[data-count="pending"]')).to_have_text("3")
    press(page, "s")
    expect(line(page, "Ada")).to_contain_text("Marked as spam")


def _show(page: Page, tab: str) -> None:
    page.get_by_role("navigation", name="Status").get_by_role("link", name=tab).click()
    page.locator("#help-button:visible").wait_for()


def test_what_the_checks_decided_is_confirmed_by_the_same_keys(
    newsroom: Newsroom, sign_in: Open
) -> None:
    newsroom.change_site(mode="post")
    newsroom.list_words(SiteWord("casino", 1.0))
    newsroom.comment("Good morning", "Dora")
    newsroom.comment("A casino", "Eli")
    page = sign_in()
    _show(page, "approved")
    press(page, "f")
    expect(line(page, "Dora")).to_contain_text("Confirmed")
    expect(page.get_by_role("status")).to_contain_text("Confirmed.")
    expect(page.locator('[data-count="approved"]')).to_have_text("1")
    press(page, "u")
    expect(card(page, "Dora").get_by_role("button", name="Confirm approval")).to_be_visible()
    press(page, "s")
    expect(line(page, "Dora")).to_contain_text("Marked as spam")
    _show(page, "rejected")
    press(page, "d", "Enter")
    expect(line(page, "Eli")).to_contain_text("Confirmed")


def test_enter_rejects_for_another_reason_and_escape_does_not(sign_in: Open) -> None:
    page = sign_in()
    press(page, "d", "Escape")
    expect(card(page, "Ada")).to_be_focused()
    expect(page.locator(".reject[open]")).to_have_count(0)
    press(page, "d", "Enter")
    expect(line(page, "Ada")).to_contain_text("Rejected")


def test_a_note_is_typed_without_a_key_deciding(sign_in: Open) -> None:
    page = sign_in()
    press(page, "d")
    note = card(page, "Ada").get_by_label("Note for the log")
    note.fill("")
    note.press_sequentially("fs 2 dj")
    expect(page.locator(".done")).to_have_count(0)
    press(page, "Enter")
    expect(line(page, "Ada")).to_contain_text("Rejected")
    page.goto(page.url + "log")
    expect(page.locator(".log li").nth(0)).to_contain_text("“fs 2 dj”")


def test_j_and_k_move_and_search_takes_every_letter(sign_in: Open) -> None:
    page = sign_in()
    press(page, "j")
    expect(card(page, "Bea")).to_be_focused()
    press(page, "j", "j", "k", "k")
    expect(card(page, "Ada")).to_be_focused()
    press(page, "/")
    page.keyboard.type("fsdjkux?")
    expect(page.get_by_label("Words in the text")).to_have_value("fsdjkux?")
    expect(page.locator(".done")).to_have_count(0)


def test_the_browsers_own_keys_stay_its_own(sign_in: Open) -> None:
    page = sign_in()
    press(page, "Control+f", "Alt+s", "Meta+d")
    page.get_by_label("Order").focus()
    press(page, "f")
    expect(page.locator(".done")).to_have_count(0)
    expect(page.locator(".reject[open]")).to_have_count(0)


def test_help_opens_by_key_and_gives_the_focus_back(sign_in: Open) -> None:
    page = sign_in()
    press(page, "j", "?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press(page, "f")
    expect(page.locator(".done")).to_have_count(0)
    press(page, "Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(card(page, "Bea")).to_be_focused()


def test_switched_off_keys_do_nothing(sign_in: Open) -> None:
    page = sign_in()
    page.get_by_role("link", name=ROSA).click()
    page.get_by_label("Single-key shortcuts").uncheck()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Queue").click()
    page.locator("#help-button:visible").wait_for()
    press(page, "f", "s", "d", "?", "x")
    expect(page.locator(".done, .reject[open], dialog[open], .pick :checked")).to_have_count(0)
    card(page, "Ada").get_by_role("button", name="Approve").click()
    expect(line(page, "Ada")).to_contain_text("Approved")
    expect(page.locator(".actions kbd:visible")).to_have_count(0)


def test_several_are_selected_by_x_and_decided_and_undone_together(sign_in: Open) -> None:
    page = sign_in()
    press(page, "x", "j", "j", "x")
    bar = page.locator("#bulk")
    expect(bar).to_contain_text("2 selected")
    bar.get_by_role("button", name="Approve").click()
    expect(page.locator(".done")).to_have_count(2)
    expect(bar).to_contain_text("0 selected")
    expect(page.get_by_role("status")).to_contain_text("2: Approved.")
    press(page, "u")
    expect(page.locator(".done")).to_have_count(0)
    bar.get_by_role("button", name="Select all").click()
    bar.get_by_label("Reason to reject").select_option("Off the topic")
    bar.get_by_role("button", name="Reject").click()
    expect(page.locator(".done")).to_have_count(3)


def test_the_second_of_two_is_told_and_sees_how_it_stands(sign_in: Open) -> None:
    rosa, olga = sign_in(ROSA), sign_in(OLGA)
    press(olga, "f")
    expect(line(olga, "Ada")).to_be_visible()
    press(rosa, "s")
    ada = card(rosa, "Ada")
    expect(ada).to_contain_text(f"{OLGA} came first")
    expect(ada).to_contain_text("Your decision was not carried out.")
    expect(ada.locator(".pill.approved")).to_be_visible()
    expect(rosa.get_by_role("status")).to_contain_text(f"{OLGA} came first")
    # Having seen that, she may decide otherwise.
    ada.get_by_role("button", name="Spam").click()
    expect(line(rosa, "Ada")).to_contain_text("Marked as spam")


def test_a_text_changed_meanwhile_is_shown_before_it_can_be_approved(
    newsroom: Newsroom, sign_in: Open
) -> None:
    comment = newsroom.comment("As it was", "Dora", key=BOB)
    page = sign_in()
    newsroom.edit(comment, "As it is now")
    card(page, "Dora").get_by_role("button", name="Approve").click()
    expect(card(page, "Dora")).to_contain_text("Its author came first")
    expect(card(page, "Dora").locator(".text")).to_have_text("As it is now")


def test_a_service_that_is_away_costs_nothing(sign_in: Open) -> None:
    page = sign_in()
    away = {"status": 503, "body": '{"detail": "Away a moment."}'}
    page.route("**/decisions", lambda route: route.fulfill(**away), times=1)
    page.route("**/decisions", lambda route: route.abort(), times=1)  # The latest is asked first.
    ada = card(page, "Ada")
    ada.get_by_role("button", name="Approve").click()
    expect(ada).to_contain_text("The service does not answer.")
    ada.get_by_role("button", name="Approve").click()
    expect(ada).to_contain_text("Away a moment.")
    ada.get_by_role("button", name="Approve").click()
    expect(line(page, "Ada")).to_contain_text("Approved")


def test_what_came_in_since_is_offered(newsroom: Newsroom, sign_in: Open) -> None:
    page = sign_in()
    newsroom.comment("One more", "Dora")
    press(page, "f")
    expect(page.locator('[data-count="pending"]')).to_have_text("3")
    page.get_by_role("link", name="1 more since this page was drawn.").click()
    expect(card(page, "Dora")).to_be_visible()


def test_without_javascript_forms_do_it_all(sign_in: Open) -> None:
    page = sign_in(java_script_enabled=False)
    card(page, "Ada").get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status").filter(has_text="Approved.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    card(page, "Ada").locator("summary").click()
    card(page, "Ada").get_by_label("Note for the log").fill("Second warning")
    card(page, "Ada").get_by_role("button", name="Harassment").click()
    expect(page.get_by_text("Rejected.")).to_be_visible()
    for name in ("Bea", "Cem"):
        page.get_by_label(f"Select the comment of {name}").check()
    page.locator("#bulk").get_by_role("button", name="Spam").click()
    expect(page.get_by_text("2 marked as spam.")).to_be_visible()
    expect(page.get_by_text("Nothing waits.")).to_be_visible()
    page.get_by_role("link", name="Log").click()
    expect(page.locator(".log")).to_contain_text("Second warning")


def test_without_javascript_a_conflict_has_a_page(newsroom: Newsroom, sign_in: Open) -> None:
    page = sign_in(java_script_enabled=False)
    olga = sign_in(OLGA)
    press(olga, "f")
    expect(line(olga, "Ada")).to_be_visible()
    card(page, "Ada").get_by_role("button", name="Spam").click()
    expect(page.get_by_role("heading", name="Somebody came first")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text(OLGA)
    page.get_by_role("button", name="Spam").click()
    expect(page.get_by_text("Marked as spam.")).to_be_visible()


def test_a_commenter_is_banned_and_let_in_again_by_keyboard(sign_in: Open) -> None:
    page = sign_in()
    press(page, "b")
    page.get_by_role("heading", name="Bans of The Gazette").wait_for()
    page.get_by_role("radio", name="The name").focus()
    page.get_by_role("button", name="Ban", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Lift it").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Nobody is banned.").wait_for()
