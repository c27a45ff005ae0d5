"""`/moderate/settings`, `/moderate/thread`, `/moderate/account`: what can be set, and by whom."""

import re

import pytest

from comments_service.checks import discover
from comments_service.domain.errors import ThreadClosed
from comments_service.domain.policy import PolicyMode
from comments_service.domain.verdict import Mode
from comments_service.services.sites import show_site
from comments_service.services.views import SiteRow
from tests.support.newsroom import GAZETTE, HUGO, OLGA, PAGE, PASSWORD, ROSA, Desk, Newsroom

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

SETTINGS = "/moderate/settings?site=gazette"
THREAD = f"/moderate/thread?site=gazette&url={PAGE}"


@pytest.fixture
def olga(newsroom: Newsroom) -> Desk:
    return newsroom.sign_in(OLGA)


@pytest.fixture
def rosa(newsroom: Newsroom) -> Desk:
    return newsroom.sign_in(ROSA)


def stored(newsroom: Newsroom) -> SiteRow:
    with newsroom.app.app_context():
        return show_site("gazette")


def site_form(desk: Desk, **changes: str) -> dict[str, object]:
    """The settings form as a browser sends it: everything on the page, with changes."""
    page = desk.get(SETTINGS).text
    version = re.search(r'name="version"[^>]*value="(\d+)"', page)
    assert version is not None
    return {
        "version": version[1],
        "name": "The Gazette",
        "mode": "first",
        "origins": GAZETTE,
        **{f"check_{name}": "on" for name in discover()},
        **changes,
    }


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({"origins": f"{GAZETTE}\nhttps://elsewhere.example"}, True),
        ({"origins": "https://elsewhere.example"}, True),
        ({"forget_days": "30"}, True),
        ({"forget_days": "29"}, True),
        ({"forget_days": "0"}, False),
        ({"forget_days": "31"}, False),
        ({"origins": f"{GAZETTE}/", "name": "The New Gazette", "mode": "pre"}, False),
    ],
)
def test_what_cannot_be_undone_asks_once_more_who_is_there(
    newsroom: Newsroom, olga: Desk, change: dict[str, str], asked: bool
) -> None:
    if change.get("forget_days") in ("0", "29", "31"):
        newsroom.change_site(forget_days=30)
    form = site_form(olga, name="Another name", forget_days="0") | change
    if "forget_days" not in change:
        form["forget_days"] = ""
    before = stored(newsroom)
    newsroom.clock.advance(minutes=16)
    answer = olga.post(SETTINGS, form)
    assert answer.status_code == (422 if asked else 303)
    if not asked:
        return
    assert stored(newsroom) == before
    assert "once more who is there" in answer.text
    assert f'value="{form["name"]}"' in answer.text, "what was typed is kept"
    wrong = olga.post(SETTINGS, form | {"password": "guess"})
    assert (wrong.status_code, "not your password" in wrong.text) == (422, True)
    assert "guess" not in wrong.text
    assert olga.post(SETTINGS, form | {"password": PASSWORD}).status_code == 303
    assert stored(newsroom).name == form["name"]


def test_guessing_it_there_is_throttled_and_a_trial_does_not_carry_it(
    newsroom: Newsroom, olga: Desk
) -> None:
    form = site_form(olga, origins="https://elsewhere.example")
    typed = form | {"password": PASSWORD}
    tried = olga.post("/moderate/settings/try?site=gazette", typed, page=SETTINGS)
    assert tried.status_code == 200
    assert PASSWORD not in tried.text
    newsroom.clock.advance(minutes=16)
    guess = form | {"password": "guess"}
    answers = [olga.post(SETTINGS, guess) for _ in range(11)]
    assert answers[-1].status_code == 429
    assert "elsewhere.example" in answers[-1].text
    assert stored(newsroom).origins == (GAZETTE,)


def test_an_owner_changes_everything_at_once(newsroom: Newsroom, olga: Desk) -> None:
    form = site_form(
        olga,
        name="The New Gazette",
        mode="pre",
        origins=f" {GAZETTE} \r\n\r\nhttps://www.gazette.example/",
        check_shouting="shadow",
        check_links="off",
    )
    assert olga.post(SETTINGS, form).status_code == 303
    site = stored(newsroom)
    assert site.name == "The New Gazette"
    assert site.origins == (GAZETTE, "https://www.gazette.example")
    assert site.policy.mode is PolicyMode.PRE
    assert site.policy.of("shouting").mode is Mode.SHADOW
    assert site.policy.of("links").mode is Mode.OFF
    assert site.policy.of("flood").mode is Mode.ON
    page = olga.get(SETTINGS).text
    assert "Saved." in page
    assert re.search(r'name="check_links" value="off" checked', page)


