"""Bodies of every kind, sent to `POST /api/v1/comments`: never a 5xx, never an effect."""

import base64
from typing import Any

import pytest

from tests.cast import GAZETTE, PAGE, Cast, new_address
from tests.support.hostile import DATA, rows

PLAIN = {"site": "gazette", "url": PAGE, "author_name": "n"}


def sent(cast: Cast, row: dict[str, Any]) -> bytes:
    """The row's body, with this service's names and a token for the page."""
    if "body_b64" in row:
        return base64.b64decode(row["body_b64"])
    text: str = row["body"]
    text = text.replace('"name"', '"author_name"').replace("https://news.example/x", PAGE)
    token = cast.bob.token(page_id="1" if '"id"' in text else None)
    if text.startswith("{") and text.endswith("}") and len(text) > 2:
        text = f'{{"token":"{token}",{text[1:]}'
    return text.encode("utf-8", "surrogatepass")


BODIES = rows("json_bodies")


@pytest.mark.skipif(not BODIES, reason=f"{DATA} is not on this machine")
def test_every_body_is_answered_as_its_row_wants(cast: Cast) -> None:
    headers = {"Content-Type": "application/json", "Origin": GAZETTE}
    for row in BODIES:
        answer = cast.bob.call("POST", "/api/v1/comments", data=sent(cast, row), headers=headers)
        said = f"{row['id']}: {answer.get_data(as_text=True)}"
        assert f"{answer.status_code // 100}xx" in row["want"], said
        if answer.status_code == 422:
            faults = [error["field"] for error in answer.get_json()["errors"]]
            assert "token" not in faults, "The body did not come as far as it should."


def test_no_extra_member_has_an_effect(cast: Cast) -> None:
    """The stored row is that of a plain post, whatever mallory names."""
    extra = {r["name"].removeprefix("extra field "): 1 for r in BODIES if "extra" in r["name"]}
    names = {*extra, "status", "approved", "commenter_id", "judged_by_person", "shown", "version"}
    # From one address: what is kept of another network's would be another's, whatever was sent.
    address = new_address()
    plain = cast.row(cast.bob.says("A plain remark.", address=address))
    form = cast.bob.form("Another remark.") | dict.fromkeys(names - {"id"}, "1")
    answer = cast.bob.call("POST", "/api/v1/comments", json=form, address=address)
    assert answer.status_code == 202, answer.text
    odd = cast.row(answer.get_json()["comment"]["id"])
    own = {"id", "root_id", "root_rank", "body", "body_html", "fingerprint", "created_at"}
    assert {k: v for k, v in odd.items() if k not in own} == {
        k: v for k, v in plain.items() if k not in own
    }
