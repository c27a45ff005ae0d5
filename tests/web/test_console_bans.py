"""The page of bans, by forms alone: from a card to a ban and back."""

import re

from tests.cast import one_database
from tests.support.newsroom import BOB, HUGO, ROSA, Newsroom

BANS = "/moderate/bans?site=gazette"


@one_database
def test_from_a_card_to_a_ban_and_back(newsroom: Newsroom) -> None:
    comment = newsroom.comment("You are all <b>fools</b>.", key=BOB)
    desk = newsroom.sign_in(ROSA)
    path = f"/moderate/bans?site=gazette&comment={comment}"
    assert f'href="{path.replace("&", "&amp;")}"' in desk.get("/moderate/?site=gazette").text
    page = desk.get(path).text
    assert re.findall(r'name="kind" value="(\w+)"', page) == ["commenter", "name"]
    form = {"kind": "commenter", "days": "7", "reason": "abusive", "note": "Third <time>."}
    answer = desk.post(path, form)
    assert answer.status_code == 303
    page = desk.get(answer.headers["Location"]).text
    assert "Banned until 30 November 2026" in page
    assert "Third &lt;time&gt;." in page
    found = re.search(r'name="ban" value="(\w+)"', page)
    assert found is not None
    assert (
        desk.post("/moderate/bans/lift?site=gazette", {"ban": found[1]}, page=BANS).status_code
        == 303
    )
    page = desk.get(BANS).text
    assert "Lifted: a commenter." in page
    assert "Nobody is banned." in page
    log = desk.get("/moderate/log?site=gazette").text
    assert "lifted a ban" in log
    assert "banned somebody" in log


@one_database
def test_what_is_typed_is_kept_where_it_is_at_fault(newsroom: Newsroom) -> None:
    desk = newsroom.sign_in(ROSA)
    form = {"kind": "address", "who": "nonsense", "days": "365", "reason": "other"}
    answer = desk.post(BANS, form)
    assert answer.status_code == 422
    assert "A ban on this lasts from 1 to 90 days." in answer.text
    answer = desk.post(BANS, form | {"days": "30"})
    assert "Write an address like" in answer.text
    assert 'value="nonsense"' in answer.text


@one_database
def test_a_moderator_of_another_site_may_not(newsroom: Newsroom) -> None:
    comment = newsroom.comment("You are all fools.", key=BOB)
    desk = newsroom.sign_in(HUGO)
    assert desk.get(BANS).status_code == 404
    assert desk.get(f"/moderate/bans?site=herald&comment={comment}").status_code == 404