def test_every_check_has_its_row_with_its_sentence(olga: Desk) -> None:
    page = olga.get(SETTINGS).text
    for name, check in discover().items():
        assert f'name="check_{name}"' in page
        assert check.summary.replace("'", "&#39;") in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "  "}, "A name"),
        ({"origins": ""}, "at least one origin"),
        ({"origins": "gazette.example"}, "begins with its scheme"),
        ({"origins": "https://*.example"}, "cannot hold a *"),
        ({"mode": "anything"}, "Not a valid choice"),
        ({"check_links": "maybe"}, "Not a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_kept(
    newsroom: Newsroom, olga: Desk, change: dict[str, str], says: str
) -> None:
    kept = {"origins": "https://kept.example"} if "name" in change else {}
    answer = olga.post(SETTINGS, site_form(olga, **(kept | change)))
    assert answer.status_code == 422
    assert says in answer.text
    assert 'role="alert"' in answer.text or 'class="fault"' in answer.text
    if kept:
        assert "https://kept.example</textarea>" in answer.text.replace("\r\n", "")
    assert stored(newsroom).version == 1


def test_a_stale_page_is_told_and_loses_no_text(newsroom: Newsroom, olga: Desk) -> None:
    form = site_form(olga, origins="https://mine.example")
    newsroom.change_site(origins=["https://theirs.example"], mode="post", asks_to_reword=True)
    answer = olga.post(SETTINGS, form)
    assert answer.status_code == 409
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text))
    assert "Somebody changed these settings while you had them open." in said
    assert "Stored now: https://theirs.example" in said
    assert "Stored now: Published at once" in said
    assert "Stored now: asks" in said
    assert "https://mine.example</textarea>" in answer.text.replace("\r\n", "")
    assert stored(newsroom).origins == ("https://theirs.example",)
    # Knowing what is stored, the owner may save again.
    assert 'name="version" type="hidden" value="2"' in answer.text
    assert olga.post(SETTINGS, form | {"version": "2"}).status_code == 303
    assert stored(newsroom).origins == ("https://mine.example",)


def test_asking_to_reword_is_off_until_ticked(newsroom: Newsroom, olga: Desk) -> None:
    box = r'<input type="checkbox" name="asks_to_reword" value="1" (checked)?>'
    for ticked in (True, False):
        form = site_form(olga) | ({"asks_to_reword": "1"} if ticked else {})
        assert stored(newsroom).policy.asks_to_reword is not ticked
        assert olga.post(SETTINGS, form).status_code == 303
        assert stored(newsroom).policy.asks_to_reword is ticked
        found = re.search(box, olga.get(SETTINGS).text)
        assert found is not None
        assert bool(found[1]) is ticked
    log = olga.get("/moderate/log?site=gazette").text
    assert "asks to reword: no → yes" in log
    assert "asks to reword: yes → no" in log


def test_a_moderator_reads_settings_and_changes_none(newsroom: Newsroom, rosa: Desk) -> None:
    page = rosa.get(SETTINGS)
    assert page.status_code == 200
    assert "Only an owner can change these." in page.text
    assert '<fieldset class="plain" disabled>' in page.text
    answer = rosa.post(SETTINGS, {"name": "Mine"}, page="/moderate/account")
    assert answer.status_code == 403
    assert stored(newsroom).version == 1


@pytest.mark.parametrize("path", [SETTINGS, THREAD, "/moderate/account"])
def test_without_its_token_nothing_is_saved(newsroom: Newsroom, olga: Desk, path: str) -> None:
    assert olga.client.post(path, data={"name": "Mine", "state": "closed"}).status_code == 400
    assert stored(newsroom).version == 1


@pytest.mark.parametrize("path", [SETTINGS, THREAD])
def test_another_sites_moderator_sets_nothing_here(newsroom: Newsroom, path: str) -> None:
    hugo = newsroom.sign_in(HUGO)
    assert hugo.get(path).status_code == 404
    assert hugo.post(path, {"state": "closed"}, page="/moderate/account").status_code == 404


def thread_form(**changes: str) -> dict[str, object]:
    return {"state": "open", "mode": "", "title": "", "alias_url": "", **changes}


def test_a_page_is_closed_before_its_first_comment(newsroom: Newsroom, rosa: Desk) -> None:
    assert "Nobody has commented here yet." in rosa.get(THREAD).text
    assert rosa.post(THREAD, thread_form(state="closed")).status_code == 303
    assert "Closed since" in rosa.get(THREAD).text
    with pytest.raises(ThreadClosed):
        newsroom.comment("Too late")
    assert rosa.post(THREAD, thread_form(state="open")).status_code == 303
    newsroom.comment("In time")


def test_looking_at_a_page_makes_nothing(newsroom: Newsroom, rosa: Desk) -> None:
    rosa.get(THREAD)
    assert "Nobody has commented here yet." in rosa.get(THREAD).text
    assert rosa.get("/moderate/log").text.count("<li>") == 1


