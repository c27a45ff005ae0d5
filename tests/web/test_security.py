"""`/moderate/security` and its neighbours: factors, confirmation, sessions, a site's rule."""

import dataclasses
import re
import secrets
from contextvars import Context
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import text

from comments_service.config import Limit, Settings
from comments_service.services import factors
from comments_service.storage.db import db
from tests.support.newsroom import HUGO, OLGA, PASSWORD, ROSA, Desk, Newsroom

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

OTHER_KEY = secrets.token_urlsafe(32)
SIGN_IN = "/moderate/sign-in"
SECOND = "/moderate/sign-in/code"
SECURITY = "/moderate/security"
CONFIRM = "/moderate/confirm"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Few tries, so that their end is near."""
    return dataclasses.replace(settings, limit_sign_in=Limit(8, 900))


def code_of(newsroom: Newsroom, secret: str, *, periods: int = 0) -> str:
    moment = newsroom.clock.now + timedelta(seconds=30 * periods)
    return pyotp.TOTP(secret).at(moment)


def turn_on(newsroom: Newsroom, desk: Desk) -> tuple[str, list[str]]:
    """One-time codes for the moderator at the desk; the secret and the recovery codes."""
    page = desk.get(SECURITY).text
    found = re.search(r'name="secret" value="([A-Z2-7]{32})"', page)
    assert found
    newsroom.clock.advance(seconds=1)
    answer = desk.post(
        f"{SECURITY}/codes",
        {"secret": found[1], "code": code_of(newsroom, found[1])},
        page=SECURITY,
    )
    assert answer.status_code == 200, answer.text
    return found[1], re.findall(r"<code>([a-z2-9-]{19})</code>", answer.text)


@pytest.fixture
def rosa(newsroom: Newsroom) -> tuple[Desk, str, list[str]]:
    """Rosa's desk with one-time codes on, the secret, and her recovery codes."""
    desk = newsroom.sign_in(ROSA)
    secret, codes = turn_on(newsroom, desk)
    newsroom.clock.advance(minutes=2)
    return desk, secret, codes


def half_in(newsroom: Newsroom) -> Desk:
    """A browser in which Rosa's password was right."""
    desk = newsroom.sign_in(ROSA)
    assert desk.get("/moderate/").location == SECOND
    return desk


def test_with_codes_on_the_password_opens_nothing(
    newsroom: Newsroom, rosa: tuple[Desk, str, list[str]]
) -> None:
    desk = half_in(newsroom)
    for page in ("/moderate/", "/moderate/log", SECURITY, "/moderate/password", CONFIRM):
        assert desk.get(page).location == SECOND, page
    assert desk.get("/api/v1/moderation/counts?site=gazette").status_code == 401


def test_a_code_of_now_opens_the_console(
    newsroom: Newsroom, rosa: tuple[Desk, str, list[str]]
) -> None:
    _, secret, _ = rosa
    desk = half_in(newsroom)
    newsroom.clock.advance(seconds=1)
    answer = desk.post(f"{SECOND}?next=/moderate/log", {"code": code_of(newsroom, secret)})
    assert (answer.status_code, answer.location) == (303, "/moderate/log")
    assert desk.get("/moderate/").status_code == 200


@pytest.mark.parametrize("code", ["000000", "12345", "", "x" * 41, "²²²²²²", "aaaa-aaaa-aaaa-aaaa"])
def test_anything_else_says_so_and_opens_nothing(
    newsroom: Newsroom, rosa: tuple[Desk, str, list[str]], code: str
) -> None:
    desk = half_in(newsroom)
    answer = desk.post(SECOND, {"code": code})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert desk.get("/moderate/").location == SECOND


def test_after_the_secret_key_was_lost_recovery_codes_still_open(
    newsroom: Newsroom, rosa: tuple[Desk, str, list[str]]
) -> None:
    _, secret, codes = rosa
    lost = dataclasses.replace(newsroom.app.config["COMMENTS"], secret_keys=(OTHER_KEY,))
    newsroom.app.config["COMMENTS"] = lost
    desk = half_in(newsroom)
    assert desk.post(SECOND, {"code": code_of(newsroom, secret)}).status_code == 422
    assert desk.post(SECOND, {"code": codes[0]}).status_code == 303


