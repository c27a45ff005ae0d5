"""The widget when something fails: no text is lost, nothing is posted twice, and words are kind."""

import pytest
from playwright.sync_api import expect

from tests.e2e.fake_service import Fault, Json
from tests.e2e.stage import Stage

pytestmark = pytest.mark.browser

AWAY = "Comments are away for a moment. Your text is safe; we keep trying."


def problem(kind: str, detail: str, *errors: tuple[str, str]) -> Json:
    """A problem+json answer."""
    listed = [{"field": f, "message": m} for f, m in errors]
    return {"type": f"urn:comments:{kind}", "title": kind, "detail": detail, "errors": listed}


def keys(stage: Stage) -> list[str]:
    return [s.headers["idempotency-key"] for s in stage.service.asked("POST comments")]


def test_empty_fields_are_named_beside_them_before_anything_is_sent(stage: Stage) -> None:
    stage.visit()
    stage.send.click()
    expect(stage.name).to_be_focused()
    for control, words in (
        (stage.name, "Please give a name."),
        (stage.text, "Please write something."),
    ):
        expect(control).to_have_attribute("aria-invalid", "true")
        expect(control).to_have_accessible_description(words)
    stage.post("Now.")
    expect(stage.row("Now.")).to_be_visible()
    expect(stage.name).not_to_have_attribute("aria-invalid", "true")


def test_the_services_field_errors_stand_beside_the_field(stage: Stage) -> None:
    fault = problem("invalid", "Fields are at fault.", ("body", "No half characters, please."))
    stage.service.fail("POST comments", Fault(422, fault))
    stage.visit()
    stage.post("Text.")
    expect(stage.text).to_be_focused()
    expect(stage.text).to_have_accessible_description("No half characters, please.")
    expect(stage.text).to_have_value("Text.")


def test_a_refusal_shows_its_reasons_and_keeps_the_text(stage: Stage) -> None:
    reasons = ["Too many links.", "All capitals."]
    fault = problem("refused", "This comment was refused.", *(("body", r) for r in reasons))
    stage.service.fail("POST comments", Fault(422, fault))
    stage.visit()
    stage.post("BUY")
    expect(stage.page.get_by_text("This comment cannot be published as it is:")).to_be_visible()
    assert stage.page.locator("#comments .notice li").all_inner_texts() == reasons
    expect(stage.text).to_have_value("BUY")
    stage.send.click()
    expect(stage.row("BUY")).to_be_visible()
    assert len(set(keys(stage))) == 2


def test_a_token_at_fault_is_fetched_again_without_a_word(stage: Stage) -> None:
    fault = problem("invalid", "The form is too old.", ("token", "This token has expired."))
    stage.service.fail("POST comments", Fault(422, fault))
    stage.visit()
    stage.post("Patience.")
    expect(stage.row("Patience.")).to_be_visible()
    assert [s.body["token"] for s in stage.service.asked("POST comments")] == ["token-1", "token-2"]
    assert len(set(keys(stage))) == 1


def test_a_token_that_never_pleases_ends_in_words(stage: Stage) -> None:
    fault = problem("invalid", "The form could not be verified.", ("token", "Wrong token."))
    stage.service.fail("POST comments", *[Fault(422, fault)] * 3)
    stage.visit()
    stage.post("Patience.")
    expect(stage.page.get_by_text("The form could not be verified.")).to_be_visible()
    expect(stage.text).to_have_value("Patience.")
    assert stage.asked("POST comments") == 3


def test_it_waits_until_the_token_is_ripe(stage: Stage) -> None:
    stage.service.min_seconds = 1
    stage.visit()
    stage.name.fill("Ida")
    stage.text.fill("Quick.")
    with stage.page.expect_response("**/api/v1/comments") as posted:
        started = stage.page.evaluate("performance.now()")
        stage.send.click()
    assert posted.value.status == 201
    token = next(i for i, s in enumerate(stage.service.seen) if s.path == "form-token")
    assert token < len(stage.service.seen) - 1
    assert stage.page.evaluate("performance.now()") - started > 700


def test_closed_in_the_meantime(stage: Stage) -> None:
    stage.service.say("A", "Earlier.", ago=60)
    stage.service.fail("POST comments", Fault(409, problem("closed", "Closed.")))
    stage.visit()
    stage.post("Too late.")
    expect(stage.page.get_by_text("Comments were closed in the meantime.")).to_be_visible()
    expect(stage.text).to_have_value("Too late.")
    expect(stage.page.get_by_role("button", name="Reply to A")).to_have_count(0)


@pytest.mark.parametrize(
    ("wait", "words"), [("40", "in 40 seconds"), ("200", "in 3 minutes"), ("", "in a while")]
)
def test_too_many_says_when_and_keeps_the_wish(stage: Stage, wait: str, words: str) -> None:
    headers = {"Retry-After": wait} if wait else {}
    stage.service.fail("POST comments", Fault(429, problem("too-many", "Slow down."), headers))
    stage.visit()
    stage.post("Again.")
    expect(stage.page.get_by_text(words)).to_be_visible()
    expect(stage.text).to_have_value("Again.")
    stage.send.click()
    expect(stage.row("Again.")).to_be_visible()
    assert len(set(keys(stage))) == 1