def test_a_page_has_a_mode_of_its_own(newsroom: Newsroom, rosa: Desk) -> None:
    rosa.post(THREAD, thread_form(mode="post"))
    comment = newsroom.comment("Straight to print")
    assert "approved" in rosa.get(f"/moderate/comment/{comment}").text
    assert re.search(r'name="mode" value="post" checked', rosa.get(THREAD).text)


def test_a_second_address_is_the_same_page(newsroom: Newsroom, rosa: Desk) -> None:
    moved = f"{GAZETTE}/moved"
    newsroom.comment("At the old address")
    assert rosa.post(THREAD, thread_form(alias_url=moved)).status_code == 303
    page = rosa.get(f"/moderate/thread?site=gazette&url={moved}").text
    assert "<strong>0</strong> published, <strong>1</strong> waiting." in page
    assert "//gazette.example/moved" in page
    assert "//gazette.example/night-bus" in page


def test_a_second_address_that_is_taken_is_refused(newsroom: Newsroom, rosa: Desk) -> None:
    newsroom.comment("Here")
    newsroom.comment("There", url=f"{GAZETTE}/other")
    answer = rosa.post(THREAD, thread_form(alias_url=f"{GAZETTE}/other"))
    assert answer.status_code == 422
    assert "Another thread with its own comments has this address." in answer.text


def test_a_title_set_here_is_verified(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("Good morning", title="Whatever")
    rosa.post(THREAD, thread_form(title="  The   night bus <1> "))
    page = rosa.get(f"/moderate/comment/{comment}").text
    assert "The night bus &lt;1&gt;" in page
    assert "title unverified" not in page


@pytest.mark.parametrize(
    "url", ["nonsense", "https://elsewhere.example/a", "javascript:alert(1)", "x" * 9000]
)
def test_an_address_that_is_none_of_the_sites_is_told(rosa: Desk, url: str) -> None:
    answer = rosa.get(
        "/moderate/thread",
    )
    assert answer.status_code == 200
    answer = rosa.client.get("/moderate/thread", query_string={"url": url})
    assert answer.status_code == 422
    assert 'class="fault"' in answer.text


def test_a_card_leads_to_the_settings_of_its_page(newsroom: Newsroom, rosa: Desk) -> None:
    comment = newsroom.comment("Good morning")
    page = rosa.get(f"/moderate/comment/{comment}").text
    [link] = re.findall(r'href="(/moderate/thread[^"]*thread=[^"]*)"', page)
    settings = rosa.get(link.replace("&amp;", "&"))
    assert PAGE in settings.text
    assert rosa.get("/moderate/thread?thread=nonsense").status_code == 404


def test_two_moderators_never_overwrite_each_others_page_settings(
    newsroom: Newsroom, rosa: Desk
) -> None:
    [seen] = re.findall(r'name="seen"[^>]*value="(\w+)"', rosa.get(THREAD).text)
    assert rosa.post(THREAD, thread_form(state="closed", seen=seen)).status_code == 303

    late = rosa.post(THREAD, thread_form(title="Mine", seen=seen))
    assert late.status_code == 409
    assert "Closed since" in late.text, "What stands now is told."
    assert 'value="Mine"' in late.text, "What was wanted is kept."

    [seen] = re.findall(r'name="seen"[^>]*value="(\w+)"', late.text)
    wanted = thread_form(state="closed", title="Mine", seen=seen)
    assert rosa.post(THREAD, wanted).status_code == 303
    assert "comments: open → closed" in rosa.get("/moderate/log?site=gazette").text


def test_a_page_known_by_the_publishers_id_keeps_its_thread(newsroom: Newsroom, rosa: Desk) -> None:
    path = "/moderate/thread?site=gazette&id=article-7"
    assert rosa.post(path, thread_form(title="Seven")).status_code == 303
    log = rosa.get("/moderate/log").text
    [link] = re.findall(r'href="(/moderate/thread[^"]*thread=[^"]*)"', log)
    page = rosa.get(link.replace("&amp;", "&")).text
    assert "Seven" in page
    assert "A page known by the publisher&#39;s id alone" in page.replace("'", "&#39;")


def test_shortcuts_are_switched_off_for_one_moderator_alone(
    newsroom: Newsroom, rosa: Desk, olga: Desk
) -> None:
    assert 'data-shortcuts="on"' in rosa.get("/moderate/").text
    assert rosa.post("/moderate/account", {}).status_code == 303
    assert 'data-shortcuts="off"' in rosa.get("/moderate/").text
    assert 'data-shortcuts="off"' in newsroom.sign_in(ROSA).get("/moderate/").text
    assert 'data-shortcuts="on"' in olga.get("/moderate/").text
    rosa.post("/moderate/account", {"shortcuts": "y"})
    assert 'data-shortcuts="on"' in rosa.get("/moderate/").text