def test_a_code_is_good_once(newsroom: Newsroom, rosa: tuple[Desk, str, list[str]]) -> None:
    _, secret, _ = rosa
    first, second = half_in(newsroom), half_in(newsroom)
    code = code_of(newsroom, secret)
    assert first.post(SECOND, {"code": code}).status_code == 303
    assert second.post(SECOND, {"code": code}).status_code == 422


@pytest.mark.parametrize(("periods", "status"), [(-1, 303), (1, 303), (-3, 422), (3, 422)])
def test_a_clock_may_be_half_a_minute_wrong(
    newsroom: Newsroom, rosa: tuple[Desk, str, list[str]], periods: int, status: int
) -> None:
    _, secret, _ = rosa
    desk = half_in(newsroom)
    newsroom.clock.advance(seconds=1)
    code = code_of(newsroom, secret, periods=periods)
    newsroom.clock.advance(seconds=-1)
    assert desk.post(SECOND, {"code": code}).status_code == status


def test_guessing_codes_is_throttled(newsroom: Newsroom, rosa: tuple[Desk, str, list[str]]) -> None:
    _, secret, _ = rosa
    desk = half_in(newsroom)
    answers = [desk.post(SECOND, {"code": f"{n:06}"}).status_code for n in range(8)]
    assert answers[0] == 422
    assert answers[-1] == 429
    last = desk.post(SECOND, {"code": code_of(newsroom, secret)})
    assert last.status_code == 429, "even the right one waits"
    assert int(last.headers["Retry-After"]) > 0


def test_a_recovery_code_is_good_once(
    newsroom: Newsroom, rosa: tuple[Desk, str, list[str]]
) -> None:
    desk, _, codes = rosa
    assert len(set(codes)) == factors.RECOVERY_CODES
    typed = codes[0].upper().replace("-", " ")
    assert half_in(newsroom).post(SECOND, {"code": typed}).status_code == 303
    assert half_in(newsroom).post(SECOND, {"code": codes[0]}).status_code == 422
    assert "9 codes are left" in desk.get(SECURITY).text


def test_new_recovery_codes_end_the_old(
    newsroom: Newsroom, rosa: tuple[Desk, str, list[str]]
) -> None:
    desk, _, codes = rosa
    answer = desk.post(f"{SECURITY}/recovery-codes", {}, page=SECURITY)
    fresh = re.findall(r"<code>([a-z2-9-]{19})</code>", answer.text)
    assert len(fresh) == factors.RECOVERY_CODES
    assert half_in(newsroom).post(SECOND, {"code": codes[1]}).status_code == 422
    assert half_in(newsroom).post(SECOND, {"code": fresh[1]}).status_code == 303


def test_nothing_that_proves_is_readable_in_the_database(
    newsroom: Newsroom, rosa: tuple[Desk, str, list[str]]
) -> None:
    _, secret, codes = rosa
    with newsroom.app.app_context(), db.engine.connect() as connection:
        stored = [
            str(row)
            for table in ("moderator", "recovery_code", "session")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        ]
    joined = " ".join(stored)
    assert secret not in joined
    assert not [code for code in codes if code in joined or code.replace("-", "") in joined]


def test_codes_go_on_after_the_secrets_were_rotated(
    newsroom: Newsroom, rosa: tuple[Desk, str, list[str]]
) -> None:
    _, secret, _ = rosa
    old = newsroom.settings
    newsroom.app.config["COMMENTS"] = dataclasses.replace(
        old, secret_keys=("a-new-secret-of-enough-characters", *old.secret_keys)
    )
    desk = half_in(newsroom)
    newsroom.clock.advance(seconds=1)
    assert desk.post(SECOND, {"code": code_of(newsroom, secret)}).status_code == 303


def test_codes_are_turned_off_and_the_password_serves_again(
    newsroom: Newsroom, rosa: tuple[Desk, str, list[str]]
) -> None:
    desk, _, _ = rosa
    assert desk.post(f"{SECURITY}/codes/remove", {}, page=SECURITY).status_code == 303
    assert newsroom.sign_in(ROSA).get("/moderate/").status_code == 200