@pytest.mark.parametrize(
    "fault", [Fault(0), Fault(503, {}, {"Retry-After": "1"}), Fault(502), Fault(0, after=True)]
)
def test_a_service_that_is_away_gets_the_same_key_until_it_is_back(
    stage: Stage, fault: Fault
) -> None:
    stage.service.fail("POST comments", fault, fault)
    stage.visit()
    stage.post("Persistent.")
    expect(stage.page.get_by_text(AWAY)).to_be_visible()
    expect(stage.text).to_have_value("Persistent.")
    expect(stage.row("Persistent.")).to_be_visible()
    assert len(keys(stage)) == 3
    assert len(set(keys(stage))) == 1
    assert len(stage.service.comments) == 1
    expect(stage.heading).to_have_text("Comment (1)")
    expect(stage.text).to_have_value("")
    expect(stage.page.locator("#comments .notice")).to_be_empty()


def test_try_now_does_not_wait(stage: Stage) -> None:
    stage.service.fail("POST comments", Fault(503, {}, {"Retry-After": "60"}))
    stage.visit()
    stage.post("Impatient.")
    stage.page.get_by_role("button", name="Try now").click()
    expect(stage.row("Impatient.")).to_be_visible()


def test_retries_are_bounded_and_can_be_taken_up_again(stage: Stage) -> None:
    stage.service.fail("POST comments", *[Fault(503)] * 8)
    stage.page.clock.install()
    stage.visit()
    stage.post("Stubborn.")
    for _ in range(7):
        expect(stage.page.get_by_text(AWAY)).to_be_visible()
        tries = stage.asked("POST comments")
        stage.page.clock.fast_forward("02:00")
        while stage.asked("POST comments") == tries:
            stage.page.wait_for_timeout(20)
    expect(stage.page.get_by_text("Comments are still away.")).to_be_visible()
    stage.page.clock.fast_forward("10:00")
    assert stage.asked("POST comments") == 8
    stage.page.get_by_role("button", name="Try now").click()
    expect(stage.row("Stubborn.")).to_be_visible()
    assert len(set(keys(stage))) == 1


def test_changing_the_text_stops_the_retries_and_makes_another_key(stage: Stage) -> None:
    stage.service.fail("POST comments", Fault(503, {}, {"Retry-After": "60"}))
    stage.visit()
    stage.post("First wish.")
    expect(stage.page.get_by_text(AWAY)).to_be_visible()
    stage.text.fill("Second wish.")
    expect(stage.page.get_by_text(AWAY)).to_have_count(0)
    stage.send.click()
    expect(stage.row("Second wish.")).to_be_visible()
    assert len(set(keys(stage))) == 2


def test_the_same_wish_after_a_reload_keeps_its_key(stage: Stage) -> None:
    # The service stored the comment; its answer never came. (Chromium may ask once more by itself
    # when a connection breaks, hence the second fault.)
    later = Fault(503, {}, {"Retry-After": "60"})
    stage.service.fail("POST comments", Fault(0, after=True), later)
    stage.visit()
    stage.post("Said once.")
    expect(stage.page.get_by_text(AWAY)).to_be_visible()
    stage.reload()
    expect(stage.text).to_have_value("Said once.")
    expect(stage.row("Said once.")).to_be_visible()
    expect(stage.heading).to_have_text("Comment (1)")
    stage.send.click()
    expect(stage.text).to_have_value("")
    expect(stage.row("Said once.")).to_have_count(1)
    expect(stage.heading).to_have_text("Comment (1)")
    assert len(stage.service.comments) == 1
    assert len(set(keys(stage))) == 1


def test_drafts_survive_a_reload_each_in_its_place(stage: Stage) -> None:
    stage.service.say("A", "Root.", ago=60)
    stage.write(path="/other")
    stage.visit()
    stage.text.fill("A thought of its own.")
    stage.page.get_by_role("button", name="Reply to A").click()
    reply = stage.page.get_by_role("form", name="Reply to A").get_by_label("Reply to A")
    reply.fill("A half reply.")
    stage.reload()
    expect(stage.text).to_have_value("A thought of its own.")
    expect(reply).to_have_value("A half reply.")
    stage.page.get_by_role("button", name="Cancel").click()
    stage.visit("/other")
    expect(stage.text).to_have_value("")
    stage.visit()
    expect(reply).to_have_count(0)


def test_while_sending_a_second_press_sends_nothing(stage: Stage) -> None:
    stage.service.fail("POST comments", Fault(503, {}, {"Retry-After": "60"}, delay=0.5))
    stage.visit()
    stage.post("Once.")
    expect(stage.page.get_by_role("button", name="Sending…")).to_have_attribute(
        "aria-disabled", "true"
    )
    stage.text.press("Enter")
    stage.page.get_by_role("button", name="Sending…").click(force=True)
    expect(stage.page.get_by_text(AWAY)).to_be_visible()
    assert len(keys(stage)) == 1


def test_a_failed_delete_says_so_and_keeps_the_comment(stage: Stage) -> None:
    stage.visit()
    stage.post("Mine.")
    stage.page.get_by_role("button", name="Delete comment by Ida").click()
    said = stage.service.comments[0]["id"]
    stage.service.fail(f"DELETE comments/{said}", Fault(503), Fault(409, {"detail": "Too late."}))
    yes = stage.page.get_by_role("button", name="Yes, delete")
    yes.click()
    expect(stage.page.get_by_role("alert")).to_contain_text("away for a moment")
    yes.click()
    expect(stage.page.get_by_role("alert")).to_contain_text("Too late.")
    expect(stage.heading).to_have_text("Comment (1)")
