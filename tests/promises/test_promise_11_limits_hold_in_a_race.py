"""Promise 11: however many come at once, no more pass a limit than it allows."""

from collections import Counter
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from tests.cast import PAGE, Cast
from tests.promises.several import served
from tests.services.test_races import POST, at_once
from tests.support.instance import ORIGIN, SITE, Instance, new_key
from tests.support.line import Line


def test_promise_11_two_hundred_at_once_pass_a_limit_of_five_at_most_five_times(
    fresh_cast: Cast,
) -> None:
    """All of them have read before any is stored; each is counted where it is stored."""
    address = "203.0.113.9"
    forms = [fresh_cast.bob.form(f"Remark number {n}.", PAGE) for n in range(200)]
    answers = at_once(
        *[partial(fresh_cast.bob.call, "POST", POST, json=f, address=address) for f in forms]
    )
    passed = Counter(answer.status_code for answer in answers)
    assert passed[202] == 5
    # Who found no connection in time was told to come back, and stored nothing either.
    assert set(passed) <= {202, 429, 503}
    assert fresh_cast.one("SELECT COUNT(*) FROM comment") == 5
    assert fresh_cast.broken() == []


def test_promise_11_two_hundred_at_once_over_two_processes_pass_five_times(
    under_test: Instance, tmp_path: Path
) -> None:
    """Nothing of it is kept in a process, so that it makes no difference whom one asks."""
    settings = {"COMMENTS_LIMIT_ADDRESS": "5/86400", "COMMENTS_TOKEN_MIN_SECONDS": "0"}
    place = {"site": SITE, "url": f"{ORIGIN}/race"}
    with served(under_test, 2, tmp_path, **settings) as ports:
        lines = [Line(ports[number % 2]) for number in range(200)]
        _, form = lines[0].ask("GET", f"/api/v1/form-token?{urlencode(place)}")

        def post(number: int) -> int:
            said = {"author_name": "Ida", "body": f"Remark {number}.", "token": form["token"]}
            headers = {"Origin": ORIGIN, "Commenter-Key": new_key()}
            status, _ = lines[number].ask("POST", POST, place | said, headers)
            lines[number].close()
            return status

        passed = Counter(at_once(*[partial(post, number) for number in range(200)]))
    assert passed[201] == 5
    assert set(passed) <= {201, 429, 503}
    assert under_test.rows("SELECT COUNT(*) FROM comment")[0][0] == 5
    assert under_test.broken() == []