@pytest.mark.parametrize("code", ["123456", ""])
def test_a_wrong_first_code_keeps_the_picture(newsroom: Newsroom, code: str) -> None:
    desk = newsroom.sign_in(ROSA)
    secret = pyotp.random_base32()
    answer = desk.post(f"{SECURITY}/codes", {"secret": secret, "code": code}, page=SECURITY)
    assert answer.status_code == 422
    assert f'value="{secret}"' in answer.text
    assert newsroom.sign_in(ROSA).get("/moderate/").status_code == 200, "nothing is on"


def test_dangerous_things_ask_once_more_who_is_there(newsroom: Newsroom) -> None:
    desk = newsroom.sign_in(ROSA)
    assert desk.get(SECURITY).status_code == 200
    newsroom.clock.advance(minutes=16)
    asked = desk.get(SECURITY)
    assert asked.status_code == 303
    assert asked.location.startswith(f"{CONFIRM}?next=/moderate/security")
    for path in ("codes", "codes/remove", "recovery-codes", "sessions", "rule"):
        answer = desk.post(f"{SECURITY}/{path}", {"which": "others"}, page="/moderate/account")
        assert answer.location.startswith(CONFIRM), path
    wrong = desk.post(asked.location, {"password": "not it"})
    assert (wrong.status_code, "not your password" in wrong.text) == (422, True)
    right = desk.post(asked.location, {"password": PASSWORD})
    assert (right.status_code, right.location) == (303, SECURITY)
    assert desk.get(SECURITY).status_code == 200


def test_confirming_is_throttled_like_signing_in(newsroom: Newsroom) -> None:
    desk = newsroom.sign_in(ROSA)
    answers = [desk.post(CONFIRM, {"password": "guess"}).status_code for _ in range(8)]
    assert answers[-1] == 429


def test_sessions_are_listed_and_ended(newsroom: Newsroom) -> None:
    here = newsroom.sign_in(ROSA)
    other = Desk(newsroom.app.test_client(), newsroom.clock)
    other.client.environ_base["HTTP_USER_AGENT"] = "Mozilla <b>Other</b>\x07 Browser"
    other.post(SIGN_IN, {"email": ROSA, "password": PASSWORD})
    third = newsroom.sign_in(ROSA)
    stranger = newsroom.sign_in(HUGO)
    page = here.get(SECURITY).text
    assert "Mozilla &lt;b&gt;Other&lt;/b&gt; Browser" in page
    handle = re.findall(r'name="which" value="([0-9a-f]{16})"', page)[1]
    assert here.post(f"{SECURITY}/sessions", {"which": handle}, page=SECURITY).status_code == 303
    assert other.get("/moderate/").location.startswith(SIGN_IN)
    assert third.get("/moderate/").status_code == 200
    here.post(f"{SECURITY}/sessions", {"which": "others"}, page=SECURITY)
    assert third.get("/moderate/").location.startswith(SIGN_IN)
    assert here.get("/moderate/").status_code == 200
    assert stranger.get("/moderate/").status_code == 200


def test_nobody_ends_anothers_session(newsroom: Newsroom) -> None:
    rosa, hugo = newsroom.sign_in(ROSA), newsroom.sign_in(HUGO)
    newsroom.sign_in(ROSA)
    handles = re.findall(r'name="which" value="([0-9a-f]{16})"', rosa.get(SECURITY).text)
    for handle in handles:
        hugo.post(f"{SECURITY}/sessions", {"which": handle}, page=SECURITY)
    assert re.findall(r'name="which" value="([0-9a-f]{16})"', rosa.get(SECURITY).text) == handles


def set_rule(newsroom: Newsroom, rule: str) -> None:
    olga = newsroom.sign_in(OLGA)
    answer = olga.post(
        f"{SECURITY}/rule?site=gazette", {"rule": rule}, page=f"{SECURITY}?site=gazette"
    )
    assert answer.status_code == 303, answer.text


@pytest.mark.parametrize(
    ("rule", "asked"),
    [("optional", set()), ("owners", {OLGA}), ("everyone", {OLGA, ROSA})],
)
def test_a_site_asks_its_owners_or_everybody(
    newsroom: Newsroom, rule: str, asked: set[str]
) -> None:
    set_rule(newsroom, rule)
    for email in (OLGA, ROSA, HUGO):
        desk = newsroom.sign_in(email)
        assert (desk.get("/moderate/").location == SECURITY) == (email in asked), email
        api = desk.get(
            "/api/v1/moderation/counts?site=" + ("herald" if email == HUGO else "gazette")
        )
        assert api.status_code == (403 if email in asked else 200), email


