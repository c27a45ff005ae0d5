"""Trying a change in the console, with the keyboard alone and without JavaScript."""

from comments_service.domain.verdict import Mode
from comments_service.services.sites import show_site
from tests.e2e.desks import Open
from tests.support.newsroom import OLGA, Newsroom


def test_a_threshold_is_tried_and_switched_on_by_keyboard(
    newsroom: Newsroom, console: str, sign_in: Open
) -> None:
    # What is tried here is about words alone: milder ones, which pass as things are.
    newsroom.change_site(mode="post", check_modes={"abuse": Mode.OFF, "spam": Mode.OFF})
    small = {"width": 320, "height": 700}
    page = sign_in(OLGA, java_script_enabled=False, viewport=small)
    page.goto(f"{console}/moderate/settings?site=gazette")
    page.get_by_text("Thresholds of profanity").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("0.45")
    page.get_by_role("button", name="Try this change").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="3 comments would be decided otherwise").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.get_by_role("button", name="Switch it on").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Saved.").wait_for()
    with newsroom.app.app_context():
        assert show_site("gazette").policy.of("profanity").settings == {"suspect": 0.45}
