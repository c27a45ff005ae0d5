"""`/embed/thread`, `/embed.js`, `/count.js`: reading and writing without JavaScript, and with."""

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.cast import EVIL, GAZETTE, HERALD, PAGE, Cast, new_address, one_database

EMBED = "/embed/thread"
OWN = "http://localhost"
"""The service's own origin, as the tests' client calls it."""


def get(cast: Cast, url: str = PAGE, **query: str) -> str:
    query = {"site": "gazette", "url": url, **query}
    answer = cast.app.test_client().get(EMBED, query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "text/html"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Set-Cookie" not in answer.headers
    return answer.get_data(as_text=True)


def fields(page: str) -> dict[str, str]:
    """The form's fields as a browser would send them back."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        said = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        found[said["name"]] = html.unescape(said.get("value", ""))
    for name, text in re.findall(
        r'<textarea[^>]*name="(\w+)"[^>]*>\s*(.*?)</textarea>', page, re.DOTALL
    ):
        found[name] = html.unescape(text)
    return found


def send(
    cast: Cast,
    form: dict[str, str],
    *,
    origin: str | None = OWN,
    address: str | None = None,
    **query: str,
) -> TestResponse:
    """What the browser sends, half a minute after the page was opened."""
    cast.clock.advance(seconds=30)
    return cast.app.test_client().post(
        EMBED,
        query_string={"site": "gazette", "url": PAGE, **query},
        data=form,
        headers={"Origin": origin} if origin else {},
        environ_overrides={"REMOTE_ADDR": address or new_address()},
    )


def write(cast: Cast, body: str = "From the form.", **changes: Any) -> TestResponse:
    query = {name: changes.pop(name) for name in ("origin", "address") if name in changes}
    form = fields(get(cast)) | {"author_name": "Bob", "body": body} | changes
    return send(cast, form, **query)


@one_database
def test_the_thread_is_there_to_read_and_to_page(cast: Cast) -> None:
    parent = cast.publish("The *parent*.")
    cast.publish("The reply.", parent_id=parent)
    page = get(cast)
    assert "Comment (2)" in page
    assert "<p>The <em>parent</em>.</p>" in page
    first = get(cast, limit="1")
    (more,) = re.findall(r'class="more"><a href="([^"]*)"', first)
    following = cast.app.test_client().get(html.unescape(more)).get_data(as_text=True)
    assert "The reply." in following


def test_after_posting_a_receipt_says_that_it_waits(cast: Cast) -> None:
    answer = write(cast)
    assert answer.status_code == 303
    place = urlsplit(answer.headers["Location"])
    assert place.path == EMBED
    query = {name: values[0] for name, values in parse_qs(place.query).items()}
    assert (query["url"], query["site"]) == (PAGE, "gazette")
    page = get(cast, **{k: v for k, v in query.items() if k not in ("url", "site")})
    assert "waits for a moderator" in page
    assert "From the form." not in page
    assert [item["body"] for item in cast.alice.queue()] == ["From the form."]
    assert cast.broken() == []


@one_database
def test_what_is_published_at_once_is_there(cast: Cast) -> None:
    cast.publish_all()
    answer = write(cast)
    page = cast.app.test_client().get(answer.headers["Location"]).get_data(as_text=True)
    assert "is published" in page
    assert "<p>From the form.</p>" in page


@one_database
def test_mallory_may_not_make_a_receipt(cast: Cast) -> None:
    for receipt in ("made-up", "x" * 3_000, cast.bob.token()):
        assert "Thank you" not in get(cast, receipt=receipt)


@one_database
def test_the_form_again_is_no_second_comment(cast: Cast) -> None:
    form = fields(get(cast)) | {"author_name": "Bob", "body": "Only once."}
    assert [send(cast, form).status_code for _ in range(3)] == [303] * 3
    assert cast.one("SELECT COUNT(*) FROM comment") == 1


@one_database
def test_a_form_sent_before_with_another_text_loses_nothing(cast: Cast) -> None:
    form = fields(get(cast)) | {"author_name": "Bob", "body": "One thing."}
    send(cast, form)
    answer = send(cast, form | {"body": "Another thing."})
    assert answer.status_code == 422
    again = fields(answer.get_data(as_text=True))
    assert again["body"] == "Another thing."
    assert send(cast, again).status_code == 303


@one_database
def test_a_reply_is_to_the_comment_it_was_begun_from(cast: Cast) -> None:
    parent = cast.publish("The parent.")
    page = get(cast, reply=parent)
    assert "In reply to" in page
    form = fields(page) | {"author_name": "Ann", "body": "The reply."}
    assert form["parent_id"] == parent
    assert send(cast, form).status_code == 303
    assert cast.alice.queue()[0]["parent_id"] == parent


AT_FAULT = [
    ({"author_name": ""}, "author_name"),
    ({"author_name": "x" * 81}, "author_name"),
    ({"body": " \n "}, "body"),
    ({"body": "x" * 10_001}, "body"),
    ({"email": "nobody"}, "email"),
]


@one_database
def test_errors_stand_beside_their_field_and_the_text_is_kept(cast: Cast) -> None:
    for changes, field in AT_FAULT:
        typed = {"author_name": "Bob <b>", "email": "b@b.example", "body": "Kept & <i>safe</i>."}
        answer = write(cast, **typed | changes)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422, changes
        assert f'id="{field}-problem"' in page
        assert f'aria-describedby="{field}-problem"' in page
        for name, value in (typed | changes).items():
            assert fields(page)[name].strip() == value.strip(), (changes, name)
    assert cast.one("SELECT COUNT(*) FROM comment") == 0


@one_database
def test_line_ends_count_once(cast: Cast) -> None:
    """Browsers send them as two characters."""
    text = "\r\n".join(["x" * 9] * 1_000)
    assert write(cast, text).status_code == 303


def test_what_cannot_be_taken_is_told_with_the_text_kept(cast: Cast) -> None:
    cast.set_site(words=["zoltanesque"])
    parent = cast.publish()
    stale = fields(get(cast)) | {"author_name": "Bob", "body": "Kept, all of it."}
    for changes, status in (
        ({"token": ""}, 422),
        ({"token": cast.bob.token(age=13 * 3600)}, 422),
        ({"body": "You zoltanesque fool. Kept, all of it."}, 422),
        ({"parent_id": "0cl9s0mn0fcao"}, 404),
        ({"parent_id": "a\x00b"}, 404),
        ({"key": "a\x00b\t"}, 422),
        ({"key": "é" * 300}, 422),
    ):
        answer = send(cast, stale | changes)
        page = answer.get_data(as_text=True)
        assert answer.status_code == status, changes
        assert 'role="alert"' in page
        assert "Kept, all of it." in fields(page)["body"], changes
    cast.decide(parent, "reject")
    cast.close()
    answer = send(cast, stale)
    assert answer.status_code == 409
    assert "Kept, all of it." in answer.get_data(as_text=True)


def shown_marks(page: str) -> list[str]:
    return [html.unescape(text) for text in re.findall(r"<mark[^>]*>(.*?)</mark>", page)]


def test_words_are_asked_about_with_the_text_kept_and_marked(cast: Cast) -> None:
    cast.set_site(asks_to_reword=True, words=["zoltanesque"])
    text = "You <b>1d1-0t</b>,\r\nyou 💣 idiot & friend."
    form = fields(get(cast)) | {"author_name": "Bob", "body": text}
    answer = send(cast, form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'role="alert"' in page
    assert fields(page)["body"] == text
    assert shown_marks(page) == ["1d1-0t", "idiot"]
    assert "<b>" not in page
    assert 'href="#body"' in page
    assert 'name="insist"' in page
    assert cast.one("SELECT COUNT(*) FROM comment") == 0
    # Enter in a field presses the first button, which must not insist.
    first, *_ = re.findall(r'<button type="submit"[^>]*>', page)
    assert "insist" not in first
    again = send(cast, fields(page) | {"insist": "1"})
    assert again.status_code == 303
    (item,) = cast.alice.queue()
    assert item["body"] == text.replace("\r\n", "\n")
    assert "policy.insisted" in [v["reason"] for v in item["verdicts"]]
    assert cast.broken() == []


@one_database
def test_what_would_be_refused_cannot_be_sent_anyway(cast: Cast) -> None:
    cast.set_site(asks_to_reword=True, words=["zoltanesque"])
    answer = write(cast, "Fine.", author_name="Mr Zoltanesque")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert shown_marks(page) == ["Zoltanesque"]
    assert 'href="#author_name"' in page
    assert 'name="insist"' not in page
    refused = send(cast, fields(page) | {"insist": "1"})
    assert refused.status_code == 422
    assert "This comment was refused." in refused.get_data(as_text=True)


@one_database
def test_insisting_is_for_one_sending(cast: Cast) -> None:
    """Whatever else is wrong with the form, the next text is asked about again."""
    cast.set_site(asks_to_reword=True)
    answer = write(cast, "You idiot.", insist="1", token="")
    assert answer.status_code == 422
    assert "insist" not in fields(answer.get_data(as_text=True))
    answer = send(cast, fields(answer.get_data(as_text=True)))
    assert "Send anyway" in answer.get_data(as_text=True)


@one_database
def test_the_limit_says_when_to_come_back(cast: Cast) -> None:
    forms = [fields(get(cast)) | {"author_name": "Bob", "body": f"Number {n}."} for n in range(12)]
    answers = []
    for form in forms:
        cast.clock.advance(seconds=-29)
        answers.append(send(cast, form, address="203.0.113.9"))
    last = answers[-1]
    assert last.status_code == 429
    assert int(last.headers["Retry-After"]) >= 1
    assert fields(last.get_data(as_text=True))["body"] == "Number 11."


@one_database
def test_the_honeypot_is_answered_like_any_other(cast: Cast) -> None:
    answer = write(cast, website="spam.example")
    assert answer.status_code == 303
    assert "receipt=" in answer.headers["Location"]
    assert [item["status"] for item in cast.alice.queue(status="spam")] == ["spam"]


@one_database
def test_mallory_may_not_send_the_form_from_elsewhere(cast: Cast) -> None:
    for origin in (EVIL, GAZETTE, HERALD, "null", "http://localhost.evil.example", ""):
        answer = write(cast, origin=origin) if origin else None
        assert answer is None or answer.status_code == 403, origin
    assert write(cast, token=cast.bob.token(f"{GAZETTE}/other")).status_code == 422
    assert cast.one("SELECT COUNT(*) FROM comment") == 0


@one_database
def test_only_the_sites_pages_may_frame_it(cast: Cast) -> None:
    cast.set_site(origins=[GAZETTE, "https://www.gazette.example:8443"])
    for answer in (
        cast.app.test_client().get(EMBED, query_string={"site": "gazette", "url": PAGE}),
        write(cast, ""),
    ):
        policy = dict(
            part.strip().split(" ", 1)
            for part in answer.headers["Content-Security-Policy"].split(";")
        )
        assert policy["frame-ancestors"] == f"{GAZETTE} https://www.gazette.example:8443"
        assert policy["default-src"] == "'none'"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "X-Frame-Options" not in answer.headers
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@one_database
def test_whatever_readers_wrote_is_text(cast: Cast) -> None:
    cast.publish_all()
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    cast.bob.says(attack, author_name=attack, title=attack)
    page = get(cast, f"{PAGE}?q={attack}") + get(cast) + get(cast, reply=attack, receipt=attack)
    assert "<script" not in page
    assert "<img" not in page


@one_database
def test_what_is_not_there(cast: Cast) -> None:
    client = cast.app.test_client()
    for query, status in (
        ({"site": "nowhere", "url": PAGE}, 404),
        ({"site": "gazette"}, 422),
        ({"url": "javascript:alert(1)"}, 422),
        ({"url": PAGE, "sort": "top"}, 400),
    ):
        for method in ("GET", "POST"):
            answer = client.open(EMBED, method=method, query_string=query, data={"body": "x"})
            assert answer.status_code in (status, 422), (method, query)
            assert answer.mimetype == "text/html"


@pytest.mark.parametrize("path", ["/embed.js", "/count.js", "/embed/thread.css"])
@one_database
def test_the_scripts_are_public_and_lasting(cast: Cast, path: str) -> None:
    answer = cast.app.test_client().get(path)
    assert answer.status_code == 200
    assert answer.mimetype == ("text/css" if path.endswith("css") else "text/javascript")
    assert answer.headers["Cache-Control"].startswith("public, max-age=300")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "__WIDGET_CSS__" not in answer.get_data(as_text=True)