def test_who_must_have_one_adds_it_and_goes_on(newsroom: Newsroom) -> None:
    set_rule(newsroom, "everyone")
    desk = newsroom.sign_in(ROSA)
    turn_on(newsroom, desk)
    assert desk.get("/moderate/").status_code == 200
    answer = desk.post(f"{SECURITY}/codes/remove", {}, page=SECURITY)
    assert answer.status_code == 422
    assert "add another before this one goes" in answer.text
    half_in(newsroom)


def test_a_rule_is_an_owners_to_change_and_stands_in_the_log(newsroom: Newsroom) -> None:
    rosa = newsroom.sign_in(ROSA)
    answer = rosa.post(f"{SECURITY}/rule?site=gazette", {"rule": "everyone"}, page=SECURITY)
    assert answer.status_code == 403
    set_rule(newsroom, "owners")
    log = rosa.get("/moderate/log?site=gazette").text
    assert "second factor: optional → owners" in log


def test_a_new_password_ends_the_other_sessions_and_keeps_the_factor(
    newsroom: Newsroom, rosa: tuple[Desk, str, list[str]]
) -> None:
    desk, _, codes = rosa
    other = half_in(newsroom)
    other.post(SECOND, {"code": codes[0]})
    new = "a new and quite long one"
    changed = {"old_password": PASSWORD, "new_password": new, "again": new}
    assert desk.post("/moderate/password", changed).status_code == 303
    assert other.get("/moderate/").location.startswith(SIGN_IN)
    assert newsroom.sign_in(ROSA, new).get("/moderate/").location == SECOND


def test_a_second_step_that_was_ended_meanwhile_opens_nothing(
    newsroom: Newsroom, rosa: tuple[Desk, str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, secret, _ = rosa
    half = half_in(newsroom)
    take_code = factors.take_code

    def while_rosa_ends_it(*given: Any) -> None:
        take_code(*given)
        Context().run(desk.post, f"{SECURITY}/sessions", {"which": "others"}, page=SECURITY)

    monkeypatch.setattr(factors, "take_code", while_rosa_ends_it)
    answer = half.post(SECOND, {"code": code_of(newsroom, secret)})
    assert (answer.status_code, "session has ended" in answer.text) == (401, True)
    assert half.get("/moderate/").location.startswith(SIGN_IN)


def test_a_lost_device_is_forgotten_from_the_command_line(
    newsroom: Newsroom, rosa: tuple[Desk, str, list[str]]
) -> None:
    desk, _, _ = rosa
    with newsroom.app.app_context():
        factors.reset_factors(ROSA)
    assert desk.get("/moderate/").location.startswith(SIGN_IN)
    assert newsroom.sign_in(ROSA).get("/moderate/").status_code == 200


def test_strangers_who_try_passkeys_keep_nobody_out(newsroom: Newsroom) -> None:
    stranger = Desk(newsroom.app.test_client(), newsroom.clock)
    stranger.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    tries = [
        stranger.post(f"{SIGN_IN}/passkey", {"credential": "{}"}, page=SIGN_IN).status_code
        for _ in range(10)
    ]
    assert set(tries) == {422, 429}
    rosa = Desk(newsroom.app.test_client(), newsroom.clock)
    answer = rosa.post(f"{SIGN_IN}/passkey", {"credential": "{}"}, page=SIGN_IN)
    assert answer.status_code == 422, "looked at, and not sent away unseen"


@pytest.mark.parametrize(
    "answer",
    ["", "not JSON", "[]", '{"id": "unknown"}', '{"id": 7, "response": null}', "x" * 30_000],
)
def test_a_made_up_passkey_opens_nothing(newsroom: Newsroom, answer: str) -> None:
    desk = Desk(newsroom.app.test_client(), newsroom.clock)
    said = desk.post(f"{SIGN_IN}/passkey", {"credential": answer}, page=SIGN_IN)
    assert said.status_code == 422
    assert desk.get("/moderate/").location.startswith(SIGN_IN)
