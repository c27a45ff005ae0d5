"""`/moderate/decide` and `/moderate/undo`: deciding with plain forms."""

import re

import pytest

from comments_service.domain.words import SiteWord
from tests.support.newsroom import BOB, HERALD, HUGO, OLGA, ROSA, Desk, Newsroom


@pytest.fixture
def rosa(newsroom: Newsroom) -> Desk:
    return newsroom.sign_in(ROSA)


def status(desk: Desk, comment: str) -> str:
    """Where a comment stands, as its page says."""
    found = re.search(
        r'<span class="pill (\w+)">\1</span>', desk.get(f"/moderate/comment/{comment}").text
    )
    assert found is not None
    return found[1]


def undo(page: str) -> dict[str, object]:
    """What the page's Undo would send."""
    return {"decision": re.findall(r'name="decision" value="(\w+)"', page)}


@pytest.mark.parametrize(
    ("action", "stands", "says"),
    [
        ("approve", "approved", "Approved."),
        ("reject:offensive", "rejected", "Rejected."),
        ("reject:other", "rejected", "Rejected."),
        ("spam", "spam", "Marked as spam."),
    ],
)
def test_a_decision_is_carried_out_told_once_and_taken_back(
    newsroom: Newsroom, rosa: Desk, action: str, stands: str, says: str
) -> None:
    comment = newsroom.comment("Good morning")
    answer = rosa.decide(action, f"{comment}:1", next="/moderate/?sort=risk")
    assert (answer.status_code, answer.location) == (303, "/moderate/?sort=risk")
    page = rosa.get(answer.location).text
    assert says in page
    assert says not in rosa.get(answer.location).text
    assert status(rosa, comment) == stands
    assert rosa.post("/moderate/undo", undo(page)).status_code == 303
    assert "Taken back." in rosa.get("/moderate/").text
    assert status(rosa, comment) == "pending"


def test_undoing_twice_is_a_conflict(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("Good morning")
    rosa.decide("spam", f"{comment}:1")
    sent = undo(rosa.get("/moderate/").text)
    assert rosa.post("/moderate/undo", sent).status_code == 303
    assert rosa.post("/moderate/undo", sent).status_code == 409
    assert status(rosa, comment) == "pending"


def test_a_reason_and_a_note_reach_the_log(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("Good morning")
    rosa.decide("reject:irrelevant", f"{comment}:1", note=" Not about the <bus> ")
    log = rosa.get("/moderate/log").text
    assert "Off the topic" in log
    assert "Not about the &lt;bus&gt;" in log


def test_a_reason_is_kept_with_a_rejection_only(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("Good morning")
    assert rosa.decide("approve", f"{comment}:1", reason="offensive").status_code == 303
    assert "Offensive" not in rosa.get("/moderate/log").text


def test_the_second_moderator_is_told_who_decided_what(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("Good morning")
    olga = newsroom.sign_in(OLGA)
    olga.decide("approve", f"{comment}:1")
    answer = rosa.decide("spam", f"{comment}:1")
    assert answer.status_code == 409
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text))
    assert f"{OLGA} decided on comment {comment} (now): it is approved now." in said
    assert "Your decision was not carried out." in said
    # The card below is as it stands now, so the decision can be taken after all.
    assert f"{comment}:2" in answer.text
    assert rosa.decide("spam", f"{comment}:2").status_code == 303
    assert status(rosa, comment) == "spam"


def test_wishing_what_holds_already_is_no_conflict(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("Good morning")
    newsroom.sign_in(OLGA).decide("approve", f"{comment}:1")
    assert rosa.decide("approve", f"{comment}:1").status_code == 303
    page = rosa.get("/moderate/").text
    assert "Already approved" in page
    assert undo(page) == {"decision": []}


def test_a_text_changed_meanwhile_is_not_approved_unread(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("Good morning", key=BOB)
    newsroom.edit(comment, "Good evening, idiot")
    answer = rosa.decide("approve", f"{comment}:1")
    assert answer.status_code == 409
    assert "Its author changed" in answer.text
    assert "Good evening" in answer.text
    assert status(rosa, comment) == "pending"


def test_several_are_decided_and_taken_back_at_once(newsroom: Newsroom, rosa: Desk) -> None:
    comments = [newsroom.comment(f"Number {n}") for n in range(3)]
    rosa.decide("approve", *(f"{c}:1" for c in comments))
    page = rosa.get("/moderate/").text
    assert "3 approved." in page
    assert len(undo(page)["decision"]) == 3  # type: ignore[arg-type]
    rosa.post("/moderate/undo", undo(page))
    assert "3 taken back." in rosa.get("/moderate/").text
    assert {status(rosa, c) for c in comments} == {"pending"}


def test_in_a_batch_each_is_decided_by_itself(newsroom: Newsroom, rosa: Desk) -> None:
    free, taken = newsroom.comment("One"), newsroom.comment("Two")
    newsroom.sign_in(OLGA).decide("spam", f"{taken}:1")
    answer = rosa.decide("reject", f"{free}:1", f"{taken}:1", reason="abusive")
    assert answer.status_code == 409
    assert OLGA in answer.text
    assert "1 rejected." in answer.text
    assert len(undo(answer.text)["decision"]) == 1  # type: ignore[arg-type]
    assert (status(rosa, free), status(rosa, taken)) == ("rejected", "spam")


def test_the_page_has_one_form_for_several(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("Good morning", "Ada")
    page = rosa.get("/moderate/").text
    box = f'<input type="checkbox" name="comment" value="{comment}:1" form="bulk"'
    assert box in page
    assert 'id="bulk"' in page


def test_nothing_selected_is_said(newsroom: Newsroom, rosa: Desk) -> None:
    newsroom.comment("Good morning")
    assert rosa.decide("approve").status_code == 303
    assert "Nothing was selected." in rosa.get("/moderate/").text


def test_rejecting_an_edit_keeps_the_approved_text(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("What a lovely bus", key=BOB)
    rosa.decide("approve", f"{comment}:1")
    newsroom.edit(comment, "What a lovely bus, idiot")
    rosa.get("/moderate/")
    rosa.decide("reject:other", rosa.seen(comment))
    assert "Edit rejected: the approved text stays." in rosa.get("/moderate/").text
    assert status(rosa, comment) == "approved"


@pytest.mark.parametrize(
    "sent",
    [
        {"action": "burn"},
        {"action": ""},
        {"action": "reject", "reason": "because"},
        {"action": "reject:because"},
        {"action": "approve", "note": "x" * 1001},
        {"action": "approve", "note": "a\x00b"},
    ],
)
def test_a_decision_that_makes_no_sense_changes_nothing(
    newsroom: Newsroom, rosa: Desk, sent: dict[str, object]
) -> None:
    comment = newsroom.comment("Good morning")
    data = {"comment": f"{comment}:1", **sent}
    answer = rosa.post("/moderate/decide?site=gazette", data, page="/moderate/account")
    assert answer.status_code == 422
    assert status(rosa, comment) == "pending"


@pytest.mark.parametrize("seen", ["nonsense", "0" * 13, "0" * 13 + ":x", ":1", "0" * 13 + ":٣"])
def test_a_comment_that_cannot_be_read_is_refused(rosa: Desk, seen: str) -> None:
    assert rosa.decide("approve", seen).status_code == 422


def test_a_comment_that_is_not_there_is_told(rosa: Desk) -> None:
    answer = rosa.decide("approve", "0" * 12 + "1:1")
    assert answer.status_code == 409
    assert "There is no comment" in answer.text


def test_without_its_token_a_decision_is_refused(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("Good morning")
    data = {"action": "approve", "comment": f"{comment}:1"}
    assert rosa.client.post("/moderate/decide", data=data).status_code == 400
    assert status(rosa, comment) == "pending"
    assert rosa.client.post("/moderate/undo", data={"decision": comment}).status_code == 400


def test_another_sites_moderator_decides_nothing_here(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("Good morning")
    hugo = newsroom.sign_in(HUGO)
    data = {"action": "approve", "comment": f"{comment}:1"}
    answer = hugo.post("/moderate/decide?site=herald", data, page="/moderate/account")
    assert answer.status_code == 409
    assert "There is no comment" in answer.text
    assert status(rosa, comment) == "pending"


def test_another_sites_moderator_takes_nothing_back(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("Good morning")
    rosa.decide("approve", f"{comment}:1")
    sent = undo(rosa.get("/moderate/").text)
    assert newsroom.sign_in(HUGO).post("/moderate/undo", sent).status_code == 404
    assert status(rosa, comment) == "approved"


def test_an_owner_meets_a_conflict_on_the_second_site(newsroom: Newsroom) -> None:
    comment = newsroom.comment("Good morning", site="herald", url=f"{HERALD}/a")
    olga, hugo = newsroom.sign_in(OLGA), newsroom.sign_in(HUGO)
    data = {"action": "spam", "comment": f"{comment}:1"}
    hugo.post("/moderate/decide?site=herald", data, page="/moderate/account")
    data["action"] = "approve"
    answer = olga.post("/moderate/decide?site=herald", data, page="/moderate/account")
    assert answer.status_code == 409
    assert HUGO in answer.text


@pytest.mark.parametrize("decision", ["nonsense", "0" * 13])
def test_a_decision_that_is_not_there_cannot_be_taken_back(rosa: Desk, decision: str) -> None:
    assert rosa.post("/moderate/undo", {"decision": decision}).status_code == 404


def test_where_to_go_afterwards_stays_in_the_console(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("Good morning")
    answer = rosa.decide("approve", f"{comment}:1", next="//evil.example/moderate/")
    assert answer.location == "/moderate/"


# --- Confirming what policy decided ----------------------------------------------------------

AUTOMATIC = {
    "Good morning": ("approve", "approved", "approval"),
    "A casino": ("reject:other", "rejected", "rejection"),
}


@pytest.mark.parametrize("body", AUTOMATIC)
def test_what_policy_decided_is_confirmed_and_taken_back(
    newsroom: Newsroom, rosa: Desk, body: str
) -> None:
    action, stands, noun = AUTOMATIC[body]
    offer = f"Confirm {noun}"
    newsroom.change_site(mode="post")
    newsroom.list_words(SiteWord("casino", 1.0))
    comment = newsroom.comment(body)
    tab = f"/moderate/?status={stands}"
    offered = rosa.get(tab).text
    assert offered.count(offer) == 2, "on the card and in the bar"
    assert "not looked at" in offered
    assert rosa.decide(action, f"{comment}:1", next=tab).status_code == 303
    page = rosa.get(tab).text
    assert "Confirmed." in page
    assert page.count(offer) == 1, "in the bar"
    assert "not looked at" not in page
    assert status(rosa, comment) == stands
    assert f"confirmed the {noun} of" in rosa.get("/moderate/log").text
    rosa.post("/moderate/undo", undo(page))
    assert rosa.get(tab).text.count(offer) == 2


def test_several_are_confirmed_at_once_and_told_apart(newsroom: Newsroom, rosa: Desk) -> None:
    waits = newsroom.comment("Good day")
    newsroom.change_site(mode="post")
    first, second, third = (newsroom.comment(f"Good morning number {n}") for n in range(3))
    rosa.decide("approve", f"{first}:1", f"{waits}:1")
    assert "2 approved, 1 of them confirmed." in rosa.get("/moderate/").text
    rosa.decide("approve", f"{second}:1", f"{third}:1", f"{first}:2")
    assert "2 confirmed." in rosa.get("/moderate/").text
